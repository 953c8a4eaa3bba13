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

package io.viommu.vmm.board;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.iommu.DmaMemory;
import io.viommu.iommu.DmaSession;
import io.viommu.vmm.virtio.DmaPort;

/** The way of one device's thread to memory, as long as the guest lets the device be a bus master. */
final class DeviceDma implements DmaPort {

    private final PciDevice device;
    private final DmaMemory memory;

    DeviceDma(final PciDevice device, final DmaMemory memory) {
        this.device = device;
        this.memory = memory;
    }

    @Override
    public boolean read(final long address, final MutableDirectBuffer target, final int length) {
        return device.busMaster() && memory.read(device.requesterId(), DmaSession.NO_PASID, 0, address, target, 0,
                length) == DmaMemory.OK;
    }

    @Override
    public boolean write(final long address, final DirectBuffer source, final int length) {
        return device.busMaster() && memory.write(device.requesterId(), DmaSession.NO_PASID, 0, address, source, 0,
                length) == DmaMemory.OK;
    }
}
