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

package io.viommu.vmm.qtest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QtestProtocolTest {

    private final TestDoor door = new TestDoor();

    @AfterEach
    void close() {
        door.close();
    }

    private void virt() {
        door.ok("viommu_machine -machine virt -m 512" + TestDoor.DEVICES);
    }

    @Test
    void readsAnswerSixteenDigitsWhateverTheWidth() {
        virt();
        door.ok("writeq 0x48000000 0x1122334455667788");
        assertThat(door.raw("readb 0x48000001")).isEqualTo("OK 0x0000000000000077\n");
        assertThat(door.raw("readw 0x48000000")).isEqualTo("OK 0x0000000000007788\n");
        assertThat(door.raw("readl 1207959556")).isEqualTo("OK 0x0000000011223344\n");
        assertThat(door.raw("readq 011000000000")).isEqualTo("OK 0x1122334455667788\n");
        door.ok("writeb 0x48000000 0xffff");
        assertThat(door.raw("readw 0x48000000")).isEqualTo("OK 0x00000000000077ff\n");
    }

    @Test
    void bytesComeAndGoLowestAddressFirst() {
        virt();
        door.ok("write 0x48000000 4 0xDEADBEef");
        assertThat(door.raw("read 0x48000000 5")).isEqualTo("OK 0xdeadbeef00\n");
        door.ok("memset 0x48000001 2 0xaa");
        assertThat(door.ok("read 0x48000000 4")).isEqualTo("0xdeaaaaef");
        door.ok("write 0x48000000 4 0x11");
        assertThat(door.ok("read 0x48000000 4")).as("short data is filled with zeros").isEqualTo("0x11000000");
        door.ok("b64write 0x48000000 3 YWJj");
        assertThat(door.ok("b64read 0x48000000 4")).isEqualTo("YWJjAA==");
        door.ok("memset 0x48000000 0 0");
    }

    @Test
    void bytesOnRegistersAreOneAccessOfThatWidth() {
        virt();
        assertThat(door.ok("read 0x10100000 4")).isEqualTo("0xed000001");
        door.ok("write 0x10100080 8 0x0807060504030201");
        assertThat(door.ok("readq 0x10100080")).isEqualTo("0x0102030405060708");
        assertThat(door.ok("read 0x4010008000 2")).isEqualTo("0x361b");
    }

    @Test
    void virtHasEmptyVirtioTransports() {
        virt();
        assertThat(door.ok("read 0xa003e00 16")).as("magic, version, device 0, vendor")
                .isEqualTo("0x76697274010000000000000051454d55");
        door.ok("writel 0xa003e28 0x200");
        assertThat(door.ok("readl 0xa000008")).isEqualTo("0x0000000000000000");
    }

    @Test
    void portsAnswerAsQemuPrintsThem() {
        door.ok("viommu_machine -machine q35" + TestDoor.DEVICES);
        door.ok("outl 0xcf8 0x80000800");
        assertThat(door.raw("inl 0xcfc")).isEqualTo("OK 0x51b36\n");
        assertThat(door.raw("inw 0xcfe")).isEqualTo("OK 0x0005\n");
        assertThat(door.raw("inb 0x80")).isEqualTo("OK 0x00ff\n");
    }

    @Test
    void theClockOnlyGoesForward() {
        assertThat(door.ok("clock_step")).isEqualTo("0");
        assertThat(door.ok("clock_step 100")).isEqualTo("100");
        assertThat(door.ok("clock_set 50")).isEqualTo("100");
        assertThat(door.ok("clock_set 1000")).isEqualTo("1000");
        assertThat(door.ok("clock_step 0x7fffffffffffffff")).isEqualTo("1000");
        assertThat(door.ok("endianness")).isEqualTo("little");
    }

    @Test
    void interceptedWiresAreToldBeforeTheAnswer() {
        virt();
        door.ok("irq_intercept_in /machine/unattached/device[3]");
        assertThat(door.raw("writel 0x10100060 1")).isEqualTo("IRQ raise 5\nOK\n");
        assertThat(door.raw("writel 0x10100064 1")).isEqualTo("IRQ lower 5\nOK\n");
        assertThat(door.ok("viommu_irqs")).isEqualTo("{\"5\": 1}");
        assertThat(door.ok("viommu_irqs")).isEqualTo("{}");
    }

    @Test
    void endpointsReachMemoryAndControllers() {
        virt();
        assertThat(door.ok("viommu_dma w 0x77 0x48000000 0x01020304")).isEqualTo("ok");
        assertThat(door.ok("viommu_dma r 0x77 0x48000000 4 ssid=5 priv exec")).isEqualTo("ok 0x01020304");
        assertThat(door.ok("viommu_dma r 0x77 0x3f000000000 4")).isEqualTo("fault");
        door.ok("viommu_devmsi 0x10 0x8090040 0x21");
        assertThat(door.ok("viommu_msis"))
                .isEqualTo("[{\"src\": \"remap\", \"addr\": \"0x8090040\", \"data\": \"0x21\"}]");
        assertThat(door.ok("viommu_msis")).isEqualTo("[]");
    }

    @Test
    void theIoApicSendsWhatItsEntrySays() {
        door.ok("viommu_machine -machine q35" + TestDoor.DEVICES);
        door.ok("writel 0xfec00000 0x22");
        door.ok("writel 0xfec00010 0x55");
        door.ok("viommu_ioapic 9 1");
        door.ok("viommu_ioapic 9 0");
        assertThat(door.ok("viommu_msis"))
                .isEqualTo("[{\"src\": \"remap\", \"addr\": \"0xfee00000\", \"data\": \"0x55\"}]");
    }

    @Test
    void aFreshMachineHasFreshMemoryAndARefusedOneChangesNothing() {
        virt();
        door.ok("writel 0x48000000 1");
        assertThat(door.fail("viommu_machine -machine virt -device e1000")).contains("there is no device 'e1000'");
        assertThat(door.ok("readl 0x48000000")).endsWith("1");
        virt();
        assertThat(door.ok("readl 0x48000000")).endsWith("0");
    }

    @Test
    void withoutAMachineTheAnswerSaysWhatToDo() {
        for (final String line : new String[]{ "readl 0", "inb 0", "viommu_irqs", "viommu_dma r 0 0 4",
            "viommu_phys sid=1" }) {
            assertThat(door.fail(line))
                    .isEqualTo("there is no machine yet; start with -machine or send viommu_machine");
        }
        virt();
        assertThat(door.fail("viommu_phys event=0x10 sid=8")).isEqualTo("this machine has no IOMMU");
        assertThat(door.fail("viommu_ats 8 0x1000 w")).isEqualTo("this machine has no IOMMU");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "readl | readl: ADDR is missing",
        "readl 0xzz | readl: ADDR must be a number of up to 64 bits",
        "readl 0 1 | readl: there is a word too many, '1'",
        "writel 0 | writel: VAL is missing",
        "read 0 0 | read: LEN must be 1 to 0x1000000, not 0",
        "read 0 0xffffffffffffffff | read: LEN must be 1 to 0x1000000, not 0xffffffffffffffff",
        "write 0 4 0x123 | write: DATA must be 0x and two hexadecimal digits for each byte, not '0x123'",
        "write 0 4 12345678 | write: DATA must be 0x",
        "b64write 0 4 !!!! | b64write: DATA must be base64",
        "memset 0 4 256 | memset: BYTE must be 0 to 255, not 256",
        "inb 0x10000 | inb: PORT must be 0 to 65535, not 0x10000",
        "clock_step -5 | clock_step: NS must be a number",
        "viommu_dma x 0 0 4 | viommu_dma: DIRECTION must be r or w, not 'x'",
        "viommu_dma r 0 0 4 fast | viommu_dma: an attribute must be ssid=N, priv or exec, not 'fast'",
        "viommu_dma r 0 0 4 ssid=0x100000 | viommu_dma: ssid must be 0 to 0xfffff, not 0x100000",
        "viommu_ioapic 1 1 | viommu_ioapic: this machine has no IOAPIC; q35 has",
        "viommu_machine -machine | -machine needs an argument",
        "viommu_machine | viommu_machine: -machine is missing",
        "frobnicate 1 2 | unknown command 'frobnicate'" })
    void mistakesAreAnsweredByOneSentence(final String line, final String sentence) {
        virt();
        assertThat(door.fail(line)).startsWith(sentence);
        assertThat(door.ok("endianness")).isEqualTo("little");
    }

    @ParameterizedTest
    @ValueSource(strings = { "", " ", "   ", "\r", "\u0000", "\u0007bell", "readl\t0" })
    void linesThatAreNoCommandFailAndHurtNothing(final String line) {
        virt();
        assertThat(door.fail(line)).isNotEmpty().matches("[ -~]*");
    }
}
