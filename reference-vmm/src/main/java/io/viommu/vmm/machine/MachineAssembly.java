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

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.viommu.iommu.IommuModels;

/** Puts a machine together from its specification. */
final class MachineAssembly {

    private static final String SMMU_DEVICE = "arm-smmuv3";
    private static final String SMMU_MODEL = "smmuv3";
    private static final String VTD = "intel-iommu";
    private static final String RNG = "virtio-rng-pci";
    /** What each may be; the first is the default. */
    private static final Map<String, List<String>> RNG_PROPERTIES = Map.of("iommu_platform", List.of("off", "on"),
            "disable-legacy", List.of("auto", "on"), "disable-modern", List.of("off"));
    private static final String ROOT_BUS = "pcie.0";
    private static final String COMPAT = "compat";
    private static final Set<String> PLACEMENT = Set.of("id", "bus", "addr", "multifunction", "primary-bus", "romfile",
            "rombar", "failover_pair_id", "acpi-index");
    private static final Set<String> PORT_PROPERTIES = Set.of("chassis", "slot", "port", "hotplug", "bus-reserve",
            "io-reserve", "mem-reserve", "pref32-reserve", "pref64-reserve", "x-speed", "x-width");

    final MachineSpec spec;
    final InterruptLog interrupts = new InterruptLog();
    Ram ram;
    PhysicalBus bus;
    PciHost pci;
    IoPorts ports;
    IoApic ioapic;
    AttachedIommu iommu;
    DmaPath dma;
    byte[] firmware = {};
    private long iommuBase;
    private int iommuInput;
    private final Map<String, PciBus> buses = new HashMap<>();

    MachineAssembly(final MachineSpec spec) {
        this.spec = spec;
    }

    Machine build() {
        ram = new Ram(spec.ram());
        try {
            bus = new PhysicalBus(ram);
            switch (spec.board()) {
                case VIRT -> buildVirt();
                case Q35 -> buildQ35();
                default -> buildNothing();
            }
            return new Machine(this);
        } catch (final IllegalArgumentException refused) {
            if (iommu != null) {
                iommu.close();
            }
            ram.close();
            throw refused;
        }
    }

    private void buildNothing() {
        if (!spec.devices().isEmpty()) {
            throw new IllegalArgumentException("the machine 'none' takes no devices, so no "
                    + spec.devices().get(0).driver());
        }
        dma = new DmaPath(ram.guest(), MsiTarget.of(spec.board()), interrupts, null);
        ports = new IoPorts(new PciHost(new PciBus(() -> 0, dma, (source, pin, level) -> {
        }), 0, 0, 0));
    }

    private void buildVirt() {
        ram.addBank(VirtMap.RAM, spec.ram());
        final String machineIommu = spec.options().getOrDefault("iommu", "none");
        if (machineIommu.equals(SMMU_MODEL)) {
            final Map<String, String> properties = withDefaults(SMMU_DEVICE, Map.of());
            properties.putIfAbsent("stage", "nested");
            attach(SMMU_MODEL, properties, VirtMap.SMMU, VirtMap.SMMU_SPI);
        } else if (!machineIommu.equals("none")) {
            throw new IllegalArgumentException("-machine virt: iommu must be none|smmuv3, not '" + machineIommu + "'");
        }
        for (final DeviceSpec device : spec.devices()) {
            if (device.driver().equals(SMMU_DEVICE)) {
                requireRootBus(device, "primary-bus");
                final Map<String, String> properties = withDefaults(SMMU_DEVICE, device.without(PLACEMENT));
                properties.putIfAbsent("stage", "1");
                attach(SMMU_MODEL, properties, VirtMap.PLATFORM_SMMU, VirtMap.PLATFORM_SMMU_SPI);
            }
        }
        dma = new DmaPath(ram.guest(), MsiTarget.of(spec.board()), interrupts, iommu);
        final InterruptPins pins = new InterruptPins((wire, level) -> interrupts.wire(VirtMap.PCI_SPI + wire, level));
        pci = new PciHost(new PciBus(() -> 0, dma, pins), VirtMap.PCI_MEMORY, VirtMap.PCI_MEMORY,
                VirtMap.PCI_MEMORY_SIZE);
        bus.map(VirtMap.PCI_MEMORY, VirtMap.PCI_MEMORY_SIZE, pci, (byte) 0xFF);
        bus.map(VirtMap.VIRTIO, new EmptyVirtioSlots(), Integer.BYTES);
        bus.map(VirtMap.ECAM, pci.ecam(VirtMap.ECAM_SIZE), Integer.BYTES);
        ports = new IoPorts(new PciHost(new PciBus(() -> 0, dma, pins), 0, 0, 0));
        plugAll(new HostBridge(0x1B36, 0x0008));
        firmware = VirtDeviceTree.blob(spec.ram(), iommuBase, iommuInput);
    }

