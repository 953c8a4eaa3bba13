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

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Cuts a stream of bytes into JSON objects, with or without white space between them, so that one malformed object does
 * not spoil those after it: what is not an object ends at the next line.
 */
final class QmpReader {

    /** Far more than any command needs. */
    private static final int MAX_OBJECT = 1 << 20;

    private final InputStream in;
    private final byte[] buffer = new byte[4096];
    private int at;
    private int filled;

    QmpReader(final InputStream in) {
        this.in = in;
    }

    /** The next object, or a line that is none; null at the end of the stream. */
    String next() throws IOException {
        final StringBuilder text = new StringBuilder();
        int depth = 0;
        int quote = 0;
        boolean escaped = false;
        for (int c = read(); c >= 0; c = read()) {
            if (text.isEmpty() && c <= ' ') {
                continue;
            }
            if (text.length() < MAX_OBJECT) {
                text.append((char) c);
            }
            if (escaped) {
                escaped = false;
            } else if (quote != 0) {
                escaped = c == '\\';
                quote = c == quote ? 0 : quote;
            } else if (depth > 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0) {
                return decode(text);
            }
            if (depth <= 0 && c == '\n') {
                return decode(text);
            }
        }
        return text.isEmpty() ? null : decode(text);
    }

    private int read() throws IOException {
        if (at == filled) {
            at = 0;
            filled = Math.max(0, in.read(buffer));
        }
        return filled == 0 ? -1 : buffer[at++] & 0xFF;
    }

    private static String decode(final StringBuilder bytes) {
        return new String(bytes.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
