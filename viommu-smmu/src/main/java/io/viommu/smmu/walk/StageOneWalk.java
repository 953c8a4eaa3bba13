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
package io.viommu.smmu.walk;

import static io.viommu.smmu.spec.TranslationDescriptorLayout.AF;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.AP_READ_ONLY;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.DBM;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.NG;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.MemoryWord;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StageTable;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.spec.ContextDescriptorLayout;
import io.viommu.smmu.spec.EventLayout;

/**
 * The walk of stage 1: a VA to an IPA, or to a physical address where there is no stage 2 (IHI 0070, 3.4, 7.3.22). Its
 * descriptors are read, and updated, through stage 2. Belongs to one thread.
 */
final class StageOneWalk {

    private static final int AGAIN = -1;

    private final GuestMemory memory;
    private final MemoryWord word = new MemoryWord();
    private final StageTwoWalk stage2;
    /** Of the walk under way. References are handed down instead: to store one costs a barrier of the collector. */
    private long input;
    private int wanted;
    /** The descriptor that the walk came to last. */
    private long physical;
    private long address;
    private int shift;
    private int permissions;
    private boolean global;

    StageOneWalk(final GuestMemory memory, final StageTwoWalk stage2) {
        this.memory = memory;
        this.stage2 = stage2;
    }

    /**
     * Walks.
     *
     * @param configuration whose stage 1.
     * @param va            the input address, all 64 bits.
     * @param needed        the permission that the access needs, or 0.
     * @param into          filled with the fault.
     * @return {@link SmmuFault#NONE} or the number of the event.
     */
    int walk(final StreamConfiguration configuration, final long va, final int needed, final SmmuFault into) {
        input = va;
        wanted = needed;
        final boolean high = configuration.world() != StreamConfiguration.WORLD_EL2 && (va >>> 55 & 1) != 0;
        final StageTable table = configuration.stage1Table(high ? 1 : 0);
        if (table.disabled() || !inRange(table, high ? ~va : va)) {
            return into.stage1(EventLayout.F_TRANSLATION);
        }
        for (int attempt = 0; attempt < StageTwoWalk.RETRIES; attempt++) {
            final int result = descend(configuration, table, into);
            if (result != AGAIN) {
                return result;
            }
        }
        return into.fetch(EventLayout.F_WALK_EABT, EventLayout.CLASS_TT, false, physical);
    }

    /** 3.4.1: all bits above the table's range are equal; the top byte counts only without TBI. */
    private static boolean inRange(final StageTable table, final long folded) {
        return (table.ignoresTopByte() ? folded << 8 >>> 8 : folded) >>> table.inputBits() == 0;
    }

    /**
     * Follows tables until one leads no further. What a level needs stands in locals: guest memory is read acquiring,
     * after which every field is loaded anew.
     */
    private int descend(final StreamConfiguration stream, final StageTable table, final SmmuFault fault) {
        final GuestMemory ram = memory;
        final MemoryWord read = word;
        final long va = input;
        final boolean nested = stream.stage2();
        final boolean bigEndian = stream.stage1Flag(ContextDescriptorLayout.ENDI);
        final boolean wide = table.wideAddresses();
        final long attributes = table.ignoresHierarchy() ? 0 : -1L;
        final long beyond = -1L << table.outputBits();
        final int granule = table.pageShift();
        final int indexBits = table.indexBits();
        final long indices = (1L << indexBits) - 1;
        int level = table.startLevel();
        int covered = table.indexShift(level);
        long at = table.firstDescriptor(va);
        long hierarchy = 0;
        while (true) {
            long place = at;
            if (nested) {
                final int located = locate(stream, at, Permission.PRIVILEGED_READ, false, fault);
                if (located != SmmuFault.NONE) {
                    return located;
                }
                place = stage2.address();
            }
            if (ram.read(place, read) != GuestMemory.OK) {
                return fault.fetch(EventLayout.F_WALK_EABT, EventLayout.CLASS_TT, false, place);
            }
            final long descriptor = bigEndian ? Long.reverseBytes(read.value()) : read.value();
            if (!Descriptors.isTable(descriptor, level)) {
                physical = place;
                shift = covered;
                return Descriptors.isLeaf(descriptor, level, table)
                        ? leaf(stream, table, at, descriptor, hierarchy, fault)
                        : fault.stage1(EventLayout.F_TRANSLATION);
            }
            final long next = Descriptors.output(descriptor, granule, wide);
            if ((next & beyond) != 0) {
                return fault.stage1(EventLayout.F_ADDR_SIZE);
            }
            hierarchy |= descriptor & attributes;
            level++;
            covered -= indexBits;
            at = next + ((va >>> covered & indices) << 3);
        }
    }

