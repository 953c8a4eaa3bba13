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

package io.viommu.vtd.acpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of the table (VT-d chapter 8). */
class DmarTableTest {

    private static String hex(final byte[] table, final int from, final int to) {
        return HexFormat.of().formatHex(Arrays.copyOfRange(table, from, to));
    }

    private static int sum(final byte[] table) {
        int sum = 0;
        for (final byte each : table) {
            sum += each;
        }
        return sum & 0xFF;
    }

    /** The platform of table 33: three units, an IOAPIC and an HPET, one device with a translation cache. */
    @Test
    void exampleOfTheSpecificationHasItsLayout() {
        final byte[] table = new DmarTable(46).interruptRemapping(true)
                .translationCaches(0, true, DeviceScope.endpoint(0, 5, 0))
                .unit(0, 0xFED9_2000L, 4096, true, DeviceScope.ioapic(2, 0, 31, 7), DeviceScope.hpet(1, 0, 31, 6))
                .unit(0, 0xFED9_0000L, 4096, false, DeviceScope.endpoint(0, 4, 0), DeviceScope.endpoint(0, 5, 0))
                .unit(0, 0xFED9_1000L, 4096, false, DeviceScope.bridge(0, 7, 0)).build();
        assertThat(table).hasSize(152);
        assertThat(hex(table, 0, 9)).isEqualTo("444d4152" + "98000000" + "01");
        assertThat(hex(table, 36, 48)).as("HAW less 1, flags, reserved").isEqualTo("2d0100000000000000000000");
        assertThat(hex(table, 48, 80)).as("DRHD 1").isEqualTo(
                "0000" + "2000" + "00000000" + "0000d9fe00000000" + "0108000000000400" + "0108000000000500");
        assertThat(hex(table, 80, 104)).as("DRHD 2").isEqualTo(
                "0000" + "1800" + "00000000" + "0010d9fe00000000" + "0208000000000700");
        assertThat(hex(table, 104, 136)).as("DRHD 3, for all others and so the last").isEqualTo(
                "0000" + "2000" + "01000000" + "0020d9fe00000000" + "0308000002001f07" + "0408000001001f06");
        assertThat(hex(table, 136, 152)).as("SATC").isEqualTo("0500" + "1000" + "01000000" + "0108000000000500");
        assertThat(sum(table)).as("checksum").isZero();
    }

    @Test
    void registerSizeIsTheLogOfItsPages() {
        final byte[] table = new DmarTable(46).unit(1, 0x1_0000_2000L, 8192, true).build();
        assertThat(hex(table, 48, 64)).isEqualTo("0000" + "1000" + "01" + "01" + "0100" + "0020000001000000");
    }

    @Test
    void reservedMemoryNamesRegionAndDevices() {
        final byte[] table = new DmarTable(39)
                .reservedMemory(0, 0x7B00_0000L, 0x7F7F_FFFFL, DeviceScope.endpoint(0, 2, 0)).build();
        assertThat(hex(table, 48, 80)).isEqualTo("0100" + "2000" + "0000" + "0000" + "0000007b00000000"
                + "ffff7f7f00000000" + "0108000000000200");
        assertThat(sum(table)).isZero();
    }

    @Test
    void rootPortsAreAllOrNamed() {
        final byte[] table = new DmarTable(39).rootPorts(0).rootPorts(2, DeviceScope.bridge(0x80, 1, 0, 3, 1)).build();
        assertThat(hex(table, 48, 56)).isEqualTo("0200" + "0800" + "01000000");
        assertThat(hex(table, 56, 74)).isEqualTo("0200" + "1200" + "00000200" + "020a0000008001000301");
    }

    @Test
    void affinityNamesUnitAndNode() {
        final byte[] table = new DmarTable(39).affinity(0xFED9_0000L, 3).build();
        assertThat(hex(table, 48, 68)).isEqualTo("0300" + "1400" + "00000000" + "0000d9fe00000000" + "03000000");
    }

    @Test
    void flagsAreThoseOfThePlatform() {
        assertThat(new DmarTable(39).x2apicOptOut(true).dmaOptIn(true).build()[37]).isEqualTo((byte) 6);
        assertThat(new DmarTable(39).interruptRemapping(true).interruptRemapping(false).build()[37]).isZero();
    }

    @Test
    void structuresStandInTheOrderOfTheirTypes() {
        final byte[] table = new DmarTable(39).affinity(0, 0).rootPorts(0).translationCaches(0, false)
                .reservedMemory(0, 0, 0xFFF, DeviceScope.endpoint(0, 1, 0)).unit(0, 0, 4096, true).build();
        final StringBuilder types = new StringBuilder();
        for (int at = 48; at < table.length; at += table[at + 2]) {
            types.append(table[at]);
        }
        assertThat(types.toString()).isEqualTo("01235");
    }

    @Test
    void mistakesAreNamed() {
        final DmarTable table = new DmarTable(39);
        assertThatThrownBy(() -> new DmarTable(16)).hasMessage("host address width must be 32 to 64, not 16");
        assertThatThrownBy(() -> table.unit(0, 0x1000, 8192, true)).hasMessage(
                "register base 0x1000 must be aligned to the size of the registers, 0x2000");
        assertThatThrownBy(() -> table.unit(0, 0, 12288, true)).hasMessage(
                "register size must be a power of two of 4 KiB pages, not 12288 bytes");
        assertThatThrownBy(() -> table.unit(0, 0, 4096, true, DeviceScope.endpoint(0, 1, 0))).hasMessage(
                "a unit for all remaining devices names no PCI devices of its own");
        assertThatThrownBy(() -> table.reservedMemory(0, 0x800, 0xFFF)).hasMessageStartingWith(
                "reserved memory must be whole 4 KiB pages");
        assertThatThrownBy(() -> table.rootPorts(0, DeviceScope.endpoint(0, 1, 0))).hasMessage(
                "root ports must be named as bridges");
        assertThatThrownBy(() -> DeviceScope.endpoint(0, 32, 0)).hasMessage("device must be 0 to 31, not 32");
        assertThatThrownBy(() -> DeviceScope.endpoint(0, 1)).hasMessage(
                "path must be pairs of device and function number, not 1 numbers");
        assertThatThrownBy(() -> table.unit(-1, 0, 4096, true)).hasMessage("segment must be 0 to 65535, not -1");
    }

    /** ACPI's own disassembler, where it is installed, finds no fault; without SATC, which older ones don't know. */
    @Test
    void disassemblerOfAcpiReadsTheTable(@TempDir final Path folder) throws IOException, InterruptedException {
        final Path tool = Path.of("/usr/bin/iasl");
        assumeTrue(Files.isExecutable(tool), "iasl is not installed");
        final byte[] table = new DmarTable(46).affinity(0xFED9_0000L, 1).rootPorts(0)
                .reservedMemory(0, 0x7B80_0000L, 0x7FFF_FFFFL, DeviceScope.endpoint(0, 1, 0))
                .unit(0, 0xFED9_0000L, 8192, true, DeviceScope.ioapic(0, 0xFF, 0, 0)).build();
        final Path file = Files.write(folder.resolve("dmar.aml"), table);
        final Process process = new ProcessBuilder(tool.toString(), "-d", file.toString()).redirectErrorStream(true)
                .start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        final String text = Files.readString(folder.resolve("dmar.dsl"));
        assertThat(text).contains("Hardware Unit Definition", "Reserved Memory Region", "Root Port ATS Capability",
                "Remapping Hardware Static Affinity", "IOAPIC Device")
                .doesNotContainIgnoringCase("error", "invalid", "unknown", "checksum incorrect");
    }
}
