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

import static io.viommu.smmu.walk.WalkFixture.F_ACCESS;
import static io.viommu.smmu.walk.WalkFixture.F_ADDR_SIZE;
import static io.viommu.smmu.walk.WalkFixture.F_PERMISSION;
import static io.viommu.smmu.walk.WalkFixture.F_TRANSLATION;
import static io.viommu.smmu.walk.WalkFixture.F_WALK_EABT;
import static io.viommu.smmu.walk.WalkFixture.PAGE;
import static io.viommu.smmu.walk.WalkFixture.S1_BLOCK;
import static io.viommu.smmu.walk.WalkFixture.S1_L1;
import static io.viommu.smmu.walk.WalkFixture.S1_L2;
import static io.viommu.smmu.walk.WalkFixture.S1_L3;
import static io.viommu.smmu.walk.WalkFixture.S1_PAGE;
import static io.viommu.smmu.walk.WalkFixture.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.smmu.TestMemory;

/** Stage-1 walks: ranges, levels, granules, faults and their order; IHI 0070 3.4, 7.3.22. */
class StageOneWalkTest {

    private static final long AF = 1L << 10;

    private final WalkFixture fix = WalkFixture.stage1();

    @Test
    void pageIsFoundByThreeLevels() {
        fix.memory.put(S1_L3 + 5 * 8, PAGE | S1_PAGE);
        assertThat(fix.read(0x5123)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE + 0x123);
        assertThat(fix.walk().shift()).isEqualTo(12);
        assertThat(fix.walk().matchShift()).isEqualTo(12);
    }

    @Test
    void blocksOfLevelOneAndTwoCoverOneGibAndTwoMib() {
        fix.memory.put(S1_L1 + 2 * 8, 0x40_0000_0000L | S1_BLOCK);
        assertThat(fix.read(0x8765_4321L)).isZero();
        assertThat(fix.address()).isEqualTo(0x40_0765_4321L);
        assertThat(fix.walk().shift()).isEqualTo(30);
        fix.memory.put(S1_L2 + 3 * 8, 0x4FE0_0000L | S1_BLOCK);
        assertThat(fix.read(0x6A_BCDEL)).isZero();
        assertThat(fix.address()).isEqualTo(0x4FEA_BCDEL);
        assertThat(fix.walk().shift()).isEqualTo(21);
    }

    @Test
    void blockAtLevelZeroIsReserved() {
        fix.cd.set(0, 6, 16);
        fix.memory.put(S1_L1, 0x4000_0000L | S1_BLOCK);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
        fix.assertStage1();
    }

    @Test
    void blockEncodingAtTheLastLevelIsReserved() {
        fix.memory.put(S1_L3, PAGE | S1_BLOCK);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
    }

    @ParameterizedTest
    @CsvSource({ "4, 12, 30, 21", "16, 14, 25, 25", "64, 16, 29, 29" })
    void everyGranuleHasItsPagesAndBlocks(final int kib, final int pageShift, final int levelOneBlock,
            final int levelTwoBlock) {
        fix.cd.set(6, 2, kib == 4 ? 0 : kib == 64 ? 1 : 2).set(0, 6, 64 - 48);
        final int stride = pageShift - 3;
        final int first = pageShift == 16 ? 1 : 0;
        final long[] tables = { 0x4040_0000L, 0x4041_0000L, 0x4042_0000L, 0x4043_0000L };
        final long va = 0x1234_5678_9ABCL;
        fix.cd.address(1, 4, 51, tables[first]);
        for (int level = first; level < 3; level++) {
            fix.memory.put(tables[level] + 8 * index(va, pageShift, stride, level, first), tables[level + 1] | TABLE);
        }
        fix.memory.put(tables[3] + 8 * index(va, pageShift, stride, 3, first), 0x4800_0000L | S1_PAGE);
        assertThat(fix.read(va)).isZero();
        assertThat(fix.address()).isEqualTo(0x4800_0000L | va & (1L << pageShift) - 1);
        assertThat(fix.walk().shift()).isEqualTo(pageShift);
        fix.memory.put(tables[2] + 8 * index(va, pageShift, stride, 2, first), 0x10_0000_0000L | S1_BLOCK);
        assertThat(fix.read(va)).isZero();
        assertThat(fix.walk().shift()).isEqualTo(levelTwoBlock);
        assertThat(fix.address()).isEqualTo(0x10_0000_0000L | va & (1L << levelTwoBlock) - 1);
        fix.memory.put(tables[1] + 8 * index(va, pageShift, stride, 1, first), 0x20_0000_0000L | S1_BLOCK);
        assertThat(fix.read(va)).isEqualTo(levelOneBlock > levelTwoBlock ? 0 : F_TRANSLATION);
    }

