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

package io.viommu.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;

import org.junit.jupiter.api.Test;

class PciTest {

    private static final long ECAM = 0x40_1000_0000L;

    private static long config(final Machine virt, final int bus, final int devfn, final int register, final int size) {
        return virt.bus().load(ECAM | (long) bus << 20 | (long) devfn << 12 | register, size);
    }

    private static void setConfig(final Machine virt, final int devfn, final int register, final int size,
            final long value) {
        virt.bus().store(ECAM | (long) devfn << 12 | register, size, value);
    }

    private static int port(final Machine q35, final int busDevfn, final int register, final int size) {
        q35.ports().write(0xCF8, 4, 1 << 31 | busDevfn << 8 | register & 0xFC);
        return q35.ports().read(0xCFC + (register & 3), size);
    }

    @Test
    void functionsAnswerWhereTheyArePluggedAndAbsentOnesReadAllOnes() {
        try (Machine virt = TestMachines.of(Board.VIRT)) {
            assertThat(config(virt, 0, 0x00, 0, 4)).isEqualTo(0x0008_1B36L);
            assertThat(config(virt, 0, 0x08, 0, 4)).isEqualTo(0x0005_1B36L);
            assertThat(config(virt, 0, 0x10, 0, 4)).isEqualTo(0x11E8_1234L);
            assertThat(config(virt, 0, 0x18, 0, 4)).isEqualTo(0x000C_1B36L);
            assertThat(config(virt, 0, 0x18, 0x0A, 2)).isEqualTo(0x0604);
            assertThat(config(virt, 0, 0x20, 0, 2)).isEqualTo(0xFFFF);
            assertThat(config(virt, 1, 0x00, 0, 4)).as("bus 1 has no number yet").isEqualTo(0xFFFF_FFFFL);
        }
    }

    @Test
    void barsReportTheirSizeAndDecodeOnlyWithMemorySpaceOn() {
        try (Machine virt = TestMachines.of(Board.VIRT)) {
            setConfig(virt, 0x08, 0x10, 4, 0xFFFF_FFFFL);
            assertThat(config(virt, 0, 0x08, 0x10, 4)).isEqualTo(0xFFFF_F000L);
            setConfig(virt, 0x10, 0x10, 4, 0xFFFF_FFFFL);
            assertThat(config(virt, 0, 0x10, 0x10, 4)).isEqualTo(0xFFF0_0000L);
            setConfig(virt, 0x10, 0x10, 4, 0x1230_0000L);
            assertThat(virt.bus().load(0x1230_0000L, 4)).isEqualTo(0xFFFF_FFFFL);
            setConfig(virt, 0x10, 0x04, 2, 0x7);
            assertThat(config(virt, 0, 0x10, 0x04, 2)).isEqualTo(0x7);
            assertThat(virt.bus().load(0x1230_0000L, 4)).isEqualTo(0x0100_00EDL);
        }
    }

    @Test
    void firmwareGivesTheAddressesThatTheScenariosRelyOn() {
        try (Machine virt = TestMachines.assigned(Board.VIRT); Machine q35 = TestMachines.assigned(Board.Q35)) {
            assertThat(config(virt, 0, 0x08, 0x10, 4)).isEqualTo(0x1000_0000L);
            assertThat(config(virt, 0, 0x10, 0x10, 4)).isEqualTo(0x1010_0000L);
            assertThat(config(virt, 1, 0x00, 0x10, 4)).isEqualTo(0x1020_0000L);
            assertThat(config(virt, 0, 0x08, 0x04, 2) & 6).isEqualTo(6);
            assertThat(port(q35, 0x08, 0x10, 4)).isEqualTo(0xE000_0000);
            assertThat(port(q35, 0x10, 0x10, 4)).isEqualTo(0xE010_0000);
            assertThat(port(q35, 0x100, 0x10, 4)).isEqualTo(0xE020_0000);
            assertThat(q35.bus().load(0xE020_0010L, 4)).as("RESULT behind the root port").isEqualTo(0xFFFF_FFFFL);
            assertThat(q35.bus().load(0xE010_0000L, 4)).isEqualTo(0x0100_00EDL);
        }
    }

    @Test
    void aBarBehindABridgeAnswersOnlyThroughTheBridgesWindow() {
        try (Machine virt = TestMachines.assigned(Board.VIRT)) {
            virt.bus().store(0x1020_000CL, 4, 16);
            assertThat(virt.bus().load(0x1020_000CL, 4)).isEqualTo(16);
            setConfig(virt, 0x18, 0x20, 4, 0x0000_FFF0L);
            assertThat(virt.bus().load(0x1020_000CL, 4)).isEqualTo(0xFFFF_FFFFL);
        }
    }

