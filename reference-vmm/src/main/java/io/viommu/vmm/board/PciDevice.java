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

import io.viommu.device.MmioDevice;
import io.viommu.vmm.machine.PciConfig;

/**
 * A function of the root bus with memory BARs of 32 bits. Its configuration space is the guest's on any vCPU; where the
 * BARs are is decided by {@link PciRoot}.
 */
abstract class PciDevice implements AutoCloseable {

    private static final int BARS = 6;

    final PciConfig config;
    private final MmioDevice[] bars = new MmioDevice[BARS];
    private final int slot;
    private PciRoot root;

    PciDevice(final int slot, final int vendor, final int device, final int classCode) {
        this.slot = slot;
        config = new PciConfig(vendor, device, classCode);
    }

    /** Makes a frame, whose size is a power of two, a BAR. */
    final void bar(final int number, final MmioDevice frame) {
        bars[number] = frame;
        config.allow(PciConfig.BAR0 + number * Integer.BYTES, Integer.BYTES, (int) -frame.mmioSize());
    }

    final int slot() {
        return slot;
    }

    /** The StreamID or source-id: bus 0, function 0 of the slot. */
    final int requesterId() {
        return slot << 3;
    }

    /** Ends its set-up. */
    final void plug(final PciRoot into) {
        root = into;
        config.seal();
    }

    final synchronized int readConfig(final int register, final int size) {
        return register + size > PciConfig.SIZE ? 0 : config.get(register, size);
    }

    final void writeConfig(final int register, final int size, final int value) {
        synchronized (this) {
            if (register + size > PciConfig.SIZE) {
                return;
            }
            config.write(register, size, value);
            configured();
        }
        if (register < PciConfig.BAR0 + BARS * Integer.BYTES) {
            root.place();
        }
    }

    /** The guest wrote to the configuration space; called by one thread at a time. */
    void configured() {
    }

    /** Whether the guest lets the device reach memory. */
    final synchronized boolean busMaster() {
        return (config.get(PciConfig.COMMAND, Short.BYTES) & PciConfig.COMMAND_MASTER) != 0;
    }

    /** The frame of a BAR, or null. */
    final MmioDevice frame(final int bar) {
        return bars[bar];
    }

    /** Where a BAR answers now, or -1. */
    final synchronized long base(final int bar) {
        return bars[bar] == null || (config.get(PciConfig.COMMAND, Short.BYTES) & PciConfig.COMMAND_MEMORY) == 0
                ? -1
                : config.get(PciConfig.BAR0 + bar * Integer.BYTES, Integer.BYTES) & 0xFFFF_FFFFL;
    }

    /** BAR 0 answers somewhere else now, or nowhere (-1); called by one thread at a time. */
    void moved(final long base) {
    }

    /** Begins to work. */
    void start() {
    }

    /** Ends: it touches neither memory nor interrupts any more. */
    @Override
    public abstract void close();
}