    private static long index(final long va, final int pageShift, final int stride, final int level, final int first) {
        final long shifted = va >>> pageShift + (3 - level) * stride;
        return level == first ? shifted : shifted & (1L << stride) - 1;
    }

    @Test
    void wideOutputAddressesComeFromBitsFifteenToTwelveOfLargeGranules() {
        fix.capabilities.idr5(0, 3, 6).idr5(10, 2, 1);
        fix.cd.set(6, 2, 1).set(0, 6, 64 - 42).set(32, 3, 6).address(1, 4, 51, 0x4040_0000L);
        fix.memory.put(0x4040_0000L, 0x4041_0000L | TABLE);
        fix.memory.put(0x4041_0000L, 0x4800_0000L | 5L << 12 | S1_PAGE);
        assertThat(fix.read(0x1234)).isZero();
        assertThat(fix.address()).isEqualTo(5L << 48 | 0x4800_1234L);
    }

    @Test
    void wideOutputAddressesAreCheckedAgainstSmallerSizes() {
        fix.capabilities.idr5(0, 3, 6);
        fix.cd.set(6, 2, 1).set(0, 6, 64 - 42).set(32, 3, 5).address(1, 4, 51, 0x4040_0000L);
        fix.memory.put(0x4040_0000L, 0x4041_0000L | TABLE);
        fix.memory.put(0x4041_0000L, 0x4800_0000L | 5L << 12 | S1_PAGE);
        assertThat(fix.read(0x1234)).isEqualTo(F_ADDR_SIZE);
        fix.memory.put(0x4040_0000L, 0x4041_0000L | 5L << 12 | TABLE);
        assertThat(fix.read(0x1234)).isEqualTo(F_ADDR_SIZE);
        fix.capabilities.idr5(0, 3, 5);
        fix.memory.put(0x4040_0000L, 0x4041_0000L | 5L << 12 | TABLE);
        assertThat(fix.read(0x1234)).as("the bits are reserved where addresses have 48").isZero();
        assertThat(fix.address()).isEqualTo(0x4800_1234L);
    }

    @Test
    void largeGranulesHaveBlocksAtLevelOneWherePhysicalAddressesHaveFiftyTwoBits() {
        fix.cd.set(6, 2, 1).set(0, 6, 16).address(1, 4, 51, 0x4040_0000L);
        fix.memory.put(0x4040_0000L, 0x4000_0000_0000L | S1_BLOCK);
        assertThat(fix.read(0x10)).isEqualTo(F_TRANSLATION);
        fix.capabilities.idr5(0, 3, 6);
        fix.cd.set(32, 3, 5);
        assertThat(fix.read(0x10)).isZero();
        assertThat(fix.address()).isEqualTo(0x4000_0000_0010L);
        assertThat(fix.walk().shift()).isEqualTo(42);
    }

