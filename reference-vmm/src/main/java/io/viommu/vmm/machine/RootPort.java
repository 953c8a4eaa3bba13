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
 * A PCI Express root port: a type-1 function with a bus behind it, a non-prefetchable memory window and no other. It
 * forwards requests of devices behind it whether or not its own bus-master bit is set, as QEMU's does.
 */
final class RootPort extends PciFunction implements PciBus.Bridge {

    private static final int VENDOR_RED_HAT = 0x1B36;
    private static final int DEVICE_ROOT_PORT = 0x000C;
    private static final int CLASS_BRIDGE = 0x0604;
    private static final int TYPE_1 = 1;
    private static final int BRIDGE_CONTROL = 0x3E;
    private static final int EXPRESS = 0x10;
    private static final int EXPRESS_LENGTH = 0x3C;
    /** Capability version 2, root port with a slot (PCI Express Base, 7.5.3.2). */
    private static final int EXPRESS_FLAGS = 0x0142;
    private static final int LINK_CAPABILITIES = 0x0C;
    private static final int LINK_STATUS = 0x12;
    private static final int LINK_2_5_GT_X1 = 0x11;
    private static final int PINS = 4;

    private PciBus behind;

    RootPort() {
        super(VENDOR_RED_HAT, DEVICE_ROOT_PORT, CLASS_BRIDGE);
        config.set(PciConfig.HEADER_TYPE, 1, TYPE_1);
        // A type-1 header has no subsystem ids at 0x2C: the upper prefetchable limit, not implemented, lies there.
        config.set(PciConfig.SUBSYSTEM_VENDOR, 4, 0);
        config.allow(PciConfig.PRIMARY_BUS, 3, 0xFF_FFFF);
        config.allow(PciConfig.MEMORY_BASE, 4, 0xFFF0_FFF0);
        config.allow(BRIDGE_CONTROL, 2, 0x0003);
        config.set(PciConfig.MEMORY_BASE, 4, 0x0000_FFF0); // base above limit: closed
        config.set(PciConfig.INTERRUPT_PIN, 1, 1);
        final int express = config.addCapability(EXPRESS, EXPRESS_LENGTH);
        config.set(express + 2, 2, EXPRESS_FLAGS);
        config.set(express + LINK_CAPABILITIES, 4, LINK_2_5_GT_X1);
        config.set(express + LINK_STATUS, 2, LINK_2_5_GT_X1);
    }

    /** Makes the bus behind; the port must be plugged in first. */
    PciBus open() {
        behind = new PciBus(() -> config.get(PciConfig.SECONDARY_BUS, 1), bus().upstream(), this);
        return behind;
    }

    PciBus behind() {
        return behind;
    }

    @Override
    public void drive(final PciFunction source, final int pin, final boolean level) {
        bus().bridge().drive(source, (pin + (devfn() >> 3)) % PINS, level);
    }

    /** Bus Master Enable of a port is for the requests from below (PCI Express Base, 7.5.1.1.3). */
    @Override
    public boolean passesRequests() {
        return config.mayMaster();
    }

    /** Whether a configuration request for a bus number is for this port or what is behind it. */
    boolean claims(final int busNumber) {
        return busNumber >= config.get(PciConfig.SECONDARY_BUS, 1) && busNumber != 0
                && busNumber <= config.get(PciConfig.SUBORDINATE_BUS, 1);
    }

    /** Whether a memory request goes through the window. */
    boolean forwards(final PhysicalBus.Frame frame) {
        if ((config.get(PciConfig.COMMAND, 2) & PciConfig.COMMAND_MEMORY) == 0) {
            return false;
        }
        final long base = (config.get(PciConfig.MEMORY_BASE, 2) & 0xFFF0L) << 16;
        final long last = (config.get(PciConfig.MEMORY_LIMIT, 2) & 0xFFF0L) << 16 | 0xF_FFFF;
        return frame.base() >= base && frame.base() + frame.size() - 1 <= last;
    }

    /** What firmware does: numbers the bus behind and opens the window. */
    void configure(final int busNumber, final long windowBase, final long windowLast) {
        config.set(PciConfig.PRIMARY_BUS, 1, bus().number());
        config.set(PciConfig.SECONDARY_BUS, 1, busNumber);
        config.set(PciConfig.SUBORDINATE_BUS, 1, busNumber);
        config.set(PciConfig.MEMORY_BASE, 2, (int) (windowBase >> 16) & 0xFFF0);
        config.set(PciConfig.MEMORY_LIMIT, 2, (int) (windowLast >> 16) & 0xFFF0);
    }
}
