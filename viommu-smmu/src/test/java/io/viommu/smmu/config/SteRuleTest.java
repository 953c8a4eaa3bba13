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

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;

/** What makes an STE ILLEGAL, IHI 0070 5.2.2, one test for each rule, and the order of two broken at once. */
class SteRuleTest {

    private static final long TABLE = 0x4010_0000L;
    private static final long CD = 0x4020_0000L;
    private static final long S2 = 0x4400_0000L;

    private final TestMemory memory = new TestMemory();
    private final StreamTable streams = new StreamTable(memory);
    private final StreamConfiguration found = new StreamConfiguration();
    private final SmmuFault fault = new SmmuFault();

    private Enum<?> broken(final Features capabilities, final Record ste) {
        ste.write(memory, TABLE);
        final int event = streams.lookup(capabilities.enabled(TABLE, 4), 0, found, fault);
        if (event == SmmuFault.NONE) {
            return null;
        }
        assertThat(event).isEqualTo(4);
        return fault.rule();
    }

    private static Record stage1() {
        return Record.stage1Ste(CD);
    }

    private static Record stage2() {
        return Record.ste(0b110).stage2(S2, 1);
    }

    private static Record nested() {
        return Record.ste(0b111).address(0, 6, 51, CD).stage2(S2, 1);
    }

    private static Features plain() {
        return Features.plain();
    }

    @Test
    void legalEntriesBreakNoRule() {
        assertThat(broken(plain(), Record.ste(0b100))).isNull();
        assertThat(broken(plain(), stage1())).isNull();
        assertThat(broken(plain(), stage2())).isNull();
        assertThat(broken(plain(), nested())).isNull();
    }

    @Test
    void stageOneMustBeOffered() {
        final Features without = plain().idr0(1, 1, 0);
        assertThat(broken(without, stage1())).isEqualTo(SteRule.STAGE_1_NOT_OFFERED);
        assertThat(broken(without, nested())).isEqualTo(SteRule.STAGE_1_NOT_OFFERED);
        assertThat(broken(without, stage2())).isNull();
    }

    @Test
    void stageTwoMustBeOffered() {
        final Features without = plain().idr0(0, 1, 0);
        assertThat(broken(without, stage2())).isEqualTo(SteRule.STAGE_2_NOT_OFFERED);
        assertThat(broken(without, nested())).isEqualTo(SteRule.STAGE_2_NOT_OFFERED);
    }

    @Test
    void splitStageAtsNeedsBothStages() {
        final Features ats = plain().idr0(10, 1, 1);
        assertThat(broken(ats, stage1().set(92, 2, 2))).isEqualTo(SteRule.SPLIT_STAGE_ATS);
        assertThat(broken(ats, nested().set(92, 2, 2))).isNull();
        assertThat(broken(ats, stage2().set(92, 2, 2))).isEqualTo(SteRule.SPLIT_STAGE_ATS);
        assertThat(broken(ats.idr0(11, 1, 1), nested().set(92, 2, 2))).isEqualTo(SteRule.SPLIT_STAGE_ATS);
    }

    @Test
    void atsOfABypassingEntryIsIgnored() {
        assertThat(broken(plain().idr0(10, 1, 1), Record.ste(0b100).set(92, 2, 2))).isNull();
    }

    @Test
    void atsIsIgnoredWhereItIsNotOffered() {
        assertThat(broken(plain(), stage1().set(92, 2, 2))).isNull();
    }

    @Test
    void fullAtsExcludesStageTwoStalls() {
        final Features ats = plain().idr0(10, 1, 1).idr0(24, 2, 0);
        assertThat(broken(ats, nested().set(92, 2, 1).set(185, 1, 1)))
                .isEqualTo(SteRule.FULL_ATS_WITH_STAGE_2_STALLS);
        assertThat(broken(ats, nested().set(92, 2, 1))).isNull();
        assertThat(broken(ats, nested().set(92, 2, 3).set(185, 1, 1))).as("reserved, acts as 0").isNull();
        assertThat(broken(ats.idr3(15, 1, 1), nested().set(92, 2, 3).set(185, 1, 1)))
                .isEqualTo(SteRule.FULL_ATS_WITH_STAGE_2_STALLS);
        assertThat(broken(ats, stage1().set(92, 2, 1).set(185, 1, 1))).as("stage 2 is off").isNull();
    }

