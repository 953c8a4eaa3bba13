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
package io.viommu.bridge.log;

import java.io.IOException;
import java.io.InputStream;

/**
 * UTF-16 as one byte for each character: what has no place in ISO 8859-1 becomes a question mark, apart from the quotes
 * of word processors, which become plain ones.
 */
final class Utf16Text extends InputStream {
    private static final int LAST_OF_LATIN = 0xff;
    private static final int BYTE_ORDER_MARK = 0xfeff;

    private final InputStream input;
    private final boolean bigEndian;

    Utf16Text(final InputStream input, final boolean bigEndian) {
        this.input = input;
        this.bigEndian = bigEndian;
    }

    @Override
    public int read() throws IOException {
        int unit = BYTE_ORDER_MARK;
        while (unit == BYTE_ORDER_MARK) {
            final int first = input.read();
            final int second = first < 0 ? -1 : input.read();
            if (second < 0) {
                return -1;
            }
            unit = bigEndian ? first << 8 | second : second << 8 | first;
        }
        return character(unit);
    }

    private static int character(final int unit) {
        return switch (unit) {
            case 0x201c, 0x201d, 0x201e, 0x201f, 0x2033, 0xff02 -> '"';
            case 0x2018, 0x2019, 0x201a, 0x201b, 0x2032 -> '\'';
            case 0x2026 -> '.';
            default -> unit > LAST_OF_LATIN ? '?' : unit;
        };
    }

    @Override
    public int read(final byte[] bytes, final int offset, final int length) throws IOException {
        int count = 0;
        while (count < length && (count == 0 || input.available() > 1)) {
            final int next = read();
            if (next < 0) {
                break;
            }
            bytes[offset + count++] = (byte) next;
        }
        return count == 0 && length > 0 ? -1 : count;
    }

    @Override
    public int available() throws IOException {
        return input.available() / 2;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