    private void buildQ35() {
        ram.addBank(0, Math.min(spec.ram(), Q35Map.LOW_RAM_LIMIT));
        if (spec.ram() > Q35Map.LOW_RAM_LIMIT) {
            ram.addBank(Q35Map.HIGH_RAM, spec.ram() - Q35Map.LOW_RAM_LIMIT);
        }
        for (final DeviceSpec device : spec.devices()) {
            if (device.driver().equals(VTD)) {
                attach(VTD, withDefaults(VTD, device.without(PLACEMENT)), Q35Map.VTD, 0);
            }
        }
        dma = new DmaPath(ram.guest(), MsiTarget.of(spec.board()), interrupts, iommu);
        ioapic = new IoApic(interrupts);
        ioapic.connect(dma);
        bus.map(Q35Map.IOAPIC, ioapic, Integer.BYTES);
        final InterruptPins pins = new InterruptPins((wire, level) -> ioapic.pin(Q35Map.PCI_IOAPIC_PIN + wire, level));
        pci = new PciHost(new PciBus(() -> 0, dma, pins), Q35Map.PCI_MEMORY_FIRST_BAR, Q35Map.PCI_MEMORY,
                Q35Map.PCI_MEMORY_SIZE);
        bus.map(Q35Map.PCI_MEMORY, Q35Map.PCI_MEMORY_SIZE, pci, (byte) 0xFF);
        ports = new IoPorts(pci);
        plugAll(new HostBridge(0x8086, 0x29C0));
    }

    /** A device's properties: what it says, then what was said for all of its kind. */
    private Map<String, String> withDefaults(final String driver, final Map<String, String> given) {
        final Map<String, String> properties = new LinkedHashMap<>(spec.defaults().getOrDefault(driver, Map.of()));
        properties.putAll(given);
        return properties;
    }

    private void attach(final String model, final Map<String, String> properties, final long base,
            final int firstInput) {
        if (iommu != null) {
            throw new IllegalArgumentException("a machine takes one IOMMU, and " + model + " would be the second");
        }
        // Recorded scenarios and unmodified QEMU programs expect QEMU's capabilities unless told otherwise.
        if (IommuModels.find(model).properties().stream().anyMatch(property -> property.name().equals(COMPAT))) {
            properties.putIfAbsent(COMPAT, "qemu");
        }
        iommuBase = base;
        iommuInput = firstInput;
        iommu = new AttachedIommu(model, properties, ram.guest(), interrupts, MsiTarget.of(spec.board()),
                firstInput);
        bus.map(base, iommu.registers(), Long.BYTES);
    }

    private static void requireRootBus(final DeviceSpec device, final String property) {
        final String name = device.properties().getOrDefault(property, ROOT_BUS);
        if (!name.equals(ROOT_BUS)) {
            throw new IllegalArgumentException(device.driver() + ": " + property + " must be " + ROOT_BUS + ", not '"
                    + name + "'");
        }
    }

