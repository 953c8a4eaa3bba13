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

import io.viommu.memory.GuestMemory;
import io.viommu.memory.MemoryWord;
import io.viommu.vtd.config.DeviceConfiguration;
import io.viommu.vtd.config.StageTable;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PagingEntryLayout;
import io.viommu.vtd.spec.PasidEntryLayout;

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
        present = true;
        final StageTable table = device.firstStage();
        final int unused = Long.SIZE - table.inputBits();
        if (address << unused >> unused != address) {
            return fault.raise(FaultReason.SGN_1);
        }
        rights.begin();
        // What a level needs stands in locals: guest memory is read acquiring, after which fields are loaded anew.
        final GuestMemory ram = memory;
        final MemoryWord read = word;
        final boolean nested = device.secondStageUsed();
        final long accessed = accessed(device);
        final long reserved = reserved(context, device);
        final int top = table.levels();
        int level = top;
        int covered = PagingEntryLayout.indexShift(level);
        long at = table.base();
        while (true) {
            long where = PagingEntryLayout.entry(at, covered, address);
            if (nested) {
                final int located = locate(context, device, where, level == top, update, fault);
                if (located != VtdFault.NONE) {
                    return located;
                }
                where = tables.address();
            }
            if (ram.read(where, read) != GuestMemory.OK) {
                return fault.raise(level == top ? FaultReason.SFS_4 : FaultReason.SFS_1);
            }
            final long found = read.value();
            if ((found & PagingEntryLayout.FIRST_P) == 0) {
                present = false;
                return wanted == 0 ? VtdFault.NONE : fault.raise(FaultReason.SFS_2);
            }
            final boolean isLeaf = level == 1 || (found & PagingEntryLayout.PAGE_SIZE) != 0;
            // What was not refused before is refused only for what an entry takes away, or at the end.
            final boolean undecided = rights.narrow(device, found) || isLeaf || level == top;
            final FaultReason refusal = undecided ? rights.refusal(device, wanted, isLeaf) : null;
            final boolean isMarred = (found & (isLeaf ? reserved(context, device, level) : reserved)) != 0;
            if (isMarred && (refusal == null || !context.likeQemu())) {
                return fault.raise(FaultReason.SFS_3);
            }
            if (refusal != null) {
                return fault.raise(refusal);
            }
            if (isLeaf) {
                found(found, where, covered, address);
                return VtdFault.NONE;
            }
            if (update && (found & accessed) != accessed) {
                final int updated = setFlags(device, where, found, accessed, fault);
                if (updated != VtdFault.NONE) {
                    return updated;
                }
            }
            at = found & PagingEntryLayout.ADDRESS;
            level--;
            covered -= PagingEntryLayout.LEVEL_BITS;
        }
    }

    /** Asks the second stage for the physical address of an entry. */
    private int locate(final VtdContext context, final DeviceConfiguration device, final long address,
            final boolean top, final boolean update, final VtdFault fault) {
        final StageTable second = device.secondStage();
        final int result = tables.walk(context, second, address, SecondStageWalk.READ, update,
                top ? SecondStageUse.TOP_TABLE : SecondStageUse.TABLE, fault);
        return result == VtdFault.NONE && update ? tables.commit(second, false, fault) : result;
    }

    /** Bits that are reserved in every entry. */
    private static long reserved(final VtdContext context, final DeviceConfiguration device) {
        final long beyond = PagingEntryLayout.ADDRESS & context.beyondHost();
        return context.has(CapabilityFields.ERS) && !device.firstStageFlag(PasidEntryLayout.NXE)
                ? beyond | PagingEntryLayout.FIRST_XD
                : beyond;
    }

    /** Bits that are reserved in a leaf. */
    private static long reserved(final VtdContext context, final DeviceConfiguration device, final int level) {
        long bits = reserved(context, device);
        if (level > 1) {
            bits |= (1L << PagingEntryLayout.indexShift(level)) - 1 & PagingEntryLayout.ADDRESS
                    & ~PagingEntryLayout.FIRST_LARGE_PAT;
            final boolean offered = level == 2 || level == 3 && context.capabilities().has(CapabilityFields.FS1GP);
            if (!offered) {
                bits |= PagingEntryLayout.PAGE_SIZE;
            }
        }
        return bits;
    }

    private void found(final long leaf, final long where, final int covered, final long address) {
        entry = leaf;
        place = where;
        pageShift = covered;
        final long offset = (1L << covered) - 1;
        output = leaf & PagingEntryLayout.ADDRESS & ~offset | address & offset;
    }

    /** Sets the flags of the leaf that the last walk found. */
    int commit(final DeviceConfiguration device, final boolean dirty, final VtdFault fault) {
        final long flags = dirty ? accessed(device) | PagingEntryLayout.FIRST_D : accessed(device);
        return (entry & flags) == flags ? VtdFault.NONE : setFlags(device, place, entry, flags, fault);
    }

    private static long accessed(final DeviceConfiguration device) {
        return device.firstStageFlag(PasidEntryLayout.EAFE)
                ? PagingEntryLayout.FIRST_A | PagingEntryLayout.FIRST_EA
                : PagingEntryLayout.FIRST_A;
    }

    private int setFlags(final DeviceConfiguration device, final long where, final long found, final long flags,
            final VtdFault fault) {
        if (!device.firstStage().snooped()) {
            return fault.raise(FaultReason.SFS_9);
        }
        if (device.secondStageUsed()) {
            if (!tables.writable()) {
                return fault.raise(FaultReason.SFS_8);
            }
            final int result = tables.commit(device.secondStage(), true, fault);
            if (result != VtdFault.NONE) {
                return result;
            }
        }
        return TranslationWalk.setFlags(memory, where, found, flags, FaultReason.SFS_10, fault);
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
    int permissions(final DeviceConfiguration device, final boolean dirtied) {
        final int granted = rights.granted(device);
        return dirtied || (entry & PagingEntryLayout.FIRST_D) != 0 ? granted : granted & ~Permission.WRITES;
    }
}
