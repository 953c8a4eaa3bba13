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
package io.viommu.vmm.fuzz;

import java.util.concurrent.atomic.LongAdder;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.VirtualIommu;

/** Stands between a pipeline and a vIOMMU, and counts the faults that the vIOMMU itself sends into its pipeline. Any thread. */
final class CountedIommu implements VirtualIommu {

    private final VirtualIommu iommu;
    private final ThreadLocal<FaultRecord> claimed = new ThreadLocal<>();
    private final LongAdder sent = new LongAdder();

    CountedIommu(final VirtualIommu iommu) {
        this.iommu = iommu;
    }

    /** Faults that the vIOMMU published, or counted as ended without a slot. */
    long sent() {
        return sent.sum();
    }

    @Override
    public void connect(final FaultPort port) {
        iommu.connect(new FaultPort() {
            @Override
            public long claim(final FaultRecord record) {
                final long claim = port.claim(record);
                claimed.set(record);
                return claim;
            }

            @Override
            public void publish(final long claim) {
                sent.add(claimed.get().kind() == FaultKind.NONE ? 0 : 1); // an empty record only wakes the injector
                port.publish(claim);
            }

            @Override
            public void flush() {
                port.flush();
            }

            @Override
            public void awaitInjected() {
                port.awaitInjected();
            }

            @Override
            public void account(final FaultDisposition disposition) {
                sent.increment();
                port.account(disposition);
            }
        });
    }

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        return iommu.inject(record);
    }

    @Override
    public void endOfBatch() {
        iommu.endOfBatch();
    }

    @Override
    public long mmioSize() {
        return iommu.mmioSize();
    }

    @Override
    public long read(final long offset, final int size) {
        return iommu.read(offset, size);
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        iommu.write(offset, size, value);
    }

    @Override
    public void reset() {
        iommu.reset();
    }
}