    @Test
    void addressBeyondTheInputSizeIsTranslationFault() {
        assertThat(fix.read(1L << 39)).isEqualTo(F_TRANSLATION);
        fix.assertStage1();
        assertThat(fix.read(1L << 54)).isEqualTo(F_TRANSLATION);
        assertThat(fix.read(1L << 63)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void bitFiftyFiveChoosesTheUpperHalf() {
        fix.cd.set(30, 1, 0).address(2, 4, 51, S1_L1);
        fix.memory.put(S1_L3 + 8, PAGE | S1_PAGE);
        assertThat(fix.read(0xFFFF_FF80_0000_1000L)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE);
        assertThat(fix.read(0x0080_0000_0000_1000L)).isEqualTo(F_TRANSLATION);
        assertThat(fix.read(0xFFFF_FF00_0000_1000L)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void disabledHalvesAreTranslationFaults() {
        assertThat(fix.read(-1L)).isEqualTo(F_TRANSLATION);
        fix.cd.set(14, 1, 1);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void topByteIsIgnoredOnlyWhereTbiSaysSo() {
        fix.memory.put(S1_L3 + 8, PAGE | S1_PAGE);
        assertThat(fix.read(0xAB00_0000_0000_1000L)).isEqualTo(F_TRANSLATION);
        fix.cd.set(38, 1, 1);
        assertThat(fix.read(0xAB00_0000_0000_1000L)).isZero();
        assertThat(fix.read(0xAB40_0000_0000_1000L)).isEqualTo(F_TRANSLATION);
        fix.cd.set(30, 1, 0).address(2, 4, 51, S1_L1).set(39, 1, 1);
        assertThat(fix.read(0x12FF_FF80_0000_1000L)).isZero();
    }

    @Test
    void worldOfEl2HasOneHalfAndNoUsers() {
        fix.ste.set(94, 2, 2);
        fix.memory.put(S1_L3, PAGE | 3 | AF);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.read(0xFFFF_FF80_0000_0000L)).isEqualTo(F_TRANSLATION);
        fix.cd.set(14, 1, 1).set(30, 1, 0);
        assertThat(fix.read(0)).as("EPD0 is ignored there").isZero();
        assertThat(fix.read(0xFFFF_FF80_0000_0000L)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void fetchOutsideMemoryIsWalkAbortOfStageOneWithTheDescriptorsAddress() {
        fix.memory.put(S1_L2, TestMemory.NOWHERE | TABLE);
        assertThat(fix.read(0x3000)).isEqualTo(F_WALK_EABT);
        assertThat(fix.fault.stage2()).isFalse();
        assertThat(fix.fault.faultClass()).isEqualTo(1);
        assertThat(fix.fault.address()).isEqualTo(TestMemory.NOWHERE + 3 * 8);
    }

    @Test
    void outputOfTableOrLeafBeyondIpsIsAddressSizeFault() {
        fix.cd.set(32, 3, 1); // 36 bits
        fix.memory.put(S1_L3, 1L << 36 | S1_PAGE);
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
        fix.assertStage1();
        fix.memory.put(S1_L2, 1L << 36 | TABLE);
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
    }

    @Test
    void outputSizeIsCappedByOas() {
        fix.cd.set(32, 3, 6);
        fix.memory.put(S1_L3, 1L << 44 | S1_PAGE);
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
    }

    @Test
    void clearAccessFlagFaultsUnlessItIsDisabled() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF);
        assertThat(fix.read(0)).isEqualTo(F_ACCESS);
        fix.assertStage1();
        fix.cd.set(35, 1, 1);
        assertThat(fix.read(0)).isZero();
    }

    @Test
    void translationFaultComesBeforeAddressSizeFault() {
        fix.cd.set(32, 3, 1);
        fix.memory.put(S1_L3, 1L << 36 | S1_PAGE & ~1L);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void addressSizeFaultComesBeforeAccessFault() {
        fix.cd.set(32, 3, 1);
        fix.memory.put(S1_L3, 1L << 36 | S1_PAGE & ~AF);
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
    }

    @Test
    void accessFaultComesBeforePermissionFault() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF | 1 << 7);
        assertThat(fix.write(0)).isEqualTo(F_ACCESS);
        fix.memory.put(S1_L3, PAGE | S1_PAGE | 1 << 7);
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
    }

    @Test
    void tablePermissionsAreJudgedAtTheLeafAfterItsAccessFlag() {
        fix.memory.put(S1_L2, S1_L3 | TABLE | 1L << 62);
        assertThat(fix.write(0)).isEqualTo(F_TRANSLATION);
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF);
        assertThat(fix.write(0)).isEqualTo(F_ACCESS);
        fix.memory.put(S1_L3, PAGE | S1_PAGE);
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
        assertThat(fix.read(0)).isZero();
    }

    @Test
    void contiguousBitIsAHintAndChangesNothing() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE | 1L << 52);
        assertThat(fix.read(0x18)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE + 0x18);
    }

    @Test
    void globalTranslationsHaveNgClear() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.walk().global()).isTrue();
        fix.memory.put(S1_L3, PAGE | S1_PAGE | 1 << 11);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.walk().global()).isFalse();
    }

    @Test
    void tableBaseIsAlignedToItsSize() {
        fix.cd.set(0, 6, 25 + 4).address(1, 4, 51, S1_L1 + 0xF0); // 35 bits: 32 entries, 256 bytes
        fix.memory.put(S1_L3, PAGE | S1_PAGE);
        assertThat(fix.read(0)).isZero();
    }

    @Test
    void tableBaseIsAlignedToSixtyFourBytesWhereOutputsHaveFiftyTwoBits() {
        fix.capabilities.idr5(0, 3, 6);
        fix.cd.set(0, 6, 33).address(1, 4, 51, S1_L1 + 0x30); // 31 bits: 2 entries, 16 bytes
        fix.memory.put(S1_L3, PAGE | S1_PAGE);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
        fix.cd.set(32, 3, 6);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE);
    }

    @Test
    void bigEndianTablesAreReadAsSuch() {
        fix.capabilities.idr0(21, 2, 0);
        fix.cd.set(15, 1, 1);
        fix.memory.put(S1_L1, Long.reverseBytes(S1_L2 | TABLE));
        fix.memory.put(S1_L2, Long.reverseBytes(S1_L3 | TABLE));
        fix.memory.put(S1_L3, Long.reverseBytes(PAGE | S1_PAGE));
        assertThat(fix.read(0)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE);
    }
}
