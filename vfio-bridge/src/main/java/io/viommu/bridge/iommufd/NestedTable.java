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
import io.viommu.bridge.uapi.IommufdTables.HwptInvalidateLayout;
import io.viommu.bridge.uapi.IommufdRequest;
import io.viommu.bridge.uapi.IommufdTables.VtdS1InvalidateLayout;

/** A first-stage table that the guest owns; devices are attached to it. */
public final class NestedTable extends IommufdObject {

    private NestedTable(final int id, final IommufdObject... bases) {
        super(bases[0].iommufd(), "nested table", id, bases);
        register();
    }

    static NestedTable allocate(final IommufdObject base, final int device, final int type, final MemorySegment data,
            final FaultQueue faults, final int flags) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, HwptAllocLayout.LENGTH);
            argument.set(INT, HwptAllocLayout.DEV_ID, device);
            argument.set(INT, HwptAllocLayout.PT_ID, base.id());
            argument.set(INT, HwptAllocLayout.DATA_TYPE, type);
            argument.set(INT, HwptAllocLayout.DATA_LEN, (int) data.byteSize());
            argument.set(LONG, HwptAllocLayout.DATA_UPTR, data.address());
            argument.set(INT, HwptAllocLayout.FLAGS,
                    faults == null ? flags : flags | HwptAllocLayout.FLAG_FAULT_ID_VALID);
            if (faults != null) {
                argument.set(INT, HwptAllocLayout.FAULT_ID, faults.id());
            }
            base.iommufd().call(IommufdRequest.HWPT_ALLOC, argument, " of a nested table for device " + device);
            final int id = argument.get(INT, HwptAllocLayout.OUT_HWPT_ID);
            return faults == null ? new NestedTable(id, base) : new NestedTable(id, base, faults);
        }
    }

    /**
     * Invalidates what the hardware has cached of a first-stage table of VT-d.
     *
     * @param entries native memory with entries as {@link VtdS1InvalidateLayout} says.
     * @param count   how many.
     * @return how many were done; fewer than given if the kernel refused the one after them.
     */
    public int invalidateVtd(final MemorySegment entries, final int count) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, HwptInvalidateLayout.LENGTH);
            argument.set(INT, HwptInvalidateLayout.HWPT_ID, id());
            argument.set(LONG, HwptInvalidateLayout.DATA_UPTR, entries.address());
            argument.set(INT, HwptInvalidateLayout.DATA_TYPE, HwptInvalidateLayout.DATA_VTD_S1);
            argument.set(INT, HwptInvalidateLayout.ENTRY_LEN, VtdS1InvalidateLayout.LENGTH);
            argument.set(INT, HwptInvalidateLayout.ENTRY_NUM, count);
            if (iommufd().tryCall(IommufdRequest.HWPT_INVALIDATE, argument) >= 0) {
                return count;
            }
            final int done = argument.get(INT, HwptInvalidateLayout.ENTRY_NUM);
            return done < 0 || done >= count ? 0 : done; // untouched if the kernel doesn't know the request
        }
    }
}
