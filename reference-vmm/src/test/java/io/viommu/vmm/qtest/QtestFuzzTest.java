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

import java.util.Random;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a client sends, each line gets one answer, made of printable characters, and the next line is answered. */
class QtestFuzzTest {

    private static final int LINES = 6000;

    private static final String[] COMMANDS = { "readb", "readw", "readl", "readq", "writeb", "writew", "writel",
        "writeq", "read", "write", "b64read", "b64write", "memset", "inb", "inw", "inl", "outb", "outw", "outl",
        "endianness", "clock_step", "clock_set", "irq_intercept_in", "irq_intercept_out", "set_irq_in",
        "viommu_dma", "viommu_ats", "viommu_pri", "viommu_pri_answers", "viommu_phys", "viommu_irqs", "viommu_msis",
        "viommu_devmsi", "viommu_ioapic", "nonsense", "" };

    private static final String[] WORDS = { "r", "w", "rw", "last", "priv", "exec", "ssid=3", "ssid=", "ssid=x", "0",
        "1", "4", "8", "16", "0x1000", "0xcf8", "0xcfc", "0x80000800", "-1", "0x", "0xffffffffffffffff",
        "18446744073709551616", "0x10000000", "0x10100000", "0x10100060", "0x10100098", "0xe0100000", "0xfec00010",
        "0xfed90018", "0x09050020", "0x09060000", "0x0905009c", "0x4010018000", "0x4010018018", "0x40000000",
        "0x5ffffffe", "0x3f000000000", "0x01020304", "0xdeadbeefdeadbeef", "event=0x10", "event=2", "reason=5",
        "reason=pte-fetch", "sid=8", "sid=-1", "iova=0xfffffffffffff000", "perm=rwxp", "stall=1", "stag=7",
        "grpid=3", "words=1,2,3,4", "words=1,2", "words=", "class=tt", "s2=1", "=", "as-reported=on", "fetch=0x8",
        "\u0001", "\u00e9", "'", "\"", "YWJj", "[", "{}", "%s%n" };

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1 | viommu_machine -machine virt" + TestDoor.DEVICES,
        "2 | viommu_machine -machine q35" + TestDoor.DEVICES,
        "3 | viommu_machine -machine virt,iommu=smmuv3" + TestDoor.DEVICES,
        "4 | viommu_machine -machine q35 -device intel-iommu,intremap=on" + TestDoor.DEVICES,
        "5 | viommu_machine -machine none",
        "6 | viommu_machine -machine virt,iommu=smmuv3 -device virtio-rng-pci,iommu_platform=on" })
    void everyLineIsAnswered(final long seed, final String machine) {
        final Random random = new Random(seed);
        try (TestDoor door = new TestDoor()) {
            door.raw(machine);
            for (int i = 0; i < LINES; i++) {
                final String line = line(random);
                assertThat(door.raw(line)).as(line).matches("(IRQ (raise|lower) \\d+\n)*(OK( [ -~]*)?|FAIL [ -~]+)\n")
                        .doesNotContain("viommu itself failed");
            }
            assertThat(door.ok("endianness")).isEqualTo("little");
        }
    }

    private static String line(final Random random) {
        final StringBuilder line = new StringBuilder(COMMANDS[random.nextInt(COMMANDS.length)]);
        final int words = random.nextInt(6);
        for (int i = 0; i < words; i++) {
            line.append(' ').append(random.nextInt(8) == 0
                    ? "0x" + Long.toHexString(random.nextLong() >>> random.nextInt(64))
                    : WORDS[random.nextInt(WORDS.length)]);
        }
        if (!line.isEmpty() && random.nextInt(20) == 0) {
            line.setCharAt(random.nextInt(line.length()), (char) random.nextInt(256));
        }
        return line.toString().replace("\n", "");
    }
}
