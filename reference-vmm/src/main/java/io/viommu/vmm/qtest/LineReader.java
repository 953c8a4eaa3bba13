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

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reads lines of bytes, of bounded length. */
final class LineReader {

    /** Room for a write of the most bytes that one line moves. */
    static final int MAX_LINE = 2 * MemoryCommands.MAX_LENGTH + 256;

    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    private int at;
    private int filled;
    private boolean tooLong;

    LineReader(final InputStream in) {
        this.in = in;
    }

    /** The next line without its end, or null at the end of the stream; what follows the last line end is a line. */
    String next() throws IOException {
        line.reset();
        tooLong = false;
        boolean any = false;
        while (at < filled || fill()) {
            any = true;
            final int from = at;
            while (at < filled && buffer[at] != '\n') {
                at++;
            }
            keep(from, at - from);
            if (at < filled) {
                at++;
                return line.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return any ? line.toString(StandardCharsets.ISO_8859_1) : null;
    }

    private void keep(final int from, final int length) {
        if (line.size() + length > MAX_LINE) {
            tooLong = true;
        } else if (!tooLong) {
            line.write(buffer, from, length);
        }
    }

    private boolean fill() throws IOException {
        at = 0;
        filled = Math.max(0, in.read(buffer));
        return filled > 0;
    }

    /** Whether the last line had more bytes than are kept. */
    boolean tooLong() {
        return tooLong;
    }
}
