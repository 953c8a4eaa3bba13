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
import java.nio.charset.StandardCharsets;

/**
 * Cuts a stream into lines, in constant memory: bytes are taken as ISO 8859-1, so that no input is malformed, and what
 * a line has beyond {@link KernelLogParser#MAX_PIECE} characters comes as further pieces of the same line.
 */
final class BoundedLines {
    private static final int BUFFER = 1 << 16;

    private final InputStream input;
    private final byte[] buffer = new byte[BUFFER];
    private final byte[] line = new byte[KernelLogParser.MAX_PIECE];
    private int length;
    private boolean inLine;

    BoundedLines(final InputStream input) {
        this.input = input;
    }

    void feed(final KernelLogParser parser) throws IOException {
        int count = input.read(buffer, 0, BUFFER);
        while (count >= 0) {
            take(count, parser);
            if (input.available() == 0) {
                parser.pause();
            }
            count = input.read(buffer, 0, BUFFER);
        }
        if (length > 0 || inLine) {
            emit(length, parser);
        }
        parser.end();
    }

    private void take(final int count, final KernelLogParser parser) {
        int from = 0;
        for (int i = 0; i < count; i++) {
            if (buffer[i] == '\n') {
                append(from, i, parser);
                emit(length, parser);
                inLine = false;
                from = i + 1;
            }
        }
        append(from, count, parser);
    }

    private void append(final int from, final int to, final KernelLogParser parser) {
        int position = from;
        while (position < to) {
            if (length == line.length) {
                final int cut = KernelLogParser.cutBefore(line, length);
                emit(cut, parser);
                inLine = true;
            }
            final int part = Math.min(to - position, line.length - length);
            System.arraycopy(buffer, position, line, length, part);
            length += part;
            position += part;
        }
    }

    /** Gives the first bytes of the line to the parser and keeps the others. */
    private void emit(final int count, final KernelLogParser parser) {
        parser.piece(new String(line, 0, count, StandardCharsets.ISO_8859_1), inLine);
        System.arraycopy(line, count, line, 0, length - count);
        length -= count;
    }
}
