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

package io.viommu.vmm.qtest;

import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

import io.viommu.vmm.machine.MachineSpec;

/** What a CPU can do on the memory bus and the I/O ports. */
final class MemoryCommands {

    /** The most bytes that one line moves. */
    static final int MAX_LENGTH = 16 << 20;

    private static final int FILL_CHUNK = 1 << 16;
    private static final int LAST_PORT = 0xFFFF;

    private final Door door;

    MemoryCommands(final Door door) {
        this.door = door;
    }

    void addTo(final Map<String, QtestProtocol.Command> commands) {
        final String widths = "bwlq";
        for (int i = 0; i < widths.length(); i++) {
            final int size = 1 << i;
            commands.put("read" + widths.charAt(i), words -> load(words, size));
            commands.put("write" + widths.charAt(i), words -> store(words, size));
            if (size <= Integer.BYTES) {
                commands.put("in" + widths.charAt(i), words -> in(words, size));
                commands.put("out" + widths.charAt(i), words -> out(words, size));
            }
        }
        commands.put("read", words -> HexBytes.text(read(words)));
        commands.put("b64read", words -> Base64.getEncoder().encodeToString(read(words)));
        commands.put("write", this::write);
        commands.put("b64write", this::writeBase64);
        commands.put("memset", this::fill);
        commands.put("endianness", words -> {
            words.end();
            return "little";
        });
    }

    private String load(final Words words, final int size) {
        final long address = words.number("ADDR");
        words.end();
        return String.format("0x%016x", door.machine().bus().load(address, size));
    }

    private String store(final Words words, final int size) {
        final long address = words.number("ADDR");
        final long value = words.number("VAL");
        words.end();
        door.machine().bus().store(address, size, value);
        return "";
    }

    private byte[] read(final Words words) {
        final long address = words.number("ADDR");
        final byte[] bytes = new byte[(int) words.number("LEN", 1, MAX_LENGTH)];
        words.end();
        door.machine().bus().read(address, bytes, 0, bytes.length);
        return bytes;
    }

    private String write(final Words words) {
        final long address = words.number("ADDR");
        final int length = (int) words.number("LEN", 1, MAX_LENGTH);
        final byte[] bytes = HexBytes.parse(words.command(), "DATA", words.word("DATA"));
        words.end();
        write(address, bytes, length);
        return "";
    }

    private String writeBase64(final Words words) {
        final long address = words.number("ADDR");
        final int length = (int) words.number("LEN", 1, MAX_LENGTH);
        final String data = words.word("DATA");
        words.end();
        try {
            write(address, Base64.getDecoder().decode(data), length);
            return "";
        } catch (final IllegalArgumentException notBase64) {
            throw new Refusal("b64write: DATA must be base64, not '" + Words.shown(data) + "'");
        }
    }

    /** Data that is shorter than said is filled with zeros, longer data is cut, as QEMU does. */
    private void write(final long address, final byte[] bytes, final int length) {
        door.machine().bus().write(address, bytes.length == length ? bytes : Arrays.copyOf(bytes, length), 0, length);
    }

    private String fill(final Words words) {
        final long address = words.number("ADDR");
        final long length = words.number("LEN", 0, MachineSpec.MAX_RAM);
        final byte value = (byte) words.number("BYTE", 0, 0xFF);
        words.end();
        final byte[] chunk = new byte[(int) Math.min(length, FILL_CHUNK)];
        Arrays.fill(chunk, value);
        for (long done = 0; done < length; done += FILL_CHUNK) {
            door.machine().bus().write(address + done, chunk, 0, (int) Math.min(FILL_CHUNK, length - done));
        }
        return "";
    }

    private String in(final Words words, final int size) {
        final int port = (int) words.number("PORT", 0, LAST_PORT);
        words.end();
        return String.format("0x%04x", door.machine().ports().read(port, size));
    }

    private String out(final Words words, final int size) {
        final int port = (int) words.number("PORT", 0, LAST_PORT);
        final int value = (int) words.number("VAL");
        words.end();
        door.machine().ports().write(port, size, value);
        return "";
    }
}
