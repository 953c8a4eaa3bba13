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
import static io.viommu.smmu.walk.WalkFixture.F_PERMISSION;
import static io.viommu.smmu.walk.WalkFixture.F_TRANSLATION;
import static io.viommu.smmu.walk.WalkFixture.F_WALK_EABT;
import static io.viommu.smmu.walk.WalkFixture.PAGE;
import static io.viommu.smmu.walk.WalkFixture.S1_L2;
import static io.viommu.smmu.walk.WalkFixture.S1_L3;
import static io.viommu.smmu.walk.WalkFixture.S1_PAGE;
import static io.viommu.smmu.walk.WalkFixture.S2_L3;
import static io.viommu.smmu.walk.WalkFixture.S2_PAGE;
import static io.viommu.smmu.walk.WalkFixture.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.TestMemory;

/** Hardware updates of access flags and dirty states; IHI 0070 3.13. */
class TableUpdateTest {

    private static final long AF = 1L << 10;
    private static final long READ_ONLY = 1L << 7;
    private static final long DBM = 1L << 51;
    private static final long S2_WRITE = 1L << 7;

    private static WalkFixture updating(final WalkFixture fix) {
        fix.cd.set(43, 1, 1).set(42, 1, 1);
        return fix;
    }

    private final WalkFixture fix = updating(WalkFixture.stage1());

