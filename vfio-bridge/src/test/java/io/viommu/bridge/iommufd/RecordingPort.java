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
package io.viommu.bridge.iommufd;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;

/** A pipeline that keeps the devices and cookies of what comes in. */
final class RecordingPort implements FaultPort {

    final List<Integer> devices = new CopyOnWriteArrayList<>();
    final List<Long> cookies = new CopyOnWriteArrayList<>();
    private final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
    private FaultRecord record;

    @Override
    public long claim(final FaultRecord claimed) {
        record = claimed;
        record.wrap(slot, 0).clear();
        return 1;
    }

    @Override
    public void publish(final long claim) {
        devices.add(record.guestDevice());
        cookies.add(record.cookie());
    }

    void await(final int count) throws InterruptedException {
        while (cookies.size() < count) {
            Thread.sleep(1);
        }
    }

    @Override
    public void flush() {
        // nothing waits
    }

    @Override
    public void awaitInjected() {
        // nothing is under way
    }

    @Override
    public void account(final FaultDisposition disposition) {
        throw new AssertionError(disposition);
    }
}
