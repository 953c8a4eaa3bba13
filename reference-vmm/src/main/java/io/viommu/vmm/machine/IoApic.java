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

/**
 * An 82093AA-style I/O APIC with 24 inputs, version 0x20. It sends its interrupts as messages into the local APICs'
 * window, so they pass interrupt remapping like any device's (VT-d, 5.1.5.1).
 *
 * <pre>
 *  window:  0x00 IOREGSEL   0x10 IOWIN   0x40 EOI
 *  RTE:  [7:0] vector [10:8] delivery mode [11] destination mode [12] status [13] polarity [14] remote IRR
 *        [15] trigger mode, 1 = level  [16] mask  [63:48] destination, or remapping format and index
 * </pre>
 */
final class IoApic implements MmioDevice {

    /** The source-id that firmware tables (DMAR) enumerate it with on q35. */
    static final int SOURCE_ID = 0xFF00;
    static final int PINS = 24;

    private static final int SIZE = 0x1000;
    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int EOI = 0x40;
    private static final int REGISTER_ID = 0x00;
    private static final int REGISTER_VERSION = 0x01;
    private static final int REGISTER_ARBITRATION = 0x02;
    private static final int FIRST_ENTRY = 0x10;
    private static final int VERSION = 0x20 | PINS - 1 << 16;
    private static final int ID_SHIFT = 24;

    private static final long VECTOR = 0xFF;
    private static final long REMOTE_IRR = 1 << 14;
    private static final long READ_ONLY = 1 << 12 | REMOTE_IRR;
    private static final long LEVEL = 1 << 15;
    private static final long MASKED = 1 << 16;
    private static final long MESSAGE_BASE = 0xFEE0_0000L;

    private final InterruptLog log;
    private final long[] entries = new long[PINS];
    private DmaPath path;
    private int lines;
    private int requests;
    private int select;
    private int id;

    IoApic(final InterruptLog log) {
        this.log = log;
        reset();
    }

    /** Gives it the way for its messages. */
    void connect(final DmaPath to) {
        path = to;
    }

    void reset() {
        for (int i = 0; i < PINS; i++) {
            entries[i] = MASKED;
        }
        lines = 0;
        requests = 0;
        select = 0;
        id = 0;
    }

    /** Drives an input. */
    void pin(final int pin, final boolean level) {
        log.wire(pin, level);
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
        final long address = MESSAGE_BASE | (entry >>> 48) << 4 | (entry >>> 11 & 1) << 2;
        final long data = entry & VECTOR | (entry >>> 8 & 7) << 8 | (entry >>> 15 & 1) << 15;
        path.message(SOURCE_ID, address, (int) data);
    }

    @Override
    public long mmioSize() {
        return SIZE;
    }

    @Override
    public long read(final long offset, final int size) {
        return switch ((int) offset & 0xFF) {
            case SELECT -> select;
            case WINDOW -> size == Integer.BYTES ? register() & 0xFFFF_FFFFL : 0;
            default -> 0;
        };
    }

    private int register() {
        final int entry = select - FIRST_ENTRY >> 1;
        return switch (select) {
            case REGISTER_ID, REGISTER_ARBITRATION -> id << ID_SHIFT;
            case REGISTER_VERSION -> VERSION;
            default -> entry < 0 || entry >= PINS ? 0 : (int) (entries[entry] >>> 32 * (select & 1));
        };
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        switch ((int) offset & 0xFF) {
            case SELECT -> select = (int) value & 0xFF;
            case WINDOW -> {
                if (size == Integer.BYTES) {
                    setRegister(value & 0xFFFF_FFFFL);
                }
            }
            case EOI -> endOfInterrupt((int) value & 0xFF);
            default -> {
            }
        }
    }

    private void setRegister(final long value) {
        final int pin = select - FIRST_ENTRY >> 1;
        if (select == REGISTER_ID) {
            id = (int) (value >>> ID_SHIFT) & 0xF;
        }
        if (pin < 0 || pin >= PINS) {
            return;
        }
        final long old = entries[pin];
        final long merged = (select & 1) != 0
                ? old & 0xFFFF_FFFFL | value << 32
                : old & ~0xFFFF_FFFFL | value;
        entries[pin] = merged & ~READ_ONLY | old & READ_ONLY;
        if ((entries[pin] & LEVEL) == 0) {
            entries[pin] &= ~REMOTE_IRR; // switching to edge ends a level interrupt
        }
        service(pin);
    }

    private void endOfInterrupt(final int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            final long entry = entries[pin];
            if ((entry & VECTOR) == vector && (entry & LEVEL) != 0) {
                entries[pin] &= ~REMOTE_IRR;
                service(pin);
            }
        }
    }
}
