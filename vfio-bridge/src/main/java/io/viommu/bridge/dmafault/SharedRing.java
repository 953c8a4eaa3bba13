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
package io.viommu.bridge.dmafault;

import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.HEAD;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.TAIL;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.Closing;

/** A region that the producer maps as well, all of it. */
final class SharedRing implements RingAccess {

    private final DmaFaultMemory memory;
    private final UnsafeBuffer region;
    private final RingGeometry geometry;

    SharedRing(final DmaFaultMemory memory, final EntryFormat format) {
        this.memory = memory;
        this.region = memory.buffer();
        this.geometry = RingGeometry.read(region, format);
    }

    @Override
    public Closing use() {
        return memory.consuming();
    }

    @Override
    public RingGeometry geometry() {
        return geometry;
    }

    @Override
    public UnsafeBuffer entries() {
        return region;
    }

    @Override
    public int firstTail() {
        return region.getInt(TAIL);
    }

    @Override
    public int head() {
        return region.getIntVolatile(HEAD);
    }

    @Override
    public void room(final int tail) {
        region.putIntRelease(TAIL, tail);
    }

    @Override
    public void settle(final int tail) {
        region.putIntVolatile(TAIL, tail);
    }

    @Override
    public void close() {
        memory.close();
    }
}
