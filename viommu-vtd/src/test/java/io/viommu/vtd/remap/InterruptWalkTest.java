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

package io.viommu.vtd.remap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.iommu.InterruptRemapper;
import io.viommu.vtd.TestMemory;
import io.viommu.vtd.TestTables;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.register.VtdCapabilities;

/**
 * Interrupt remapping on plain numbers: formats, entries, source validation, posting, and every fault (VT-d 5.1,
 * 5.2).
 */
class InterruptWalkTest {

    private static final long TABLE = 0x5_0000;
    private static final int REQUESTER = 0x0310;
    private static final long VECTOR_33 = 0x33_0000;
    private static final long EIME = 1 << 11;
    private static final long DESCRIPTOR = 0x6_0000;

    private final TestMemory memory = new TestMemory();
    private final InterruptWalk walk = new InterruptWalk(memory);
    private final VtdFault fault = new VtdFault();
    private long cap = TestTables.CAP;
    private long irta = TABLE | 7;
    private boolean remapping = true;
    private boolean compatibility;

    private int send(final int requester, final long address, final int data) {
        final VtdCapabilities capabilities = new VtdCapabilities(cap, TestTables.ECAP);
        return walk.walk(new InterruptContext(capabilities, remapping, irta, compatibility, 46), requester, address,
                data, fault);
    }

    /** Sends index 3 by handle alone. */
    private int send() {
        return send(REQUESTER, 0xFEE0_0070L, 0);
    }

    private void entry(final long low, final long high) {
        memory.put(TABLE + 3 * 16, low, high);
    }

    @Test
    void withoutRemappingEveryMessagePasses() {
        remapping = false;
        assertThat(send(REQUESTER, 0xFEE0_0070L, 0x1234_5678)).isZero();
        assertThat(walk.address()).isEqualTo(0xFEE0_0070L);
        assertThat(walk.data()).isEqualTo(0x1234_5678);
    }

    @Test
    void compatibilityFormatPassesOnlyWhereItIsAllowed() {
        assertThat(send(REQUESTER, 0xFEE0_1000L, 0x4041)).isEqualTo(0x25);
        assertThat(walk.index()).isZero();
        compatibility = true;
        assertThat(send(REQUESTER, 0xFEE0_1000L, 0x4041)).isZero();
        assertThat(walk.data()).isEqualTo(0x4041);
    }

    @ParameterizedTest
    @CsvSource({ "1,0,fee00000,4033", "21,0,fee00000,4133", "81,0,fee00000,4433", "e1,0,fee00000,4733",
        "11,0,fee00000,c033", "5,300,fee03004,4033", "9,100,fee01008,4033", "1,ff00,feeff000,4033" })
    void fieldsOfTheEntryMakeTheMessage(final String low, final String destination, final String address,
            final String data) {
        entry(Long.parseLong(low, 16) | VECTOR_33 | Long.parseLong(destination, 16) << 32, 1 << 18 | REQUESTER);
        assertThat(send()).isZero();
        assertThat(walk.delivers()).isTrue();
        assertThat(Long.toHexString(walk.address())).isEqualTo(address);
        assertThat(Integer.toHexString(walk.data())).isEqualTo(data);
    }

    @Test
    void wideDestinationsStandInTheUpperHalfOfTheAddress() {
        irta |= EIME;
        entry(1 | VECTOR_33 | 0x1234_5678L << 32, 0);
        assertThat(send()).isZero();
        assertThat(walk.address()).isEqualTo(0x1234_5600_FEE7_8000L);
    }

    @ParameterizedTest
    @CsvSource({ "fee00070,99999999,3", "fee00078,0,3", "fee00038,2,3", "fee00018,3,3", "fee00014,0,8000",
        "fee0001c,7fff,ffff", "fee0001c,8000,0" })
    void indexIsTheHandleAndWithShvTheSubhandle(final String address, final String data, final String index) {
        irta = TABLE;
        send(REQUESTER, Long.parseLong(address, 16), Integer.parseUnsignedInt(data, 16));
        assertThat(Integer.toHexString(walk.index())).isEqualTo(index);
    }

