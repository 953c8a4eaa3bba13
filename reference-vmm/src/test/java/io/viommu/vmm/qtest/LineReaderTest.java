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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

class LineReaderTest {

    private static List<String> lines(final InputStream in) throws IOException {
        final LineReader reader = new LineReader(in);
        final List<String> lines = new ArrayList<>();
        for (String line = reader.next(); line != null; line = reader.next()) {
            lines.add(reader.tooLong() ? "too long" : line);
        }
        return lines;
    }

    private static InputStream bytes(final String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aLineThatComesInPiecesIsOneLine() throws IOException {
        final InputStream dripping = new InputStream() {
            private final InputStream in = bytes("readl 0x10\nendianness\n");

            @Override
            public int read() throws IOException {
                return in.read();
            }

            @Override
            public int read(final byte[] target, final int offset, final int length) throws IOException {
                return in.read(target, offset, 1);
            }
        };
        assertThat(lines(dripping)).containsExactly("readl 0x10", "endianness");
    }

    @Test
    void manyLinesInOnePieceAndALastOneWithoutEndAreAllRead() throws IOException {
        assertThat(lines(bytes("a\n\nb\r\nc"))).containsExactly("a", "", "b\r", "c");
        assertThat(lines(bytes(""))).isEmpty();
    }

    @Test
    void aLineWithoutMeasureIsNotKeptAndTheNextIsRead() throws IOException {
        final InputStream endless = new InputStream() {
            private long left = 3L * LineReader.MAX_LINE;

            @Override
            public int read() {
                return left-- > 0 ? 'x' : -1;
            }

            @Override
            public int read(final byte[] target, final int offset, final int length) {
                final int taken = (int) Math.min(left, length);
                left -= taken;
                return taken == 0 ? -1 : taken;
            }
        };
        assertThat(lines(new SequenceInputStream(endless, bytes("\nendianness\n"))))
                .containsExactly("too long", "endianness");
    }

    @Test
    void theAnswerToEachGoesOutBeforeTheNextIsRead() {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TestDoor door = new TestDoor()) {
            new QtestSession(bytes("endianness\nrubbish\nendianness"), out, new QtestProtocol(door.door),
                    QtestLog.open("none")).run();
        }
        assertThat(out.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo("OK little\nFAIL unknown command 'rubbish'\nOK little\n");
    }
}