    private void plugAll(final PciFunction hostBridge) {
        buses.put(ROOT_BUS, pci.root());
        pci.root().plug(hostBridge, 0);
        for (final DeviceSpec device : spec.devices()) {
            switch (device.driver()) {
                case "iommu-testdev" -> {
                    device.allowOnly(PLACEMENT);
                    plug(device, new IommuTestdev(ram.guest()));
                }
                case "edu" -> plug(device, edu(device));
                case "pcie-root-port" -> plugPort(device);
                case RNG -> plug(device, entropy(device));
                case SMMU_DEVICE, VTD -> requireHome(device);
                default -> throw new IllegalArgumentException("there is no device '" + device.driver()
                        + "'; there are: " + String.join(", ", Machine.devices()));
            }
        }
    }

    private void requireHome(final DeviceSpec device) {
        final boolean smmu = device.driver().equals(SMMU_DEVICE);
        if (smmu != (spec.board() == Board.VIRT)) {
            throw new IllegalArgumentException("the machine '" + spec.board().alias() + "' takes no "
                    + device.driver() + "; " + (smmu ? "virt" : "q35") + " does");
        }
    }

    private Edu edu(final DeviceSpec device) {
        final Map<String, String> properties = withDefaults("edu", device.without(PLACEMENT));
        new DeviceSpec("edu", properties).allowOnly(Set.of("dma_mask"));
        final String mask = properties.get("dma_mask");
        if (mask == null) {
            return new Edu(Edu.DEFAULT_DMA_MASK);
        }
        try {
            return new Edu(mask.startsWith("0x")
                    ? Long.parseUnsignedLong(mask.substring(2), 16)
                    : Long.parseUnsignedLong(mask));
        } catch (final NumberFormatException notANumber) {
            throw new IllegalArgumentException("edu: dma_mask must be a number of 64 bits, not '" + mask + "'");
        }
    }

    /** Takes QEMU's properties as far as they can be followed: there is no legacy interface. */
    private VirtioRngFunction entropy(final DeviceSpec device) {
        final Map<String, String> properties = withDefaults(RNG, device.without(PLACEMENT));
        new DeviceSpec(RNG, properties).allowOnly(RNG_PROPERTIES.keySet());
        RNG_PROPERTIES.forEach((name, allowed) -> {
            if (!allowed.contains(properties.getOrDefault(name, allowed.getFirst()))) {
                throw new IllegalArgumentException(RNG + ": " + name + " must be " + String.join("|", allowed)
                        + ", not '" + properties.get(name) + "'");
            }
        });
        return new VirtioRngFunction("on".equals(properties.get("iommu_platform"))
                ? null
                : new DmaPath(ram.guest(), MsiTarget.of(spec.board()), interrupts, null));
    }

    private void plugPort(final DeviceSpec device) {
        requireRootBus(device, "bus");
        final Map<String, String> own = device.without(PLACEMENT);
        new DeviceSpec(device.driver(), own).allowOnly(PORT_PROPERTIES);
        final RootPort port = new RootPort();
        plug(device, port);
        final PciBus behind = pci.open(port);
        final String id = device.properties().get("id");
        if (id != null && buses.putIfAbsent(id, behind) != null) {
            throw new IllegalArgumentException("the id '" + id + "' is used twice");
        }
    }

    private void plug(final DeviceSpec device, final PciFunction function) {
        final String name = device.properties().getOrDefault("bus", ROOT_BUS);
        final PciBus target = buses.get(name);
        if (target == null) {
            throw new IllegalArgumentException(device.driver() + ": there is no bus '" + name + "'; there are: "
                    + String.join(", ", buses.keySet().stream().sorted().toList()));
        }
        final String address = device.properties().get("addr");
        final int devfn = address == null ? target.freeSlot() : PciAddress.parse(device.driver(), address);
        if (devfn < 0) {
            throw new IllegalArgumentException(device.driver() + ": the bus '" + name + "' has no free slot");
        }
        if (target.at(devfn) != null) {
            throw new IllegalArgumentException(device.driver() + ": addr " + PciAddress.text(devfn) + " of the bus '"
                    + name + "' is taken");
        }
        target.plug(function, devfn);
    }
}
