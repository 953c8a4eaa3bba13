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
package io.viommu.smmu.config;

import io.viommu.smmu.register.SmmuCapabilities;
import static io.viommu.smmu.spec.StreamTableEntryLayout.EATS_DPT;
import static io.viommu.smmu.spec.StreamTableEntryLayout.EATS_FULL;
import static io.viommu.smmu.spec.StreamTableEntryLayout.EATS_SPLIT_STAGE;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1FMT_4K_LEAVES;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1FMT_64K_LEAVES;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S1STALLD;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2AA64;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2ENDI;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2HA;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2HD;
import static io.viommu.smmu.spec.StreamTableEntryLayout.S2S;
import static io.viommu.smmu.spec.StreamTableEntryLayout.STRW_EL1;

/**
 * What makes a stream table entry ILLEGAL, C_BAD_STE, in the architecture's order (IHI 0070, 5.2.2). Rules of a stage
 * look only at entries that enable it: fields of a disabled stage are IGNORED. VMSAv8-32, VMSAv9-128, MPAM and
 * permission indirection are not offered, so that what selects them is ILLEGAL or IGNORED and their own rules can't
 * come up.
 */
public enum SteRule {

    /** V is 0. */
    NOT_VALID((ste, f) -> !ste.valid()),
    /** Stage 1 is enabled but not offered. */
    STAGE_1_NOT_OFFERED((ste, f) -> ste.stage1() && !f.stage1()),
    /** Stage 2 is enabled but not offered. */
    STAGE_2_NOT_OFFERED((ste, f) -> ste.stage2() && !f.stage2()),
    /** EATS asks for split-stage ATS, which needs both stages, no stage-2 stalls and an SMMU that offers it. */
    SPLIT_STAGE_ATS((ste, f) -> atsUsed(ste, f) && ste.ats() == EATS_SPLIT_STAGE
            && (!ste.stage1() || !ste.stage2() || ste.flag2(S2S) || f.noSplitStageAts())),
    /** EATS asks for full ATS while stage 2 stalls. */
    FULL_ATS_WITH_STAGE_2_STALLS((ste, f) -> atsUsed(ste, f) && ste.stage2() && ste.flag2(S2S)
            && (ste.ats() == EATS_FULL || ste.ats() == EATS_DPT && f.devicePermissionTable())),
    /** EATS asks for the device permission table outside the world of EL1. */
    DPT_ATS_OUTSIDE_EL1((ste, f) -> atsUsed(ste, f) && ste.ats() == EATS_DPT && f.devicePermissionTable()
            && ste.streamWorldUsed(f) && ste.streamWorld() != STRW_EL1),
    /** STRW chooses a reserved world. */
    STREAM_WORLD_RESERVED((ste, f) -> ste.streamWorldUsed(f) && (ste.streamWorld() & 1) != 0),
    /** S1STALLD is set though stalls can't be configured. */
    STALL_DISABLE_NOT_CONFIGURABLE((ste, f) -> ste.stage1() && ste.flag1(S1STALLD) && f.stallModel() != 0),
    /** S1CDMax is more than SSIDSIZE. */
    TOO_MANY_SUBSTREAMS((ste, f) -> ste.stage1() && f.substreamIdBits() != 0
            && ste.contextLog2() > f.substreamIdBits()),
    /** S1Fmt chooses two levels of context descriptors, which are not offered. */
    TWO_LEVEL_CONTEXT_TABLE_NOT_OFFERED((ste, f) -> ste.stage1() && f.substreamIdBits() != 0
            && ste.contextLog2() != 0 && !f.twoLevelContextTable()
            && (ste.contextFormat() == S1FMT_4K_LEAVES || ste.contextFormat() == S1FMT_64K_LEAVES)),
    /** S1ContextPtr is beyond the IPA size, or without stage 2 the PA size. */
    CONTEXT_POINTER_OUT_OF_RANGE((ste, f) -> ste.stage1()
            && ste.contextPointer() >>> (ste.stage2() ? f.intermediateBits() : f.outputBits()) != 0),
    /** S2S asks for stalls that are not offered. */
    STAGE_2_STALLS_NOT_OFFERED((ste, f) -> ste.stage2() && ste.flag2(S2S) && f.stallModel() == 1),
    /** S2S is 0 though stalls are forced. */
    STAGE_2_STALLS_FORCED((ste, f) -> ste.stage2() && !ste.flag2(S2S) && f.stallModel() == 2),
    /** S2AA64 chooses a table format that is not offered; VMSAv8-32 never is. */
    STAGE_2_TABLE_FORMAT((ste, f) -> ste.stage2() && !(ste.flag2(S2AA64) && f.aarch64Tables())),
    /** S2HA or S2HD is set though the SMMU updates no tables. */
    STAGE_2_UPDATES_NOT_OFFERED((ste, f) -> ste.stage2() && ste.flag2(S2HA | S2HD) && f.tableUpdates() == 0),
    /** S2HD is set though the SMMU updates access flags only. */
    STAGE_2_DIRTY_STATE_NOT_OFFERED((ste, f) -> ste.stage2() && ste.flag2(S2HD) && f.tableUpdates() == 1),
    /** S2TG chooses a granule that is not offered. */
    STAGE_2_GRANULE_NOT_OFFERED((ste, f) -> ste.stage2() && !f.granule(ste.stage2PageShift())),
    /** S2TTB is beyond what S2PS and the PA size allow. */
    STAGE_2_TABLE_OUT_OF_RANGE((ste, f) -> ste.stage2() && ste.stage2Table() >>> StageTable
            .outputBits(ste.stage2OutputBits(f), ste.stage2PageShift()) != 0),
    /** S2T0SZ is out of range. */
    STAGE_2_INPUT_SIZE(SteRule::stage2InputSizeInvalid),
    /** S2SL0 doesn't fit S2T0SZ and S2TG. */
    STAGE_2_START_LEVEL(SteRule::stage2StartLevelInconsistent),
    /** S2ENDI asks for an endianness that is not offered. */
    STAGE_2_ENDIANNESS((ste, f) -> ste.stage2()
            && (ste.flag2(S2ENDI) ? f.tableEndianness() == 2 : f.tableEndianness() == 3)),
    /** S2VMID has more than the 8 bits that are offered. */
    VMID_TOO_WIDE((ste, f) -> vmidUsed(ste, f) && !f.wideVmids() && ste.vmid() > 0xFF);