    /** Asks stage 2 for the physical address of a descriptor. */
    private int locate(final StreamConfiguration stream, final long at, final int access, final boolean forUpdate,
            final SmmuFault fault) {
        return stage2.walk(stream, at, access, EventLayout.CLASS_TT, forUpdate, fault);
    }

    private int leaf(final StreamConfiguration stream, final StageTable table, final long at, final long descriptor,
            final long hierarchy, final SmmuFault fault) {
        final long output = Descriptors.output(descriptor, shift, table.wideAddresses());
        if (output >>> table.outputBits() != 0) {
            return fault.stage1(EventLayout.F_ADDR_SIZE);
        }
        final boolean setsAccessFlag = stream.stage1Flag(ContextDescriptorLayout.HA);
        final boolean keepsDirtyState = setsAccessFlag && stream.stage1Flag(ContextDescriptorLayout.HD);
        if ((descriptor & AF) == 0 && !setsAccessFlag && !stream.stage1Flag(ContextDescriptorLayout.AFFD)) {
            return fault.stage1(EventLayout.F_ACCESS);
        }
        final boolean clean = keepsDirtyState && (descriptor & (DBM | AP_READ_ONLY)) == (DBM | AP_READ_ONLY);
        final int allowed = StageOnePermissions.of(stream, clean ? descriptor & ~AP_READ_ONLY : descriptor, hierarchy);
        if ((allowed & wanted) != wanted) {
            return fault.stage1(EventLayout.F_PERMISSION);
        }
        final boolean dirties = clean && (wanted & Permission.WRITES) != 0;
        final long updated = (descriptor | (setsAccessFlag ? AF : 0)) & (dirties ? ~AP_READ_ONLY : -1L);
        if (updated != descriptor) {
            final int result = update(stream, at, descriptor, updated, fault);
            if (result != SmmuFault.NONE) {
                return result;
            }
        }
        permissions = clean && !dirties ? allowed & ~Permission.WRITES : allowed;
        global = (descriptor & NG) == 0;
        address = output | input & (1L << shift) - 1;
        return SmmuFault.NONE;
    }

    /** 3.13.5: the update is a write, so stage 2 must allow writes where the descriptor lies. */
    private int update(final StreamConfiguration stream, final long at, final long descriptor, final long updated,
            final SmmuFault fault) {
        if (stream.stage2()) {
            final int located = locate(stream, at, Permission.PRIVILEGED_READ | Permission.PRIVILEGED_WRITE, true,
                    fault);
            physical = stage2.address();
            if (located != SmmuFault.NONE) {
                return located;
            }
        }
        final boolean bigEndian = stream.stage1Flag(ContextDescriptorLayout.ENDI);
        return switch (Descriptors.update(memory, physical, descriptor, updated, bigEndian)) {
            case GuestMemory.OK -> SmmuFault.NONE;
            case GuestMemory.MISMATCH -> AGAIN;
            default -> fault.fetch(EventLayout.F_WALK_EABT, EventLayout.CLASS_TT, false, physical);
        };
    }

    long address() {
        return address;
    }

    int shift() {
        return shift;
    }

    /** What may be done without a further update of the descriptor. */
    int permissions() {
        return permissions;
    }

    /** Whether the translation is of all ASIDs. */
    boolean global() {
        return global;
    }
}
