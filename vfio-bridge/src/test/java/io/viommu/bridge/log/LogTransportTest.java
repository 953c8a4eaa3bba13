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
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What logs look like after all that carries them: prefixes, escapes, colours, encodings, line ends, lengths. */
class LogTransportTest {
    private static final List<String> EVENT = List.of("arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:",
            "arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000090000000010",
            "arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000020800000000",
            "arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000007ffd105a00",
            "arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000000000000000");
    private static final RawWords EVENT_WORDS = RawWords.of(0x0000_0900_0000_0010L, 0x0000_0208_0000_0000L,
            0x7f_fd10_5a00L, 0);
    private static final String DMAR = "DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0xffffb000 [fault reason 0x06] PTE Read access is not set";
    private static final RawWords DMAR_WORDS = RawWords.of(0xffff_b000L, 0xc000_0006_0000_0400L);

    static Stream<String> prefixes() {
        return Stream.of("", "[   12.345678] ", "[12345.678901] ", "[    0.000000] [    T123] ",
                "[   12.345678][    C0] ",
                "[   12.345678] [pid:134,cpu0,irq/13-arm-smmu]", "11375.065672] ", "N[   12.345678] ",
                "Aug 26 10:33:28 foobar kernel: ", "Aug 26 10:33:28 kernel: ",
                "Aug  6 10:33:28 foobar kernel: [   12.345678] ",
                "May 01 09:46:35.123456 host kernel: ", "2026-05-01T09:46:35+0200 host kernel: ",
                "2026-05-01T09:46:35.123456+02:00 host kernel: ", "2026-05-01T09:46:35,123456+00:00 ",
                "Fri 2026-05-01 09:46:35 CEST host kernel: ", "[Fri May  1 09:46:35 2026] ", "00:08:19  ",
                "[  +0,000014] ", "[  +0.000014] ", "[   12.345678 <    0.000014>] ", "kern  :err   : [   12.345678] ",
                "kern  :err   : ", "<3>[  12.345678] ", "<11>Aug 26 10:33:28 host kernel: ", "3,1234,5678901,-;",
                "(XEN) [   37.201160] ", "2026-05-01T09:46:35.123456789Z ", "2026-05-01T09:46:35.123456789Z stderr F ",
                "05-01 09:46:35.123     0     0 E ", "05-01 09:46:35.123     0     0 E         : [   12.345678] ",
                "> ", "> > ", ">> >|  ", "| ", "# ", "+# ", "+", "-\t", "=> [Tue May 19 10:06:37 2026] ", "&gt; &gt; ",
                "\"", "`", "\t", "    ", "* ", "  host login: ", "\u001b[32m[   12.345678] \u001b[0m\u001b[33m",
                "\u001b[1;31m", "[32m[   12.345678] [0m[33m", "\u0000\u0000[   12.345678] ", "\u00a0\u00a0",
                "\ufeff[   12.345678] ", "Größe: ", "qemu-system-aarch64: ", "console.log:1234:[   12.345678] ");
    }

    @ParameterizedTest
    @MethodSource("prefixes")
    void anyPrefixIsPassedOver(final String prefix) {
        assertThat(ParsedLog.ofLines(EVENT.stream().map(line -> prefix + line).toList()).onlyEvent().words())
                .isEqualTo(EVENT_WORDS);
        final VtdLogFault fault = ParsedLog.of(prefix + DMAR).onlyVtd();
        assertThat(fault.words()).isEqualTo(DMAR_WORDS);
        assertThat(fault.reasonText()).isEqualTo("PTE Read access is not set");
    }

    @ParameterizedTest
    @MethodSource("prefixes")
    void wrappedLinesAreJoinedBehindAnyPrefix(final String prefix) {
        final ParsedLog log = ParsedLog.of(prefix + DMAR.substring(0, DMAR.indexOf("[04")).strip(),
                DMAR.substring(DMAR.indexOf("[04")));
        assertThat(log.onlyVtd().words()).isEqualTo(DMAR_WORDS);
    }

    @ParameterizedTest
    @MethodSource("prefixes")
    void d1ReasonIsFoundBehindAnyPrefix(final String prefix) {
        assertThat(ParsedLog.of(prefix + "DMAR:[DMA Read] Request device [04:00.0] fault addr ffffb000 ",
                prefix + "DMAR:[fault reason 06] PTE Read access is not set").onlyVtd().words()).isEqualTo(DMAR_WORDS);
    }

    @Test
    void coloursBetweenTheWordsOfAMessageAreTakenOff() {
        assertThat(ParsedLog.of("\u001b[32m[   12.3] \u001b[0m\u001b[33mDMAR: \u001b[0m\u001b[31m"
                + DMAR.substring(6) + "\u001b[0m").onlyVtd().reasonText()).isEqualTo("PTE Read access is not set");
    }

