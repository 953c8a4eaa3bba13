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

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.viommu.vmm.vfiouser.VfioUserEndpoint;
import io.viommu.vtd.VtdModel;
import io.viommu.vtd.acpi.DeviceScope;
import io.viommu.vtd.acpi.DmarTable;

/** What firmware does before a guest starts: places the register frame, and describes it. */
final class Firmware {

    /** In the upper part of virt's PCI window, which the guest is told to be shorter. */
    static final int SMMU_BASE = 0x3E00_0000;
    static final int VTD_BASE = 0xFED9_0000;

    private static final int SMMU_SIZE = 0x2_0000;
    private static final int VTD_SIZE = 0x1000;
    private static final int ACPI_HEADER = 36;
    /** Where no device is: QEMU's IOAPIC is no PCI function. */
    private static final int IOAPIC_BUS = 0xFF;
    /** virt's ECAM above 4 GiB, and the function in it. */
    private static final long ECAM = 0x40_1000_0000L;
    private static final int COMMAND_MEMORY_MASTER = 6;
    private static final int PHANDLE = 0x8100;
    private static final int PCI_INTERRUPTS = 3;
    private static final int EDGE = 1;

    private Firmware() {
    }

    /**
     * Gives BAR 0 of the model's function its address and lets it decode, over QEMU's qtest socket. Mastering is
     * switched on too: messages of the model are writes of this function.
     */
    static void place(final GuestKind kind, final LineSocket qtest) throws IOException {
        final int slot = Integer.parseInt(kind.iommuSlot().substring(0, 2), 16);
        if (kind.arm()) {
            final long config = ECAM + ((long) slot << 15);
            ask(qtest, "writel 0x%x 0x%x".formatted(config + 0x10, SMMU_BASE));
            ask(qtest, "writew 0x%x %d".formatted(config + 4, COMMAND_MEMORY_MASTER));
        } else {
            final int config = 0x8000_0000 | slot << 11;
            ask(qtest, "outl 0xcf8 0x%x".formatted(config | 0x10));
            ask(qtest, "outl 0xcfc 0x%x".formatted(VTD_BASE));
            ask(qtest, "outl 0xcf8 0x%x".formatted(config | 4));
            ask(qtest, "outw 0xcfc %d".formatted(COMMAND_MEMORY_MASTER));
        }
    }

    private static void ask(final LineSocket qtest, final String line) throws IOException {
        qtest.ask(line, "OK");
    }

    /**
     * Adds the SMMU to virt's device tree and shortens the PCI window so that nothing is put over it.
     *
     * @param blob  what QEMU wrote for the same machine.
     * @param wired whether it has a wire instead of messages. The wire is an edge to the guest: VFIO lowers the pin at
     *              any access to a BAR, and a level would be gone before the guest looks.
     */
    static byte[] deviceTree(final byte[] blob, final GuestKind kind) {
        final DeviceTreeNode root = DeviceTreeNode.read(blob);
        final DeviceTreeNode pci = root.find("pcie@");
        final int[] ranges = pci.numbers("ranges");
        for (int i = 0; i + 7 <= ranges.length; i += 7) {
            if (ranges[i] == 0x0200_0000) {
                ranges[i + 6] = SMMU_BASE - ranges[i + 2];
            }
        }
        final DeviceTreeNode smmu = new DeviceTreeNode("iommu@" + Integer.toHexString(SMMU_BASE))
                .text("compatible", "arm,smmu-v3").cells("reg", 0, SMMU_BASE, 0, SMMU_SIZE).cells("dma-coherent")
                .cells("#iommu-cells", 1).cells("phandle", PHANDLE);
        if (kind == GuestKind.ARM64_WIRED) {
            final int slot = Integer.parseInt(kind.iommuSlot().substring(0, 2), 16);
            smmu.cells("interrupts", 0, PCI_INTERRUPTS + slot % 4, EDGE).text("interrupt-names", "combined");
        } else {
            // DMA writes of a vfio-user device carry requester id 0, so that is the device that the ITS sees.
            smmu.cells("msi-parent", root.find("its@").numbers("phandle")[0], 0);
        }
        root.add(smmu);
        pci.cells("ranges", ranges).cells("iommu-map",
                requesters(kind).flatMap(requester -> IntStream.of(requester, PHANDLE, requester, 1)).toArray());
        return root.write();
    }

    /**
     * The DMAR table without its header, which QEMU writes itself. Only our endpoints are behind the unit, and for Xen,
     * which looks for it, the IOAPIC.
     *
     * @param properties of the unit, which decide how wide its physical addresses are and whether it remaps interrupts.
     */
    static byte[] dmar(final GuestKind kind, final Map<String, String> properties) {
        final boolean xen = kind == GuestKind.X86_XEN;
        final Stream<DeviceScope> ioapics = xen ? Stream.of(DeviceScope.ioapic(0, IOAPIC_BUS, 0, 0)) : Stream.empty();
        final Stream<DeviceScope> endpoints = requesters(kind)
                .mapToObj(requester -> DeviceScope.endpoint(0, requester >> 3, requester & 7));
        final byte[] table = new DmarTable(VtdModel.hostAddressWidth(properties))
                .interruptRemapping(xen && "on".equals(properties.get("intremap")))
                .unit(0, VTD_BASE & 0xFFFF_FFFFL, VTD_SIZE, false,
                        Stream.concat(endpoints, ioapics).toArray(DeviceScope[]::new))
                .build();
        return Arrays.copyOfRange(table, ACPI_HEADER, table.length);
    }

    /** The endpoints that may be plugged. */
    private static IntStream requesters(final GuestKind kind) {
        return Stream.of(VfioUserEndpoint.Kind.values()).mapToInt(kind::requester);
    }
}
