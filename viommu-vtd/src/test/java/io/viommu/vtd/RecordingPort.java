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

package io.viommu.vtd;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;

/** A pipeline that only keeps what it is given, as the two words in hex. */
public final class RecordingPort implements FaultPort {

    public final List<String> words = new ArrayList<>();
    public final List<FaultDisposition> accounted = new ArrayList<>();
    public int flushes;
    public boolean closed;
    private final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
    private final FaultRecord record = new FaultRecord().wrap(slot, 0);

    @Override
    public long claim(final FaultRecord into) {
        if (closed) {
            return CLOSED;
        }
        into.wrap(slot, 0).clear();
        return 1;
    }

    @Override
    public void publish(final long claim) {
        if (record.kind() != FaultKind.VTD_FAULT || !record.emulated()) {
            throw new AssertionError("kind " + record.kind() + ", emulated " + record.emulated());
        }
        words.add(String.format("%016x %016x", record.word(0), record.word(1)));
    }

    @Override
    public void flush() {
        flushes++;
    }

    @Override
    public void awaitInjected() {
        // everything is injected at once
    }

    @Override
    public void account(final FaultDisposition disposition) {
        accounted.add(disposition);
    }
}