    @Test
    void devicePermissionTableNeedsTheWorldOfEl1() {
        final Features dpt = plain().idr0(10, 1, 1).idr0(9, 1, 1).idr3(15, 1, 1);
        assertThat(broken(dpt, stage1().set(92, 2, 3).set(94, 2, 2))).isEqualTo(SteRule.DPT_ATS_OUTSIDE_EL1);
        assertThat(broken(dpt, stage1().set(92, 2, 3))).isNull();
        assertThat(broken(dpt, nested().set(92, 2, 3).set(94, 2, 2))).as("STRW is not used").isNull();
    }

    @Test
    void reservedStreamWorldsAreIllegalOnlyWhereTheFieldIsUsed() {
        final Features hyp = plain().idr0(9, 1, 1);
        assertThat(broken(hyp, stage1().set(94, 2, 1))).isEqualTo(SteRule.STREAM_WORLD_RESERVED);
        assertThat(broken(hyp, stage1().set(94, 2, 3))).isEqualTo(SteRule.STREAM_WORLD_RESERVED);
        assertThat(broken(hyp, stage1().set(94, 2, 2))).isNull();
        assertThat(broken(hyp, nested().set(94, 2, 1))).isNull();
        assertThat(broken(hyp, Record.ste(0b100).set(94, 2, 1))).isNull();
        assertThat(broken(plain(), stage1().set(94, 2, 1))).isNull();
    }

    @Test
    void stallDisableNeedsAConfigurableStallModel() {
        assertThat(broken(plain(), stage1().set(91, 1, 1))).isEqualTo(SteRule.STALL_DISABLE_NOT_CONFIGURABLE);
        assertThat(broken(plain().idr0(24, 2, 0), stage1().set(91, 1, 1))).isNull();
        assertThat(broken(plain(), stage2().set(91, 1, 1))).isNull();
    }

    @Test
    void contextsMayNotExceedSsidSize() {
        final Features substreams = plain().substreams(4);
        assertThat(broken(substreams, stage1().set(59, 5, 5))).isEqualTo(SteRule.TOO_MANY_SUBSTREAMS);
        assertThat(broken(substreams, stage1().set(59, 5, 4))).isNull();
    }

    @Test
    void contextCountIsIgnoredWithoutSubstreams() {
        assertThat(broken(plain(), stage1().set(59, 5, 31))).isNull();
    }

    @Test
    void twoLevelContextsMustBeOffered() {
        final Features substreams = plain().substreams(8);
        assertThat(broken(substreams, stage1().set(59, 5, 7).set(4, 2, 1)))
                .isEqualTo(SteRule.TWO_LEVEL_CONTEXT_TABLE_NOT_OFFERED);
        assertThat(broken(substreams, stage1().set(59, 5, 7).set(4, 2, 2)))
                .isEqualTo(SteRule.TWO_LEVEL_CONTEXT_TABLE_NOT_OFFERED);
        assertThat(broken(substreams, stage1().set(59, 5, 7).set(4, 2, 3))).isNull();
        assertThat(broken(substreams, stage1().set(59, 5, 0).set(4, 2, 1))).isNull();
        assertThat(broken(substreams.idr0(19, 1, 1), stage1().set(59, 5, 7).set(4, 2, 1))).isNull();
    }

    @Test
    void contextPointerMustBeInRange() {
        assertThat(broken(plain(), Record.stage1Ste(1L << 44))).isEqualTo(SteRule.CONTEXT_POINTER_OUT_OF_RANGE);
        assertThat(broken(plain(), stage2().address(0, 6, 51, 1L << 44))).isNull();
    }

