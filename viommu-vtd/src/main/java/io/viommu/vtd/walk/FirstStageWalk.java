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

package io.viommu.vtd.walk;

import static io.viommu.vtd.layout.PagingEntryLayout.ADDRESS;
import static io.viommu.vtd.layout.PagingEntryLayout.FIRST_A;
import static io.viommu.vtd.layout.PagingEntryLayout.FIRST_D;
import static io.viommu.vtd.layout.PagingEntryLayout.FIRST_EA;
import static io.viommu.vtd.layout.PagingEntryLayout.FIRST_LARGE_PAT;
import static io.viommu.vtd.layout.PagingEntryLayout.FIRST_P;
import static io.viommu.vtd.layout.PagingEntryLayout.FIRST_XD;
import static io.viommu.vtd.layout.PagingEntryLayout.PAGE_SIZE;
import static io.viommu.vtd.layout.PasidEntryLayout.EAFE;
import static io.viommu.vtd.layout.PasidEntryLayout.NXE;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.MemoryWord;
import io.viommu.vtd.context.DeviceConfiguration;
import io.viommu.vtd.context.StageTable;
import io.viommu.vtd.context.VtdContext;
import io.viommu.vtd.context.VtdFault;
import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.layout.CapabilityFields;
import io.viommu.vtd.layout.PagingEntryLayout;

/**
 * Walks first-stage tables of 4 or 5 levels, the CPU's own format (VT-d 3.6, 9.7), in nested translation through the
 * second stage (VT-d 3.8). One instance belongs to one thread; what the last walk found stays in it until the next.
 *
 * <p>The input is limited by being canonical, not by MGAW. Of each entry presence comes first, then reserved bits, then
 * permission; or permission first, where {@link VtdContext#likeQemu} says so.
 */
final class FirstStageWalk {

    private final GuestMemory memory;
    private final SecondStageWalk tables;
    private final FirstStageRights rights = new FirstStageRights();
    private final MemoryWord word = new MemoryWord();
    private DeviceConfiguration configuration;
    private boolean present;
    private long output;
    private int pageShift;
    private long place;
    private long entry;

    FirstStageWalk(final GuestMemory memory) {
        this.memory = memory;
        this.tables = new SecondStageWalk(memory);
    }

    /**
     * Walks. With nothing wanted, a page that isn't there is no fault. Accessed flags of tables are set on the way;
     * those of the leaf wait for {@link #commit}.
     *
     * @return {@link VtdFault#NONE}, the code of a reason, or {@link TranslationWalk#CHANGED}.
     */
    int walk(final VtdContext context, final DeviceConfiguration device, final long address, final int wanted,
            final boolean update, final VtdFault fault) {
        configuration = device;
        present = true;
        final StageTable table = device.firstStage();
        final int unused = Long.SIZE - table.inputBits();
        if (address << unused >> unused != address) {
            return fault.raise(FaultReason.SGN_1);
        }
        rights.begin(device);
        long at = table.base();
        // Ends at a leaf, and level 1 has nothing else.
        for (int level = table.levels();; level--) {
            final int found = fetch(context, StageTable.entry(at, level, address), level == table.levels(), update,
                    fault);
            if (found != VtdFault.NONE) {
                return found;
            }
            if ((entry & FIRST_P) == 0) {
                present = false;
                return wanted == 0 ? VtdFault.NONE : fault.raise(FaultReason.SFS_2);
            }
            final boolean isLeaf = level == 1 || (entry & PAGE_SIZE) != 0;
            rights.narrow(entry);
            final FaultReason refusal = rights.refusal(wanted, isLeaf);
            final boolean isMarred = (entry & reserved(context, level, isLeaf)) != 0;
            if (isMarred && (refusal == null || !context.likeQemu())) {
                return fault.raise(FaultReason.SFS_3);
            }
            if (refusal != null) {
                return fault.raise(refusal);
            }
            if (isLeaf) {
                found(level, address);
                return VtdFault.NONE;
            }
            final int updated = update ? setFlags(context, 0, fault) : VtdFault.NONE;
            if (updated != VtdFault.NONE) {
                return updated;
            }
            at = entry & ADDRESS;
        }
    }

    /** Leaves the entry in {@link #entry} and its physical address in {@link #place}. */
    private int fetch(final VtdContext context, final long address, final boolean top, final boolean update,
            final VtdFault fault) {
        place = address;
        if (configuration.secondStageUsed()) {
            final StageTable second = configuration.secondStage();
            int result = tables.walk(context, second, address, SecondStageWalk.READ, update,
                    top ? SecondStageUse.TOP_TABLE : SecondStageUse.TABLE, fault);
            if (result == VtdFault.NONE && update) {
                result = tables.commit(second, false, fault);
            }
            if (result != VtdFault.NONE) {
                return result;
            }
            place = tables.address();
        }
        if (memory.read(place, word) != GuestMemory.OK) {
            return fault.raise(top ? FaultReason.SFS_4 : FaultReason.SFS_1);
        }
        entry = word.value();
        return VtdFault.NONE;
    }

    private long reserved(final VtdContext context, final int level, final boolean isLeaf) {
        long bits = ADDRESS & context.beyondHost();
        if (context.has(CapabilityFields.ERS) && !configuration.firstStageFlag(NXE)) {
            bits |= FIRST_XD;
        }
        if (isLeaf && level > 1) {
            bits |= (1L << PagingEntryLayout.indexShift(level)) - 1 & ADDRESS & ~FIRST_LARGE_PAT;
            final boolean offered = level == 2 || level == 3 && context.capabilities().has(CapabilityFields.FS1GP);
            if (!offered) {
                bits |= PAGE_SIZE;
            }
        }
        return bits;
    }

    private void found(final int level, final long address) {
        pageShift = PagingEntryLayout.indexShift(level);
        final long offset = (1L << pageShift) - 1;
        output = entry & ADDRESS & ~offset | address & offset;
    }

    /** Sets the flags of the leaf that the last walk found. */
    int commit(final VtdContext context, final boolean dirty, final VtdFault fault) {
        return setFlags(context, dirty ? FIRST_D : 0, fault);
    }

    private int setFlags(final VtdContext context, final long more, final VtdFault fault) {
        final long flags = FIRST_A | more | (configuration.firstStageFlag(EAFE) ? FIRST_EA : 0);
        if ((entry & flags) == flags) {
            return VtdFault.NONE;
        }
        if (!configuration.firstStage().snooped()) {
            return fault.raise(FaultReason.SFS_9);
        }
        if (configuration.secondStageUsed()) {
            if (!tables.writable()) {
                return fault.raise(FaultReason.SFS_8);
            }
            final int result = tables.commit(configuration.secondStage(), true, fault);
            if (result != VtdFault.NONE) {
                return result;
            }
        }
        return switch (EntryFlags.set(memory, place, entry, flags)) {
            case EntryFlags.DONE -> VtdFault.NONE;
            case EntryFlags.CHANGED -> TranslationWalk.CHANGED;
            default -> fault.raise(FaultReason.SFS_10);
        };
    }

    boolean present() {
        return present;
    }

    long address() {
        return output;
    }

    int shift() {
        return pageShift;
    }

    /** Everything that the page allows, writes only if no dirty flag is left to be set. */
    int permissions(final boolean dirtied) {
        final int granted = rights.granted();
        return dirtied || (entry & FIRST_D) != 0 ? granted : granted & ~Permission.WRITES;
    }
}
