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

import io.viommu.iommu.DmaSession;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;

/** What makes a CD ILLEGAL, IHI 0070 5.4.2, one test for each rule, and the order of two broken at once. */
class CdRuleTest {

    private static final long STREAMS = 0x4010_0000L;
    private static final long CDS = 0x4020_0000L;
    private static final long TTB = 0x4100_0000L;

    private final TestMemory memory = new TestMemory();
    private final StreamTable streams = new StreamTable(memory);
    private final StreamConfiguration found = new StreamConfiguration();
    private final SmmuFault fault = new SmmuFault();
    private final ContextTable contexts = new ContextTable((stream, address, target, length, into) -> memory
            .read(address, target, 0, length) == GuestMemory.OK ? SmmuFault.NONE : 9);

    private Enum<?> broken(final Features capabilities, final Record cd) {
        return broken(capabilities, Record.stage1Ste(CDS), cd);
    }

    private Enum<?> broken(final Features capabilities, final Record ste, final Record cd) {
        ste.write(memory, STREAMS);
        cd.write(memory, CDS);
        final SmmuContext context = capabilities.enabled(STREAMS, 4);
        assertThat(streams.lookup(context, 0, found, fault)).isZero();
        final int event = contexts.lookup(context.capabilities(), DmaSession.NO_PASID, found, fault);
        if (event == SmmuFault.NONE) {
            return null;
        }
        assertThat(event).isEqualTo(10);
        return fault.rule();
    }

    private static Features plain() {
        return Features.plain();
    }

    private static Record cd() {
        return Record.cd(TTB, 1);
    }

    /** Both halves enabled. */
    private static Record both() {
        return cd().set(30, 1, 0).address(2, 4, 51, TTB);
    }

    @Test
    void legalDescriptorsBreakNoRule() {
        assertThat(broken(plain(), cd())).isNull();
        assertThat(broken(plain(), both())).isNull();
    }

    @Test
    void descriptorMustBeValid() {
        assertThat(broken(plain(), cd().set(31, 1, 0))).isEqualTo(CdRule.NOT_VALID);
    }

    @Test
    void stallsMayBeForbiddenByTheStream() {
        final Record ste = Record.stage1Ste(CDS).set(91, 1, 1);
        assertThat(broken(Features.full(), ste, cd().set(44, 1, 1))).isEqualTo(CdRule.STALLS_FORBIDDEN_BY_STREAM);
        assertThat(broken(Features.full(), cd().set(44, 1, 1))).isNull();
    }

    @Test
    void abortMustBeSetWhereTerminationAlwaysAborts() {
        assertThat(broken(plain(), cd().set(46, 1, 0))).isEqualTo(CdRule.ABORT_ONLY);
        assertThat(broken(Features.full(), cd().set(46, 1, 0))).isNull();
    }

    @Test
    void stallsMustBeOffered() {
        assertThat(broken(plain(), cd().set(44, 1, 1))).isEqualTo(CdRule.STALLS_NOT_OFFERED);
        assertThat(broken(plain().idr0(24, 2, 2), cd())).isEqualTo(CdRule.STALLS_FORCED);
    }

    @Test
    void endiannessMustBeOffered() {
        assertThat(broken(plain(), cd().set(15, 1, 1))).isEqualTo(CdRule.ENDIANNESS);
        assertThat(broken(plain().idr0(21, 2, 3), cd())).isEqualTo(CdRule.ENDIANNESS);
        assertThat(broken(plain().idr0(21, 2, 0), cd().set(15, 1, 1))).isNull();
    }

    @Test
    void endiannessIsIgnoredWithBothHalvesDisabled() {
        assertThat(broken(plain(), cd().set(14, 1, 1).set(15, 1, 1))).isNull();
    }

    @Test
    void tablesMustBeAarch64() {
        assertThat(broken(plain(), cd().set(41, 1, 0))).isEqualTo(CdRule.TABLE_FORMAT);
    }

    @Test
    void updatesMustBeOffered() {
        assertThat(broken(plain(), cd().set(43, 1, 1))).isEqualTo(CdRule.UPDATES_NOT_OFFERED);
        assertThat(broken(plain(), cd().set(42, 1, 1))).isEqualTo(CdRule.UPDATES_NOT_OFFERED);
        assertThat(broken(plain().idr0(6, 2, 1), cd().set(43, 1, 1))).isNull();
        assertThat(broken(plain().idr0(6, 2, 1), cd().set(42, 1, 1))).isEqualTo(CdRule.DIRTY_STATE_NOT_OFFERED);
    }

