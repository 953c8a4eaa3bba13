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

import java.util.List;

/** A machine, put together and switched on. Close it to give its memory back. */
public final class Machine implements AutoCloseable {

    private final MachineSpec spec;
    private final Ram ram;
    private final PhysicalBus bus;
    private final PciHost pci;
    private final IoPorts ports;
    private final IoApic ioapic;
    private final InterruptLog interrupts;
    private final AttachedIommu iommu;
    private final DmaPath dma;
    private final byte[] firmware;

    Machine(final MachineAssembly parts) {
        spec = parts.spec;
        ram = parts.ram;
        bus = parts.bus;
        pci = parts.pci;
        ports = parts.ports;
        ioapic = parts.ioapic;
        interrupts = parts.interrupts;
        iommu = parts.iommu;
        dma = parts.dma;
        firmware = parts.firmware;
        loadFirmware();
    }

    /** The tables that a guest finds at the start of RAM, on a machine that describes itself there. */
    private void loadFirmware() {
        bus.write(VirtMap.RAM, firmware, 0, firmware.length);
    }

    /**
     * Puts a machine together. PCI is as at power-on: nothing assigned.
     *
     * @param spec what it consists of.
     * @return the machine.
     * @throws IllegalArgumentException in one sentence, if it can't be built as asked.
     */
    public static Machine build(final MachineSpec spec) {
        return new MachineAssembly(spec).build();
    }

    /**
     * The kinds of device that can be plugged in.
     *
     * @return QEMU's names.
     */
    public static List<String> devices() {
        return List.of("arm-smmuv3", "edu", "intel-iommu", "iommu-testdev", "pcie-root-port", "virtio-rng-pci");
    }

    /**
     * What it consists of.
     *
     * @return the specification it was built from.
     */
    public MachineSpec spec() {
        return spec;
    }

    /**
     * The physical address space as a CPU sees it.
     *
     * @return the bus.
     */
    public PhysicalBus bus() {
        return bus;
    }

    /**
     * The I/O ports.
     *
     * @return the ports; on a machine without any they float high.
     */
    public IoPorts ports() {
        return ports;
    }

    /**
     * What reaches the interrupt controller.
     *
     * @return the log.
     */
    public InterruptLog interrupts() {
        return interrupts;
    }

    /**
     * The way of an endpoint to memory.
     *
     * @return the path through the vIOMMU.
     */
    public DmaPath dma() {
        return dma;
    }

    /**
     * The vIOMMU.
     *
     * @return it, or null if the machine has none.
     */
    public AttachedIommu iommu() {
        return iommu;
    }

    /**
     * Whether the machine has an IOAPIC.
     *
     * @return true on q35.
     */
    public boolean hasIoApic() {
        return ioapic != null;
    }

    /**
     * Drives an input of the IOAPIC.
     *
     * @param pin   0 to 23.
     * @param level true to assert.
     * @throws IllegalArgumentException in one sentence, if there is no such input.
     */
    public void driveIoApic(final int pin, final boolean level) {
        if (ioapic == null) {
            throw new IllegalArgumentException("this machine has no IOAPIC; q35 has");
        }
        if (pin < 0 || pin >= IoApic.PINS) {
            throw new IllegalArgumentException("PIN must be 0 to " + (IoApic.PINS - 1) + ", not " + pin);
        }
        ioapic.pin(pin, level);
    }

    /** Does what firmware would: places the BARs, numbers the buses, switches memory space and bus mastering on. */
    public void assignPci() {
        if (pci != null) {
            pci.assign();
        }
    }

    /** Resets everything but the RAM, where only the firmware's tables are laid anew. */
    public void reset() {
        if (iommu != null) {
            iommu.reset();
        }
        if (pci != null) {
            pci.reset();
        }
        if (ioapic != null) {
            ioapic.reset();
        }
        ports.reset();
        interrupts.reset();
        loadFirmware();
    }

    @Override
    public void close() {
        if (iommu != null) {
            iommu.close();
        }
        if (ram != null) {
            ram.close();
        }
    }
}
