/*
 * Copyright 2026 the viommu authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.viommu.bridge;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.fault.FaultSink;

/** Keeps what a source hands over: all of it, or with {@link #counting} only cookies in order. */
public final class RecordingSink implements FaultSink {

    public final List<FaultRecord> records = new ArrayList<>();
    public final List<FaultDisposition> rejections = new ArrayList<>();
    private final boolean keep;
    public volatile long published;
    public volatile long flushes;
    public long outOfOrder;
    public long lastCookie = -1;
    private final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
    private final FaultRecord window = new FaultRecord();

    private RecordingSink(final boolean keep) {
        this.keep = keep;
    }

    public static RecordingSink keeping() {
        return new RecordingSink(true);
    }

    public static RecordingSink counting() {
        return new RecordingSink(false);
    }

    @Override
    public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
        window.wrap(slot, 0).clear();
        window.source(source).hostDevice(hostDevice).time(1);
        if (pasid != NO_PASID) {
            window.pasid(pasid);
        }
        return window;
    }

    @Override
    public void publish() {
        published = published + 1;
        if (keep) {
            final UnsafeBuffer copy = new UnsafeBuffer(new byte[FaultRecordLayout.LENGTH]);
            copy.putBytes(0, slot, 0, FaultRecordLayout.LENGTH);
            records.add(new FaultRecord().wrap(copy, 0));
        }
        final long cookie = window.cookie();
        if (cookie <= lastCookie) {
            outOfOrder++;
        }
        lastCookie = cookie;
    }

    @Override
    public void reject(final int source, final FaultDisposition disposition) {
        rejections.add(disposition);
    }

    @Override
    public void flush() {
        flushes = flushes + 1;
    }
}
