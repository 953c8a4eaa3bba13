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

package io.viommu.vtd.walk;

import static io.viommu.vtd.TestTables.CONTEXT_ENTRY;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.RID_ENTRY;
import static io.viommu.vtd.TestTables.SECOND;
import static io.viommu.vtd.TestTables.SID;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.vtd.TestMemory;
import io.viommu.vtd.TestTables;
import io.viommu.vtd.config.DmaRequest;

/** Second-stage walks, with the reasons of both modes (VT-d 3.7, 7.1.3, 9.8). */
class SecondStageWalkTest {

    private static final long A = 1 << 8;
    private static final long D = 1 << 9;

    /** The same fault in both modes. */
    enum Mode {
        LEGACY, SCALABLE;

        TestTables tables() {
            return this == LEGACY ? TestTables.legacy() : TestTables.secondStage();
        }

        int code(final int legacy, final int scalable) {
            return this == LEGACY ? legacy : scalable;
        }

        TestTables levels(final TestTables tables, final int levels) {
            tables.second(levels);
            final long top = SECOND + levels * 0x1000L;
            if (this == LEGACY) {
                tables.memory.put(CONTEXT_ENTRY, top | 1, levels - 2 | 7 << 8);
            } else {
                tables.memory.put(RID_ENTRY, top | 2 << 6 | (levels - 2) << 2 | 1);
            }
            return tables;
        }
    }

    /** Accessed and dirty flags on. */
    private static TestTables flags() {
        final TestTables tables = TestTables.secondStage();
        return tables.set(RID_ENTRY, 1 << 9);
    }

