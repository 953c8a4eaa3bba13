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

import static io.viommu.vtd.TestTables.EXECUTE;
import static io.viommu.vtd.TestTables.FIRST;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.PRIVILEGED;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.RID_ENTRY;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.firstEntry;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.vtd.TestMemory;
import io.viommu.vtd.TestTables;
import io.viommu.vtd.config.DmaRequest;

/** First-stage walks (VT-d 3.6, 7.1.3, 9.7). */
class FirstStageWalkTest {

    private static final long US = 1 << 2;
    private static final long RW = 1 << 1;
    private static final long A = 1 << 5;
    private static final long D = 1 << 6;
    private static final long EA = 1 << 10;
    private static final long XD = 1L << 63;
    private static final long FLAGS = PASID_ENTRY + 16;
    private static final long SRE = 1;
    private static final long ERE = 1 << 1;
    private static final long WPE = 1 << 4;
    private static final long NXE = 1 << 5;
    private static final long SMEP = 1 << 6;
    private static final long EAFE = 1 << 7;

    private final TestTables tables = TestTables.firstStage();

    private int fetch(final int more) {
        return tables.pasidReason(IOVA, EXECUTE | more);
    }

    @Test
    void fourLevelsAreWalked() {
        assertThat(tables.pasidReason(IOVA | 0xABC, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(PAGE | 0xABC);
        assertThat(tables.reason(IOVA | 0xABC, WRITE)).isZero();
    }

    @Test
    void fiveLevelsAreWalkedWithFs5lp() {
        tables.first(5).memory.put(FLAGS, FIRST + 0x5000 | 1 << 2);
        assertThat(tables.pasidReason(IOVA, WRITE)).isZero();
        assertThat(tables.pasidReason(IOVA | 1L << 56, WRITE)).isEqualTo(0x80);
        assertThat(tables.pasidReason(IOVA | -1L << 56, WRITE)).as("canonical, but nothing is there").isEqualTo(0x71);
        tables.cap &= ~(1L << 60);
        assertThat(tables.pasidReason(IOVA, WRITE)).isEqualTo(0x5B);
    }

    @Test
    void inputIsLimitedByBeingCanonicalNotByMgawOrByTheWidthOfASecondStage() {
        tables.cap = tables.cap & ~(63L << 16) | 38L << 16;
        tables.clear(PASID_ENTRY, 7 << 2);
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        assertThat(tables.pasidReason(IOVA | 1L << 46, READ)).isEqualTo(0x71);
        assertThat(tables.pasidReason(IOVA | 1L << 47, READ)).isEqualTo(0x80);
        assertThat(tables.pasidReason(IOVA | 1L << 63, READ)).isEqualTo(0x80);
        tables.memory.put(firstEntry(4, -1L), FIRST + 0x3000 | 7);
        assertThat(tables.pasidReason(IOVA | -1L << 39, READ)).as("the upper half").isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = { 2, 3 })
    void largePagesKeepTheOffset(final int level) {
        final int shift = 12 + 9 * (level - 1);
        tables.memory.put(firstEntry(level, IOVA), 0x2_0000_0000L | 0x87);
        assertThat(tables.pasidReason(IOVA | 0x123, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0x2_0000_0000L | (IOVA | 0x123) & (1L << shift) - 1);
        tables.set(firstEntry(level, IOVA), 1 << 12);
        assertThat(tables.pasidReason(IOVA, WRITE)).as("PAT").isZero();
        tables.set(firstEntry(level, IOVA), 1 << 13);
        assertThat(tables.pasidReason(IOVA, WRITE)).as("misaligned").isEqualTo(0x72);
    }

    @Test
    void a1GPageNeedsFs1gpAndLevel4HasNone() {
        tables.memory.put(firstEntry(3, IOVA), 0x87);
        tables.cap &= ~(1L << 56);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x72);
        tables.memory.put(firstEntry(4, IOVA), 0x87);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x72);
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 2, 3, 4 })
    void entryNotPresentIs71WhateverElseIsInIt(final int level) {
        tables.memory.put(firstEntry(level, IOVA), -2L);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x71);
    }

    @ParameterizedTest
    @CsvSource({ "1,46", "2,51", "4,46" })
    void addressBeyondTheHostsWidthIs72(final int level, final int bit) {
        assertThat(tables.set(firstEntry(level, IOVA), 1L << bit).pasidReason(IOVA, READ)).isEqualTo(0x72);
    }

    @ParameterizedTest
    @ValueSource(ints = { 3, 4, 8, 9, 10, 11, 52, 62, 63 })
    void softwaresBitsMemoryTypesAndXdWithoutExecuteRequestsAreIgnored(final int bit) {
        for (int level = 1; level <= 4; level++) {
            tables.set(firstEntry(level, IOVA), 1L << bit);
        }
        assertThat(tables.pasidReason(IOVA, WRITE)).isZero();
    }

    @Test
    void tablesOutsideMemoryAre73AtTheTopAnd70Below() {
        tables.memory.put(firstEntry(2, IOVA), TestMemory.NOWHERE | 7);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x70);
        tables.memory.put(FLAGS, TestMemory.NOWHERE);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x73);
    }

    @Test
    void reservedBitsAreTestedBeforePermission() {
        tables.clear(firstEntry(1, IOVA), RW).set(firstEntry(1, IOVA), 1L << 50);
        assertThat(tables.pasidReason(IOVA, WRITE)).isEqualTo(0x72);
    }

    @Test
    void likeQemuPermissionOutweighsReservedBits() {
        tables.likeQemu = true;
        tables.clear(firstEntry(1, IOVA), RW).set(firstEntry(1, IOVA), 1L << 50);
        assertThat(tables.pasidReason(IOVA, WRITE)).isEqualTo(0x85);
        assertThat(tables.pasidReason(IOVA, READ)).as("nothing refuses a read").isEqualTo(0x72);
        tables.clear(firstEntry(1, IOVA), US);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x81);
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 2, 3, 4 })
    void everyLevelMustLetUsersInAndWrite(final int level) {
        tables.clear(firstEntry(level, IOVA), RW);
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        assertThat(tables.pasidReason(IOVA, WRITE)).isEqualTo(0x85);
        assertThat(tables.pasidReason(IOVA, WRITE | DmaRequest.ATOMIC)).isEqualTo(0x85);
        tables.clear(firstEntry(level, IOVA), US);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x81);
    }

    @Test
    void thePrivilegedReadEverythingAndWriteEverythingButForWpe() {
        tables.set(FLAGS, SRE).clear(firstEntry(1, IOVA), US | RW);
        assertThat(tables.pasidReason(IOVA, READ | PRIVILEGED)).isZero();
        assertThat(tables.pasidReason(IOVA, WRITE | PRIVILEGED)).isZero();
        tables.set(FLAGS, WPE);
        assertThat(tables.pasidReason(IOVA, READ | PRIVILEGED)).isZero();
        assertThat(tables.pasidReason(IOVA, WRITE | PRIVILEGED)).isEqualTo(0x85);
    }

    @Test
    void executionNeedsEreAndXdClearWhereNxeCounts() {
        tables.ecap |= TestTables.ERS;
        tables.set(FLAGS, ERE);
        assertThat(fetch(0)).isZero();
        tables.set(firstEntry(2, IOVA), XD);
        assertThat(fetch(0)).as("XD is reserved without NXE").isEqualTo(0x72);
        tables.set(FLAGS, NXE);
        assertThat(fetch(0)).isEqualTo(0x82);
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        tables.clear(firstEntry(2, IOVA), XD);
        assertThat(fetch(0)).isZero();
    }

    @Test
    void smepKeepsThePrivilegedFromExecutingUserPages() {
        tables.ecap |= TestTables.ERS;
        tables.set(FLAGS, ERE | SRE);
        assertThat(fetch(PRIVILEGED)).isZero();
        tables.set(FLAGS, SMEP);
        assertThat(fetch(PRIVILEGED)).isEqualTo(0x82);
        assertThat(fetch(0)).as("users may").isZero();
        tables.clear(firstEntry(1, IOVA), US);
        assertThat(fetch(PRIVILEGED)).as("a page of the privileged").isZero();
    }

    @Test
    void accessedIsSetOnEveryEntryAndDirtyOnTheLeafOfAWrite() {
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        for (int level = 4; level >= 1; level--) {
            assertThat(tables.memory.get(firstEntry(level, IOVA)) & (A | D | EA)).isEqualTo(A);
        }
        assertThat(tables.walk.permissions() & Permission.WRITES).as("a write needs a walk").isZero();
        assertThat(tables.pasidReason(IOVA, WRITE)).isZero();
        assertThat(tables.memory.get(firstEntry(1, IOVA))).isEqualTo(PAGE | 7 | A | D);
        assertThat(tables.memory.get(firstEntry(2, IOVA)) & D).isZero();
        assertThat(tables.walk.permissions() & Permission.USER_WRITE).isNotZero();
    }

    @Test
    void extendedAccessedIsSetWithEafe() {
        tables.set(FLAGS, EAFE);
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        for (int level = 4; level >= 1; level--) {
            assertThat(tables.memory.get(firstEntry(level, IOVA)) & (A | D | EA)).isEqualTo(A | EA);
        }
    }

    @Test
    void aWalkThatOnlyAsksChangesNothing() {
        final long before = tables.memory.checksum();
        assertThat(tables.reason(TestTables.SID, TestTables.PASID, IOVA, WRITE, false)).isZero();
        assertThat(tables.memory.checksum()).isEqualTo(before);
    }

    @Test
    void aBlockedWriteLeavesNoPageDirty() {
        tables.memory.put(firstEntry(1, IOVA), 0xFEE0_0007L);
        assertThat(tables.pasidReason(IOVA, WRITE)).isEqualTo(0x87);
        assertThat(tables.memory.get(firstEntry(1, IOVA))).isEqualTo(0xFEE0_0007L);
    }

    @Test
    void flagsThatWouldHaveToBeSetWithoutSnoopingAre90() {
        tables.clear(PASID_ENTRY + 8, 1 << 23);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x90);
        tables.clear(RID_ENTRY + 8, 1 << 23);
        tables.ecap &= ~(1L << 48);
        assertThat(tables.reason(IOVA, READ)).as("a unit that can't be told").isZero();
    }

    @Test
    void flagsThatCantBeSetAre91() {
        tables.memory.put(TestMemory.ROM + (IOVA >>> 12 & 511) * 8, PAGE | 7);
        tables.memory.put(firstEntry(2, IOVA), TestMemory.ROM | 7);
        assertThat(tables.pasidReason(IOVA, READ)).isEqualTo(0x91);
    }

    @Test
    void aFlagThatAGuestSetsMeanwhileIsKept() {
        tables.memory.beforeUpdate(() -> tables.set(firstEntry(4, IOVA), 1L << 55));
        assertThat(tables.pasidReason(IOVA, READ)).isZero();
        assertThat(tables.memory.get(firstEntry(4, IOVA)) & (1L << 55 | A)).isEqualTo(1L << 55 | A);
    }

    @Test
    void translationRequestsLearnWhatThereIsAndMissingPagesAreNoFaults() {
        assertThat(tables.pasidReason(IOVA, DmaRequest.TRANSLATION | WRITE)).isZero();
        assertThat(tables.walk.permissions()).isEqualTo(Permission.USER_READ | Permission.USER_WRITE);
        assertThat(tables.memory.get(firstEntry(1, IOVA)) & D).isEqualTo(D);
        tables.clear(firstEntry(3, IOVA), 1);
        assertThat(tables.pasidReason(IOVA, DmaRequest.TRANSLATION)).isZero();
        assertThat(tables.walk.permissions()).isZero();
    }
}
