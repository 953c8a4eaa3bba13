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

package io.viommu.vtd.context;

import static io.viommu.vtd.layout.PasidDirectoryEntryLayout.PASIDS_SHIFT;
import static io.viommu.vtd.layout.PasidDirectoryEntryLayout.SMPTBLPTR;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.layout.PasidDirectoryEntryLayout;
import io.viommu.vtd.layout.PasidEntryLayout;
import io.viommu.vtd.layout.ScalableContextEntryLayout;

/** Finds, checks and decodes entries of PASID tables (VT-d 3.4.3, 9.5, 9.6). One instance belongs to one thread. */
public final class PasidTable {

    private final GuestMemory memory;
    private final UnsafeBuffer directory = new UnsafeBuffer(
            ByteBuffer.allocateDirect(PasidDirectoryEntryLayout.LENGTH));
    private final PasidEntry entry = new PasidEntry();

    /**
     * Makes the look-up of one thread.
     *
     * @param memory where the tables lie; their addresses are never translated.
     */
    public PasidTable(final GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Completes a requester's configuration for one PASID.
     *
     * @param context the registers.
     * @param request what is asked; execute and supervisor requests need leave.
     * @param into    decoded by {@link RootTable}; type, domain and tables are added.
     * @param fault   filled if there is one; learns the FPD bits in any case.
     * @return {@link VtdFault#NONE} or the code of the reason.
     */
    public int lookup(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        final long top = into.contextWord0() & ScalableContextEntryLayout.PASIDDIRPTR;
        final long at = top + ((long) into.pasid() >>> PASIDS_SHIFT << PasidDirectoryEntryLayout.LENGTH_SHIFT);
        if (memory.read(at, directory, 0, PasidDirectoryEntryLayout.LENGTH) != GuestMemory.OK) {
            return fault.raise(FaultReason.SPD_1);
        }
        final long word = directory.getLong(0, ByteOrder.LITTLE_ENDIAN);
        fault.disableIf((word & PasidDirectoryEntryLayout.FPD) != 0);
        if ((word & PasidDirectoryEntryLayout.P) == 0) {
            return fault.raise(FaultReason.SPD_2);
        }
        if ((word & (PasidDirectoryEntryLayout.RESERVED | context.beyondHost())) != 0) {
            return fault.raise(FaultReason.SPD_3);
        }
        final long index = into.pasid() & (1 << PASIDS_SHIFT) - 1;
        final long place = (word & SMPTBLPTR) + (index << PasidEntryLayout.LENGTH_SHIFT);
        if (memory.read(place, entry.bytes(), 0, PasidEntryLayout.LENGTH) != GuestMemory.OK) {
            return fault.raise(FaultReason.SPT_1);
        }
        return entry.decode(context, request, into, fault);
    }
}
