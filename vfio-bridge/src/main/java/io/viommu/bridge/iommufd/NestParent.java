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

import static io.viommu.bridge.iommufd.Iommufd.INT;
import static io.viommu.bridge.iommufd.Iommufd.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import io.viommu.bridge.uapi.IommufdTables.HwptAllocLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptVtdS1Layout;
import io.viommu.bridge.uapi.IommufdRequest;
import io.viommu.bridge.uapi.IommufdObjects.ViommuAllocLayout;

/** A second-stage table that nested tables stand on. */
public final class NestParent extends IommufdObject {

    NestParent(final Ioas ioas, final int id) {
        super(ioas.iommufd(), "nesting parent", id, ioas);
        register();
    }

    /**
     * Makes the hardware's share of a virtual SMMUv3. VT-d has none: its nested tables stand on the parent itself.
     *
     * @param device iommufd id of a device behind that SMMU.
     * @return the vIOMMU.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; with ENOTTY the kernel is older than 6.13.
     */
    public Viommu smmu(final int device) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, ViommuAllocLayout.LENGTH);
            argument.set(INT, ViommuAllocLayout.TYPE, ViommuAllocLayout.TYPE_ARM_SMMUV3);
            argument.set(INT, ViommuAllocLayout.DEV_ID, device);
            argument.set(INT, ViommuAllocLayout.HWPT_ID, id());
            iommufd().call(IommufdRequest.VIOMMU_ALLOC, argument, " for device " + device);
            return new Viommu(this, argument.get(INT, ViommuAllocLayout.OUT_VIOMMU_ID));
        }
    }

    /**
     * Makes a nested table from a guest's PASID entry of VT-d.
     *
     * @param device       iommufd id of the device.
     * @param table        guest physical address of the first-stage table.
     * @param addressWidth its address width in bits.
     * @param flags        of {@link HwptVtdS1Layout}.
     * @param faults       takes page requests, or null if there shall be none.
     * @param pasids       whether a PASID, or a device that uses PASIDs besides, is to be attached to it.
     * @return the table.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence.
     */
    public NestedTable nestedVtd(final int device, final long table, final int addressWidth, final long flags,
            final FaultQueue faults, final boolean pasids) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment data = arena.allocate(HwptVtdS1Layout.LENGTH, Long.BYTES);
            data.set(LONG, HwptVtdS1Layout.FLAGS, flags);
            data.set(LONG, HwptVtdS1Layout.PGTBL_ADDR, table);
            data.set(INT, HwptVtdS1Layout.ADDR_WIDTH, addressWidth);
            return NestedTable.allocate(this, device, HwptAllocLayout.DATA_VTD_S1, data, faults,
                    pasids ? HwptAllocLayout.FLAG_PASID : 0);
        }
    }
}
