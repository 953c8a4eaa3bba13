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

import static io.viommu.smmu.walk.WalkFixture.CD;
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
import static io.viommu.smmu.walk.WalkFixture.S2_BLOCK;
import static io.viommu.smmu.walk.WalkFixture.S2_L1;
import static io.viommu.smmu.walk.WalkFixture.S2_L2;
import static io.viommu.smmu.walk.WalkFixture.S2_L3;
import static io.viommu.smmu.walk.WalkFixture.S2_PAGE;
import static io.viommu.smmu.walk.WalkFixture.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.Features;
import io.viommu.smmu.TestMemory;

/** Both stages: CLASS CD, TT and IN, and the order of their faults; IHI 0070 7.3.13, 7.3.22. */
class NestedWalkTest {

    private static final int CLASS_CD = 0;
    private static final int CLASS_TT = 1;
    private static final int CLASS_IN = 2;
    private static final int F_CD_FETCH = 9;
    private static final int C_BAD_CD = 10;
    /** IPA that stage 2 maps by pages, and where it goes. */
    private static final long IPA = 0x0000_3000L;

    private final WalkFixture fix = WalkFixture.nested();

    private void mapped() {
        fix.linkStage2();
        fix.memory.put(S1_L3 + 5 * 8, IPA | S1_PAGE);
        fix.memory.put(S2_L3 + 3 * 8, PAGE | S2_PAGE);
    }

    @Test
    void outputOfStageOneIsInputOfStageTwo() {
        mapped();
        assertThat(fix.read(0x5123)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE + 0x123);
    }

    @Test
    void translationCoversTheSmallerBlockButIsInvalidatedByThatOfStageOne() {
        fix.linkStage2();
        fix.memory.put(S1_L2 + 8, S1_BLOCK); // VA 2 MiB -> IPA 0
        fix.memory.put(S2_L3 + 3 * 8, PAGE | S2_PAGE);
        assertThat(fix.read(0x20_3010)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE + 0x10);
        assertThat(fix.walk().shift()).isEqualTo(12);
        assertThat(fix.walk().matchShift()).isEqualTo(21);
    }

