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

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A guest of a few instructions of x86_64, as a bzImage: small enough for a KVM that emulates what it can. A few
 * instructions of the machine are enough for it: moves, OUT, IN, stores, loads, jumps.
 */
final class TinyGuest {

    static final long ENTRY = 0x10_0200;
    private static final int HEADER = 1024;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();

    TinyGuest bytes(final int... values) {
        for (final int value : values) {
            code.write(value);
        }
        return this;
    }

    private TinyGuest number(final long value, final int size) {
        for (int i = 0; i < size; i++) {
            code.write((int) (value >>> 8 * i));
        }
        return this;
    }

    /** mov dx, port; mov al, value; out dx, al. */
    TinyGuest out(final int port, final int value) {
        return bytes(0x66, 0xBA).number(port, 2).bytes(0xB0, value, 0xEE);
    }

    TinyGuest print(final String text) {
        text.chars().forEach(letter -> out(0x3F8, letter));
        return this;
    }

    /** mov rbx, address; mov eax, value; mov [rbx], eax. */
    TinyGuest store(final long address, final int value) {
        return bytes(0x48, 0xBB).number(address, 8).bytes(0xB8).number(value, 4).bytes(0x89, 0x03);
    }

    /** mov rbx, address; mov eax, [rbx]; then al goes to the serial port. */
    TinyGuest loadAndPrint(final long address) {
        return bytes(0x48, 0xBB).number(address, 8).bytes(0x8B, 0x03).bytes(0x66, 0xBA).number(0x3F8, 2).bytes(0xEE);
    }

    TinyGuest powerOff() {
        return out(0x600, 0x34).hang();
    }

    /** jmp to itself. */
    TinyGuest hang() {
        return bytes(0xEB, 0xFE);
    }

    /** hlt with interrupts off, for ever. */
    TinyGuest halt() {
        return bytes(0xF4, 0xEB, 0xFD);
    }

    /** lidt of an empty table, then a breakpoint: no handler, no double fault, a triple fault. */
    TinyGuest tripleFault() {
        return bytes(0x6A, 0x00, 0x6A, 0x00, 0x0F, 0x01, 0x1C, 0x24, 0xCC).hang();
    }

    byte[] image() {
        final ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.put(0x1F1, (byte) 1).putShort(0x1FE, (short) 0xAA55).put(0x200, (byte) 0xEB).put(0x201, (byte) 0x6A)
                .putInt(0x202, 0x5372_6448).putShort(0x206, (short) 0x20F).putInt(0x22C, 0x7FFF_FFFF)
                .putShort(0x236, (short) 1).putLong(0x258, 0x10_0000).putInt(0x260, 0x1_0000);
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(header.array());
        all.writeBytes(new byte[0x200]);
        all.writeBytes(code.toByteArray());
        return all.toByteArray();
    }

    Path in(final Path folder) throws IOException {
        return Files.write(folder.resolve("guest"), image());
    }
}
