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

package io.viommu.vtd.config;

import static io.viommu.vtd.TestTables.DIRECTORY;
import static io.viommu.vtd.TestTables.DIRECTORY_ENTRY;
import static io.viommu.vtd.TestTables.ECAP;
import static io.viommu.vtd.TestTables.EXECUTE;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.NO_PASID;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.PASID_TABLE;
import static io.viommu.vtd.TestTables.PRIVILEGED;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.RID_ENTRY;
import static io.viommu.vtd.TestTables.RID_PASID;
import static io.viommu.vtd.TestTables.ROOT_ENTRY;
import static io.viommu.vtd.TestTables.SCALABLE_ENTRY;
import static io.viommu.vtd.TestTables.SID;
import static io.viommu.vtd.TestTables.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.iommu.DmaSession;
import io.viommu.vtd.TestMemory;
import io.viommu.vtd.TestTables;

/** Root, context and PASID entries of scalable mode (VT-d 9.2, 9.4 to 9.6, 7.1.3). */
class ScalableContextTest {

    private final TestTables tables = TestTables.secondStage();

    private int reason() {
        return tables.pasidReason(IOVA | 0x123, READ);
    }

    @Test
    void requestsWithAndWithoutPasidFindTheirEntries() {
        assertThat(reason()).isZero();
        assertThat(tables.walk.address()).isEqualTo(PAGE | 0x123);
        assertThat(tables.walk.device().pasid()).isEqualTo(PASID);
        assertThat(tables.reason(IOVA, WRITE)).isZero();
        assertThat(tables.walk.device().pasid()).isEqualTo(RID_PASID);
        assertThat(tables.walk.device().domainId()).isEqualTo(7);
    }

    @Test
    void devicesFrom16OnBelongToTheUpperHalfOfTheRootEntry() {
        tables.memory.put(TestTables.UPPER_CONTEXT + 8 * 32, tables.memory.get(SCALABLE_ENTRY), RID_PASID, 0, 0);
        assertThat(tables.reason(SID | 0x80, PASID, IOVA, READ, true)).isZero();
        tables.set(ROOT_ENTRY, 2);
        assertThat(tables.reason(SID | 0x80, PASID, IOVA, READ, true)).as("the other half doesn't matter").isZero();
        tables.clear(ROOT_ENTRY + 8, 1);
        assertThat(tables.reason(SID | 0x80, PASID, IOVA, READ, true)).isEqualTo(0x39);
    }

    @Test
    void rootEntryFaultsHaveTheirScalableCodes() {
        tables.set(ROOT_ENTRY, 1 << 5);
        assertThat(reason()).isEqualTo(0x3A);
        tables.clear(ROOT_ENTRY, 1);
        assertThat(reason()).isEqualTo(0x39);
        tables.rootTable = TestMemory.NOWHERE | 1 << 10;
        assertThat(reason()).isEqualTo(0x38);
    }

    @Test
    void contextTableOutsideMemoryIs40() {
        tables.memory.put(ROOT_ENTRY, TestMemory.NOWHERE | 1);
        assertThat(reason()).isEqualTo(0x40);
    }