    @ParameterizedTest
    @CsvSource({ "LEGACY,3", "LEGACY,4", "LEGACY,5", "SCALABLE,3", "SCALABLE,4", "SCALABLE,5" })
    void threeToFiveLevelsAreWalked(final Mode mode, final int levels) {
        final TestTables tables = mode.levels(mode.tables(), levels);
        assertThat(tables.reason(IOVA | 0xABC, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(PAGE | 0xABC);
        assertThat(tables.walk.shift()).isEqualTo(12);
    }

    @ParameterizedTest
    @CsvSource({ "LEGACY,3", "LEGACY,4", "LEGACY,5", "SCALABLE,3", "SCALABLE,4", "SCALABLE,5" })
    void inputIsLimitedByTheTablesAndByMgaw(final Mode mode, final int levels) {
        final TestTables tables = mode.levels(mode.tables(), levels);
        final int width = 12 + 9 * levels;
        assertThat(tables.reason(IOVA | 1L << width, READ)).isEqualTo(mode.code(0x04, 0x84));
        assertThat(tables.reason(IOVA | 1L << 63, READ)).isEqualTo(mode.code(0x04, 0x84));
        tables.cap = tables.cap & ~(63L << 16) | 35L << 16;
        assertThat(tables.reason(IOVA | 1L << 36, READ)).isEqualTo(mode.code(0x04, 0x84));
        assertThat(tables.reason(IOVA, READ)).isZero();
    }

    @ParameterizedTest
    @CsvSource({ "LEGACY,2", "LEGACY,3", "SCALABLE,2", "SCALABLE,3" })
    void largePagesKeepTheOffset(final Mode mode, final int level) {
        final TestTables tables = mode.tables();
        final int shift = 12 + 9 * (level - 1);
        tables.memory.put(secondEntry(level, IOVA), 0x2_0000_0000L | 0x83);
        assertThat(tables.reason(IOVA | 0x123, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0x2_0000_0000L | (IOVA | 0x123) & (1L << shift) - 1);
        assertThat(tables.walk.shift()).isEqualTo(shift);
        tables.set(secondEntry(level, IOVA), 1L << shift - 1);
        assertThat(tables.reason(IOVA, WRITE)).as("misaligned").isEqualTo(mode.code(0x0C, 0x7A));
        tables.clear(secondEntry(level, IOVA), 1L << shift - 1);
        tables.cap &= ~(1L << 34 + level - 2);
        assertThat(tables.reason(IOVA, WRITE)).as("not offered").isEqualTo(mode.code(0x0C, 0x7A));
    }

    @ParameterizedTest
    @EnumSource
    void level4HasNoLargePages(final Mode mode) {
        final TestTables tables = mode.tables().set(secondEntry(4, IOVA), 1 << 7);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(mode.code(0x0C, 0x7A));
    }

    @ParameterizedTest
    @EnumSource
    void bit7OfA4KPageIsIgnored(final Mode mode) {
        assertThat(mode.tables().set(secondEntry(1, IOVA), 1 << 7).reason(IOVA, READ)).isZero();
    }

    @ParameterizedTest
    @CsvSource({ "LEGACY,1", "LEGACY,2", "LEGACY,4", "SCALABLE,1", "SCALABLE,3", "SCALABLE,4" })
    void reservedBitsOfAnEntryThatGrantsAnything(final Mode mode, final int level) {
        for (final int bit : new int[]{ 46, 51, 62 }) {
            final TestTables tables = mode.tables().set(secondEntry(level, IOVA), 1L << bit);
            assertThat(tables.reason(IOVA, READ)).as("bit %d", bit).isEqualTo(mode.code(0x0C, 0x7A));
        }
        final TestTables snoop = mode.tables().set(secondEntry(level, IOVA), 1 << 11);
        assertThat(snoop.reason(IOVA, READ)).as("SNP").isEqualTo(level == 1 ? 0 : mode.code(0x0C, 0x7A));
    }

    @ParameterizedTest
    @ValueSource(ints = { 2, 3, 6, 8, 9, 10, 52, 61, 63 })
    void softwaresBitsAreIgnored(final int bit) {
        for (int level = 1; level <= 4; level++) {
            assertThat(TestTables.legacy().set(secondEntry(level, IOVA), 1L << bit).reason(IOVA, READ)).isZero();
        }
    }

    @Test
    void snoopIsReservedInLegacyModeWithoutSnoopControl() {
        final TestTables tables = TestTables.legacy().set(secondEntry(1, IOVA), 1 << 11);
        tables.ecap &= ~(1L << 7);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x0C);
    }

    @Test
    void transientMappingIsIgnoredInLeavesOnOldHardware() {
        final TestTables tables = TestTables.legacy().set(secondEntry(1, IOVA), 1L << 62);
        tables.transientMappings = true;
        assertThat(tables.reason(IOVA, READ)).isZero();
        assertThat(tables.set(secondEntry(2, IOVA), 1L << 62).reason(IOVA, READ)).isEqualTo(0x0C);
    }

    @ParameterizedTest
    @CsvSource({ "LEGACY,1", "LEGACY,2", "LEGACY,4", "SCALABLE,1", "SCALABLE,2", "SCALABLE,4" })
    void everyLevelMustGrantWhatIsAsked(final Mode mode, final int level) {
        final TestTables tables = mode.tables().clear(secondEntry(level, IOVA), 2);
        assertThat(tables.reason(IOVA, READ)).isZero();
        assertThat(tables.reason(IOVA, WRITE)).isEqualTo(mode.code(0x05, 0x85));
        assertThat(tables.reason(IOVA, WRITE | DmaRequest.ATOMIC)).isEqualTo(mode.code(0x05, 0x85));
        tables.memory.put(secondEntry(level, IOVA), tables.memory.get(secondEntry(level, IOVA)) & ~1L | 2);
        assertThat(tables.reason(IOVA, WRITE)).isZero();
        assertThat(tables.reason(IOVA, READ)).isEqualTo(mode.code(0x06, 0x86));
        assertThat(tables.reason(IOVA, WRITE | DmaRequest.ATOMIC)).isEqualTo(mode.code(0x06, 0x86));
    }

    /**
     * What a parent and its leaf grant together: R and W of the parent, of the leaf, and the reasons of a read and a
     * write in scalable mode. 79h if nothing is left, be it in one entry or over both (7.1.3, SSS.2).
     */
    @ParameterizedTest
    @CsvSource({ "0,0,79,79", "0,1,79,79", "0,2,79,79", "0,3,79,79", "1,0,79,79", "1,1,0,85", "1,2,79,79", "1,3,0,85",
        "2,0,79,79", "2,1,79,79", "2,2,86,0", "2,3,86,0", "3,0,79,79", "3,1,0,85", "3,2,86,0", "3,3,0,0" })
    void rightsAddUpDownToTheLeaf(final int parent, final int leaf, final String read, final String write) {
        for (int level = 2; level <= 4; level++) {
            final TestTables tables = TestTables.secondStage().clear(secondEntry(level, IOVA), 3)
                    .set(secondEntry(level, IOVA), parent).clear(secondEntry(1, IOVA), 3)
                    .set(secondEntry(1, IOVA), leaf);
            final int reading = Integer.parseInt(read, 16);
            final int writing = Integer.parseInt(write, 16);
            assertThat(tables.reason(IOVA, READ)).as("read, level %d", level).isEqualTo(reading);
            assertThat(tables.reason(IOVA, WRITE)).as("write, level %d", level).isEqualTo(writing);
            assertThat(tables.reason(IOVA, WRITE | DmaRequest.ATOMIC)).as("AtomicOp, level %d", level)
                    .isEqualTo(writing != 0 ? writing : reading);
            assertThat(tables.reason(IOVA, DmaRequest.ZERO_LENGTH)).as("zero-length read, level %d", level)
                    .isEqualTo(reading == 0x79 ? 0x79 : 0);
            assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).as("translation request").isZero();
            assertThat(tables.walk.permissions() & (Permission.USER_READ | Permission.USER_WRITE))
                    .isEqualTo((reading == 0 ? Permission.USER_READ : 0) | (writing == 0 ? Permission.USER_WRITE : 0));
        }
    }

    /** In legacy mode there is no such reason, and each level refuses by itself. */
    @Test
    void inLegacyModeTheLevelThatRefusesDecides() {
        final TestTables tables = TestTables.legacy().clear(secondEntry(3, IOVA), 2);
        tables.memory.put(secondEntry(2, IOVA), TestMemory.NOWHERE | 3);
        assertThat(tables.reason(IOVA, WRITE)).isEqualTo(0x05);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x07);
        tables.memory.put(secondEntry(2, IOVA), SECOND + 0x1000L | 2);
        assertThat(tables.reason(IOVA, DmaRequest.ZERO_LENGTH)).as("nothing is left").isEqualTo(0x06);
    }

