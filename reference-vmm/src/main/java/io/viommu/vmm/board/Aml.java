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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes the few terms of AML that our DSDT consists of (ACPI 6.5, 20.2). */
final class Aml {

    private static final int NAME = 0x08;
    private static final int SCOPE = 0x10;
    private static final int BUFFER = 0x11;
    private static final int PACKAGE = 0x12;
    private static final int EXTENDED = 0x5B;
    private static final int DEVICE = 0x82;
    private static final int BYTE = 0x0A;
    private static final int DWORD = 0x0C;
    private static final byte[] END_TAG = { 0x79, 0 };

    private Aml() {
    }

    static byte[] join(final byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] bytes(final int... values) {
        final byte[] result = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (byte) values[i];
        }
        return result;
    }

    private static byte[] text(final String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] scope(final String path, final byte[]... terms) {
        return join(bytes(SCOPE), sized(join(text(path), join(terms))));
    }

    static byte[] device(final String name, final byte[]... terms) {
        return join(bytes(EXTENDED, DEVICE), sized(join(text(name), join(terms))));
    }

    static byte[] name(final String name, final byte[] value) {
        return join(bytes(NAME), text(name), value);
    }

    static byte[] number(final int value) {
        return value >= 0 && value <= 1 ? bytes(value) : bytes(BYTE, value);
    }

    static byte[] numbers(final int... values) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(values.length);
        for (final int value : values) {
            all.writeBytes(number(value));
        }
        return join(bytes(PACKAGE), sized(all.toByteArray()));
    }

    /** An EISA id such as PNP0501: three letters of five bits, four hexadecimal digits, big-endian. */
    static byte[] eisaId(final String id) {
        final int letters = id.charAt(0) - '@' << 10 | id.charAt(1) - '@' << 5 | id.charAt(2) - '@';
        return ByteBuffer.allocate(5).put((byte) DWORD).putShort((short) letters)
                .putShort((short) Integer.parseInt(id.substring(3), 16)).array();
    }

    /** A resource template (6.4). */
    static byte[] resources(final byte[]... descriptors) {
        final byte[] all = join(join(descriptors), END_TAG);
        return join(bytes(BUFFER), sized(join(bytes(BYTE, all.length), all)));
    }

    static byte[] ports(final int first, final int count) {
        return bytes(0x47, 1, first, first >> 8, first, first >> 8, 1, count);
    }

    /** An edge, active high, for one device alone. */
    static byte[] interrupt(final int number) {
        return bytes(0x89, 6, 0, 0b0011, 1, number, number >> 8, 0, 0);
    }

    static byte[] busNumbers(final int first, final int last) {
        return bytes(0x88, 13, 0, 2, 0x0C, 0, 0, 0, first, 0, last, 0, 0, 0, last - first + 1, 0);
    }

    /** Memory that a bridge passes on, below 4 GiB. */
    static byte[] memory(final long base, final long size) {
        return ByteBuffer.allocate(26).order(ByteOrder.LITTLE_ENDIAN).put(bytes(0x87, 23, 0, 0, 0x0C, 1)).putInt(0)
                .putInt((int) base).putInt((int) (base + size - 1)).putInt(0).putInt((int) size).array();
    }

    /** PkgLength (20.2.4) counts itself: one byte up to 63, else a count of more bytes and four bits. */
    private static byte[] sized(final byte[] content) {
        for (int more = 0; more <= 3; more++) {
            final int length = content.length + 1 + more;
            if (more == 0 ? length < 1 << 6 : length < 1 << 4 + 8 * more) {
                final byte[] prefix = new byte[1 + more];
                prefix[0] = (byte) (more == 0 ? length : more << 6 | length & 0xF);
                for (int i = 1; i <= more; i++) {
                    prefix[i] = (byte) (length >> 8 * i - 4);
                }
                return join(prefix, content);
            }
        }
        throw new IllegalArgumentException("a package of " + content.length + " bytes is too long for AML");
    }
}