    @Test
    void contextEntryNotPresentIs41WhateverElseIsInItButFpd() {
        tables.memory.put(SCALABLE_ENTRY, -4L, -1L, -1L, -1L);
        assertThat(reason()).isEqualTo(0x41);
        assertThat(tables.fault.suppressed()).isFalse();
        tables.set(SCALABLE_ENTRY, 2);
        assertThat(reason()).isEqualTo(0x41);
        assertThat(tables.fault.suppressed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = { 5, 8, 46, 63, 85, 127, 128, 255 })
    void reservedBitsOfContextEntryAre42(final int bit) {
        tables.set(SCALABLE_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isEqualTo(0x42);
    }

    @Test
    void ridPrivilegeIsReservedWithoutItsCapability() {
        tables.set(SCALABLE_ENTRY + 8, 1 << 20);
        assertThat(reason()).isZero();
        tables.ecap &= ~(1L << 53);
        assertThat(reason()).isEqualTo(0x42);
    }

    @Test
    void ridPasidBeyondTheDirectoryIs43ButOnlyForRequestsWithoutPasid() {
        tables.memory.put(SCALABLE_ENTRY + 8, 1 << 13);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x43);
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).isEqualTo(0x43);
        assertThat(reason()).isZero();
        tables.set(SCALABLE_ENTRY, 1 << 9);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x51);
    }

    @Test
    void wrongProgrammingIs43BeforeWhatTheEntryLetsThroughIsLookedAt() {
        tables.memory.put(SCALABLE_ENTRY + 8, 1 << 13);
        tables.clear(SCALABLE_ENTRY, 1 << 2);
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).isEqualTo(0x43);
        tables.set(SCALABLE_ENTRY + 8, 1L << 21);
        assertThat(tables.reason(IOVA, DmaRequest.TRANSLATION)).as("after reserved bits").isEqualTo(0x42);
    }

    @ParameterizedTest
    @ValueSource(ints = { 64, 69, 83 })
    void withoutRpsRidPasidIsReservedButIgnoredLikeQemu(final int bit) {
        tables.ecap &= ~(1L << 49);
        tables.memory.put(SCALABLE_ENTRY + 8, 0);
        assertThat(reason()).isZero();
        tables.set(SCALABLE_ENTRY + 8, 1L << bit % 64);
        assertThat(reason()).isEqualTo(0x42);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x42);
        tables.likeQemu = true;
        assertThat(reason()).isZero();
    }

    @Test
    void withoutRpsPasid0IsUsed() {
        tables.ecap &= ~(1L << 49);
        tables.memory.put(SCALABLE_ENTRY + 8, 0);
        assertThat(tables.reason(IOVA, READ)).isEqualTo(0x51);
        tables.memory.put(DIRECTORY, PASID_TABLE | 1);
        tables.memory.put(PASID_TABLE, tables.memory.get(RID_ENTRY), 9 | 1 << 23, 0, 0, 0, 0, 0, 0);
        assertThat(tables.reason(IOVA, READ)).isZero();
        assertThat(tables.walk.device().pasid()).isZero();
        assertThat(tables.walk.device().domainId()).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(ints = { DmaSession.TRANSLATED, DmaRequest.TRANSLATION })
    void deviceTlbRequestsNeedDte(final int access) {
        assertThat(tables.pasidReason(IOVA, access)).isZero();
        tables.clear(SCALABLE_ENTRY, 1 << 2);
        assertThat(tables.pasidReason(IOVA, access)).isEqualTo(0x44);
    }

    @Test
    void requestWithPasidNeedsPaside() {
        tables.clear(SCALABLE_ENTRY, 1 << 3);
        assertThat(reason()).isEqualTo(0x45);
        assertThat(tables.reason(IOVA, READ)).as("without PASID").isZero();
    }

    @Test
    void pasidBeyondTheDirectoryIs46() {
        assertThat(tables.reason(SID, 1 << 13, IOVA, READ, true)).isEqualTo(0x46);
        tables.set(SCALABLE_ENTRY, 7 << 9);
        assertThat(tables.reason(SID, 0xFFFFF, IOVA, READ, true)).isEqualTo(0x51);
    }

    @Test
    void requestsWithPasidMayNameThatOfRequestsWithout() {
        assertThat(tables.reason(SID, RID_PASID, IOVA, READ, true)).isZero();
    }

    @Test
    void pasidWiderThanTheUnitSupportsIs89() {
        tables.ecap &= ~(31L << 35);
        tables.ecap |= 5L << 35;
        assertThat(reason()).isEqualTo(0x89);
    }

    @Test
    void directoryFaultsHaveTheirCodes() {
        tables.set(DIRECTORY_ENTRY, 1 << 2);
        assertThat(reason()).isEqualTo(0x52);
        tables.set(DIRECTORY_ENTRY, 2);
        assertThat(reason()).isEqualTo(0x52);
        assertThat(tables.fault.suppressed()).isTrue();
        tables.clear(DIRECTORY_ENTRY, 3);
        assertThat(reason()).isEqualTo(0x51);
        tables.memory.put(SCALABLE_ENTRY, TestMemory.NOWHERE | 1 << 3 | 1);
        assertThat(reason()).isEqualTo(0x50);
    }

    @Test
    void accessErrorsAreNotSuppressedByFpdAboveThem() {
        tables.set(SCALABLE_ENTRY, 2).set(DIRECTORY_ENTRY, 2);
        tables.memory.put(DIRECTORY_ENTRY, TestMemory.NOWHERE | 3);
        assertThat(reason()).isEqualTo(0x58);
        assertThat(tables.fault.suppressed()).isFalse();
    }

    @Test
    void pasidEntryNotPresentIs59BeforeItsTypeIsLookedAt() {
        tables.memory.put(PASID_ENTRY, -4L, -1L, -1L);
        assertThat(reason()).isEqualTo(0x59);
        tables.memory.put(PASID_ENTRY, 2, 0, 0);
        assertThat(reason()).isEqualTo(0x59);
        assertThat(tables.fault.suppressed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = { 5, 10, 11, 46, 63, 80, 86, 129, 136, 139, 174, 191, 192, 511 })
    void reservedBitsOfPasidEntryAre5A(final int bit) {
        tables.set(PASID_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isEqualTo(0x5A);
    }

    @ParameterizedTest
    @CsvSource({ "9,45", "87,48", "88,7", "128,31", "135,34" })
    void switchesOfMissingFeaturesAreReserved(final int bit, final int capability) {
        tables.set(PASID_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isZero();
        tables.ecap &= ~(1L << capability);
        assertThat(reason()).isEqualTo(0x5A);
        tables.clear(PASID_ENTRY, 7L << 6);
        assertThat(reason()).as("before the type is looked at").isEqualTo(0x5A);
        tables.clear(PASID_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isEqualTo(0x5B);
    }

    @ParameterizedTest
    @ValueSource(ints = { 89, 90, 91, 95, 96, 127, 133, 134 })
    void memoryTypesAndWithdrawnSwitchesAreIgnored(final int bit) {
        tables.set(PASID_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 5, 6, 7 })
    void reservedTypeIs5B(final int type) {
        tables.memory.put(PASID_ENTRY, tables.memory.get(PASID_ENTRY) & ~(7L << 6) | (long) type << 6);
        assertThat(reason()).isEqualTo(0x5B);
    }

    @ParameterizedTest
    @CsvSource({ "1,47", "2,46", "3,26", "3,46", "3,47", "4,6" })
    void typeOfMissingFeatureIs5B(final int type, final int capability) {
        tables.memory.put(PASID_ENTRY, tables.memory.get(PASID_ENTRY) & ~(7L << 6) | (long) type << 6);
        tables.ecap = ECAP & ~(1L << capability);
        assertThat(reason()).isEqualTo(0x5B);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 4, 7 })
    void unsupportedWidthIs5BWhereASecondStageTranslates(final int width) {
        tables.memory.put(PASID_ENTRY, tables.memory.get(PASID_ENTRY) & ~(7L << 2) | (long) width << 2);
        assertThat(reason()).isEqualTo(0x5B);
        tables.memory.put(PASID_ENTRY, 4 << 6 | width << 2 | 1);
        assertThat(reason()).as("pass-through ignores it").isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 2, 3 })
    void unsupportedPagingModeIs5B(final int mode) {
        final TestTables first = TestTables.firstStage();
        first.cap &= ~(1L << 60);
        first.set(PASID_ENTRY + 16, (long) mode << 2);
        assertThat(first.pasidReason(IOVA, READ)).isEqualTo(0x5B);
    }

    @Test
    void privilegedRequestsNeedSre() {
        final TestTables first = TestTables.firstStage();
        assertThat(first.pasidReason(IOVA, PRIVILEGED)).isEqualTo(0x5D);
        first.set(PASID_ENTRY + 16, 1);
        assertThat(first.pasidReason(IOVA, PRIVILEGED)).isZero();
        assertThat(first.reason(IOVA, PRIVILEGED)).as("without PASID nobody is privileged").isZero();
        first.set(SCALABLE_ENTRY + 8, 1 << 20);
        assertThat(first.reason(IOVA, READ)).as("but for RID_PRIV").isEqualTo(0x5D);
    }

    @Test
    void requestsToExecuteNeedEreAndAUnitThatKnowsThem() {
        final TestTables first = TestTables.firstStage();
        assertThat(first.pasidReason(IOVA, EXECUTE)).isEqualTo(0x5C);
        first.ecap |= TestTables.ERS;
        assertThat(first.pasidReason(IOVA, EXECUTE)).isEqualTo(0x5C);
        first.set(PASID_ENTRY + 16, 2);
        assertThat(first.pasidReason(IOVA, EXECUTE)).isZero();
        assertThat(first.reason(IOVA, EXECUTE)).as("without PASID it is a read").isZero();
    }

    @Test
    void passThroughWithPasidEndsAtTheHostsWidthAndKeepsClearOfInterrupts() {
        tables.memory.put(PASID_ENTRY, 4 << 6 | 1);
        assertThat(tables.pasidReason(1L << 46, READ)).isEqualTo(0x83);
        assertThat(tables.pasidReason(0xFEE1_0000L, WRITE)).isEqualTo(0x87);
        assertThat(tables.pasidReason(0xFEF0_0000L, WRITE)).isZero();
        assertThat(tables.reason(SID, NO_PASID, IOVA, READ, true)).as("the other entry").isZero();
    }
}
