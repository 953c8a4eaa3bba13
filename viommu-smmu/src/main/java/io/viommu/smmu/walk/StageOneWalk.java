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

import static io.viommu.smmu.layout.TranslationDescriptorLayout.AF;
import static io.viommu.smmu.layout.TranslationDescriptorLayout.AP_READ_ONLY;
import static io.viommu.smmu.layout.TranslationDescriptorLayout.DBM;
import static io.viommu.smmu.layout.TranslationDescriptorLayout.NG;

import io.viommu.memory.GuestMemory;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StageTable;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.layout.ContextDescriptorLayout;
import io.viommu.smmu.layout.EventLayout;

/**
 * The walk of stage 1: a VA to an IPA, or to a physical address where there is no stage 2 (IHI 0070, 3.4, 7.3.22). Its
 * descriptors are read, and updated, through stage 2. Belongs to one thread.
 */
final class StageOneWalk {

    private static final int AGAIN = -1;

    private final Descriptors descriptors;
    private final StageTwoWalk stage2;
    private StreamConfiguration stream;
    private long input;
    private int wanted;
    private SmmuFault fault;
    private long physical;
    private long address;
    private int shift;
    private int permissions;
    private boolean global;

    StageOneWalk(final Descriptors descriptors, final StageTwoWalk stage2) {
        this.descriptors = descriptors;
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
        stream = configuration;
        input = va;
        wanted = needed;
        fault = into;
        final boolean high = configuration.world() != StreamConfiguration.WORLD_EL2 && (va >>> 55 & 1) != 0;
        final StageTable table = configuration.stage1Table(high ? 1 : 0);
        if (table.disabled() || !inRange(table, high ? ~va : va)) {
            return into.stage1(EventLayout.F_TRANSLATION);
        }
        for (int attempt = 0; attempt < StageTwoWalk.RETRIES; attempt++) {
            final int result = descend(table);
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

    private int descend(final StageTable table) {
        final boolean bigEndian = stream.stage1Flag(ContextDescriptorLayout.ENDI);
        long next = table.base();
        long hierarchy = 0;
        for (int level = table.startLevel();; level++) { // the last level has no tables
            final long at = table.descriptor(next, level, input);
            final int located = locate(at, Permission.PRIVILEGED_READ, false);
            if (located != SmmuFault.NONE) {
                return located;
            }
            if (!descriptors.read(physical, bigEndian)) {
                return fault.fetch(EventLayout.F_WALK_EABT, EventLayout.CLASS_TT, false, physical);
            }
            final long descriptor = descriptors.value();
            final int kind = Descriptors.kind(table, level, descriptor);
            if (kind == Descriptors.INVALID) {
                return fault.stage1(EventLayout.F_TRANSLATION);
            }
            next = Descriptors.output(table, level, kind, descriptor);
            if (next >>> table.outputBits() != 0) {
                return fault.stage1(EventLayout.F_ADDR_SIZE);
            }
            if (kind == Descriptors.LEAF) {
                shift = table.indexShift(level);
                return leaf(at, descriptor, hierarchy, next, bigEndian);
            }
            hierarchy |= table.ignoresHierarchy() ? 0 : descriptor;
        }
    }

    /** Leaves the physical address of a descriptor in {@link #physical}. */
    private int locate(final long at, final int access, final boolean forUpdate) {
        physical = at;
        if (!stream.stage2()) {
            return SmmuFault.NONE;
        }
        final int result = stage2.walk(stream, at, access, EventLayout.CLASS_TT, forUpdate, fault);
        physical = stage2.address();
        return result;
    }

    private int leaf(final long at, final long descriptor, final long hierarchy, final long output,
            final boolean bigEndian) {
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
            final int result = update(at, descriptor, updated, bigEndian);
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
    private int update(final long at, final long descriptor, final long updated, final boolean bigEndian) {
        final int located = locate(at, Permission.PRIVILEGED_READ | Permission.PRIVILEGED_WRITE, true);
        if (located != SmmuFault.NONE) {
            return located;
        }
        return switch (descriptors.update(physical, descriptor, updated, bigEndian)) {
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
