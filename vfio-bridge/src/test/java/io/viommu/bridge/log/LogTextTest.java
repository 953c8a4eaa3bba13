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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a log may come wrapped in. */
class LogTextTest {
    private static final String DMAR = "DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0xffffb000"
            + " [fault reason 0x06] PTE Read access is not set\r\n";
    private static final RawWords WORDS = RawWords.of(0xffff_b000L, 0xc000_0006_0000_0400L);

    private static byte[] gzip(final byte[] bytes) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream packed = new GZIPOutputStream(out)) {
            packed.write(bytes);
        } catch (final IOException impossible) {
            throw new java.io.UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private static byte[] joined(final byte[]... parts) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = { "UTF-16LE", "UTF-16BE", "x-UTF-16LE-BOM", "UTF-16", "UTF-8" })
    void textIsReadInAnyEncodingOfUnicode(final String charset) {
        final String log = "first \u00fc \u4e2d\r\n" + DMAR.repeat(3000)
                + "arm-smmu-v3 a.auto: event: F_ACCESS client: x sid: 0x1"
                + " ssid: 0x0 iova: 0x1000 ipa: 0x0\r\narm-smmu-v3 a.auto: unpriv data read s1 \u201cInput address"
                + " caused fault\u201d stag: 0x0\r\n";
        final ParsedLog parsed = ParsedLog.ofBytes(log.getBytes(Charset.forName(charset)));
        assertThat(parsed.faults).hasSize(3001).noneMatch(LogFault::rejected);
        assertThat(parsed.faults.getFirst().words()).isEqualTo(WORDS);
        assertThat(parsed.statistics.lines()).isEqualTo(3003);
        assertThat(ParsedLog.ofBytes(gzip(log.getBytes(Charset.forName(charset)))).faults).isEqualTo(parsed.faults);
    }

    @Test
    void gzipIsReadWithAllItsMembers() {
        final byte[] member = gzip(DMAR.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(ParsedLog.ofBytes(joined(member, member, gzip(new byte[0]), member)).faults)
                .extracting(LogFault::words).containsExactly(WORDS, WORDS, WORDS);
    }

    @Test
    void gzipThatEndsEarlyGivesWhatWasInIt() {
        final byte[] whole = gzip(DMAR.repeat(5000).getBytes(StandardCharsets.ISO_8859_1));
        final ParsedLog log = new ParsedLog();
        assertThatThrownBy(() -> KernelLogParser
                .parse(new ByteArrayInputStream(whole, 0, whole.length - 20), log)).isInstanceOf(IOException.class);
        assertThat(log.faults).isNotEmpty();
    }

    @Test
    void gzipThatWasMadeToBurstIsNotReadToItsEnd() {
        final byte[] line = ("x".repeat(99) + "\n").repeat(10_000).getBytes(StandardCharsets.ISO_8859_1);
        final byte[] megabyte = gzip(line);
        final byte[][] members = new byte[100][];
        java.util.Arrays.fill(members, megabyte);
        assertThatThrownBy(() -> ParsedLog.ofBytes(joined(members))).hasCauseInstanceOf(BinaryLogException.class)
                .hasMessageContaining("unpacks to more than 200 times its length");
    }

    @Test
    void gzipInGzipIsRefused() {
        assertThatThrownBy(() -> ParsedLog.ofBytes(gzip(gzip(DMAR.getBytes(StandardCharsets.ISO_8859_1)))))
                .hasMessageContaining("compressed by gzip twice");
    }

    @ParameterizedTest
    @CsvSource({ "fd377a585a000004,xz", "28b52ffd04584100,zstd", "425a683931415926000000,bzip2", "04224d186440a700,lz4",
        "5d00008000ffff00,lzma", "504b030414000000,zip", "4c504b534848524800,journalctl" })
    void otherWrappingsAreRefusedByName(final String start, final String name) {
        assertThatThrownBy(() -> ParsedLog.ofBytes(HexFormat.of().parseHex(start)))
                .hasCauseInstanceOf(BinaryLogException.class).hasMessageContaining(name);
    }

    @Test
    void binaryIsNotTakenForText() {
        for (final String start : new String[]{ "7f454c460201010000000000", "00000000", "fffe0000580000007900000000",
            "0000feff0000005800000079" }) {
            assertThatThrownBy(() -> ParsedLog.ofBytes(HexFormat.of().parseHex(start)))
                    .hasCauseInstanceOf(BinaryLogException.class);
        }
    }

    @Test
    void faultIsReportedWhenThePipeFallsSilent() throws Exception {
        final BlockingQueue<LogFault> found = new LinkedBlockingQueue<>();
        final PipedOutputStream writer = new PipedOutputStream();
        final PipedInputStream reader = new PipedInputStream(writer, 1 << 16);
        final Thread parsing = Thread.ofPlatform().start(() -> {
            try {
                KernelLogParser.parse(reader, found::add);
            } catch (final IOException closed) {
                throw new java.io.UncheckedIOException(closed);
            }
        });
        writer.write(DMAR.getBytes(StandardCharsets.ISO_8859_1));
        writer.flush();
        assertThat(found.poll(20, TimeUnit.SECONDS)).isNotNull()
                .satisfies(fault -> assertThat(fault.words()).isEqualTo(WORDS));
        writer.close();
        parsing.join();
        reader.close();
    }
}