    @Test
    void requestsFromBehindAPortNeedBusMasteringOfThePortToo() {
        try (Machine virt = TestMachines.assigned(Board.VIRT)) {
            final long registers = 0x1020_0000L;
            virt.bus().store(registers + 0x04, 4, 0x4000_0000L);
            virt.bus().store(registers + 0x0C, 4, 16);
            virt.bus().store(registers + 0x1C, 4, 0x4000_0000L);
            assertThat(result(virt, registers)).as("done").isZero();
            setConfig(virt, 0x18, 0x04, 2, 2);
            assertThat(result(virt, registers)).as("the write failed").isEqualTo(0xDEAD_0002L);
            setConfig(virt, 0x18, 0x04, 2, 6);
            assertThat(result(virt, registers)).isZero();
        }
    }

    /** Runs the test device's DMA. */
    private static long result(final Machine virt, final long registers) {
        virt.bus().store(registers + 0x14, 4, 1);
        virt.bus().load(registers, 4);
        return virt.bus().load(registers + 0x10, 4);
    }

    @Test
    void theConfigurationPortsNeedTheEnableBitAndTakePartsOfARegister() {
        try (Machine q35 = TestMachines.of(Board.Q35)) {
            assertThat(port(q35, 0x08, 0x02, 2)).isEqualTo(0x0005);
            assertThat(port(q35, 0x08, 0x01, 1)).isEqualTo(0x1B);
            q35.ports().write(0xCF8, 4, 1 << 31 | 0x08 << 8 | 0x02);
            assertThat(q35.ports().read(0xCFC, 2)).as("low bits of the address, as QEMU's tests write them")
                    .isEqualTo(0x0005);
            q35.ports().write(0xCF8, 4, 0x08 << 8);
            assertThat(q35.ports().read(0xCFC, 4)).isEqualTo(-1);
            assertThat(q35.ports().read(0x3F8, 1)).isEqualTo(0xFF);
            assertThat(q35.ports().read(0xCF8, 4)).isEqualTo(0x800);
        }
    }

    @Test
    void resetTakesAddressesAndCommandBitsAway() {
        try (Machine virt = TestMachines.assigned(Board.VIRT)) {
            virt.reset();
            assertThat(config(virt, 0, 0x08, 0x10, 4)).isZero();
            assertThat(config(virt, 0, 0x08, 0x04, 2)).isZero();
            assertThat(config(virt, 1, 0x00, 0x00, 4)).isEqualTo(0xFFFF_FFFFL);
        }
    }

    @Test
    void everyRegisterOfEveryFunctionCanBeReadAndWrittenInAnyWidth() {
        try (Machine virt = TestMachines.assigned(Board.VIRT)) {
            for (int register = 0; register < 0x1000; register++) {
                for (int size = 1; size <= 8; size *= 2) {
                    virt.bus().store(ECAM | 0x10 << 12 | register, size, -1L);
                    config(virt, 0, 0x10, register, size);
                }
            }
            assertThat(config(virt, 0, 0x10, 0, 4)).as("ids are read-only").isEqualTo(0x11E8_1234L);
            assertThat(config(virt, 0, 0x10, 0x100, 4)).as("no extended capabilities").isZero();
        }
    }

    @Test
    void whatCantBePluggedIsRefusedInOneSentence() {
        assertThatThrownBy(
                () -> Machine.build(TestMachines.with(Board.VIRT, TestMachines.device("e1000", "addr", "1"))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("there is no device 'e1000'")
                .hasMessageContaining("iommu-testdev");
        assertThatThrownBy(() -> Machine.build(TestMachines.with(Board.VIRT, TestMachines.device("edu", "addr", "0"))))
                .hasMessage("edu: addr 00.0 of the bus 'pcie.0' is taken");
        assertThatThrownBy(() -> Machine.build(TestMachines.with(Board.VIRT, TestMachines.device("edu", "addr", "20"))))
                .hasMessageContaining("addr must be SLOT or SLOT.FUNCTION");
        assertThatThrownBy(() -> Machine.build(TestMachines.with(Board.Q35, TestMachines.device("edu", "bus", "rp"))))
                .hasMessage("edu: there is no bus 'rp'; there are: pcie.0");
        assertThatThrownBy(() -> Machine.build(TestMachines.with(Board.Q35, TestMachines.device("edu", "dma", "1"))))
                .hasMessageContaining("edu has no property 'dma'; it takes: dma_mask");
        assertThatThrownBy(() -> Machine.build(TestMachines.with(Board.Q35, new DeviceSpec("arm-smmuv3", Map.of()))))
                .hasMessage("the machine 'q35' takes no arm-smmuv3; virt does");
    }
}
