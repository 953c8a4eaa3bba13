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

import static io.viommu.vtd.TestTables.CONTEXT;
import static io.viommu.vtd.TestTables.CONTEXT_ENTRY;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.PAGE;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.ROOT;
import static io.viommu.vtd.TestTables.ROOT_ENTRY;
import static io.viommu.vtd.TestTables.SECOND;
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

/**
 * Root and context entries of legacy mode: every way to be wrong, in the architecture's order (VT-d 9.1, 9.3, 7.1.3).
 */
class LegacyContextTest {

    private final TestTables tables = TestTables.legacy();

    private int reason() {
        return tables.reason(IOVA | 0x123, READ);
    }

    @Test
    void theTablesAreFoundByBusAndByDeviceAndFunction() {
        assertThat(reason()).isZero();
        assertThat(tables.walk.address()).isEqualTo(PAGE | 0x123);
        assertThat(tables.walk.device().domainId()).isEqualTo(7);
        assertThat(tables.reason(SID + 1, -1, IOVA, READ, true)).isEqualTo(0x02);
        assertThat(tables.reason(SID + 0x100, -1, IOVA, READ, true)).isEqualTo(0x01);
    }

    @Test
    void rootTableOutsideMemoryIs08() {
        tables.rootTable = TestMemory.NOWHERE;
        assertThat(reason()).isEqualTo(0x08);
        assertThat(tables.fault.suppressed()).isFalse();
    }

