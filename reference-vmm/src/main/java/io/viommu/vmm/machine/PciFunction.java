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

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.device.MmioDevice;

/** One function on a PCI bus, and what it can do upstream. At most one memory BAR, BAR 0. */
abstract class PciFunction {

    private static final int CLASS_OTHERS = 0x00FF;

    final PciConfig config;
    private PciBus bus;
    private int devfn;
    private MmioDevice registers;
    private int widest;
    private boolean interrupt;

    PciFunction(final int vendor, final int device, final int classCode) {
        config = new PciConfig(vendor, device, classCode);
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
        if (interrupt && register <= PciConfig.STATUS && register + size > PciConfig.STATUS) {
            return config.get(register, size) | PciConfig.STATUS_INTERRUPT << 8 * (PciConfig.STATUS - register);
        }
        return config.get(register, size);
    }

    void writeConfig(final int register, final int size, final int value) {
        if (register + size <= PciConfig.SIZE) {
            config.write(register, size, value);
            if (register < PciConfig.STATUS) {
                driveInterrupt();
            }
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

    final boolean busMaster() {
        return (config.get(PciConfig.COMMAND, 2) & PciConfig.COMMAND_MASTER) != 0;
    }

    /** A write by this device; false if it was aborted. */
    final boolean dmaWrite(final long iova, final DirectBuffer data, final int length) {
        return busMaster() && bus.upstream().write(DmaPath.Requester.of(requesterId()), iova, data, 0, length);
    }

    /** A read by this device; false if it was aborted. */
    final boolean dmaRead(final long iova, final MutableDirectBuffer data, final int length) {
        return busMaster() && bus.upstream().read(DmaPath.Requester.of(requesterId()), iova, data, 0, length);
    }

    /** A message-signalled interrupt of this device; without bus mastering nothing leaves it. */
    final void message(final long address, final int data) {
        if (busMaster()) {
            bus.upstream().message(requesterId(), address, data);
        }
    }

    /** Drives the device's INTA# pin. */
    final void pin(final boolean level) {
        interrupt = level;
        driveInterrupt();
    }

    private void driveInterrupt() {
        final boolean disabled = (config.get(PciConfig.COMMAND, 2) & PciConfig.COMMAND_INTX_DISABLE) != 0;
        bus.drive(this, interrupt && !disabled);
    }

    /** Back to power-on. */
    void reset() {
        config.reset();
        pin(false);
    }
}
