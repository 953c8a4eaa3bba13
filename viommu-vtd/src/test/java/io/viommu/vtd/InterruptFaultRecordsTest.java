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

package io.viommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.vtd.spec.FaultReason;

/**
 * Each reason of an interrupt that is blocked, from the message to the 16 bytes of its record (VT-d 5.1.4, 11.4.7.6):
 * the index stands in FI 63:48, the requester is 01:01.0, and nothing reaches the local APICs but the fault event.
 */
class InterruptFaultRecordsTest {

    private static final long TABLE = 0x8_0000;
    private static final long DESCRIPTOR = 0x9_0000;
    /** Remappable, index 5. */
    private static final long MESSAGE = 0xFEE0_00B0L;
    private static final long ENTRY = TABLE + 5 * 16;
    /** Present, vector 55h, destination 2. */
    private static final long GOOD = 0x0200_0055_0001L;
    private static final long POSTED = 0x55_8001L | DESCRIPTOR << 32;

    private final DmaGuest guest = new DmaGuest(TestTables.legacy(), "", guest -> {
        guest.writeq(0xB8, TABLE | 7);
        guest.command(1L << 24);
        guest.command(1L << 25);
    });

    @AfterEach
    void close() {
        guest.close();
    }

    private void blocked(final long address, final int data, final String record) {
        guest.unit.deviceMessage(TestTables.SID, address, data);
        assertThat(guest.record(0)).isEqualTo(record);
        assertThat(guest.record(1)).isNull();
        assertThat(guest.messages.take()).containsExactly("fee00000:41");
    }

    @Test
    void aGoodEntryIsRemappedWithoutARecord() {
        guest.tables.memory.put(ENTRY, GOOD, 0);
        guest.unit.deviceMessage(TestTables.SID, MESSAGE, 0);
        assertThat(guest.record(0)).isNull();
        assertThat(guest.messages.take()).containsExactly("fee02000:4055");
    }

    @Test
    void reservedDataBitsWithASubhandleAre20() {
        blocked(MESSAGE | 8, 0x1_0000, "80000020 00000108 00000000 00000000");
    }

    @ParameterizedTest
    @CsvSource({ "fee02010,0,01000000", "fee000b8,fb,01000000", "fee00014,0,80000000" })
    void anIndexBeyondTheTableIs21(final String address, final String data, final String index) {
        blocked(Long.parseLong(address, 16), Integer.parseInt(data, 16), "80000021 00000108 " + index + " 00000000");
    }

    @Test
    void anEntryThatIsNotPresentIs22() {
        guest.tables.memory.put(ENTRY, -4L, -1L);
        blocked(MESSAGE, 0, "80000022 00000108 00050000 00000000");
    }

    @Test
    void aTableOutsideMemoryIs23() {
        guest.writeq(0xB8, TestMemory.NOWHERE | 7);
        guest.command(1L << 24);
        blocked(MESSAGE, 0, "80000023 00000108 00050000 00000000");
    }

    @ParameterizedTest
    @CsvSource({ "1000,0", "1000000,0", "0,100000", "8000000000000000,0", "60,0", "0,c0000" })
    void reservedBitsAndValuesAre24(final String low, final String high) {
        guest.tables.memory.put(ENTRY, GOOD | Long.parseUnsignedLong(low, 16), Long.parseUnsignedLong(high, 16));
        blocked(MESSAGE, 0, "80000024 00000108 00050000 00000000");
    }

    @Test
    void aCompatibilityFormatMessageIs25() {
        blocked(0xFEE0_2000L, 0x41, "80000025 00000108 00000000 00000000");
    }

    @Test
    void aCompatibilityFormatMessageIsBlockedByEimeEvenWithCfi() {
        guest.command(1L << 23);
        guest.unit.deviceMessage(TestTables.SID, 0xFEE0_2000L, 0x41);
        assertThat(guest.messages.take()).as("CFI lets it pass").containsExactly("fee02000:41");
        guest.writeq(0xB8, TABLE | 7 | 1 << 11);
        guest.command(1L << 24 | 1L << 23);
        blocked(0xFEE0_2000L, 0x41, "80000025 00000108 00000000 00000000");
    }

    @ParameterizedTest
    @CsvSource({ "4_0109", "4_0100", "8_0203", "8_0000" })
    void aSourceThatMayNotUseTheEntryIs26(final String high) {
        guest.tables.memory.put(ENTRY, GOOD, Long.parseLong(high.replace("_", ""), 16));
        blocked(MESSAGE, 0, "80000026 00000108 00050000 00000000");
    }

    @Test
    void aPostedInterruptDescriptorOutsideMemoryIs27() {
        guest.tables.memory.put(ENTRY, 0x55_8001L | TestMemory.NOWHERE << 32, 0);
        blocked(MESSAGE, 0, "80000027 00000108 00050000 00000000");
    }

    @Test
    void reservedBitsOfAPostedInterruptDescriptorAre28() {
        guest.tables.memory.put(ENTRY, POSTED, 0);
        guest.tables.memory.put(DESCRIPTOR + 32, 1L << 2);
        blocked(MESSAGE, 0, "80000028 00000108 00050000 00000000");
    }

    @Test
    void fpdOfTheEntrySuppressesItsQualifiedFaults() {
        guest.tables.memory.put(ENTRY, 2, 0);
        guest.unit.deviceMessage(TestTables.SID, MESSAGE, 0);
        guest.tables.memory.put(ENTRY, GOOD | 2, 0x10_0000);
        guest.unit.deviceMessage(TestTables.SID, MESSAGE, 0);
        assertThat(guest.record(0)).isNull();
        assertThat(guest.messages.take()).isEmpty();
    }

    @Test
    void faultEventsAreNotRemapped() {
        guest.writel(0x40, 0xFEE0_00B0L);
        guest.unit.deviceMessage(TestTables.SID, 0xFEE0_2000L, 0x41);
        assertThat(guest.messages.take()).as("its address looks remappable").containsExactly("fee000b0:41");
    }

    @Test
    void everyInterruptReasonHasATestHere() {
        assertThat(FaultReason.values()).filteredOn(FaultReason::interrupt).extracting(FaultReason::code)
                .containsExactly(0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29);
    }
}