    @ParameterizedTest
    @CsvSource({ "LEGACY,1", "LEGACY,3", "SCALABLE,1", "SCALABLE,4" })
    void anEntryThatGrantsNothingIsNotPresentWhateverElseIsInIt(final Mode mode, final int level) {
        final TestTables tables = mode.tables();
        tables.memory.put(secondEntry(level, IOVA), -4L);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(mode.code(0x06, 0x79));
        assertThat(tables.reason(IOVA, WRITE)).isEqualTo(mode.code(0x05, 0x79));
    }

    @ParameterizedTest
    @EnumSource
    void permissionIsTestedBeforeReservedBits(final Mode mode) {
        final TestTables tables = mode.tables().clear(secondEntry(1, IOVA), 2).set(secondEntry(1, IOVA), 1L << 62);
        assertThat(tables.reason(IOVA, WRITE)).isEqualTo(mode.code(0x05, 0x85));
        assertThat(tables.reason(IOVA, READ)).isEqualTo(mode.code(0x0C, 0x7A));
    }

    @ParameterizedTest
    @EnumSource
    void tablesOutsideMemoryAreAccessErrorsAndAnEntryOfAllOnesIsNot(final Mode mode) {
        final TestTables tables = mode.tables();
        tables.memory.put(secondEntry(2, IOVA), TestMemory.NOWHERE | 3);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(mode.code(0x07, 0x78));
        tables.memory.put(secondEntry(2, IOVA), -1L);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(mode.code(0x0C, 0x7A));
    }