    @Test
    void reservedDataWithShvIs20() {
        assertThat(send(REQUESTER, 0xFEE0_0078L, 0x0001_0000)).isEqualTo(0x20);
        entry(1, 0);
        assertThat(send(REQUESTER, 0xFEE0_0070L, 0x0001_0000)).as("without SHV data is ignored").isZero();
    }

    @Test
    void indexBeyondTheTableIs21AlsoWhereItOverflows() {
        entry(1, 0);
        irta = TABLE | 0;
        assertThat(send()).isEqualTo(0x21);
        irta = TABLE | 1;
        assertThat(send()).isZero();
        irta = TABLE | 15;
        assertThat(send(REQUESTER, 0xFEEF_FFFCL, 0xFFFF)).isEqualTo(0x21);
        assertThat(fault.suppressed()).isFalse();
    }

    /** Table 5.1.4: also where the entry would lie beyond the width of physical addresses. */
    @Test
    void entryBeyondTheHostsWidthIs21() {
        irta = 1L << 46 | 7;
        assertThat(send()).isEqualTo(0x21);
        irta = (1L << 46) - 0x1000 | 7;
        assertThat(send()).as("there, but no memory").isEqualTo(0x23);
    }

    @Test
    void entryNotPresentIs22AndItsFpdCounts() {
        entry(VECTOR_33, 0);
        assertThat(send()).isEqualTo(0x22);
        assertThat(fault.suppressed()).isFalse();
        entry(-2L, -1L);
        assertThat(send()).isEqualTo(0x22);
        assertThat(fault.suppressed()).isTrue();
    }

    @Test
    void tableOutsideMemoryIs23() {
        irta = TestMemory.NOWHERE | 7;
        assertThat(send()).isEqualTo(0x23);
    }

    @ParameterizedTest
    @ValueSource(ints = { 12, 13, 14, 24, 31, 32, 39, 48, 63, 84, 127 })
    void reservedBitsAre24(final int bit) {
        entry(1 | (bit < 64 ? 1L << bit : 0), bit < 64 ? 0 : 1L << bit - 64);
        assertThat(send()).isEqualTo(0x24);
    }

    @Test
    void reservedValuesAre24() {
        entry(1, 3 << 18);
        assertThat(send()).as("SVT 3").isEqualTo(0x24);
        entry(1 | 3 << 5, 0);
        assertThat(send()).as("delivery mode 3").isEqualTo(0x24);
        entry(1 | 6 << 5, 0);
        assertThat(send()).as("delivery mode 6").isEqualTo(0x24);
        cap &= ~(1L << 59);
        entry(1 | 1 << 15, 0);
        assertThat(send()).as("posted, but not offered").isEqualTo(0x24);
    }

    @ParameterizedTest
    @CsvSource({ "0,0310", "0,0311", "1,0314", "1,0318", "2,0316", "2,0311", "3,0317", "3,0318" })
    void sourceIsComparedButForTheBitsThatTheQualifierLeavesOut(final int qualifier, final String requester) {
        final int[] ignored = { 0, 4, 6, 7 };
        final int sender = Integer.parseInt(requester, 16);
        entry(1, 1 << 18 | (long) qualifier << 16 | REQUESTER);
        final boolean same = ((sender ^ REQUESTER) & ~ignored[qualifier]) == 0;
        assertThat(send(sender, 0xFEE0_0070L, 0)).isEqualTo(same ? 0 : 0x26);
    }

    @ParameterizedTest
    @CsvSource({ "01,26", "02,0", "03,0", "05,0", "06,26" })
    void busIsComparedWithTheFirstAndTheLast(final String bus, final String reason) {
        entry(1, 2 << 18 | 0x0205);
        assertThat(send(Integer.parseInt(bus, 16) << 8 | 0xFF, 0xFEE0_0070L, 0)).isEqualTo(
                Integer.parseInt(reason, 16));
    }

