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

package io.viommu.vmm.realguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceTreeNodeTest {

    private static byte[] virt() {
        return new DeviceTreeNode("").cells("#address-cells", 2)
                .add(new DeviceTreeNode("intc@8000000").add(new DeviceTreeNode("its@8080000").cells("phandle", 0x8003)))
                .add(new DeviceTreeNode("pcie@10000000").text("compatible", "pci-host-ecam-generic").cells("ranges",
                        0x0100_0000, 0, 0, 0, 0x3EFF_0000, 0, 0x1_0000, 0x0200_0000, 0, 0x1000_0000, 0, 0x1000_0000, 0,
                        0x2EFF_0000))
                .write();
    }

    @Test
    void aTreeReadAndWrittenIsTheSameBytes() {
        assertThat(DeviceTreeNode.read(virt()).write()).isEqualTo(virt());
    }

    @Test
    void theSmmuIsAddedWithTheItsOfThisTreeAndThePciWindowEndsBelowIt() {
        final DeviceTreeNode root = DeviceTreeNode.read(Firmware.deviceTree(virt(), GuestKind.ARM64_MSI));
        assertThat(root.find("iommu@3e000000").numbers("msi-parent")).containsExactly(0x8003, 0);
        assertThat(root.find("pcie@").numbers("ranges")).endsWith(0x1000_0000, 0, 0x2E00_0000).startsWith(0x0100_0000,
                0, 0, 0, 0x3EFF_0000, 0, 0x1_0000);
        assertThat(root.find("pcie@").numbers("iommu-map")).containsExactly(0xF0, 0x8100, 0xF0, 1, 0xE8,
                0x8100, 0xE8, 1);
        final DeviceTreeNode wired = DeviceTreeNode.read(Firmware.deviceTree(virt(), GuestKind.ARM64_WIRED));
        assertThat(wired.find("iommu@").numbers("interrupts")).as("slot 0x1f: SPI 6, edge").containsExactly(0, 6, 1);
    }

    @Test
    void theDmarBodyHasOneUnitForTheTwoEndpointsAlone() {
        assertThat(HexFormat.of().formatHex(Firmware.dmar(GuestKind.X86_LEGACY, Map.of()))).isEqualTo(
                "3300" + "00000000000000000000" + "0000" + "2000" + "0000" + "0000" + "0000d9fe00000000"
                        + "0108000000000500" + "0108000000000600");
    }

    /** 8.1: the table's host address width, less 1, is that of the unit, beyond which address bits are reserved. */
    @ParameterizedTest
    @CsvSource({ "viommu,48,51", "viommu,57,51", "qemu,48,47", "qemu,39,38" })
    void theDmarTableHasTheWidthOfTheModel(final String whose, final String width, final int field) {
        final Map<String, String> properties = Map.of("compat", whose, "aw-bits", width);
        assertThat(Firmware.dmar(GuestKind.X86_LEGACY, properties)[0]).isEqualTo((byte) field);
    }

    @Test
    void aRamdiskIsACpioArchiveOfTheNewKind() {
        final byte[] disk = new InitialRamdisk().folder("bin").file("init", new byte[]{ 'x' }).finish();
        assertThat(new String(disk, 0, 120, StandardCharsets.US_ASCII)).isEqualTo("070701" + "00000001" + "000041ed"
                + "00000000" + "00000000" + "00000001" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000"
                + "00000000" + "00000004" + "00000000" + "bin\0" + "\0\0" + "0707");
        assertThat(disk.length % 4).isZero();
        assertThat(new String(disk, StandardCharsets.US_ASCII)).contains("TRAILER!!!\0");
    }
}