    @Test
    void accessSetsTheAccessFlag() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE);
    }

    @Test
    void accessFlagFaultDisableIsIgnoredWhereFlagsAreSet() {
        fix.cd.set(35, 1, 1);
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.memory.get(S1_L3) & AF).isNotZero();
    }

    @Test
    void dirtyStateWithoutAccessFlagUpdatesActsAsNeither() {
        fix.cd.set(43, 1, 0);
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF | DBM | READ_ONLY);
        assertThat(fix.read(0)).isEqualTo(F_ACCESS);
        fix.memory.put(S1_L3, PAGE | S1_PAGE | DBM | READ_ONLY);
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
    }

    @Test
    void writeMakesACleanPageDirtyAndReadDoesNot() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF | DBM | READ_ONLY);
        assertThat(fix.read(0)).isZero();
        assertThat(fix.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | DBM | READ_ONLY);
        assertThat(fix.walk().permissions() & Permission.WRITES).isZero();
        assertThat(fix.write(0)).isZero();
        assertThat(fix.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | DBM);
        assertThat(fix.walk().permissions() & Permission.WRITES).isNotZero();
    }

    @Test
    void readOnlyPageWithoutDbmStaysReadOnly() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE | READ_ONLY);
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
        assertThat(fix.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | READ_ONLY);
    }

    @Test
    void whatApTableTookAwayIsNotGivenBack() {
        fix.memory.put(S1_L2, S1_L3 | TABLE | 1L << 62);
        fix.memory.put(S1_L3, PAGE | S1_PAGE | DBM | READ_ONLY);
        assertThat(fix.write(0)).isEqualTo(F_PERMISSION);
        assertThat(fix.memory.get(S1_L3)).isEqualTo(PAGE | S1_PAGE | DBM | READ_ONLY);
    }

    @Test
    void walkBeginsAnewWhenTheGuestChangedTheDescriptor() {
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF);
        fix.memory.beforeUpdate(() -> fix.memory.put(S1_L3, 0));
        assertThat(fix.read(0)).isEqualTo(F_TRANSLATION);
        fix.memory.put(S1_L3, PAGE | S1_PAGE & ~AF);
        fix.memory.beforeUpdate(() -> fix.memory.put(S1_L3, PAGE + 0x1000 | S1_PAGE & ~AF));
        assertThat(fix.read(0)).isZero();
        assertThat(fix.address()).isEqualTo(PAGE + 0x1000);
    }

    @Test
    void updateOfReadOnlyMemoryIsWalkAbort() {
        fix.memory.put(S1_L2, TestMemory.ROM | TABLE);
        fix.memory.put(TestMemory.ROM, PAGE | S1_PAGE & ~AF);
        assertThat(fix.read(0)).isEqualTo(F_WALK_EABT);
        assertThat(fix.fault.address()).isEqualTo(TestMemory.ROM);
        assertThat(fix.fault.stage2()).isFalse();
    }

    @Test
    void bigEndianDescriptorsAreUpdatedAsSuch() {
        fix.capabilities.idr0(21, 2, 0);
        fix.cd.set(15, 1, 1);
        fix.memory.put(WalkFixture.S1_L1, Long.reverseBytes(S1_L2 | TABLE));
        fix.memory.put(S1_L2, Long.reverseBytes(S1_L3 | TABLE));
        fix.memory.put(S1_L3, Long.reverseBytes(PAGE | S1_PAGE & ~AF));
        assertThat(fix.read(0)).isZero();
        assertThat(fix.memory.get(S1_L3)).isEqualTo(Long.reverseBytes(PAGE | S1_PAGE));
    }

    @Test
    void stageTwoSetsAccessFlagAndDirtyStateOfTheOutput() {
        final WalkFixture two = WalkFixture.stage2();
        two.ste.set(184, 1, 1).set(183, 1, 1);
        two.memory.put(S2_L3, PAGE | S2_PAGE & ~AF & ~S2_WRITE | DBM);
        assertThat(two.read(0)).isZero();
        assertThat(two.memory.get(S2_L3)).isEqualTo(PAGE | S2_PAGE & ~S2_WRITE | DBM);
        assertThat(two.walk().permissions() & Permission.WRITES).isZero();
        assertThat(two.write(0)).isZero();
        assertThat(two.memory.get(S2_L3)).isEqualTo(PAGE | S2_PAGE | DBM);
    }

    /** VA 0 by a stage-1 leaf table at IPA 0x4000, which stage 2 maps by a page of its own. */
    private WalkFixture tablesBehindStageTwo(final long tablePage) {
        final WalkFixture both = updating(WalkFixture.nested());
        both.linkStage2();
        both.memory.put(S1_L2, 0x4000L | TABLE);
        both.memory.put(S2_L3 + 4 * 8, tablePage);
        both.memory.put(S1_L3, 0x3000L | S1_PAGE & ~AF);
        both.memory.put(S2_L3 + 3 * 8, PAGE | S2_PAGE);
        return both;
    }

    @Test
    void updateThatStageTwoForbidsIsItsPermissionFaultForAWriteOfTheTable() {
        final WalkFixture both = tablesBehindStageTwo(S1_L3 | S2_PAGE & ~S2_WRITE);
        assertThat(both.read(0)).isEqualTo(F_PERMISSION);
        both.assertStage2(1, 0x4000);
        assertThat(both.fault.tableWrite()).isTrue();
        assertThat(both.memory.get(S1_L3) & AF).isZero();
    }

    @Test
    void updateMakesTheTablesPageDirtyInStageTwo() {
        final WalkFixture both = tablesBehindStageTwo(S1_L3 | S2_PAGE & ~S2_WRITE | DBM);
        both.ste.set(184, 1, 1).set(183, 1, 1);
        assertThat(both.read(0)).isZero();
        assertThat(both.memory.get(S1_L3) & AF).isNotZero();
        assertThat(both.memory.get(S2_L3 + 4 * 8) & S2_WRITE).isNotZero();
    }

    @Test
    void walkOfAnUpToDateTableLeavesItsPageClean() {
        final WalkFixture both = tablesBehindStageTwo(S1_L3 | S2_PAGE & ~S2_WRITE | DBM);
        both.ste.set(184, 1, 1).set(183, 1, 1);
        both.memory.put(S1_L3, 0x3000L | S1_PAGE);
        assertThat(both.read(0)).isZero();
        assertThat(both.memory.get(S2_L3 + 4 * 8) & S2_WRITE).isZero();
    }

    @Test
    void dirtyPermissionsCountForWxnEvenWhileClean() {
        fix.cd.set(36, 1, 1);
        fix.memory.put(S1_L3, PAGE | S1_PAGE | DBM | READ_ONLY);
        assertThat(fix.translate(0, Permission.USER_EXECUTE)).isEqualTo(F_PERMISSION);
    }
}