    @Test
    void stageTwoStallsMustBeOffered() {
        assertThat(broken(plain(), stage2().set(185, 1, 1))).isEqualTo(SteRule.STAGE_2_STALLS_NOT_OFFERED);
        assertThat(broken(plain().idr0(24, 2, 2), stage2())).isEqualTo(SteRule.STAGE_2_STALLS_FORCED);
        assertThat(broken(plain().idr0(24, 2, 2), stage2().set(185, 1, 1))).isNull();
    }

    @Test
    void stageTwoTablesMustBeAarch64() {
        assertThat(broken(plain(), stage2().set(179, 1, 0))).isEqualTo(SteRule.STAGE_2_TABLE_FORMAT);
    }

    @Test
    void stageTwoUpdatesMustBeOffered() {
        assertThat(broken(plain(), stage2().set(184, 1, 1))).isEqualTo(SteRule.STAGE_2_UPDATES_NOT_OFFERED);
        assertThat(broken(plain(), stage2().set(183, 1, 1))).isEqualTo(SteRule.STAGE_2_UPDATES_NOT_OFFERED);
        assertThat(broken(plain().idr0(6, 2, 1), stage2().set(184, 1, 1))).isNull();
        assertThat(broken(plain().idr0(6, 2, 1), stage2().set(183, 1, 1)))
                .isEqualTo(SteRule.STAGE_2_DIRTY_STATE_NOT_OFFERED);
        assertThat(broken(plain().idr0(6, 2, 2), stage2().set(183, 1, 1))).isNull();
    }

    @Test
    void stageTwoGranuleMustBeOffered() {
        assertThat(broken(plain(), stage2().set(174, 2, 3))).isEqualTo(SteRule.STAGE_2_GRANULE_NOT_OFFERED);
        assertThat(broken(plain().idr5(4, 1, 0), stage2())).isEqualTo(SteRule.STAGE_2_GRANULE_NOT_OFFERED);
    }

    @Test
    void stageTwoTableMustBeInRangeOfS2psAndOas() {
        assertThat(broken(plain(), stage2().address(3, 4, 51, 1L << 44)))
                .isEqualTo(SteRule.STAGE_2_TABLE_OUT_OF_RANGE);
        assertThat(broken(plain(), stage2().set(176, 3, 0).address(3, 4, 51, 1L << 32)))
                .isEqualTo(SteRule.STAGE_2_TABLE_OUT_OF_RANGE);
    }

    @Test
    void stageTwoInputSizeHasBounds() {
        assertThat(broken(plain(), stage2().set(160, 6, 40).set(166, 2, 0))).isEqualTo(SteRule.STAGE_2_INPUT_SIZE);
        assertThat(broken(plain(), stage2().set(160, 6, 19).set(166, 2, 2))).isEqualTo(SteRule.STAGE_2_INPUT_SIZE);
        assertThat(broken(plain(), stage2().set(160, 6, 20).set(166, 2, 2))).isNull();
        assertThat(broken(plain(), stage2().set(160, 6, 39).set(166, 2, 0))).isNull();
    }

    @Test
    void stageTwoStartLevelMustFitTheInputSize() {
        // 39 bits at level 0 leave nothing to index there
        assertThat(broken(plain(), stage2().set(160, 6, 25).set(166, 2, 2))).isEqualTo(SteRule.STAGE_2_START_LEVEL);
        // 40 bits at level 2 would concatenate 1024 tables
        assertThat(broken(plain(), stage2().set(160, 6, 24).set(166, 2, 0))).isEqualTo(SteRule.STAGE_2_START_LEVEL);
        // 43 bits at level 1 are exactly 16 tables
        assertThat(broken(plain(), stage2().set(160, 6, 21).set(166, 2, 1))).isNull();
        assertThat(broken(plain(), stage2().set(160, 6, 20).set(166, 2, 1))).isEqualTo(SteRule.STAGE_2_START_LEVEL);
        assertThat(broken(plain(), stage2().set(166, 2, 3))).isEqualTo(SteRule.STAGE_2_START_LEVEL);
    }