    private static final SteRule[] ALL = values();

    private final Check check;

    SteRule(final Check check) {
        this.check = check;
    }

    @FunctionalInterface
    private interface Check {
        boolean broken(StreamTableEntry entry, SmmuCapabilities capabilities);
    }

    /** The first rule that an entry breaks, or null; one that aborts everything is legal whatever else it says. */
    static SteRule firstBroken(final StreamTableEntry entry, final SmmuCapabilities capabilities) {
        if (NOT_VALID.check.broken(entry, capabilities)) {
            return NOT_VALID;
        }
        if (!entry.passes()) {
            return null;
        }
        for (final SteRule rule : ALL) {
            if (rule.check.broken(entry, capabilities)) {
                return rule;
            }
        }
        return null;
    }

    private static boolean atsUsed(final StreamTableEntry entry, final SmmuCapabilities capabilities) {
        return capabilities.ats() && (entry.stage1() || entry.stage2());
    }

    /** IgnoreSTES2VMID of 5.2.2. */
    private static boolean vmidUsed(final StreamTableEntry entry, final SmmuCapabilities capabilities) {
        return capabilities.stage2() && (entry.stage1() || entry.stage2())
                && !(entry.streamWorldUsed(capabilities) && entry.streamWorld() != STRW_EL1);
    }

    private static boolean stage2InputSizeInvalid(final StreamTableEntry entry, final SmmuCapabilities capabilities) {
        if (!entry.stage2()) {
            return false;
        }
        final int pageShift = entry.stage2PageShift();
        final int size = entry.stage2InputSize();
        final int least = Math.max(pageShift == 16 ? 12 : 16, 64 - capabilities.intermediateBits());
        return size < least || size > CdRule.greatestInputSize(capabilities, pageShift);
    }

    /** The level that S2SL0 names; for 4 KiB granules 3 means level 3, of small tables. */
    static int stage2StartLevel(final int field, final int pageShift) {
        return pageShift == 12 ? (field == 3 ? 3 : 2 - field) : 3 - field;
    }

    /** Arm ARM, S2InvalidSL and S2InconsistentSL. */
    private static boolean stage2StartLevelInconsistent(final StreamTableEntry entry,
            final SmmuCapabilities capabilities) {
        if (!entry.stage2()) {
            return false;
        }
        final int pageShift = entry.stage2PageShift();
        final int field = entry.stage2StartLevelField();
        final int physical = capabilities.outputBits();
        final boolean notOffered = switch (pageShift) {
            case 12 -> field == 3 ? !capabilities.smallTranslationTables() : field == 2 && physical < 44;
            case 14 -> field == 3 || field == 2 && physical < 42;
            default -> field == 3 || field == 2 && physical < 44;
        };
        if (notOffered) {
            return true;
        }
        final int stride = pageShift - 3;
        final int least = (StageTable.LAST_LEVEL - stage2StartLevel(field, pageShift)) * stride + pageShift + 1;
        final int most = least + stride - 1 + 4; // up to 16 concatenated tables
        final int bits = 64 - entry.stage2InputSize();
        return bits < least || bits > most;
    }
}
