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

import java.util.ArrayDeque;

import io.viommu.device.MmioDevice;

/**
 * A 16550A serial port: eight registers, its interrupt a level.
 *
 * <pre>
 *  0 RBR/THR (DLL)   1 IER (DLM)   2 IIR/FCR   3 LCR: 7 DLAB   4 MCR: 4 loopback   5 LSR   6 MSR   7 SCR
 *  IIR: 1 none, 2 THR empty, 4 data, 6 line status; with FIFOs bits 7:6
 *  LSR: 0 data ready   5 THR empty   6 transmitter empty
 * </pre>
 */
final class Uart16550 implements MmioDevice {

    private static final int REGISTERS = 8;
    private static final int DLAB = 1 << 7;
    private static final int LOOPBACK = 1 << 4;
    private static final int IER_DATA = 1;
    private static final int IER_THRE = 2;
    private static final int IER_BITS = 0xF;
    private static final int IIR_NONE = 1;
    private static final int IIR_THRE = 2;
    private static final int IIR_DATA = 4;
    private static final int IIR_FIFO = 0xC0;
    private static final int FCR_ENABLE = 1;
    private static final int FCR_CLEAR_RECEIVER = 2;
    private static final int LSR_DATA = 1;
    private static final int LSR_THRE = 0x60;
    private static final int MSR_CONNECTED = 0xB0;
    private static final int MOST_INPUT = 4096;

    private final ConsoleOutput out;
    private final Line line;
    private final ArrayDeque<Byte> input = new ArrayDeque<>();
    private int divisor = 1;
    private int ier;
    private int lcr;
    private int mcr;
    private int scratch;
    private boolean fifo;
    private boolean thrEmptyPending;
    private boolean level;

    /** An interrupt wire. */
    @FunctionalInterface
    interface Line {
        void drive(boolean level);
    }

    Uart16550(final ConsoleOutput out, final Line line) {
        this.out = out;
        this.line = line;
        out.whenReady(this::transmitterReady);
    }

    private synchronized void transmitterReady() {
        thrEmptyPending = true;
        update();
    }

    @Override
    public long mmioSize() {
        return REGISTERS;
    }

    @Override
    public synchronized long read(final long offset, final int size) {
        return switch ((int) offset) {
            case 0 -> (lcr & DLAB) != 0 ? divisor & 0xFF : take();
            case 1 -> (lcr & DLAB) != 0 ? divisor >>> 8 : ier;
            case 2 -> identify();
            case 3 -> lcr;
            case 4 -> mcr;
            case 5 -> (input.isEmpty() ? 0 : LSR_DATA) | (out.ready() ? LSR_THRE : 0);
            case 6 -> modemStatus();
            default -> scratch;
        };
    }

    private int take() {
        final Byte next = input.poll();
        update();
        return next == null ? 0 : next & 0xFF;
    }

    private int identify() {
        final int cause = cause();
        if (cause == IIR_THRE) {
            thrEmptyPending = false;
            update();
        }
        return cause | (fifo ? IIR_FIFO : 0);
    }

    private int cause() {
        if ((ier & IER_DATA) != 0 && !input.isEmpty()) {
            return IIR_DATA;
        }
        return (ier & IER_THRE) != 0 && thrEmptyPending ? IIR_THRE : IIR_NONE;
    }

    /** In loopback the outputs are seen on the inputs, by which a driver finds the port. */
    private int modemStatus() {
        if ((mcr & LOOPBACK) == 0) {
            return MSR_CONNECTED;
        }
        return (mcr & 1) << 5 | (mcr & 2) << 3 | (mcr & 4) << 4 | (mcr & 8) << 4;
    }

    @Override
    public synchronized void write(final long offset, final int size, final long value) {
        final int written = (int) value & 0xFF;
        switch ((int) offset) {
            case 0 -> {
                if ((lcr & DLAB) != 0) {
                    divisor = divisor & 0xFF00 | written;
                } else {
                    transmit(written);
                }
            }
            case 1 -> {
                if ((lcr & DLAB) != 0) {
                    divisor = divisor & 0xFF | written << 8;
                } else {
                    thrEmptyPending |= (written & ~ier & IER_THRE) != 0;
                    ier = written & IER_BITS;
                }
            }
            case 2 -> {
                fifo = (written & FCR_ENABLE) != 0;
                if ((written & FCR_CLEAR_RECEIVER) != 0) {
                    input.clear();
                }
            }
            case 3 -> lcr = written;
            case 4 -> mcr = written;
            case 7 -> scratch = written;
            default -> {
            }
        }
        update();
    }

    private void transmit(final int value) {
        if ((mcr & LOOPBACK) != 0) {
            receive(value);
        } else {
            out.put(value);
        }
        thrEmptyPending = true;
    }

    private void receive(final int value) {
        if (input.size() < MOST_INPUT) {
            input.add((byte) value);
        }
    }

    /** Bytes that the user typed. */
    synchronized void type(final byte[] bytes, final int length) {
        for (int i = 0; i < length; i++) {
            receive(bytes[i]);
        }
        update();
    }

    private void update() {
        final boolean now = cause() != IIR_NONE;
        if (now != level) {
            level = now;
            line.drive(now);
        }
    }
}