    @Test
    void aSenderWithoutRequesterIdIsNotChecked() {
        entry(1, 1 << 18 | REQUESTER);
        assertThat(send(InterruptRemapper.NO_REQUESTER, 0xFEE0_0070L, 0)).isZero();
    }

    private void posted(final long urgent, final long control) {
        entry(DESCRIPTOR << 32 | 0x81_0000 | 1 << 15 | urgent | 1, 0);
        memory.put(DESCRIPTOR, 0, 0, 0, 0, control, -1L, -1L, -1L);
    }

    @Test
    void postingSetsTheRequestAndNotifiesOnce() {
        posted(0, 0x0000_0500_00F2_0000L);
        assertThat(send()).isZero();
        assertThat(memory.get(DESCRIPTOR + 16)).as("vector 81h").isEqualTo(2);
        assertThat(memory.get(DESCRIPTOR + 32)).isEqualTo(0x0000_0500_00F2_0001L);
        assertThat(walk.delivers()).isTrue();
        assertThat(walk.address()).isEqualTo(0xFEE0_5000L);
        assertThat(walk.data()).isEqualTo(0x40F2);
        assertThat(send()).isZero();
        assertThat(walk.delivers()).as("one is outstanding").isFalse();
    }

    @Test
    void suppressedNotificationsAreOnlySentForUrgentInterrupts() {
        posted(0, 0x0000_0500_00F2_0002L);
        assertThat(send()).isZero();
        assertThat(walk.delivers()).isFalse();
        assertThat(memory.get(DESCRIPTOR + 16)).isEqualTo(2);
        posted(1 << 14, 0x0000_0500_00F2_0002L);
        assertThat(send()).isZero();
        assertThat(walk.delivers()).isTrue();
    }

    @Test
    void descriptorOutsideMemoryIs27AndReservedBitsInItAre28() {
        posted(0, 0x0000_0500_00F2_0004L);
        assertThat(send()).isEqualTo(0x28);
        posted(0, 0x0001_0500_00F2_0000L);
        assertThat(send()).as("destination of more than 8 bits").isEqualTo(0x28);
        assertThat(memory.get(DESCRIPTOR + 16)).as("nothing was posted").isZero();
        entry(TestMemory.NOWHERE << 32 | 1 << 15 | 1, 0);
        assertThat(send()).isEqualTo(0x27);
        entry(TestMemory.ROM << 32 | 1 << 15 | 1, 0);
        assertThat(send()).as("read-only").isEqualTo(0x27);
        entry(1 << 15 | 1, 1L << 63);
        assertThat(send()).as("beyond the host's width").isEqualTo(0x27);
    }

    @ParameterizedTest
    @ValueSource(ints = { 2, 7, 12, 13, 24, 37, 84, 95 })
    void reservedBitsOfPostedEntryAre24(final int bit) {
        entry(1 | 1 << 15 | (bit < 64 ? 1L << bit : 0), bit < 64 ? 0 : 1L << bit - 64);
        assertThat(send()).isEqualTo(0x24);
    }

    @Test
    void ioapicEntriesBecomeMessagesOfEitherFormat() {
        final long remappable = 3L << 49 | 1L << 48 | 1 << 15 | 0x55;
        assertThat(IoapicEntry.address(remappable)).isEqualTo(0xFEE0_0070L);
        assertThat(IoapicEntry.data(remappable)).isEqualTo(0xC055);
        assertThat(IoapicEntry.address(0xFFFFL << 48 | 1 << 11)).isEqualTo(0xFEEF_FFF4L);
        final long compatibility = 0x5AL << 56 | 1 << 11 | 4 << 8 | 0x41;
        assertThat(IoapicEntry.address(compatibility)).isEqualTo(0xFEE5_A004L);
        assertThat(IoapicEntry.data(compatibility)).isEqualTo(0x4441);
    }
}
