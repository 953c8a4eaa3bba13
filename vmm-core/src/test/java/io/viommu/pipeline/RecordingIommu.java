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

package io.viommu.pipeline;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.VirtualIommu;

/** A vIOMMU that remembers what was injected, and that only one thread at a time did so. */
class RecordingIommu implements VirtualIommu {

    final List<Long> cookies = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger batches = new AtomicInteger();
    final AtomicInteger overlaps = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    FaultPort port;

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        if (inside.incrementAndGet() != 1) {
            overlaps.incrementAndGet();
        }
        cookies.add(record.cookie());
        inside.decrementAndGet();
        return FaultDisposition.DELIVERED;
    }

    @Override
    public void endOfBatch() {
        batches.incrementAndGet();
    }

    @Override
    public void connect(final FaultPort newPort) {
        this.port = newPort;
    }

    @Override
    public long mmioSize() {
        return 0;
    }

    @Override
    public long read(final long offset, final int size) {
        return 0;
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        // no registers
    }

    @Override
    public void reset() {
        cookies.clear();
    }
}