    @Test
    void tabsEscapedByLogDaemonsAreRead() {
        for (final String tab : List.of("#011", "\\x09", "\\t", "\\u0009", "=09", "^I", "  ", "")) {
            assertThat(
                    ParsedLog.ofLines(EVENT.stream().map(line -> line.replace("\t", tab)).toList()).onlyEvent().words())
                    .as(tab).isEqualTo(EVENT_WORDS);
        }
    }

    @Test
    void wholeLogEscapedIntoOneLineIsRead() {
        final String json = "{\"log\":\"" + String.join("\\n", EVENT).replace("\t", "\\t") + "\\n" + DMAR + "\\n\"}";
        assertThat(ParsedLog.of(json).faults).extracting(LogFault::words).containsExactly(EVENT_WORDS, DMAR_WORDS);
    }

    @Test
    void lineEndsOfAnySystemAreTaken() {
        for (final String end : List.of("\n", "\r\n", "\r\r\n", "\r")) {
            final ParsedLog log = ParsedLog.ofText(String.join(end, EVENT) + end + DMAR + end);
            assertThat(log.faults).as(end.length() + " characters").extracting(LogFault::words)
                    .containsExactly(EVENT_WORDS, DMAR_WORDS);
        }
    }

    @Test
    void lastLineNeedsNoLineEnd() {
        final ParsedLog log = ParsedLog.ofText("first\n" + DMAR);
        assertThat(log.onlyVtd().line()).isEqualTo(2);
        assertThat(log.statistics.lines()).isEqualTo(2);
        assertThat(ParsedLog.ofText("").statistics)
                .isEqualTo(new LogStatistics(0, 0, 0, java.util.Map.of(), java.util.Map.of(), 0));
        assertThat(ParsedLog.ofText("\n\n").statistics.lines()).isEqualTo(2);
    }

    @Test
    void invalidUtf8IsRead() {
        final byte[] text = ("x\u00ff\u00fe\u0080 " + DMAR + "\n").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(ParsedLog.ofBytes(text).onlyVtd().words()).isEqualTo(DMAR_WORDS);
    }

    @Test
    void binaryInputIsRefusedWithOneSentence() {
        final byte[] binary = ("\u007fELF\u0000" + DMAR).getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> KernelLogParser.parse(new ByteArrayInputStream(binary), new ParsedLog()))
                .isInstanceOf(BinaryLogException.class)
                .hasMessage("The input is binary, not a text log: a NUL byte stands in its first 8 KiB.");
    }

    @Test
    void nulsAfterTheFirstEightKibibytesAreDropped() {
        final String text = "x\n".repeat(8192) + "\u0000\u0000" + DMAR.replace("PASID", "PA\u0000SID") + "\n";
        assertThat(ParsedLog.ofText(text).onlyVtd().words()).isEqualTo(DMAR_WORDS);
    }

    @Test
    void faultsInALineOfAnyLengthAreFoundWhereverItIsCut() {
        for (int filler = KernelLogParser.MAX_PIECE - 200; filler < KernelLogParser.MAX_PIECE + 20; filler += 3) {
            final String text = "x".repeat(filler) + " " + DMAR + " " + "y".repeat(100) + "\n" + DMAR;
            final ParsedLog log = ParsedLog.ofText(text);
            assertThat(log.faults).as("filler %d", filler).extracting(LogFault::words)
                    .containsExactly(DMAR_WORDS, DMAR_WORDS);
            assertThat(log.faults).extracting(LogFault::line).containsExactly(1L, 2L);
            final KernelLogParser parser = new KernelLogParser(new ParsedLog());
            text.lines().forEach(parser::line);
            parser.end();
            assertThat(parser.statistics().faults()).isEqualTo(2);
        }
    }

    @Test
    void endlessLineOfAnythingEndsAndTakesNoMemory() throws Exception {
        final String[] fillers = { "x", " ", "[DMA ", "arm-smmu-v3 ", "[", "[[[ >>> ", "event 0x10 received:", "0x0 ",
            "INTR-REMAP: ", "DMAR:[fault reason ", "a:", ">", "[0m", "\u001b[", "unpriv data read s1 \"", "\\", "=" };
        for (final String filler : fillers) {
            final byte[] part = filler.repeat(65_536 / filler.length()).getBytes(StandardCharsets.ISO_8859_1);
            final Stream<InputStream> parts = Stream.generate(() -> (InputStream) new ByteArrayInputStream(part))
                    .limit(16);
            final InputStream endless = new SequenceInputStream(Collections.enumeration(parts.toList()));
            final LogStatistics seen = KernelLogParser.parse(endless, fault -> {
            });
            assertThat(seen.lines()).as(filler).isEqualTo(1);
        }
    }

    @Test
    void parserGoesOnAfterTheEndOfALog() {
        final ParsedLog log = new ParsedLog();
        final KernelLogParser parser = new KernelLogParser(log);
        parser.line(EVENT.get(0));
        parser.end();
        EVENT.forEach(parser::line);
        parser.end();
        assertThat(log.faults).extracting(LogFault::rejected).containsExactly(true, false);
        assertThat(log.faults).extracting(LogFault::line).containsExactly(1L, 2L);
    }
}
