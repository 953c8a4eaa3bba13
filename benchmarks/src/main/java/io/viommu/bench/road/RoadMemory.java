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

package io.viommu.bench.road;

import java.lang.foreign.Arena;

import io.viommu.bench.SmmuGuest;
import io.viommu.bench.reference.RoadState;
import io.viommu.bench.reference.RoadState.Field;
import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.linux.EventFd;

/** What a road is made of, whoever consumes: region and eventfds, and the structure that tells C of them. */
final class RoadMemory implements AutoCloseable {

    static final int SOURCE = 1;
    static final int HOST_DEVICE = 0x300;

    private final DmaFaultRegion region;
    private final EventFd irq = EventFd.create();
    private final RoadState state = new RoadState(Arena.ofAuto());

    RoadMemory(final String name, final long queueAddress) {
        region = DmaFaultRegion.create(new DmaFaultDevice(name, SOURCE, HOST_DEVICE, true), EntryFormat.PLAIN);
        state.set(Field.REGION, region.memory().buffer().addressOffset()).set(Field.FAULT_FD, region.event().fd())
                .set(Field.IRQ_FD, irq.fd()).set(Field.QUEUE, queueAddress)
                .set(Field.QUEUE_ENTRIES, SmmuGuest.ENTRIES).set(Field.GUEST_DEVICE, SmmuGuest.STREAM);
    }

    DmaFaultRegion region() {
        return region;
    }

    EventFd irq() {
        return irq;
    }

    RoadState state() {
        return state;
    }

    @Override
    public void close() {
        irq.close();
        region.close();
    }
}