    @Test
    void asidMustFitTheOfferedSize() {
        assertThat(broken(plain().idr0(12, 1, 0), cd().set(48, 16, 0x100))).isEqualTo(CdRule.ASID_TOO_WIDE);
        assertThat(broken(plain().idr0(12, 1, 0), cd().set(48, 16, 0xFF))).isNull();
    }

    @Test
    void inputSizesHaveBounds() {
        assertThat(broken(plain(), cd().set(0, 6, 40))).isEqualTo(CdRule.INPUT_SIZE);
        assertThat(broken(plain(), cd().set(0, 6, 15))).isEqualTo(CdRule.INPUT_SIZE);
        assertThat(broken(plain(), cd().set(0, 6, 16))).isNull();
        assertThat(broken(plain().idr3(9, 1, 1), cd().set(0, 6, 48))).isNull();
        assertThat(broken(plain().idr3(9, 1, 1), cd().set(0, 6, 48).set(6, 2, 1))).isEqualTo(CdRule.INPUT_SIZE);
        assertThat(broken(plain(), both().set(16, 6, 40))).isEqualTo(CdRule.INPUT_SIZE);
    }

    @Test
    void wideAddressesNeedTheLargeGranule() {
        final Features wide = plain().idr5(10, 2, 1);
        assertThat(broken(wide, cd().set(0, 6, 12))).isEqualTo(CdRule.INPUT_SIZE);
        assertThat(broken(wide, cd().set(0, 6, 12).set(6, 2, 1))).isNull();
    }

    @Test
    void granulesMustBeOffered() {
        assertThat(broken(plain(), cd().set(6, 2, 3))).isEqualTo(CdRule.GRANULE_0_NOT_OFFERED);
        assertThat(broken(plain().idr5(5, 1, 0), cd().set(6, 2, 2))).isEqualTo(CdRule.GRANULE_0_NOT_OFFERED);
        assertThat(broken(plain(), both().set(22, 2, 0))).isEqualTo(CdRule.GRANULE_1_NOT_OFFERED);
        assertThat(broken(plain().idr5(6, 1, 0), both().set(22, 2, 3))).isEqualTo(CdRule.GRANULE_1_NOT_OFFERED);
        assertThat(broken(plain().idr5(5, 1, 0), both().set(22, 2, 1))).isEqualTo(CdRule.GRANULE_1_NOT_OFFERED);
    }

    @Test
    void tablesMustBeInRangeOfIpsAndOas() {
        assertThat(broken(plain(), cd().address(1, 4, 51, 1L << 44))).isEqualTo(CdRule.TABLE_0_OUT_OF_RANGE);
        assertThat(broken(plain(), cd().set(32, 3, 0).address(1, 4, 51, 1L << 32)))
                .isEqualTo(CdRule.TABLE_0_OUT_OF_RANGE);
        assertThat(broken(plain(), both().address(2, 4, 51, 1L << 44))).isEqualTo(CdRule.TABLE_1_OUT_OF_RANGE);
    }

    @Test
    void whatEpdDisablesIsIgnored() {
        assertThat(broken(plain(), cd().set(16, 6, 0).set(22, 2, 0).address(2, 4, 51, -1L))).isNull();
        assertThat(broken(plain(), both().set(14, 1, 1).set(0, 6, 63).set(6, 2, 3))).isNull();
    }

    @Test
    void worldOfEl2HasNoUpperHalfToCheck() {
        final Record ste = Record.stage1Ste(CDS).set(94, 2, 2);
        assertThat(broken(Features.full(), ste, both().set(16, 6, 63))).isNull();
        assertThat(broken(Features.full().idr0(12, 1, 0), ste, cd().set(48, 16, 0xFFFF))).isNull();
    }

    @Test
    void ofTwoBrokenRulesTheEarlierIsTheOneThatCounts() {
        assertThat(broken(plain(), cd().set(31, 1, 0).set(41, 1, 0))).isEqualTo(CdRule.NOT_VALID);
        assertThat(broken(plain(), cd().set(46, 1, 0).set(44, 1, 1))).isEqualTo(CdRule.ABORT_ONLY);
        assertThat(broken(plain(), cd().set(0, 6, 63).set(6, 2, 3))).isEqualTo(CdRule.INPUT_SIZE);
        assertThat(broken(plain(), both().set(22, 2, 0).address(1, 4, 51, 1L << 50)))
                .isEqualTo(CdRule.TABLE_0_OUT_OF_RANGE);
    }
}
