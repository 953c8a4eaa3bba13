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
 * Arm's PL011 serial port as Linux's driver needs it, its interrupt a level (Arm DDI 0183).
 *
 * <pre>
 *  0x00 DR   0x18 FR: 4 nothing received, 5 full, 7 empty   0x24 IBRD   0x28 FBRD   0x2C LCR_H   0x30 CR
 *  0x34 IFLS   0x38 IMSC   0x3C RIS: 4 received, 5 sent, 6 timeout   0x40 MIS   0x44 ICR   0xFE0 identification
 * </pre>
 */
final class Pl011 implements MmioDevice {

    private static final int SIZE = 0x1000;
    private static final int DR = 0x00;
    private static final int FR = 0x18;
    private static final int IBRD = 0x24;
    private static final int IFLS = 0x34;
    private static final int IMSC = 0x38;
    private static final int RIS = 0x3C;
    private static final int MIS = 0x40;
    private static final int ICR = 0x44;
    private static final int IDENTIFICATION = 0xFE0;
    private static final int NOTHING_RECEIVED = 1 << 4;
    private static final int FULL = 1 << 5;
    private static final int EMPTY = 1 << 7;
    private static final int RECEIVED = 1 << 4 | 1 << 6;
    private static final int SENT = 1 << 5;
    private static final int MASK = 0x7FF;
    private static final int[] IDS = { 0x11, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1 };
    private static final int MOST_INPUT = 4096;

    private final ConsoleOutput out;
    private final Uart16550.Line line;
    private final ArrayDeque<Byte> input = new ArrayDeque<>();
    /** What is only kept: IBRD to IFLS. */
    private final int[] plain = new int[(IFLS - IBRD) / Integer.BYTES + 1];
    private int mask;
    private int sent;
    private boolean level;

    Pl011(final ConsoleOutput out, final Uart16550.Line line) {
        this.out = out;
        this.line = line;
        out.whenReady(this::transmitterReady);
    }

    private synchronized void transmitterReady() {
        sent = SENT;
        update();
    }

    @Override
    public long mmioSize() {
        return SIZE;
    }

    private int status() {
        return sent | (input.isEmpty() ? 0 : RECEIVED);
    }

    @Override
    public synchronized long read(final long offset, final int size) {
        final int register = (int) offset & ~3;
        if (register >= IBRD && register <= IFLS) {
            return plain[(register - IBRD) / Integer.BYTES];
        }
        return switch (register) {
            case DR -> take();
            case FR -> (input.isEmpty() ? NOTHING_RECEIVED : 0) | (out.ready() ? EMPTY : FULL);
            case IMSC -> mask;
            case RIS -> status();
            case MIS -> status() & mask;
            default -> register < IDENTIFICATION ? 0 : IDS[(register - IDENTIFICATION) / Integer.BYTES];
        };
    }

    private int take() {
        final Byte next = input.poll();
        update();
        return next == null ? 0 : next & 0xFF;
    }

    @Override
    public synchronized void write(final long offset, final int size, final long value) {
        final int register = (int) offset & ~3;
        if (register >= IBRD && register <= IFLS) {
            plain[(register - IBRD) / Integer.BYTES] = (int) value & 0xFFFF;
            return;
        }
        switch (register) {
            case DR -> {
                out.put((int) value & 0xFF);
                sent = SENT;
            }
            case IMSC -> mask = (int) value & MASK;
            case ICR -> sent &= ~(int) value;
            default -> {
            }
        }
        update();
    }

    /** Bytes that the user typed. */
    synchronized void type(final byte[] bytes, final int length) {
        for (int i = 0; i < length && input.size() < MOST_INPUT; i++) {
            input.add(bytes[i]);
        }
        update();
    }

    private void update() {
        final boolean now = (status() & mask) != 0;
        if (now != level) {
            level = now;
            line.drive(now);
        }
    }
}
