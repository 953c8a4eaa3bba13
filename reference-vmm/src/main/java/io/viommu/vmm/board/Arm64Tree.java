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

package io.viommu.vmm.board;

import io.viommu.vmm.machine.FlattenedTree;

/** The device tree of the arm64 board, as Linux's bindings describe each node. */
final class Arm64Tree {

    private static final int CONTROLLER = 1;
    private static final int ITS = 2;
    private static final int CLOCK = 3;
    private static final int SMMU = 4;
    private static final int SPI = 0;
    private static final int PPI = 1;
    private static final int EDGE = 1;
    private static final int LEVEL = 4;
    private static final int PCI_MEMORY = 0x0200_0000;
    private static final long SMMU_SIZE = 0x2_0000L;
    private static final int CLOCK_HERTZ = 24_000_000;
    private static final int ALL_OF_BUS_0 = 0x100;

    private final FlattenedTree tree = new FlattenedTree();

    private Arm64Tree() {
    }

    /** Where the initrd is in guest memory. */
    record Initrd(long start, long end) {
    }

    static byte[] blob(final MachineOptions options, final long[] cpus, final Initrd initrd) {
        return new Arm64Tree().build(options, cpus, initrd);
    }

    private byte[] build(final MachineOptions options, final long[] cpus, final Initrd initrd) {
        tree.begin("").text("compatible", "linux,dummy-virt").text("model", "viommu").cells("#address-cells", 2)
                .cells("#size-cells", 2).cells("interrupt-parent", CONTROLLER);
        tree.begin("chosen").text("bootargs", options.commandLine())
                .text("stdout-path", "/pl011@" + Long.toHexString(Arm64Map.SERIAL));
        if (initrd.end() > initrd.start()) {
            tree.numbers("linux,initrd-start", initrd.start()).numbers("linux,initrd-end", initrd.end());
        }
        tree.end().begin("memory@" + Long.toHexString(Arm64Map.MEMORY)).text("device_type", "memory")
                .numbers("reg", Arm64Map.MEMORY, options.memory()).end();
        addCpus(cpus);
        addInterrupts(cpus.length);
        addSerial();
        addPci(options.iommu() != null);
        if (options.iommu() != null) {
            addSmmu();
        }
        return tree.end().finish();
    }

    private void addCpus(final long[] cpus) {
        tree.begin("cpus").cells("#address-cells", 2).cells("#size-cells", 0);
        for (final long cpu : cpus) {
            tree.begin("cpu@" + Long.toHexString(cpu)).text("device_type", "cpu").text("compatible", "arm,armv8")
                    .text("enable-method", "psci").numbers("reg", cpu).end();
        }
        tree.end().begin("psci").text("compatible", "arm,psci-1.0", "arm,psci-0.2").text("method", "hvc").end();
        tree.begin("timer").text("compatible", "arm,armv8-timer")
                .cells("interrupts", PPI, 13, LEVEL, PPI, 14, LEVEL, PPI, 11, LEVEL, PPI, 10, LEVEL)
                .cells("always-on").end();
    }

    private void addInterrupts(final int cpus) {
        tree.begin("intc@" + Long.toHexString(Arm64Map.DISTRIBUTOR)).text("compatible", "arm,gic-v3")
                .cells("#interrupt-cells", 3).cells("interrupt-controller").cells("#address-cells", 2)
                .cells("#size-cells", 2).cells("ranges")
                .numbers("reg", Arm64Map.DISTRIBUTOR, Arm64Map.DISTRIBUTOR_SIZE, Arm64Map.REDISTRIBUTORS,
                        Arm64Map.REDISTRIBUTOR_SIZE * cpus)
                .cells("phandle", CONTROLLER);
        tree.begin("its@" + Long.toHexString(Arm64Map.ITS)).text("compatible", "arm,gic-v3-its")
                .cells("msi-controller").cells("#msi-cells", 1).numbers("reg", Arm64Map.ITS, Arm64Map.ITS_SIZE)
                .cells("phandle", ITS).end().end();
    }

    private void addSerial() {
        tree.begin("apb-pclk").text("compatible", "fixed-clock").cells("#clock-cells", 0)
                .cells("clock-frequency", CLOCK_HERTZ).text("clock-output-names", "clk24mhz").cells("phandle", CLOCK)
                .end();
        tree.begin("pl011@" + Long.toHexString(Arm64Map.SERIAL)).text("compatible", "arm,pl011", "arm,primecell")
                .numbers("reg", Arm64Map.SERIAL, 0x1000).cells("interrupts", SPI, Arm64Map.SERIAL_SPI, LEVEL)
                .cells("clocks", CLOCK, CLOCK).text("clock-names", "uartclk", "apb_pclk").end();
    }

    private void addPci(final boolean translated) {
        tree.begin("pcie@" + Long.toHexString(Arm64Map.ECAM)).text("compatible", "pci-host-ecam-generic")
                .text("device_type", "pci").cells("#address-cells", 3).cells("#size-cells", 2)
                .cells("linux,pci-domain", 0).cells("bus-range", 0, 0).cells("dma-coherent")
                .numbers("reg", Arm64Map.ECAM, PciRoot.ECAM_SIZE)
                .cells("ranges", PCI_MEMORY, 0, (int) Arm64Map.PCI_MEMORY, 0, (int) Arm64Map.PCI_MEMORY, 0,
                        (int) Arm64Map.PCI_MEMORY_SIZE)
                .cells("msi-map", 0, ITS, 0, ALL_OF_BUS_0);
        if (translated) {
            tree.cells("iommu-map", 0, SMMU, 0, ALL_OF_BUS_0);
        }
        tree.end();
    }

    /** With wires and with messages: the driver prefers what the model's IDR0.MSI offers. */
    private void addSmmu() {
        final int[] interrupts = new int[3 * Arm64Map.IOMMU_WIRES];
        for (int i = 0; i < Arm64Map.IOMMU_WIRES; i++) {
            interrupts[3 * i] = SPI;
            interrupts[3 * i + 1] = Arm64Map.IOMMU_SPI + i;
            interrupts[3 * i + 2] = EDGE;
        }
        tree.begin("iommu@" + Long.toHexString(Arm64Map.IOMMU)).text("compatible", "arm,smmu-v3")
                .numbers("reg", Arm64Map.IOMMU, SMMU_SIZE).cells("interrupts", interrupts)
                .text("interrupt-names", "eventq", "priq", "cmdq-sync", "gerror").cells("dma-coherent")
                .cells("#iommu-cells", 1).cells("msi-parent", ITS, Arm64Map.IOMMU_DEVICE).cells("phandle", SMMU).end();
    }
}