    /** Start level by S2SL0: 3 - SL0 for the large granules; bits from the least of that level to 16 tables of it. */
    @ParameterizedTest
    @CsvSource({ "1,0,31,39", "1,1,20,34", "1,2,20,21", "2,0,35,39", "2,1,24,38", "2,2,20,27" })
    void startLevelsOfLargeGranulesFitTheirInputSizes(final int granule, final int field, final int first,
            final int last) {
        for (int size = 20; size <= 39; size++) {
            final Enum<?> broken = broken(plain(), stage2().set(160, 6, size).set(166, 2, field).set(174, 2, granule));
            assertThat(broken).as("S2T0SZ %d", size)
                    .isEqualTo(size >= first && size <= last ? null : SteRule.STAGE_2_START_LEVEL);
        }
        assertThat(broken(plain(), stage2().set(166, 2, 3).set(174, 2, granule)))
                .isEqualTo(SteRule.STAGE_2_START_LEVEL);
    }

    @Test
    void startAtLevelOneOf16KibNeedsPhysicalAddressesOf42Bits() {
        final Record ste = stage2().set(160, 6, 27).set(166, 2, 2).set(174, 2, 2).set(176, 3, 2);
        assertThat(broken(plain().idr5(0, 3, 2), ste)).isEqualTo(SteRule.STAGE_2_START_LEVEL);
        assertThat(broken(plain().idr5(0, 3, 3), ste)).isNull();
    }

    @Test
    void startAtLevelZeroNeedsLargePhysicalAddresses() {
        final Record ste = stage2().set(160, 6, 24).set(166, 2, 2).set(176, 3, 2);
        assertThat(broken(plain().idr5(0, 3, 2), ste)).isEqualTo(SteRule.STAGE_2_START_LEVEL);
        assertThat(broken(plain(), ste)).isNull();
    }

    @Test
    void endiannessMustBeOffered() {
        assertThat(broken(plain(), stage2().set(180, 1, 1))).isEqualTo(SteRule.STAGE_2_ENDIANNESS);
        assertThat(broken(plain().idr0(21, 2, 3), stage2())).isEqualTo(SteRule.STAGE_2_ENDIANNESS);
        assertThat(broken(plain().idr0(21, 2, 0), stage2().set(180, 1, 1))).isNull();
    }

    @Test
    void vmidMustFitTheOfferedSize() {
        final Features narrow = plain().idr0(18, 1, 0);
        assertThat(broken(narrow, stage2().set(128, 16, 0x100))).isEqualTo(SteRule.VMID_TOO_WIDE);
        assertThat(broken(narrow, stage1().set(128, 16, 0x100))).isEqualTo(SteRule.VMID_TOO_WIDE);
        assertThat(broken(narrow, Record.ste(0b100).set(128, 16, 0x100))).isNull();
        assertThat(broken(narrow.idr0(0, 1, 0), stage1().set(128, 16, 0x100))).isNull();
    }

    @Test
    void fieldsOfADisabledStageAreIgnored() {
        assertThat(broken(plain(), stage1().set(160, 6, 63).set(179, 1, 0).set(185, 1, 1))).isNull();
        assertThat(broken(plain(), stage2().set(4, 2, 1).set(91, 1, 1).address(0, 6, 51, -1L))).isNull();
        assertThat(broken(plain(), Record.ste(0b100).set(91, 1, 1).set(160, 6, 63))).isNull();
    }

    @Test
    void ofTwoBrokenRulesTheEarlierIsTheOneThatCounts() {
        assertThat(broken(plain(), nested().set(91, 1, 1).set(160, 6, 63)))
                .isEqualTo(SteRule.STALL_DISABLE_NOT_CONFIGURABLE);
        assertThat(broken(plain(), nested().set(160, 6, 63).set(180, 1, 1))).isEqualTo(SteRule.STAGE_2_INPUT_SIZE);
        assertThat(broken(plain(), new Record().set(1, 3, 7))).isEqualTo(SteRule.NOT_VALID);
    }
}
