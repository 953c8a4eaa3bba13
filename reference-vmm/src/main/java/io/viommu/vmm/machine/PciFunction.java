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

import io.viommu.device.MmioDevice;

/** One function on a PCI bus, and what it can do upstream. At most one memory BAR, BAR 0. */
abstract class PciFunction {

    private static final int CLASS_OTHERS = 0x00FF;

    final PciConfig config;
    private final BusMaster master;
    private PciBus bus;
    private int devfn;
    private MmioDevice registers;
    private int widest;

    PciFunction(final int vendor, final int device, final int classCode) {
        config = new PciConfig(vendor, device, classCode);
        master = new BusMaster(config);
    }

    PciFunction(final int vendor, final int device) {
        this(vendor, device, CLASS_OTHERS);
    }

    /** Makes the registers BAR 0; their size must be a power of two. */
    final void bar(final MmioDevice frame, final int widestAccess) {
        registers = frame;
        widest = widestAccess;
        config.allow(PciConfig.BAR0, 4, (int) -frame.mmioSize());
    }

    final void plug(final PciBus into, final int at) {
        bus = into;
        devfn = at;
        config.seal();
        master.connect(path(into), this::requesterId, into.bridge()::passesRequests);
    }

    /** Where its requests go. */
    DmaPath path(final PciBus into) {
        return into.upstream();
    }

    final int devfn() {
        return devfn;
    }

    final PciBus bus() {
        return bus;
    }

    /** The StreamID or source-id: bus number and devfn. */
    final int requesterId() {
        return bus.number() << 8 | devfn;
    }

    int readConfig(final int register, final int size) {
        if (register + size > PciConfig.SIZE) {
            return 0; // no extended capabilities: the extended space is all zeros
        }
        return config.get(register, size);
    }

    void writeConfig(final int register, final int size, final int value) {
        if (register + size <= PciConfig.SIZE) {
            config.write(register, size, value);
            driveInterrupt();
        }
    }

    /** Where BAR 0 answers now, or null. */
    final PhysicalBus.Frame frame() {
        if (registers == null || (config.get(PciConfig.COMMAND, 2) & PciConfig.COMMAND_MEMORY) == 0) {
            return null;
        }
        final long base = config.get(PciConfig.BAR0, 4) & 0xFFFF_FFF0L;
        return new PhysicalBus.Frame(base, registers.mmioSize(), registers, widest);
    }

    final boolean hasBar() {
        return registers != null;
    }

    /** This device as one that makes requests. */
    final BusMaster master() {
        return master;
    }

    /** Drives the device's INTA# pin. */
    final void pin(final boolean level) {
        config.interrupt(level);
        driveInterrupt();
    }

    private void driveInterrupt() {
        bus.drive(this, config.pin());
    }

    /** Back to power-on. */
    void reset() {
        config.reset();
        pin(false);
    }
}
