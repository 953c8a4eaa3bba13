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
import static io.viommu.smmu.walk.WalkFixture.S2_BLOCK;
import static io.viommu.smmu.walk.WalkFixture.S2_L1;
import static io.viommu.smmu.walk.WalkFixture.S2_L2;
import static io.viommu.smmu.walk.WalkFixture.S2_L3;
import static io.viommu.smmu.walk.WalkFixture.S2_PAGE;
import static io.viommu.smmu.walk.WalkFixture.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.TestMemory;

/** Stage-2 walks: start levels, concatenated tables, sizes, S2AP, XN and their order; IHI 0070 3.4, 7.3.22. */
class StageTwoWalkTest {

    private static final int IN = 2;
    private static final long AF = 1L << 10;

    private final WalkFixture fix = WalkFixture.stage2();

    @Test
    void pageIsFoundByThreeLevels() {
        fix.memory.put(S2_L3 + 5 * 8, PAGE | S2_PAGE);
        assertThat(fix.read(0x5123)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE + 0x123);
        assertThat(fix.walk().shift()).isEqualTo(12);
    }

    @Test
    void concatenatedStartTablesAreOneArray() {
        fix.memory.put(S2_L1 + 0x1000 + 8, 0x4000_0000L | S2_BLOCK); // 2^39 + 1 GiB
        assertThat(fix.read(1L << 39 | 0x4123_4567L)).isZero();
        assertThat(fix.address()).isEqualTo(0x4123_4567L);
        assertThat(fix.read(0x4123_4567L)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void sixteenTablesMayBeConcatenated() {
        fix.ste.set(160, 6, 21).address(3, 4, 51, 0x4050_0000L); // 43 bits at level 1: 64 KiB
        fix.memory.put(0x4050_0000L + 15 * 0x1000 + 8 * 3, 0x4000_0000L | S2_BLOCK);
        assertThat(fix.read(15L << 39 | 3L << 30 | 0x10)).isZero();
        assertThat(fix.address()).isEqualTo(0x4000_0010L);
    }

    @Test
    void walkMayBeginAtLevelTwo() {
        fix.ste.set(160, 6, 32).set(166, 2, 0).address(3, 4, 51, 0x4050_0000L); // 32 bits: four tables
        fix.memory.put(0x4050_0000L + 8 * 2047, 0x4020_0000L | S2_BLOCK);
        assertThat(fix.read(0xFFE0_0008L)).isZero();
        assertThat(fix.address()).isEqualTo(0x4020_0008L);
    }

    @Test
    void tableBaseIsAlignedToSixtyFourBytesWhereOutputsHaveFiftyTwoBits() {
        fix.capabilities.idr5(0, 3, 6);
        fix.ste.set(160, 6, 33).address(3, 4, 51, S2_L1 + 0x30); // 31 bits: 2 entries, 16 bytes
        fix.memory.put(S2_L3, PAGE | S2_PAGE);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
        fix.ste.set(176, 3, 6);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE);
    }

    @Test
    void wideOutputAddressesAreCheckedAgainstSmallerSizes() {
        fix.capabilities.idr5(0, 3, 6);
        fix.ste.set(160, 6, 64 - 42).set(166, 2, 1).set(174, 2, 1).set(176, 3, 5).address(3, 4, 51, 0x4040_0000L);
        fix.memory.put(0x4040_0000L, 0x4041_0000L | TABLE);
        fix.memory.put(0x4041_0000L, 0x4800_0000L | 5L << 12 | S2_PAGE);
        assertThat(fix.read(0x1234)).isEqualTo(F_ADDR_SIZE);
        fix.assertStage2(IN, 0x1234);
        fix.ste.set(176, 3, 6);
        assertThat(fix.read(0x1234)).isZero();
        assertThat(fix.address()).isEqualTo(5L << 48 | 0x4800_1234L);
    }

    @Test
    void addressBeyondTheInputSizeIsTranslationFaultOfStageTwo() {
        assertThat(fix.read(1L << 40)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(IN, 1L << 40);
    }

    @Test
    void addressBeyondTheIntermediateSizeIsAddressSizeFaultOfStageOne() {
        assertThat(fix.read(1L << 44)).isEqualTo(F_ADDR_SIZE);
        fix.assertStage1();
    }

    @Test
    void invalidAndReservedDescriptorsAreTranslationFaultsWithTheIpa() {
        assertThat(fix.read(0x7123)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(IN, 0x7123);
        fix.memory.put(S2_L3, PAGE | S2_BLOCK);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
    }

    @Test
    void fetchOutsideMemoryIsWalkAbortOfStageTwo() {
        fix.memory.put(S2_L1, TestMemory.NOWHERE | TABLE);
        assertThat(fix.read(0x20_0000)).isEqualTo(F_WALK_EABT);
        fix.assertStage2(IN, TestMemory.NOWHERE + 8);
    }

    @Test
    void outputBeyondS2psIsAddressSizeFault() {
        fix.ste.set(176, 3, 1); // 36 bits
        fix.memory.put(S2_L3, 1L << 36 | S2_PAGE);
        assertThat(fix.read(0x10)).isEqualTo(F_ADDR_SIZE);
        fix.assertStage2(IN, 0x10);
        fix.memory.put(S2_L2, 1L << 36 | TABLE);
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
    }

    @Test
    void clearAccessFlagFaultsUnlessItIsDisabled() {
        fix.memory.put(S2_L3, PAGE | S2_PAGE & ~AF);
        assertThat(fix.read(8)).isEqualTo(F_ACCESS);
        fix.assertStage2(IN, 8);
        fix.ste.set(181, 1, 1);
        assertThat(fix.read(8)).isZero();
    }

    @Test
    void s2apAllowsReadsAndWritesOneByOne() {
        fix.memory.put(S2_L3, PAGE | S2_PAGE & ~(1L << 7));
        assertThat(fix.read(0)).isZero();
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
        fix.assertStage2(IN, 0);
        fix.memory.put(S2_L3, PAGE | S2_PAGE & ~(1L << 6));
        assertThat(fix.read(0)).isEqualTo(F_PERMISSION);
        assertThat(fix.write(0)).isZero();
    }

    @Test
    void executeNeverHasTwoBitsWithXnx() {
        final int[] user = { 0, 0, F_PERMISSION, F_PERMISSION };
        final int[] privileged = { 0, F_PERMISSION, F_PERMISSION, 0 };
        for (int never = 0; never < 4; never++) {
            fix.memory.put(S2_L3, PAGE | S2_PAGE | (long) never << 53);
            assertThat(fix.translate(0, Permission.USER_EXECUTE)).isEqualTo(user[never]);
            assertThat(fix.translate(0, Permission.PRIVILEGED_EXECUTE)).isEqualTo(privileged[never]);
        }
    }

    @Test
    void executeNeverHasOneBitWithoutXnx() {
        fix.capabilities.idr3(4, 1, 0);
        fix.memory.put(S2_L3, PAGE | S2_PAGE | 1L << 53);
        assertThat(fix.translate(0, Permission.PRIVILEGED_EXECUTE)).isZero();
        fix.memory.put(S2_L3, PAGE | S2_PAGE | 1L << 54);
        assertThat(fix.translate(0, Permission.USER_EXECUTE)).isEqualTo(F_PERMISSION);
    }

    @Test
    void addressSizeComesBeforeAccessAndAccessBeforePermission() {
        fix.ste.set(176, 3, 1);
        fix.memory.put(S2_L3, 1L << 36 | S2_PAGE & ~AF & ~(3L << 6));
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
        fix.memory.put(S2_L3, PAGE | S2_PAGE & ~AF & ~(3L << 6));
        assertThat(fix.read(0)).isEqualTo(F_ACCESS);
    }

    @Test
    void invalidationsFindAStageTwoTranslationByItsBlock() {
        fix.memory.put(S2_L1 + 8, 0x4000_0000L | S2_BLOCK);
        assertThat(fix.read(0x4000_0000L)).isZero();
        assertThat(fix.walk().matchShift()).isEqualTo(30);
    }
}