    @Test
    void topTableOutsideMemoryIs7B() {
        final TestTables tables = TestTables.secondStage();
        tables.memory.put(RID_ENTRY, TestMemory.NOWHERE | 2 << 6 | 2 << 2 | 1);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x7B);
    }

    @ParameterizedTest
    @EnumSource
    void zeroLengthReadsOfWriteOnlyPagesSucceedWithZlr(final Mode mode) {
        final TestTables tables = mode.tables().clear(secondEntry(1, IOVA), 1);
        assertThat(tables.reason(IOVA, DmaRequest.ZERO_LENGTH)).isZero();
        tables.cap &= ~(1L << 22);
        assertThat(tables.reason(IOVA, DmaRequest.ZERO_LENGTH)).isEqualTo(mode.code(0x06, 0x86));
        tables.cap |= 1L << 22;
        tables.clear(secondEntry(1, IOVA), 3);
        assertThat(tables.reason(IOVA, DmaRequest.ZERO_LENGTH)).isEqualTo(mode.code(0x06, 0x79));
    }

    @ParameterizedTest
    @EnumSource
    void theAddressItselfDecidesAboutTheInterruptRangeNotItsPage(final Mode mode) {
        final TestTables tables = mode.tables();
        tables.memory.put(secondEntry(3, IOVA), 0xC000_0083L);
        assertThat(tables.reason(0x1000, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0xC000_1000L);
        assertThat(tables.walk.shift()).as("what may be kept ends at the range").isEqualTo(20);
        assertThat(tables.reason(0x3EDF_FFFFL, WRITE)).isZero();
        assertThat(tables.reason(0x3EE0_0000L, WRITE)).isEqualTo(mode.code(0x0E, 0x87));
        assertThat(tables.reason(0x3EEF_FFFFL, READ)).isEqualTo(mode.code(0x0E, 0x87));
        assertThat(tables.reason(0x3EF0_0000L, WRITE)).isZero();
    }

    @Test
    void requestsWithoutPasidIntoTheInterruptRangeAreInterruptsOrIllegal() {
        final TestTables tables = TestTables.legacy();
        assertThat(tables.reason(0xFEE0_1004L, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0xFEE0_1004L);
        assertThat(tables.walk.translated()).isFalse();
        assertThat(tables.reason(0xFEE0_1004L, READ)).isEqualTo(0x29);
        tables.likeQemu = true;
        assertThat(tables.reason(0xFEE0_1004L, READ)).as("QEMU reports no read").isZero();
    }

    @Test
    void requestsWithPasidIntoTheInterruptRangeAreTranslated() {
        final TestTables tables = TestTables.secondStage();
        tables.memory.put(secondEntry(3, 0xC000_0000L), 0x83);
        assertThat(tables.pasidReason(0xFEE0_1004L, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0x3EE0_1004L);
    }

    @Test
    void flagsAreSetOnEveryEntryAndDirtyOnTheLeafOfAWrite() {
        final TestTables tables = flags();
        assertThat(tables.reason(IOVA, READ)).isZero();
        for (int level = 4; level >= 1; level--) {
            assertThat(tables.memory.get(secondEntry(level, IOVA)) & (A | D)).isEqualTo(A);
        }
        assertThat(tables.walk.permissions() & Permission.WRITES).as("a write needs a walk").isZero();
        assertThat(tables.reason(IOVA, WRITE)).isZero();
        assertThat(tables.memory.get(secondEntry(1, IOVA))).isEqualTo(PAGE | 3 | A | D);
        assertThat(tables.memory.get(secondEntry(2, IOVA)) & D).isZero();
        assertThat(tables.walk.permissions()).isEqualTo(Permission.ALL & ~Permission.EXECUTES);
    }

    @Test
    void withoutSsadeNoFlagIsTouched() {
        final TestTables tables = TestTables.secondStage();
        final long before = tables.memory.checksum();
        assertThat(tables.reason(IOVA, WRITE)).isZero();
        assertThat(tables.memory.checksum()).isEqualTo(before);
    }

    @Test
    void aWalkThatOnlyAsksChangesNothing() {
        final TestTables tables = flags();
        final long before = tables.memory.checksum();
        assertThat(tables.reason(SID, -1, IOVA, WRITE, false)).isZero();
        assertThat(tables.memory.checksum()).isEqualTo(before);
    }

    @Test
    void aBlockedWriteLeavesNoPageDirty() {
        final TestTables tables = flags();
        tables.memory.put(secondEntry(1, IOVA), 0xFEE0_0003L);
        assertThat(tables.reason(IOVA, WRITE)).isEqualTo(0x87);
        assertThat(tables.memory.get(secondEntry(1, IOVA))).isEqualTo(0xFEE0_0003L);
    }

    @Test
    void flagsThatWouldHaveToBeSetWithoutSnoopingAre7C() {
        final TestTables tables = flags();
        tables.memory.put(RID_ENTRY + 8, 7);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x7C);
        for (int level = 4; level >= 1; level--) {
            tables.set(secondEntry(level, IOVA), A);
        }
        assertThat(tables.reason(IOVA, READ)).isZero();
        assertThat(tables.reason(IOVA, WRITE)).isEqualTo(0x7C);
    }

    @Test
    void flagsThatCantBeSetAre7D() {
        final TestTables tables = flags();
        tables.memory.put(TestMemory.ROM + (IOVA >>> 12 & 511) * 8, PAGE | 3);
        tables.memory.put(secondEntry(2, IOVA), TestMemory.ROM | 3 | A);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x7D);
    }

    @Test
    void anEntryThatTheGuestChangesMeanwhileIsWalkedAgain() {
        final TestTables tables = flags();
        tables.memory.beforeUpdate(() -> tables.memory.put(secondEntry(4, IOVA), 0));
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x79);
        assertThat(tables.memory.get(secondEntry(4, IOVA))).as("nothing was overwritten").isZero();
    }

    @Test
    void aGuestThatNeverStopsChangingItsTablesGetsAFault() {
        final TestTables tables = flags();
        final long[] turn = { 0 };
        tables.memory.beforeEveryUpdate(
                () -> tables.memory.put(secondEntry(4, IOVA), SECOND + 0x3000 | 3 | ++turn[0] << 52));
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x7D);
    }

    @Test
    void translationRequestsLearnWhatThereIsAndMissingPagesAreNoFaults() {
        final TestTables tables = TestTables.secondStage();
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).isZero();
        assertThat(tables.walk.permissions()).isEqualTo(Permission.ALL & ~Permission.EXECUTES);
        tables.clear(secondEntry(1, IOVA), 2);
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).isZero();
        assertThat(tables.walk.permissions()).isEqualTo(Permission.READS & ~Permission.EXECUTES);
        tables.clear(secondEntry(2, IOVA), 3);
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).isZero();
        assertThat(tables.walk.permissions()).isZero();
        tables.memory.put(secondEntry(2, IOVA), -1L);
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).as("but broken entries are").isEqualTo(0x7A);
    }
}
