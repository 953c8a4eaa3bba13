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
import static io.viommu.smmu.spec.TranslationDescriptorLayout.DBM;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.S2AP_READ;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.S2AP_WRITE;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.S2XN_SHIFT;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.MemoryWord;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StageTable;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;

/** The walk of stage 2: an IPA to a physical address (IHI 0070, 3.4, 7.3.22). Belongs to one thread. */
final class StageTwoWalk {

    /** How often a walk begins anew because somebody changed the descriptor that it was updating. */
    static final int RETRIES = 64;

    /** Nothing is decided: the walk begins anew. */
    private static final int AGAIN = -1;
    private static final long MEM_ATTR_NOT_DEVICE = 3L << 4;
    private static final long MEM_ATTR_NOT_DEVICE_FWB = 1L << 4;

    private final GuestMemory memory;
    private final MemoryWord word = new MemoryWord();
    /** Of the walk under way. References are handed down instead: to store one costs a barrier of the collector. */
    private long ipa;
    private int wanted;
    private int faultClass;
    private boolean tableWrite;
    private boolean executeNeverExtension;
    private long address;
    private int shift;
    private int permissions;

    StageTwoWalk(final GuestMemory memory) {
        this.memory = memory;
    }

    /** Tells whether XN has two bits (IDR3.XNX). */
    void executeNeverExtension(final boolean offered) {
        executeNeverExtension = offered;
    }

    /**
     * Walks.
     *
     * @param configuration whose stage 2.
     * @param input         the IPA.
     * @param needed        permissions that the access needs, all of them.
     * @param klass         CLASS of a fault: what the IPA is of.
     * @param forUpdate     with CLASS TT: the descriptor at the IPA is to be written.
     * @param into          filled with the fault.
     * @return {@link SmmuFault#NONE} or the number of the event.
     */
    int walk(final StreamConfiguration configuration, final long input, final int needed, final int klass,
            final boolean forUpdate, final SmmuFault into) {
        ipa = input;
        wanted = needed;
        faultClass = klass;
        tableWrite = forUpdate;
        final StageTable table = configuration.stage2Table();
        if (input >>> table.inputBits() != 0) {
            return fault(into, EventLayout.F_TRANSLATION);
        }
        for (int attempt = 0; attempt < RETRIES; attempt++) {
            final int result = descend(configuration, table, into);
            if (result != AGAIN) {
                return result;
            }
        }
        return into.fetch(EventLayout.F_WALK_EABT, klass, true, address);
    }

    /**
     * Follows tables until one leads no further. What a level needs stands in locals: guest memory is read acquiring,
     * after which every field is loaded anew.
     */
    private int descend(final StreamConfiguration stream, final StageTable table, final SmmuFault fault) {
        final GuestMemory ram = memory;
        final MemoryWord read = word;
        final long input = ipa;
        final boolean bigEndian = stream.stage2Flag(StreamTableEntryLayout.S2ENDI);
        final boolean wide = table.wideAddresses();
        final long beyond = -1L << table.outputBits();
        final int granule = table.pageShift();
        final int indexBits = table.indexBits();
        final long indices = (1L << indexBits) - 1;
        int level = table.startLevel();
        int covered = table.indexShift(level);
        long at = table.firstDescriptor(input);
        while (true) {
            if (ram.read(at, read) != GuestMemory.OK) {
                return fault.fetch(EventLayout.F_WALK_EABT, faultClass, true, at);
            }
            final long descriptor = bigEndian ? Long.reverseBytes(read.value()) : read.value();
            if (!Descriptors.isTable(descriptor, level)) {
                shift = covered;
                return Descriptors.isLeaf(descriptor, level, table)
                        ? leaf(stream, table, at, descriptor, fault)
                        : fault(fault, EventLayout.F_TRANSLATION);
            }
            final long next = Descriptors.output(descriptor, granule, wide);
            if ((next & beyond) != 0) {
                return fault(fault, EventLayout.F_ADDR_SIZE);
            }
            level++;
            covered -= indexBits;
            at = next + ((input >>> covered & indices) << 3);
        }
    }

    private int leaf(final StreamConfiguration stream, final StageTable table, final long at, final long descriptor,
            final SmmuFault fault) {
        final long output = Descriptors.output(descriptor, shift, table.wideAddresses());
        if (output >>> table.outputBits() != 0) {
            return fault(fault, EventLayout.F_ADDR_SIZE);
        }
        final boolean setsAccessFlag = stream.stage2Flag(StreamTableEntryLayout.S2HA);
        final boolean keepsDirtyState = setsAccessFlag && stream.stage2Flag(StreamTableEntryLayout.S2HD);
        if ((descriptor & AF) == 0 && !setsAccessFlag && !stream.stage2Flag(StreamTableEntryLayout.S2AFFD)) {
            return fault(fault, EventLayout.F_ACCESS);
        }
        final boolean clean = keepsDirtyState && (descriptor & (DBM | S2AP_WRITE)) == DBM;
        final int allowed = permissions(clean ? descriptor | S2AP_WRITE : descriptor);
        if ((allowed & wanted) != wanted || touchesDevice(stream, descriptor)) {
            return fault(fault, EventLayout.F_PERMISSION);
        }
        final boolean dirties = clean && (wanted & Permission.WRITES) != 0;
        final long updated = descriptor | (setsAccessFlag ? AF : 0) | (dirties ? S2AP_WRITE : 0);
        if (updated != descriptor) {
            final int outcome = Descriptors.update(memory, at, descriptor, updated,
                    stream.stage2Flag(StreamTableEntryLayout.S2ENDI));
            if (outcome != GuestMemory.OK) {
                address = at;
                return outcome == GuestMemory.MISMATCH
                        ? AGAIN
                        : fault.fetch(EventLayout.F_WALK_EABT, faultClass, true, at);
            }
        }
        permissions = clean && !dirties ? allowed & ~Permission.WRITES : allowed;
        address = output | ipa & (1L << shift) - 1;
        return SmmuFault.NONE;
    }

    /**
     * S2PTW: walks of stage 1 and fetches of CDs may not read device memory (MemAttr[3:2] = 0, or MemAttr[2] = 0 with
     * S2FWB).
     */
    private boolean touchesDevice(final StreamConfiguration stream, final long descriptor) {
        return faultClass != EventLayout.CLASS_IN && stream.stage2Flag(StreamTableEntryLayout.S2PTW)
                && (descriptor & (stream.stage2Attributes() ? MEM_ATTR_NOT_DEVICE_FWB : MEM_ATTR_NOT_DEVICE)) == 0;
    }

    private int permissions(final long descriptor) {
        int allowed = 0;
        if ((descriptor & S2AP_READ) != 0) {
            allowed |= Permission.USER_READ | Permission.PRIVILEGED_READ;
        }
        if ((descriptor & S2AP_WRITE) != 0) {
            allowed |= Permission.WRITES;
        }
        final int never = (int) (descriptor >>> S2XN_SHIFT) & (executeNeverExtension ? 3 : 2);
        if (never == 0 || never == 1) {
            allowed |= Permission.USER_EXECUTE;
        }
        if (never == 0 || never == 3) {
            allowed |= Permission.PRIVILEGED_EXECUTE;
        }
        return allowed;
    }

    private int fault(final SmmuFault into, final int event) {
        return into.stage2(event, faultClass, ipa, tableWrite);
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
}
