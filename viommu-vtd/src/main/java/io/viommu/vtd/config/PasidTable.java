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

package io.viommu.vtd.config;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.KeptConfigurations;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PasidDirectoryEntryLayout;
import io.viommu.vtd.spec.PasidEntryLayout;
import io.viommu.vtd.spec.ScalableContextEntryLayout;

/**
 * Finds, checks and decodes entries of PASID tables (VT-d 3.4.3, 9.5, 9.6). Valid entries are kept until the guest
 * invalidates them: the PASID cache. One instance belongs to one thread.
 */
public final class PasidTable {

    private final GuestMemory memory;
    private final KeptConfigurations<PasidEntry> kept;
    private final UnsafeBuffer directory = new UnsafeBuffer(
            ByteBuffer.allocateDirect(PasidDirectoryEntryLayout.LENGTH));

    private PasidTable(final GuestMemory memory, final KeptConfigurations<PasidEntry> kept) {
        this.memory = memory;
        this.kept = kept;
    }

    /**
     * Makes the look-up of one thread.
     *
     * @param memory  where the tables lie; their addresses are never translated.
     * @param log     tells what the guest invalidated.
     * @param entries size of the PASID cache.
     * @return the look-up.
     */
    public static PasidTable caching(final GuestMemory memory, final ConfigurationLog log, final int entries) {
        return new PasidTable(memory, new KeptConfigurations<>(log, entries, PasidEntry::new));
    }

    /**
     * Makes a look-up of one thread that reads the tables each time.
     *
     * @param memory where the tables lie.
     * @return the look-up.
     */
    public static PasidTable reading(final GuestMemory memory) {
        return new PasidTable(memory, KeptConfigurations.ofNothing(PasidEntry::new));
    }

    /** Forgets every entry that is kept. */
    public void forget() {
        kept.forget();
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
        final boolean read = !kept.find(request.sourceId(), into.pasid());
        final PasidEntry entry = kept.place();
        if (read) {
            final int missing = read(context, into, entry, fault);
            if (missing != VtdFault.NONE) {
                return missing;
            }
        }
        entry.disable(fault);
        final int wrong = read ? entry.check(context, fault) : VtdFault.NONE;
        if (wrong != VtdFault.NONE) {
            return wrong;
        }
        final int result = entry.decode(context, request, into, fault);
        if (read && result == VtdFault.NONE) {
            kept.keep(into.pasid(), into.domainId());
        }
        return result;
    }

    private int read(final VtdContext context, final DeviceConfiguration into, final PasidEntry entry,
            final VtdFault fault) {
        final long top = into.contextWord0() & ScalableContextEntryLayout.PASIDDIRPTR;
        final long at = top + ((long) into
                .pasid() >>> PasidDirectoryEntryLayout.PASIDS_SHIFT << PasidDirectoryEntryLayout.LENGTH_SHIFT);
        if (memory.read(at, directory, 0, PasidDirectoryEntryLayout.LENGTH) != GuestMemory.OK) {
            return fault.raise(FaultReason.SPD_1);
        }
        final long word = directory.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final boolean disabled = (word & PasidDirectoryEntryLayout.FPD) != 0;
        entry.disabledByDirectory(disabled);
        fault.disableIf(disabled);
        if ((word & PasidDirectoryEntryLayout.P) == 0) {
            return fault.raise(FaultReason.SPD_2);
        }
        if ((word & (PasidDirectoryEntryLayout.RESERVED | context.beyondHost())) != 0) {
            return fault.raise(FaultReason.SPD_3);
        }
        final long index = into.pasid() & (1 << PasidDirectoryEntryLayout.PASIDS_SHIFT) - 1;
        final long place = (word & PasidDirectoryEntryLayout.SMPTBLPTR) + (index << PasidEntryLayout.LENGTH_SHIFT);
        return memory.read(place, entry.bytes(), 0, PasidEntryLayout.LENGTH) == GuestMemory.OK
                ? VtdFault.NONE
                : fault.raise(FaultReason.SPT_1);
    }
}