    @Test
    void descriptorOutsideStageTwoIsItsFaultWithClassTtAndTheDescriptorsAddress() {
        fix.memory.put(S1_L2, 0x9000_0000L | TABLE);
        assertThat(fix.read(0x5000)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(CLASS_TT, 0x9000_0028L);
    }

    @Test
    void tableOutsideStageTwoFaultsOnlyWhenItIsWalked() {
        mapped();
        fix.cd.set(30, 1, 0).address(2, 4, 51, 0x9000_0000L);
        assertThat(fix.read(0x5000)).isZero();
        assertThat(fix.read(-0x1000L)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(CLASS_TT, 0x9000_0000L + 511 * 8);
    }

    @Test
    void accessFlagAndPermissionOfStageTwoApplyToStageOneTables() {
        fix.linkStage2();
        fix.memory.put(S1_L2, 0x4000L | TABLE);
        fix.memory.put(S2_L3 + 4 * 8, S1_L3 | S2_PAGE & ~(1L << 10));
        assertThat(fix.read(0)).isEqualTo(F_ACCESS);
        fix.assertStage2(CLASS_TT, 0x4000);
        fix.memory.put(S2_L3 + 4 * 8, S1_L3 | S2_PAGE & ~(1L << 6));
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
        fix.assertStage2(CLASS_TT, 0x4000);
        assertThat(fix.fault.tableWrite()).isFalse();
        fix.memory.put(S2_L3 + 4 * 8, 1L << 44 | S2_PAGE);
        assertThat(fix.read(0)).isEqualTo(F_ADDR_SIZE);
        fix.assertStage2(CLASS_TT, 0x4000);
    }

    @Test
    void protectedTableWalksMayNotReadDeviceMemory() {
        fix.ste.set(182, 1, 1);
        mapped();
        assertThat(fix.read(0x5000)).isZero();
        fix.memory.put(S1_L2, 0x4000L | TABLE);
        fix.memory.put(S2_L3 + 4 * 8, S1_L3 | S2_PAGE & ~(0xFL << 2));
        assertThat(fix.read(0x5000)).isEqualTo(F_PERMISSION);
        fix.assertStage2(CLASS_TT, 0x4028);
    }

    @Test
    void deviceMemoryIsToldByOneBitWhereStageTwoForcesAttributes() {
        fix.linkStage2();
        fix.memory.put(S1_L3 + 5 * 8, IPA | S1_PAGE);
        fix.memory.put(S2_L3 + 3 * 8, PAGE | S2_PAGE);
        fix.capabilities(Features.full().idr3(8, 1, 1));
        fix.ste.set(182, 1, 1).set(89, 1, 1);
        final long block = 0x4000_0000L | S2_BLOCK & ~(0xFL << 2);
        fix.memory.put(S2_L1 + 8, block | 6 << 2); // normal, write-back
        assertThat(fix.read(0x5000)).isZero();
        fix.memory.put(S2_L1 + 8, block | 3 << 2);
        assertThat(fix.read(0x5000)).isEqualTo(F_PERMISSION);
        fix.memory.put(S2_L1 + 8, block | 8 << 2); // bit 5 is no longer asked
        assertThat(fix.read(0x5000)).isEqualTo(F_PERMISSION);
        fix.capabilities(Features.full());
        assertThat(fix.read(0x5000)).as("S2FWB isn't offered").isZero();
    }

    @Test
    void stageTwoWalkAbortKeepsTheClassOfWhatIsTranslated() {
        fix.memory.put(S2_L1, TestMemory.NOWHERE | TABLE);
        fix.memory.put(S1_L2, 0x4000L | TABLE);
        assertThat(fix.read(0)).isEqualTo(F_WALK_EABT);
        fix.assertStage2(CLASS_TT, TestMemory.NOWHERE);
    }

    @Test
    void descriptorThatStageTwoMapsNowhereIsWalkAbortOfStageOneWithThePhysicalAddress() {
        fix.linkStage2();
        fix.memory.put(S1_L2, 0x4000L | TABLE);
        fix.memory.put(S2_L3 + 4 * 8, TestMemory.NOWHERE | S2_PAGE);
        assertThat(fix.read(0x2000)).isEqualTo(F_WALK_EABT);
        assertThat(fix.fault.stage2()).isFalse();
        assertThat(fix.fault.faultClass()).isEqualTo(CLASS_TT);
        assertThat(fix.fault.address()).isEqualTo(TestMemory.NOWHERE + 16);
    }

    @Test
    void contextDescriptorOutsideStageTwoIsItsFaultWithClassCd() {
        fix.ste.address(0, 6, 51, 0x9000_0040L);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(CLASS_CD, 0x9000_0040L);
    }

    @Test
    void contextDescriptorThatStageTwoMapsNowhereIsCdFetchWithThePhysicalAddress() {
        fix.linkStage2();
        fix.ste.address(0, 6, 51, 0x4040);
        fix.memory.put(S2_L3 + 4 * 8, TestMemory.NOWHERE | S2_PAGE);
        assertThat(fix.read(0)).isEqualTo(F_CD_FETCH);
        assertThat(fix.fault.address()).isEqualTo(TestMemory.NOWHERE + 0x40);
    }

    @Test
    void contextFetchSetsStageTwoAccessFlagsButNeverDirtyState() {
        fix.linkStage2();
        fix.ste.address(0, 6, 51, 0x4000).set(184, 1, 1).set(183, 1, 1);
        final long page = CD | S2_PAGE & ~(1L << 10) & ~(1L << 7) | 1L << 51;
        fix.memory.put(S2_L3 + 4 * 8, page);
        mapped();
        assertThat(fix.write(0x5000)).isZero();
        assertThat(fix.memory.get(S2_L3 + 4 * 8)).isEqualTo(page | 1L << 10);
    }

    @Test
    void finalAddressOutsideStageTwoIsItsFaultWithClassIn() {
        fix.linkStage2();
        fix.memory.put(S1_L3 + 5 * 8, 0x7000L | S1_PAGE);
        assertThat(fix.read(0x5010)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(CLASS_IN, 0x7010);
    }

    @Test
    void bothStagesMustAllowTheAccess() {
        mapped();
        fix.memory.put(S2_L3 + 3 * 8, PAGE | S2_PAGE & ~(1L << 7));
        assertThat(fix.read(0x5000)).isZero();
        assertThat(fix.write(0x5000)).isEqualTo(F_PERMISSION);
        fix.assertStage2(CLASS_IN, IPA);
        assertThat(fix.read(0x5000)).isZero();
        assertThat(fix.walk().permissions() & Permission.WRITES).isZero();
    }

    @Test
    void faultsOfStageOneComeBeforeThoseOfItsOutput() {
        fix.memory.put(S1_L3, 0x9000_0000L | S1_PAGE | 1 << 7);
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
        fix.assertStage1();
        fix.memory.put(S1_L3, 0x9000_0000L | S1_PAGE & ~(1L << 10));
        assertThat(fix.read(0)).isEqualTo(F_ACCESS);
        fix.assertStage1();
    }

    @Test
    void inputRangeOfStageOneComesBeforeEverythingOfStageTwo() {
        fix.cd.address(1, 4, 51, 0x9000_0000L);
        assertThat(fix.read(1L << 40)).isEqualTo(F_TRANSLATION);
        fix.assertStage1();
    }

    @Test
    void stageTwoFaultOfTheContextComesBeforeBadCd() {
        fix.ste.address(0, 6, 51, 0x9000_0000L);
        fix.cd.set(31, 1, 0);
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
        fix.ste.address(0, 6, 51, CD);
        assertThat(fix.read(0)).isEqualTo(C_BAD_CD);
    }

    @Test
    void intermediateAddressBeyondStageTwosInputIsItsTranslationFault() {
        fix.memory.put(S1_L3, 1L << 41 | S1_PAGE);
        assertThat(fix.read(0x20)).isEqualTo(F_TRANSLATION);
        fix.assertStage2(CLASS_IN, 1L << 41 | 0x20);
    }

    @Test
    void stageOneTablesMayLieInBlocksOfStageTwo() {
        fix.memory.put(S2_L1 + 16, 0x4000_0000L | S2_BLOCK);
        fix.memory.put(S1_L1 + 8, S1_L2 + 0x4000_0000L | TABLE);
        fix.memory.put(S1_L3, PAGE | S1_PAGE);
        assertThat(fix.read(0x4000_0000L)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE);
        assertThat(S2_L2).isNotEqualTo(S1_L2);
    }
}
