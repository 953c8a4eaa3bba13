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
import io.viommu.vmm.kvm.KvmRoutes;
import io.viommu.vmm.kvm.KvmVm;

/**
 * An 82093AA-style I/O APIC of 24 inputs, version 0x20, beside local APICs in the kernel. It sends its interrupts as
 * messages, so they pass interrupt remapping like any device's (VT-d, 5.1.5.1).
 *
 * <pre>
 *  window:  0x00 IOREGSEL   0x10 IOWIN   0x40 EOI
 *  RTE:  [7:0] vector [10:8] delivery mode [11] destination mode [14] remote IRR [15] level [16] mask
 *        [48] remappable format [63:48] destination, or index
 * </pre>
 */
final class IoApic implements MmioDevice {

    /** The source-id that the DMAR table enumerates it with. */
    static final int SOURCE_ID = 0xFF00;
    static final int PINS = 24;

    private static final int SIZE = 0x1000;
    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int EOI = 0x40;
    private static final int REGISTER_ID = 0x00;
    private static final int REGISTER_VERSION = 0x01;
    private static final int FIRST_ENTRY = 0x10;
    private static final int VERSION = 0x20 | PINS - 1 << 16;
    private static final int ID_SHIFT = 24;
    private static final long VECTOR = 0xFF;
    private static final long REMOTE_IRR = 1 << 14;
    private static final long READ_ONLY = 1 << 12 | REMOTE_IRR;
    private static final long LEVEL = 1 << 15;
    private static final long MASKED = 1 << 16;
    private static final long REMAPPABLE = 1L << 48;
    private static final long MESSAGE_BASE = 0xFEE0_0000L;

    private final X86Interrupts interrupts;
    private final KvmRoutes routes;
    private final long[] entries = new long[PINS];
    private int lines;
    private int requests;
    private int select;
    private int id;

    /** Takes the first 24 numbers of KVM's routes, which is where KVM looks for interrupts that end with an exit. */
    IoApic(final X86Interrupts interrupts, final KvmRoutes routes) {
        this.interrupts = interrupts;
        this.routes = routes;
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = MASKED;
            if (routes.allocate() != pin) {
                throw new IllegalStateException("the IOAPIC must have the first interrupt routes");
            }
        }
    }

    /** Drives an input. */
    synchronized void pin(final int pin, final boolean level) {
        final int bit = 1 << pin;
        final boolean rising = level && (lines & bit) == 0;
        lines = level ? lines | bit : lines & ~bit;
        final long entry = entries[pin];
        if ((entry & LEVEL) != 0) {
            requests = level ? requests | bit : requests & ~bit;
        } else if (rising && (entry & MASKED) == 0) {
            requests |= bit;
        }
        service(pin);
    }

    /** Sends what an input asks for, unless it is masked or a level that the guest is still working on. */
    private void service(final int pin) {
        final long entry = entries[pin];
        final int bit = 1 << pin;
        if ((requests & bit) == 0 || (entry & MASKED) != 0) {
            return;
        }
        if ((entry & LEVEL) == 0) {
            requests &= ~bit;
        } else if ((entry & REMOTE_IRR) != 0) {
            return;
        } else {
            entries[pin] |= REMOTE_IRR;
        }
        interrupts.deviceMessage(SOURCE_ID, address(entry), data(entry));
    }

    private static long address(final long entry) {
        return MESSAGE_BASE | (entry >>> 48) << 4 | (entry >>> 11 & 1) << 2;
    }

    private static int data(final long entry) {
        return (int) (entry & VECTOR | (entry >>> 8 & 7) << 8 | (entry >>> 15 & 1) << 15);
    }

    @Override
    public long mmioSize() {
        return SIZE;
    }

    @Override
    public synchronized long read(final long offset, final int size) {
        return switch ((int) offset) {
            case SELECT -> select;
            case WINDOW -> size == Integer.BYTES ? register() & 0xFFFF_FFFFL : 0;
            default -> 0;
        };
    }

    private int register() {
        final int pin = select - FIRST_ENTRY >> 1;
        return switch (select) {
            case REGISTER_ID -> id << ID_SHIFT;
            case REGISTER_VERSION -> VERSION;
            default -> pin < 0 || pin >= PINS ? 0 : (int) (entries[pin] >>> Integer.SIZE * (select & 1));
        };
    }

    @Override
    public synchronized void write(final long offset, final int size, final long value) {
        switch ((int) offset) {
            case SELECT -> select = (int) value & 0xFF;
            case WINDOW -> {
                if (size == Integer.BYTES) {
                    setRegister(value & 0xFFFF_FFFFL);
                }
            }
            case EOI -> ended((int) value & 0xFF);
            default -> {
            }
        }
    }

    private void setRegister(final long value) {
        final int pin = select - FIRST_ENTRY >> 1;
        if (select == REGISTER_ID) {
            id = (int) (value >>> ID_SHIFT) & 0xF;
        }
        if (select < FIRST_ENTRY || pin >= PINS) {
            return;
        }
        final long old = entries[pin];
        final long merged = (select & 1) != 0
                ? old & 0xFFFF_FFFFL | value << Integer.SIZE
                : old & ~0xFFFF_FFFFL | value;
        entries[pin] = merged & ~READ_ONLY | old & READ_ONLY;
        if ((entries[pin] & LEVEL) == 0) {
            entries[pin] &= ~REMOTE_IRR; // switching to edge ends a level interrupt
        } else {
            final int bit = 1 << pin;
            requests = requests & ~bit | lines & bit;
        }
        route(pin);
        service(pin);
    }

    /**
     * Tells KVM which vectors are ours and level-triggered, so that their end is an exit. While an entry is masked its
     * last route stays: a guest masks an input first and ends its interrupt then. A remapped one is ended by its driver
     * through the EOI register.
     */
    private void route(final int pin) {
        final long entry = entries[pin];
        if ((entry & MASKED) != 0) {
            return;
        }
        if ((entry & LEVEL) != 0 && (entry & REMAPPABLE) == 0) {
            routes.message(pin, address(entry), data(entry), KvmVm.NO_DEVICE);
        } else {
            routes.clear(pin);
        }
        routes.commit();
    }

    /** The guest ended an interrupt, at its local APIC or by the EOI register. */
    synchronized void ended(final int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            final long entry = entries[pin];
            if ((entry & VECTOR) == vector && (entry & LEVEL) != 0) {
                entries[pin] &= ~REMOTE_IRR;
                service(pin);
            }
        }
    }
}
