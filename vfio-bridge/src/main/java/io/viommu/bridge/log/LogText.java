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

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The text in an input, whatever it came wrapped in: UTF-16 as PowerShell writes it and gzip are unwrapped, everything
 * else that isn't text is refused by name.
 */
final class LogText {
    /** A NUL in the first bytes marks a binary file, as grep and git have it. */
    private static final int PROBE = 8 << 10;
    private static final int BUFFER = 1 << 16;
    private static final int GZIP_MAGIC = 0x1f8b;
    private static final int SIXTEENTHS = 16;

    /** Other wrappings, by the bytes they begin with; in hexadecimal. */
    private static final String[][] WRAPPINGS = { { "fd377a585a00", "compressed by xz; unpack it with xz -d" },
        { "28b52ffd", "compressed by zstd; unpack it with zstd -d" },
        { "425a68", "compressed by bzip2; unpack it with bzip2 -d" },
        { "04224d18", "compressed by lz4; unpack it with lz4 -d" },
        { "5d00008000", "compressed by lzma; unpack it with lzma -d" },
        { "894c5a4f", "compressed by lzop; unpack it with lzop -d" },
        { "1f9d", "compressed by compress; unpack it with uncompress" },
        { "377abcaf271c", "a 7-Zip archive; unpack it" }, { "504b0304", "a zip archive; unpack it" },
        { "526172211a07", "a RAR archive; unpack it" },
        { "4c504b5348485248", "a journal of systemd; write it as text with journalctl -o short-monotonic --file" } };

    private LogText() {
    }

    /**
     * Gives the text of an input.
     *
     * @param input the input; read from where it stands
     * @return its text, in an encoding that has ASCII at its heart
     * @throws BinaryLogException if there is no text in it
     * @throws IOException if it can't be read
     */
    static InputStream of(final InputStream input) throws IOException {
        final BufferedInputStream buffered = new BufferedInputStream(input, BUFFER);
        final byte[] start = peek(buffered, 2);
        if (start.length == 2 && ((start[0] & 0xff) << 8 | start[1] & 0xff) == GZIP_MAGIC) {
            return text(new BufferedInputStream(new GzipText(buffered), BUFFER));
        }
        return text(buffered);
    }

    private static InputStream text(final BufferedInputStream input) throws IOException {
        final byte[] start = peek(input, PROBE);
        final String hex = java.util.HexFormat.of().formatHex(start, 0, Math.min(start.length, SIXTEENTHS));
        if (hex.startsWith(Integer.toHexString(GZIP_MAGIC))) {
            throw new BinaryLogException("The input is compressed by gzip twice; unpack it once.");
        }
        for (final String[] wrapping : WRAPPINGS) {
            if (hex.startsWith(wrapping[0]) && !(wrapping[0].length() <= 6 && isText(start))) {
                throw new BinaryLogException("The input is " + wrapping[1] + ".");
            }
        }
        final Boolean bigEndian = utf16(start);
        if (bigEndian != null) {
            return new Utf16Text(input, bigEndian);
        }
        if (!isText(start)) {
            throw new BinaryLogException();
        }
        return input;
    }

    /** The first bytes, or fewer if the input ends or pauses before. */
    private static byte[] peek(final BufferedInputStream input, final int count) throws IOException {
        input.mark(count);
        final byte[] bytes = new byte[count];
        int length = 0;
        int read = input.read(bytes, 0, count);
        while (read > 0) {
            length += read;
            read = length < count && (length < 2 || input.available() > 0)
                    ? input.read(bytes, length, count - length)
                    : 0;
        }
        input.reset();
        return java.util.Arrays.copyOf(bytes, length);
    }

    private static boolean isText(final byte[] bytes) {
        for (final byte each : bytes) {
            if (each == 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is UTF-16, big-endian or little-endian, or null if it isn't. */
    private static Boolean utf16(final byte[] bytes) {
        if (bytes.length < 2) {
            return null;
        }
        final int mark = (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
        final boolean utf32 = bytes.length >= 4 && bytes[2] == 0 && bytes[3] == 0;
        if (mark == 0xfffe && !utf32 || mark == 0xfeff) {
            return mark == 0xfeff;
        }
        final int[] nuls = new int[2];
        for (int i = 0; i + 1 < bytes.length; i += 2) {
            nuls[0] += bytes[i] == 0 ? 1 : 0;
            nuls[1] += bytes[i + 1] == 0 ? 1 : 0;
        }
        final int units = bytes.length / 2;
        // English text, with a few characters of another script at most.
        if (nuls[1] * 4 >= units * 3 && nuls[0] == 0) {
            return false;
        }
        return nuls[0] * 4 >= units * 3 && nuls[1] == 0 ? Boolean.TRUE : null;
    }
}
