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

package io.viommu.vtd.register;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.vtd.TestGuest;

/** The frame as a guest probes it (VT-d 11.2, 11.4). */
class RegisterFrameTest {

    private final TestGuest guest = new TestGuest();

    @ParameterizedTest
    @CsvSource({ "00,10", "18,0", "1c,0", "20,0", "34,0", "38,80000000", "3c,0", "64,0", "80,0", "9c,0", "a0,80000000",
        "b0,0", "dc,0", "e0,80000000", "f8,0", "100,0", "21c,0", "220,0", "22c,0" })
    void registersResetToWhatTheSpecificationSays(final String offset, final String value) {
        assertThat(guest.readl(Long.parseLong(offset, 16))).isEqualTo(Long.parseLong(value, 16));
    }

    @ParameterizedTest
    @CsvSource({ "00,10", "1c,0", "38,80000000", "3c,ffff", "40,fffffffc", "44,ffffffff", "58,0", "64,0", "68,0",
        "80,0",
        "a0,80000000", "a4,ffffffff", "a8,fffffffc", "ac,ffffffff", "c0,7ffe0", "c8,7ffe0", "e0,80000000",
        "e4,ffff", "e8,fffffffc", "ec,ffffffff", "100,0", "220,0", "228,0" })
    void onlyWritableBitsKeepAWrite(final String offset, final String value) {
        final long at = Long.parseLong(offset, 16);
        guest.writel(at, 0xFFFF_FFFFL);
        assertThat(guest.readl(at)).isEqualTo(Long.parseLong(value, 16));
    }

    @ParameterizedTest
    @CsvSource({ "20,7ffffffffffffc00", "90,7ffffffffffff807", "b8,7ffffffffffff80f", "d0,7ffffffffffff007" })
    void sixtyFourBitTableRegistersReadBackWhatWasWritten(final String offset, final String value) {
        final long at = Long.parseLong(offset, 16);
        guest.writeq(at, Long.MAX_VALUE);
        assertThat(guest.readq(at)).isEqualTo(Long.parseLong(value, 16));
        guest.writel(at, 0x1234_5678L);
        guest.writel(at + 4, 0x9abc);
        assertThat(guest.readq(at) >>> 12).as("halves").isEqualTo(0x9abc_1234_5678L >>> 12);
    }

    @Test
    void oneWideWriteReachesTwoNarrowRegisters() {
        guest.writeq(0x40, 0x12_FEE0_0000L);
        assertThat(guest.readl(0x40)).isEqualTo(0xFEE0_0000L);
        assertThat(guest.readl(0x44)).isEqualTo(0x12);
        guest.writeq(0x38, 0x42_0000_0000L);
        assertThat(guest.readq(0x38)).isEqualTo(0x42_0000_0000L);
    }

    @Test
    void likeQemuAWideWriteStopsAtItsNarrowRegisterSaveForTheFaultEventAddress() {
        final TestGuest qemu = new TestGuest(Map.of("compat", "qemu", "eim", "on"));
        qemu.writeq(0x38, 0x42_0000_0000L);
        assertThat(qemu.readq(0x38)).isZero();
        qemu.writeq(0x40, 0x12_FEE0_0000L);
        assertThat(qemu.readq(0x40)).isEqualTo(0x12_FEE0_0000L);
    }

    @Test
    void likeQemuTheQueueAddressShowsOnceTheQueueWasOn() {
        final TestGuest qemu = new TestGuest(Map.of("compat", "qemu"));
        qemu.writeq(0x90, 0x1_2345_6007L);
        assertThat(qemu.readq(0x90)).isEqualTo(7);
        qemu.writel(0x18, 0x400_0000);
        assertThat(qemu.readq(0x90)).isEqualTo(0x1_2345_6007L);
        assertThat(qemu.readl(0x94)).isEqualTo(1);
        qemu.unit.reset();
        qemu.writel(0x94, 1);
        assertThat(qemu.readl(0x94)).isZero();
    }

    @Test
    void bytesAndMisalignedAccessesDoNothing() {
        guest.unit.write(0x3C, 1, 0x41);
        guest.unit.write(0x3D, 4, 0x41);
        assertThat(guest.readl(0x3C)).isZero();
        assertThat(guest.unit.read(0, 1)).isZero();
        assertThat(guest.unit.read(2, 4)).isZero();
        assertThat(guest.unit.read(Long.MAX_VALUE - 3, 4)).isZero();
    }

    @Test
    void upperAddressIsAbsentWithoutExtendedInterruptMode() {
        final TestGuest narrow = new TestGuest(Map.of("eim", "off"));
        narrow.writel(0x44, 0xFFFF_FFFFL);
        assertThat(narrow.readl(0x44)).isZero();
    }

    @Test
    void protectedMemoryRegistersAreThereIfAnnounced() {
        final TestGuest protecting = new TestGuest(Map.of("protected-memory", "on"));
        protecting.writel(0x68, 0xFFFF_FFFFL);
        assertThat(protecting.readl(0x68)).isEqualTo(0xFFF0_0000L);
        assertThat(protecting.readq(8) >>> 5 & 3).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({ "1,220,1000", "8,220,1000", "14,220,1000", "15,1000,2000", "256,1000,2000" })
    void faultRecordsLieWhereTheyFit(final int records, final String offset, final String size) {
        final TestGuest many = new TestGuest(Map.of("fault-records", Integer.toString(records)));
        assertThat(many.faultOffset()).isEqualTo(Long.parseLong(offset, 16));
        assertThat(many.readq(8) >>> 40 & 0xFF).isEqualTo(records - 1);
        assertThat(many.unit.mmioSize()).isEqualTo(Long.parseLong(size, 16));
    }
}
