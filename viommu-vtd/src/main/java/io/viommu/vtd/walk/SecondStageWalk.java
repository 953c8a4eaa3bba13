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
import io.viommu.vtd.config.StageTable;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PagingEntryLayout;

/**
 * Walks second-stage tables of 3 to 5 levels (VT-d 3.7, 9.8). One instance belongs to one thread; what the last walk
 * found stays in it until the next.
 *
 * <p>Three widths limit an address, each in its own place (VT-d 3.7, 9.8): the input by the narrower of MGAW and the
 * width of the tables, what an entry points to by the host's width. Of each entry presence comes first, then
 * permission, then reserved bits. What the levels grant adds up: in legacy mode each level may refuse, in scalable mode
 * the leaf decides, since only there it is known whether the levels together grant anything at all (7.1.3, SSS.2).
 */
final class SecondStageWalk {

    /** Wanted: leave to read. With nothing wanted the walk only tells what there is. */
    static final int READ = 1;
    /** Wanted: leave to write. */
    static final int WRITE = 2;
    /** Wanted: leave to do anything. */
    static final int PRESENCE = 4;

    private static final long RIGHTS = PagingEntryLayout.SECOND_R | PagingEntryLayout.SECOND_W;

    private final GuestMemory memory;
    private final MemoryWord word = new MemoryWord();
    private long output;
    private int pageShift;
    private boolean readable;
    private boolean writable;
    private long leafPlace;
    private long leaf;

    SecondStageWalk(final GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Walks. With nothing wanted, an entry that grants nothing is no fault: the page is then neither readable nor
     * writable. Accessed flags of tables are set on the way; those of the leaf wait for {@link #commit}.
     *
     * @return {@link VtdFault#NONE}, the code of a reason, or {@link TranslationWalk#CHANGED}.
     */
    int walk(final VtdContext context, final StageTable table, final long address, final int wanted,
            final boolean update, final SecondStageUse use, final VtdFault fault) {
        final int width = Math.min(context.capabilities().guestAddressWidth(), table.inputBits());
        if (address >>> width != 0) {
            return fault.raise(use.beyondWidth());
        }
        // What a level needs stands in locals: guest memory is read acquiring, after which fields are loaded anew.
        final GuestMemory ram = memory;
        final MemoryWord read = word;
        final long needed = ((wanted & READ) != 0 ? PagingEntryLayout.SECOND_R : 0)
                | ((wanted & WRITE) != 0 ? PagingEntryLayout.SECOND_W : 0);
        final long reserved = reserved(context);
        final boolean keepsFlags = update && table.updatesFlags();
        final int top = table.levels();
        int level = top;
        int covered = PagingEntryLayout.indexShift(level);
        long at = table.base();
        long granted = RIGHTS;
        while (true) {
            final long place = PagingEntryLayout.entry(at, covered, address);
            if (ram.read(place, read) != GuestMemory.OK) {
                return fault.raise(use.accessError(level == top));
            }
            final long entry = read.value();
            if ((entry & RIGHTS) == 0) {
                grant(0);
                return wanted == 0 ? VtdFault.NONE : fault.raise(use.notPresent((wanted & WRITE) != 0));
            }
            granted &= entry;
            final boolean isLeaf = level == 1 || (entry & PagingEntryLayout.PAGE_SIZE) != 0;
            final long missing = needed & ~granted;
            if (use.decides(isLeaf) && (missing != 0 || granted == 0 && wanted != 0)) {
                final boolean write = (missing & PagingEntryLayout.SECOND_W) != 0;
                return fault.raise(granted == 0 ? use.notPresent(write) : use.permission(write));
            }
            if (isLeaf) {
                if ((entry & reserved(context, use, level)) != 0) {
                    return fault.raise(use.reserved());
                }
                grant(granted);
                found(entry, place, covered, address);
                return VtdFault.NONE;
            }
            if ((entry & reserved) != 0) {
                return fault.raise(use.reserved());
            }
            if (keepsFlags) {
                final int outcome = setFlags(table, place, entry, PagingEntryLayout.SECOND_A, fault);
                if (outcome != VtdFault.NONE) {
                    return outcome;
                }
            }
            at = entry & PagingEntryLayout.ADDRESS;
            level--;
            covered -= PagingEntryLayout.LEVEL_BITS;
        }
    }

    private void grant(final long rights) {
        readable = (rights & PagingEntryLayout.SECOND_R) != 0;
        writable = (rights & PagingEntryLayout.SECOND_W) != 0;
    }

    private void found(final long entry, final long place, final int covered, final long address) {
        leaf = entry;
        leafPlace = place;
        pageShift = covered;
        final long offset = (1L << covered) - 1;
        output = entry & PagingEntryLayout.ADDRESS & ~offset | address & offset;
    }

    /** Sets the flags of the leaf that the last walk found, where flags are kept. */
    int commit(final StageTable table, final boolean dirty, final VtdFault fault) {
        if (!table.updatesFlags()) {
            return VtdFault.NONE;
        }
        final long flags = dirty ? PagingEntryLayout.SECOND_A | PagingEntryLayout.SECOND_D : PagingEntryLayout.SECOND_A;
        final int outcome = setFlags(table, leafPlace, leaf, flags, fault);
        if (outcome == VtdFault.NONE) {
            leaf |= flags;
        }
        return outcome;
    }

    private int setFlags(final StageTable table, final long place, final long entry, final long flags,
            final VtdFault fault) {
        if ((entry & flags) == flags) {
            return VtdFault.NONE;
        }
        if (!table.snooped()) {
            return fault.raise(FaultReason.SSS_5);
        }
        return TranslationWalk.setFlags(memory, place, entry, flags, FaultReason.SSS_6, fault);
    }

    /** Bits that are reserved in every entry that leads to a table. */
    private static long reserved(final VtdContext context) {
        return PagingEntryLayout.ADDRESS & context.beyondHost() | PagingEntryLayout.SECOND_TM
                | PagingEntryLayout.SECOND_SNP;
    }

    /** Bits that are reserved in a leaf. */
    private static long reserved(final VtdContext context, final SecondStageUse use, final int level) {
        long bits = PagingEntryLayout.ADDRESS & context.beyondHost();
        if (!context.transientMappings()) {
            bits |= PagingEntryLayout.SECOND_TM;
        }
        // In scalable mode the PASID table entry may ask for snooping too, so the bit is known there.
        if (use == SecondStageUse.LEGACY && !context.has(CapabilityFields.SC)) {
            bits |= PagingEntryLayout.SECOND_SNP;
        }
        if (level > 1) {
            bits |= (1L << PagingEntryLayout.indexShift(level)) - 1 & PagingEntryLayout.ADDRESS;
            if (!context.capabilities().secondStageLargePages(level)) {
                bits |= PagingEntryLayout.PAGE_SIZE;
            }
        }
        return bits;
    }

    long address() {
        return output;
    }

    int shift() {
        return pageShift;
    }

    boolean writable() {
        return writable;
    }

    /** Everything that the page allows, writes only if no dirty flag is left to be set. */
    int permissions(final StageTable table, final boolean dirtied) {
        int granted = readable ? Permission.READS : 0;
        if (writable && (dirtied || !table.updatesFlags() || (leaf & PagingEntryLayout.SECOND_D) != 0)) {
            granted |= Permission.WRITES;
        }
        return granted;
    }
}
