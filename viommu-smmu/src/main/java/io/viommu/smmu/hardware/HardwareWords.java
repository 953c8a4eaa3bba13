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
package io.viommu.smmu.hardware;

import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;

/**
 * What of a guest's words goes to the hardware, since a host refuses bits that are not for it (linux/iommufd.h, struct
 * iommu_hwpt_arm_smmuv3 and iommu_viommu_arm_smmuv3_invalidate): fields of stage 1 only, no reserved bits, no VMID.
 * Fields of what the guest is not offered are ignored by its SMMU, but the hardware might not, so they go, too.
 */
final class HardwareWords {

    private static final long S1FMT = 3L << StreamTableEntryLayout.S1FMT_SHIFT;
    private static final long S1CDMAX = 31L << StreamTableEntryLayout.S1CDMAX_SHIFT;
    private static final long S1DSS = 3L << StreamTableEntryLayout.S1DSS_SHIFT;
    /** Word 0 of an entry: V, Config, S1Fmt, S1ContextPtr, S1CDMax. */
    private static final long STE_0 = StreamTableEntryLayout.V | 7L << StreamTableEntryLayout.CONFIG_SHIFT
            | S1FMT | StreamTableEntryLayout.S1_CONTEXT_PTR | S1CDMAX;
    /** Word 1: S1DSS, S1CIR, S1COR, S1CSH (bits 7 to 0), S1STALLD; EATS is put in as it is in effect. */
    private static final long STE_1 = 0xFF | StreamTableEntryLayout.S1STALLD;

    private static final long OPCODE = CommandLayout.OPCODE;
    private static final long STREAM = 0xFFFF_FFFFL << CommandLayout.STREAM_SHIFT;
    private static final long SUBSTREAM = (long) CommandLayout.SUBSTREAM_MASK << CommandLayout.LOW_FIELD_SHIFT;
    private static final long ASID = 0xFFFFL << CommandLayout.ASID_SHIFT;
    private static final long NUM_SCALE = (long) CommandLayout.NUM_MASK << CommandLayout.LOW_FIELD_SHIFT
            | (long) CommandLayout.SCALE_MASK << CommandLayout.SCALE_SHIFT;
    private static final long TTL_TG = 3L << CommandLayout.TTL_SHIFT | 3L << CommandLayout.TG_SHIFT;
    private static final long LEAF = 1;

    private final long entry0;
    private final long entry1;
    private final long substream;
    private final long globalSubstream;
    private final long numScale;
    private final long ttlTg;

    HardwareWords(final SmmuCapabilities capabilities) {
        final boolean substreams = capabilities.substreamIdBits() > 0;
        this.entry0 = substreams ? STE_0 : STE_0 & ~(S1FMT | S1CDMAX);
        this.entry1 = substreams ? STE_1 : STE_1 & ~S1DSS;
        this.substream = substreams ? SUBSTREAM : 0;
        this.globalSubstream = substreams ? CommandLayout.GLOBAL | CommandLayout.SSV | SUBSTREAM : 0;
        this.numScale = capabilities.rangeInvalidation() ? NUM_SCALE : 0;
        this.ttlTg = capabilities.rangeInvalidation() ? TTL_TG : 0;
    }

    long entry0(final long word0) {
        return word0 & entry0;
    }

    long entry1(final long word1, final boolean ats) {
        return word1 & entry1
                | (ats ? (long) StreamTableEntryLayout.EATS_FULL << StreamTableEntryLayout.EATS_SHIFT : 0);
    }

    /** Word 0 of a command that the hardware takes; 0 for one that it doesn't. */
    long command0(final long word0) {
        return word0 & switch ((int) (word0 & OPCODE)) {
            case CommandLayout.CFGI_CD -> OPCODE | substream | STREAM;
            case CommandLayout.CFGI_CD_ALL -> OPCODE | STREAM;
            case CommandLayout.TLBI_NSNH_ALL, CommandLayout.TLBI_NH_ALL -> OPCODE;
            case CommandLayout.TLBI_NH_ASID -> OPCODE | ASID;
            case CommandLayout.TLBI_NH_VA -> OPCODE | ASID | numScale;
            case CommandLayout.TLBI_NH_VAA -> OPCODE | numScale;
            case CommandLayout.ATC_INV -> OPCODE | globalSubstream | STREAM;
            default -> 0;
        };
    }

    /** Word 1 of the same. */
    long command1(final long word0, final long word1) {
        return word1 & switch ((int) (word0 & OPCODE)) {
            case CommandLayout.CFGI_CD -> LEAF;
            case CommandLayout.TLBI_NH_VA, CommandLayout.TLBI_NH_VAA ->
                CommandLayout.ADDRESS | LEAF | ttlTg;
            case CommandLayout.ATC_INV -> CommandLayout.ADDRESS | CommandLayout.ATC_SIZE;
            default -> 0;
        };
    }
}
