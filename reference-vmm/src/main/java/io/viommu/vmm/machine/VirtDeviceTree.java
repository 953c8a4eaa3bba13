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

/**
 * What {@code virt} tells a guest about itself, at the start of RAM as QEMU puts it there: memory, the interrupt
 * controller, the PCI host and the SMMU, as Linux's bindings describe them.
 */
final class VirtDeviceTree {

    private static final int CONTROLLER = 1;
    private static final int SMMU = 2;
    private static final long DISTRIBUTOR = 0x0800_0000L;
    private static final long REDISTRIBUTORS = 0x080A_0000L;
    private static final long SMMU_SIZE = 0x2_0000L;
    private static final int SPI = 0;
    private static final int EDGE = 1;
    private static final int PCI_MEMORY = 0x0200_0000;
    private static final int SMMU_WIRES = 4;

    private VirtDeviceTree() {
    }

    /** The blob; {@code smmu} is where the SMMU is, or 0, and {@code firstSpi} its first interrupt. */
    static byte[] blob(final long ram, final long smmu, final int firstSpi) {
        final FlattenedTree tree = new FlattenedTree().begin("").cells("interrupt-parent", CONTROLLER)
                .text("model", "linux,dummy-virt").text("compatible", "linux,dummy-virt").cells("#address-cells", 2)
                .cells("#size-cells", 2);
        tree.begin("memory@40000000").text("device_type", "memory").numbers("reg", VirtMap.RAM, ram).end();
        tree.begin("intc@8000000").text("compatible", "arm,gic-v3").cells("#interrupt-cells", 3)
                .cells("interrupt-controller").numbers("reg", DISTRIBUTOR, 0x1_0000L, REDISTRIBUTORS, 0xF6_0000L)
                .cells("phandle", CONTROLLER).end();
        addPci(tree, smmu != 0);
        if (smmu != 0) {
            addSmmu(tree, smmu, firstSpi);
        }
        return tree.end().finish();
    }

    private static void addPci(final FlattenedTree tree, final boolean translated) {
        tree.begin("pcie@10000000").text("compatible", "pci-host-ecam-generic").text("device_type", "pci")
                .cells("#address-cells", 3).cells("#size-cells", 2).cells("bus-range", 0, 0xFF).cells("dma-coherent")
                .numbers("reg", VirtMap.ECAM, VirtMap.ECAM_SIZE)
                .cells("ranges", PCI_MEMORY, 0, (int) VirtMap.PCI_MEMORY, 0, (int) VirtMap.PCI_MEMORY, 0,
                        (int) VirtMap.PCI_MEMORY_SIZE);
        if (translated) {
            tree.cells("iommu-map", 0, SMMU, 0, 0x1_0000);
        }
        tree.end();
    }

    private static void addSmmu(final FlattenedTree tree, final long base, final int firstSpi) {
        final int[] interrupts = new int[3 * SMMU_WIRES];
        for (int i = 0; i < SMMU_WIRES; i++) {
            interrupts[3 * i] = SPI;
            interrupts[3 * i + 1] = firstSpi + i;
            interrupts[3 * i + 2] = EDGE;
        }
        tree.begin("smmuv3@" + Long.toHexString(base)).text("compatible", "arm,smmu-v3")
                .numbers("reg", base, SMMU_SIZE).cells("interrupts", interrupts)
                .text("interrupt-names", "eventq", "priq", "cmdq-sync", "gerror").cells("dma-coherent")
                .cells("#iommu-cells", 1).cells("phandle", SMMU).end();
    }
}