    @Test
    void rootEntryNotPresentIs01WhateverElseIsInIt() {
        tables.memory.put(ROOT_ENTRY, -2L, -1L);
        assertThat(reason()).isEqualTo(0x01);
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 11, 46, 63, 64, 127 })
    void reservedBitsOfPresentRootEntryAre0A(final int bit) {
        tables.set(ROOT_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isEqualTo(0x0A);
    }

    @Test
    void contextTableOutsideMemoryIs09() {
        tables.memory.put(ROOT_ENTRY, TestMemory.NOWHERE | 1);
        assertThat(reason()).isEqualTo(0x09);
    }

    @Test
    void contextEntryNotPresentIs02WhateverElseIsInIt() {
        tables.memory.put(CONTEXT_ENTRY, -4L, -1L);
        assertThat(reason()).isEqualTo(0x02);
        assertThat(tables.fault.suppressed()).isFalse();
    }

    @Test
    void fpdCountsEvenIfTheContextEntryIsNotPresent() {
        tables.memory.put(CONTEXT_ENTRY, 2, 0);
        assertThat(reason()).isEqualTo(0x02);
        assertThat(tables.fault.suppressed()).isTrue();
    }

    @Test
    void fpdDoesNotSuppressUnqualifiedFaultsBeforeIt() {
        tables.set(CONTEXT_ENTRY, 2).clear(ROOT_ENTRY, 1);
        assertThat(reason()).isEqualTo(0x01);
        assertThat(tables.fault.suppressed()).isFalse();
    }

    @Test
    void fpdSuppressesWhatTheWalkFinds() {
        tables.set(CONTEXT_ENTRY, 2).clear(TestTables.secondEntry(1, IOVA), 3);
        assertThat(reason()).isEqualTo(0x06);
        assertThat(tables.fault.suppressed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = { 4, 11, 46, 63, 71, 88, 127 })
    void reservedBitsOfPresentContextEntryAre0B(final int bit) {
        tables.set(CONTEXT_ENTRY + bit / 64 * 8, 1L << bit % 64);
        assertThat(reason()).isEqualTo(0x0B);
    }

    @ParameterizedTest
    @ValueSource(ints = { 67, 68, 69, 70 })
    void softwaresBitsOfContextEntryAreIgnored(final int bit) {
        tables.set(CONTEXT_ENTRY + 8, 1L << bit % 64);
        assertThat(reason()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 4, 5, 6, 7 })
    void unsupportedWidthIs03(final int width) {
        tables.memory.put(CONTEXT_ENTRY + 8, width | 7 << 8);
        assertThat(reason()).isEqualTo(0x03);
    }

    @Test
    void reservedTranslationTypeIs03() {
        tables.set(CONTEXT_ENTRY, 3 << 2);
        assertThat(reason()).isEqualTo(0x03);
    }

    @Test
    void translationTypesOfMissingFeaturesAre03() {
        tables.ecap &= ~(1L << 2 | 1L << 6);
        tables.set(CONTEXT_ENTRY, 1 << 2);
        assertThat(reason()).as("device-TLB").isEqualTo(0x03);
        tables.memory.put(CONTEXT_ENTRY, 2 << 2 | 1);
        assertThat(reason()).as("pass-through").isEqualTo(0x03);
    }

    @Test
    void topTableOutsideMemoryIs03AndALowerOneIs07() {
        tables.memory.put(CONTEXT_ENTRY, TestMemory.NOWHERE | 1);
        assertThat(reason()).isEqualTo(0x03);
        tables.memory.put(CONTEXT_ENTRY, SECOND + 0x4000 | 1);
        tables.memory.put(TestTables.secondEntry(3, IOVA), TestMemory.NOWHERE | 3);
        assertThat(reason()).isEqualTo(0x07);
    }

    @ParameterizedTest
    @ValueSource(ints = { DmaSession.TRANSLATED, DmaRequest.TRANSLATION })
    void deviceTlbRequestsNeedTheirTranslationType(final int access) {
        assertThat(tables.reason(IOVA, access)).isEqualTo(0x0D);
        tables.set(CONTEXT_ENTRY, 1 << 2);
        assertThat(tables.reason(IOVA, access)).isZero();
        tables.memory.put(CONTEXT_ENTRY, 2 << 2 | 1, 3 | 7 << 8);
        assertThat(tables.reason(IOVA, access)).isEqualTo(0x0D);
    }

    @Test
    void translatedRequestsGoWhereTheySayButNotIntoTheInterruptRange() {
        tables.set(CONTEXT_ENTRY, 1 << 2);
        assertThat(tables.reason(0x77_7123, DmaSession.TRANSLATED)).isZero();
        assertThat(tables.walk.address()).isEqualTo(0x77_7123);
        assertThat(tables.reason(0xFEE0_0000L, DmaSession.TRANSLATED | WRITE)).isEqualTo(0x0E);
    }

    @Test
    void requestWithPasidIs31() {
        assertThat(tables.reason(SID, PASID, IOVA, READ, true)).isEqualTo(0x31);
    }

    @ParameterizedTest
    @CsvSource({ "1,3", "2,3", "3,0", "4,3" })
    void passThroughNeedsTheLargestWidthThereIs(final int width, final int reason) {
        tables.memory.put(CONTEXT_ENTRY, 2 << 2 | 1, width | 7 << 8);
        assertThat(reason()).isEqualTo(reason);
    }

    @Test
    void passThroughIgnoresThePointerAndEndsAtTheHostsWidth() {
        tables.memory.put(CONTEXT_ENTRY, -1L << 12 | 2 << 2 | 1, 3 | 7 << 8);
        assertThat(tables.reason(IOVA | 5, WRITE)).isZero();
        assertThat(tables.walk.address()).isEqualTo(IOVA | 5);
        assertThat(tables.reason((1L << 46) - 1, WRITE)).isZero();
        assertThat(tables.reason(1L << 46, WRITE)).isEqualTo(0x04);
    }

    /** 9.3: an address above 2^X-1 is a translation fault, X being the least of AW's width, MGAW and the host's. */
    @ParameterizedTest
    @CsvSource({ "48,48,48", "39,48,39", "48,39,39", "57,57,52", "57,48,48", "36,39,36" })
    void passThroughEndsAtTheWidthsOfTheEntryAndOfTheGuest(final int mgaw, final int tablesWidth, final int limit) {
        tables.hostWidth = 52;
        tables.cap = tables.cap & ~(0x1FL << 8 | 0x3FL << 16) | 1L << 8 + (tablesWidth - 30) / 9 | mgaw - 1L << 16;
        tables.memory.put(CONTEXT_ENTRY, 2 << 2 | 1, (tablesWidth - 30) / 9 | 7 << 8);
        assertThat(tables.reason((1L << limit) - 1, READ)).isZero();
        assertThat(tables.reason((1L << limit) - 1, WRITE)).isZero();
        assertThat(tables.reason(1L << limit, READ)).isEqualTo(0x04);
        assertThat(tables.reason(1L << limit, WRITE)).isEqualTo(0x04);
        assertThat(tables.reason(-1L << 63, READ)).isEqualTo(0x04);
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 2, 3 })
    void otherModesFaultOnTheRegister(final int mode) {
        tables.rootTable = ROOT | (long) mode << 10;
        tables.ecap &= ~(1L << 43 | 1L << 52);
        assertThat(reason()).isEqualTo(0x30);
        tables.ecap = TestTables.ECAP;
        assertThat(reason()).isEqualTo(mode == 1 ? 0x41 : mode == 2 ? 0x30 : 0x33);
        assertThat(tables.fault.suppressed()).isFalse();
    }

    @Test
    void presenceIsTestedBeforeReservedBitsAndTheseBeforeTheProgramming() {
        tables.memory.put(CONTEXT_ENTRY, CONTEXT | 0xFF0 | 3 << 2, -1L);
        assertThat(reason()).isEqualTo(0x02);
        tables.set(CONTEXT_ENTRY, 1);
        assertThat(reason()).isEqualTo(0x0B);
        tables.memory.put(CONTEXT_ENTRY, SECOND | 3 << 2 | 1, 0);
        assertThat(reason()).isEqualTo(0x03);
    }
}
