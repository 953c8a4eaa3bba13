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

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A record is put together only from lines of one host, one device and one time, with no loss told of in between. */
class LogJoiningTest {
    private static final String A = "arm-smmu-v3 arm-smmu-v3.0.auto: ";
    private static final RawWords WORDS = RawWords.of(0x0000_0100_0000_0010L, 0x0000_0200_0000_0000L, 0xfff_f000L, 0);
    private static final RawWords OTHER = RawWords.of(0x0000_0700_0000_0010L, 0x0000_0208_0000_0000L, 0xbbb_b000L, 0);
    private static final String F1 = "dmar: DMAR:[DMA Read] Request device [03:00.0] fault addr ffff0000 ";
    private static final String F2 = "dmar: DMAR:[DMA Write] Request device [04:00.0] fault addr eeee0000 ";
    private static final String BAD_CONTEXT = "DMAR:[fault reason 02] Present bit in context entry is clear";
    private static final String NO_WRITE = "DMAR:[fault reason 05] PTE Write access is not set";

    private static String stamp(final int micros) {
        return String.format("[   12.%06d] ", micros);
    }

    /** A dump whose lines are a microsecond apart. */
    private static List<String> dump(final String before, final int micros, final RawWords words) {
        final List<String> lines = new ArrayList<>();
        lines.add(before + stamp(micros) + A + String.format("event 0x%02x received:", words.get(0) & 0xff));
        for (int i = 0; i < words.count(); i++) {
            lines.add(before + stamp(micros + 1 + i) + A + String.format("\t0x%016x", words.get(i)));
        }
        return lines;
    }

    private static List<String> with(final int at, final String line) {
        final List<String> lines = dump("", 0, WORDS);
        lines.add(at, line);
        return lines;
    }

    private static ParsedLog interleaved(final List<String> one, final List<String> two) {
        final List<String> lines = new ArrayList<>();
        for (int i = 0; i < one.size(); i++) {
            lines.add(one.get(i));
            lines.add(two.get(i));
        }
        return ParsedLog.ofLines(lines);
    }

    @ParameterizedTest
    @ValueSource(strings = { "** 42 printk messages dropped **", "** 1 printk message dropped **",
        "[   12.000003] ** 3 printk messages dropped **", "systemd-journald[155]: Missed 7 kernel messages",
        "Nov 01 10:00:00 node systemd-journald[155]: Missed 7 kernel messages",
        "[   12.000003] systemd-journald[155]: /dev/kmsg buffer overrun, some messages lost.",
        "rsyslogd: imuxsock lost 17 messages from pid 1 due to rate-limiting",
        "rsyslogd: 17 messages lost due to rate-limiting (20000 allowed within 600 seconds)",
        "systemd-journald[155]: Suppressed 1034 messages from kernel",
        "[   12.000003] arm_smmu_evtq_thread: 25 callbacks suppressed", "net_ratelimit: 4 callbacks suppressed",
        "(XEN) printk: 26303 messages suppressed.", "Nov  1 10:20:00 node -- MARK --", "-- Reboot --",
        "-- Boot 0123456789abcdef0123456789abcdef --", "[    0.000000] Linux version 6.12.1 (gcc 14)",
        "[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x410fd0c0]", "--", "...", "[...]", "> [...]",
        "[ ... ]", "<snip>", "[snip]", "[cut 200 lines]", "---8<---" })
    void nothingIsJoinedAcrossALineThatSaysThatLinesAreMissing(final String mark) {
        for (int at = 1; at < 5; at++) {
            final LogFault fault = ParsedLog.ofLines(with(at, mark)).only();
            assertThat(fault.rejection()).as("after %d lines", at)
                    .startsWith("The event is cut short: only " + (at - 1));
        }
        assertThat(ParsedLog.ofLines(with(0, mark)).onlyEvent().words()).isEqualTo(WORDS);
        assertThat(ParsedLog.ofLines(with(5, mark)).onlyEvent().words()).isEqualTo(WORDS);
        assertThat(ParsedLog.of(F1, mark, BAD_CONTEXT).faults).hasSize(2).allMatch(LogFault::rejected);
    }

    @Test
    void markInFrontOfALineCutsWhatIsBeforeIt() {
        final List<String> lines = dump("", 0, WORDS);
        lines.set(2, "** 4 printk messages dropped ** " + lines.get(2));
        assertThat(ParsedLog.ofLines(lines).only().rejection()).contains("only 1 of its 4 words");
        lines.set(2, dump("", 0, WORDS).get(2));
        lines.set(0, "** 386 printk messages dropped ** " + lines.get(0));
        assertThat(ParsedLog.ofLines(lines).onlyEvent().words()).isEqualTo(WORDS);
        assertThat(ParsedLog.of(String.join(" ", dump("", 0, WORDS).subList(0, 3)) + " ** 4 printk messages dropped ** "
                + String.join(" ", dump("", 0, WORDS).subList(3, 5))).only().rejection())
                .contains("only 2 of its 4 words");
    }

    @Test
    void gapInTheKernelsSequenceNumbersCutsTheEvent() {
        final List<String> lines = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            lines.add(String.format("3,%d,%d,-;", 1000 + i, 12_000_000 + i)
                    + dump("", 0, WORDS).get(i).substring(stamp(0).length()));
            lines.add(" SUBSYSTEM=platform");
            lines.add(" DEVICE=+platform:arm-smmu-v3.0.auto");
        }
        assertThat(ParsedLog.ofLines(lines).onlyEvent().words()).isEqualTo(WORDS);
        lines.set(9, lines.get(9).replace("1003", "1004"));
        assertThat(ParsedLog.ofLines(lines).only().rejection()).contains("only 2 of its 4 words")
                .contains("gap in the kernel's sequence numbers");
    }

    @Test
    void linesOfTwoHostsAreNeverOfOneRecord() {
        for (final String form : List.of("Nov 01 10:00:00 %s kernel: ", "2026-05-01T09:46:35.123456+02:00 %s kernel: ",
                "<3>1 2026-05-01T09:46:35.123Z %s kernel - - - ", "%s: ", "%s | ", "[%s] ", "%s.log:17:",
                "{\"_HOSTNAME\":\"%s\",\"MESSAGE\":\"")) {
            final ParsedLog log = interleaved(dump(String.format(form, "nodea"), 0, WORDS),
                    dump(String.format(form, "nodeb"), 0, OTHER));
            assertThat(log.faults).as(form).extracting(LogFault::words).containsExactly(WORDS, OTHER);
            final List<String> mixed = new ArrayList<>(dump(String.format(form, "nodea"), 0, WORDS).subList(0, 3));
            mixed.addAll(dump(String.format(form, "nodeb"), 0, WORDS).subList(3, 5));
            assertThat(ParsedLog.ofLines(mixed).faults).as(form).hasSize(2).allMatch(LogFault::rejected);
        }
        final ParsedLog dmar = ParsedLog.of("Nov 01 10:00:00 nodea kernel: " + F1,
                "Nov 01 10:00:00 nodeb kernel: " + BAD_CONTEXT);
        assertThat(dmar.faults).hasSize(2).allMatch(LogFault::rejected);
    }

    @Test
    void linesOfXenAndOfItsDomainAreNeverOfOneRecord() {
        final ParsedLog log = ParsedLog.of("(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:02.0] fault addr 1000",
                "[   12.000001] " + BAD_CONTEXT);
        assertThat(log.faults).hasSize(2).allMatch(LogFault::rejected);
    }

    @Test
    void wordsOfAnotherTimeAreNotTheEvents() {
        for (final int at : List.of(1, 3, 4)) {
            final List<String> lines = dump("", 0, WORDS);
            for (int i = at; i < 5; i++) {
                lines.set(i, lines.get(i).replace("[   12.", "[   97."));
            }
            assertThat(ParsedLog.ofLines(lines).faults.getFirst().rejection()).contains("only " + (at - 1));
            assertThat(ParsedLog.ofLines(lines).faults).allMatch(LogFault::rejected);
        }
    }

    @Test
    void stampsThatRunBackEndTheEvent() {
        final List<String> lines = dump("", 100, WORDS);
        lines.set(3, dump("", 50, WORDS).get(3));
        assertThat(ParsedLog.ofLines(lines).faults).allMatch(LogFault::rejected);
        final List<String> swapped = dump("", 100, WORDS);
        java.util.Collections.swap(swapped, 2, 3);
        assertThat(ParsedLog.ofLines(swapped).faults).allMatch(LogFault::rejected);
    }

    @Test
    void slowSerialConsoleDoesNotCutAnEvent() {
        final List<String> lines = dump("", 0, WORDS);
        for (int i = 0; i < 5; i++) {
            lines.set(i, stamp(i * 200_000) + lines.get(i).substring(stamp(0).length()));
        }
        assertThat(ParsedLog.ofLines(lines).onlyEvent().words()).isEqualTo(WORDS);
    }

    @Test
    void wordsOfACommandAreNotThoseOfAnEvent() {
        final List<String> lines = new ArrayList<>(dump("", 0, WORDS).subList(0, 3));
        lines.add(stamp(3) + A + "unexpected global error reported (0x00000001), this could be serious");
        lines.add(stamp(4) + A + "CMDQ error (cons 0x0300001d): ATC invalidate timeout");
        lines.add(stamp(5) + A + "skipping command in error state:");
        lines.add(stamp(6) + A + "\t0x0000010000000040");
        lines.add(stamp(7) + A + "\t0x0000000000000034");
        lines.addAll(dump("", 8, OTHER));
        final ParsedLog log = ParsedLog.ofLines(lines);
        assertThat(log.faults).extracting(LogFault::rejected).containsExactly(true, false);
        assertThat(log.faults.getFirst().rejection())
                .contains("only 2 of its 4 words stand before the words of a command");
        assertThat(log.faults.getLast().words()).isEqualTo(OTHER);
        assertThat(log.statistics.others()).containsEntry(OtherFault.SMMU_GLOBAL_ERROR, 3L);
    }

    @Test
    void moreThanFourWordsSayThatAHeaderIsLost() {
        final List<String> lines = new ArrayList<>(dump("", 0, WORDS).subList(0, 4));
        lines.addAll(dump("", 5, OTHER).subList(1, 5));
        final LogFault fault = ParsedLog.ofLines(lines).only();
        assertThat(fault.rejection()).startsWith("More than four words stand behind the line that begins the event");
    }

    @Test
    void namelessWordsAreNobodysWhileTwoEventsAreOpen() {
        final List<String> lines = new ArrayList<>();
        lines.add("arm-smmu-v3 a.auto: event 0x10 received:");
        lines.add("arm-smmu-v3 b.auto: event 0x10 received:");
        for (int i = 0; i < 4; i++) {
            lines.add(String.format("0x%016x", WORDS.get(i)));
        }
        assertThat(ParsedLog.ofLines(lines).faults).hasSize(2).allMatch(LogFault::rejected);
    }

    @Test
    void linesOfTwoConsolesWithOneStampAreOneLine() {
        final List<String> one = new ArrayList<>(dump("", 0, WORDS));
        one.addAll(dump("", 10, OTHER));
        for (int lag = 0; lag < 12; lag++) {
            final List<String> lines = new ArrayList<>();
            for (int i = 0; i < one.size() + lag; i++) {
                if (i < one.size()) {
                    lines.add(one.get(i));
                }
                if (i >= lag && i - lag < one.size()) {
                    lines.add(one.get(i - lag));
                }
            }
            final ParsedLog log = ParsedLog.ofLines(lines);
            assertThat(log.faults).as("lag %d", lag).extracting(LogFault::words).containsExactly(WORDS, OTHER);
            assertThat(log.statistics.echoes()).as("lag %d", lag).isEqualTo(10);
        }
    }

    @Test
    void netconsoleBesideASerialConsoleIsOneConsole() {
        for (final String net : List.of("<3>", "Nov  1 10:00:00 nodea ", "Nov 01 10:00:00 nodea kernel: ")) {
            assertThat(interleaved(dump("", 0, WORDS), dump(net, 0, WORDS)).onlyEvent().words()).as(net)
                    .isEqualTo(WORDS);
            assertThat(interleaved(dump(net, 0, WORDS), dump("", 0, WORDS)).onlyEvent().words()).as(net)
                    .isEqualTo(WORDS);
        }
    }

    @Test
    void doubledDmarLineWithOneStampIsOneFault() {
        final String line = "[   12.000001] DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x12174000"
                + " [fault reason 0x02] Present bit in context entry is clear";
        assertThat(ParsedLog.of(line, line).faults).hasSize(1);
        assertThat(ParsedLog.of(line, line.replace("000001", "000002")).faults).hasSize(2);
        assertThat(ParsedLog.of(line.substring(15), line.substring(15)).faults).hasSize(2);
    }

    @Test
    void equalWordsOfOneStampAreTwoWords() {
        final RawWords words = RawWords.of(0x0000_0900_0000_0006L, 0, 0, 0);
        final List<String> lines = dump("", 0, words);
        for (int i = 0; i < 5; i++) {
            lines.set(i, stamp(7) + lines.get(i).substring(stamp(0).length()));
        }
        assertThat(ParsedLog.ofLines(lines).onlyEvent().words()).isEqualTo(words);
    }

    @Test
    void eventDoubledWithSecondsOnlyIsOneEvent() {
        final List<String> lines = new ArrayList<>();
        for (final String line : dump("", 0, WORDS)) {
            final String syslog = "Nov 01 10:00:00 nodea kernel: " + line.substring(stamp(0).length());
            lines.add(syslog);
            lines.add(syslog);
        }
        assertThat(ParsedLog.ofLines(lines).onlyEvent().words()).isEqualTo(WORDS);
    }

    @Test
    void reasonIsNotGivenToAFaultWhoseOwnIsLost() {
        final ParsedLog log = ParsedLog.of("dmar: DRHD: handling fault status reg 2", F1,
                "dmar: DRHD: handling fault status reg 2", F2, BAD_CONTEXT);
        assertThat(log.faults).extracting(LogFault::rejected).containsExactly(true, false);
        assertThat(log.faults.getLast().words().get(0)).isEqualTo(0xeeee_0000L);
        assertThat(ParsedLog.of(F1, F2, BAD_CONTEXT).faults).extracting(LogFault::rejected).containsExactly(true,
                false);
        assertThat(ParsedLog.of(F1, "dmar: DRHD: handling fault status reg 2", BAD_CONTEXT).faults).hasSize(2)
                .allMatch(LogFault::rejected);
    }

    @Test
    void reasonThatCantBeThatOfTheFaultIsNotGivenToIt() {
        assertThat(ParsedLog.of(F1, NO_WRITE).faults).hasSize(2).allMatch(LogFault::rejected);
        assertThat(ParsedLog.of(F2, NO_WRITE).onlyVtd().rejection()).isNull();
    }

    @Test
    void reasonsOfTwoUnitsThatCantBeToldApartAreNobodys() {
        final ParsedLog log = ParsedLog.of(F1, F2, BAD_CONTEXT,
                "DMAR:[fault reason 01] Present bit in root entry is clear");
        assertThat(log.faults).hasSize(2)
                .allSatisfy(fault -> assertThat(fault.rejection()).contains("mixed"));
    }

    @Test
    void reasonOfAnotherTimeIsAStrangers() {
        assertThat(ParsedLog.of("[   12.000000] " + F1, "[   14.000000] " + BAD_CONTEXT).faults).hasSize(2)
                .allMatch(LogFault::rejected);
    }

    @Test
    void reasonWhoseFaultIsLostIsReported() {
        final VtdLogFault fault = ParsedLog.of("[   12.0] " + BAD_CONTEXT).onlyVtd();
        assertThat(fault.reason()).hasValue(2);
        assertThat(fault.rejection()).startsWith("The line before this reason");
    }

    @Test
    void secondDecodedLineWhoseFirstIsLostIsReported() {
        assertThat(ParsedLog.of(A + "unpriv data write s1 \"Input address caused fault\" stag: 0x0").only().rejection())
                .startsWith("Only the second");
    }

    @Test
    void lineWithAStampOfItsOwnIsNotTheRestOfAnother() {
        final ParsedLog log = ParsedLog.of("[   12.000000] DMAR: [DMA Read NO_PASID] Request device [05:00.0]",
                "[   13.000000] fault addr 0x1000 [fault reason 0x02] Present bit in context entry is clear");
        assertThat(log.faults).allMatch(LogFault::rejected).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = { "&quot;", "&#34;", "&#x22;", "&amp;quot;", "&amp;#34;", "&ldquo;", "\u201c", "\u201d",
        "\u201e", "\u00ab", "\u00bb", "\\\"", "\\\\\\\"", "\"\"", "\\u0022", "\\x22", "'", "``", "\uff02" })
    void quotesAreReadHoweverTheyWereWritten(final String quote) {
        final String text = A
                + "event: F_PERMISSION client: 0000:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x90000f040 ipa: 0x0\n"
                + A + "unpriv data write s1 " + quote + "Input address caused fault" + quote + " stag: 0x0\n";
        assertThat(ParsedLog.ofText(text).onlyEvent().rejection()).isNull();
        assertThat(ParsedLog.ofLines(text.lines().toList()).onlyEvent().rejection()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "DMAR: [DMA read NO PASID] Request device [05:00.0] fault addr 0x12174000 [fault reason 0x02] x",
        "DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x12174000 [Fault reason 0x02] x",
        "dmar: [dma read no_pasid] request device [05:00.0] fault addr 0x12174000 [fault reason 0x02]",
        "DMAR: [DMA Read NO-PASID] Request device 05:00.0 fault addr 0x12174000 [fault reason 0x02] x",
        "DMAR: DMA Read NO_PASID Request device [05:00.0] fault addr 0x12174000 fault reason 0x02 x",
        "DMAR: [DMA READ NO_PASID] REQUEST DEVICE [05:00.0] FAULT ADDR 0x12174000 [FAULT REASON 0x02] X",
        "DMAR: [DMA Read NO_PASID] Request device [05:00.0], fault addr: 0x12174000, [fault reason: 0x02] x",
        "DMAR: [DMA Read, NO_PASID] Request device: [05:00.0] fault address 0x12174000 (fault reason 0x02) x",
        "&lt;3&gt;DMAR: &#91;DMA Read NO_PASID&#93; Request device &lbrack;05:00.0] fault addr 0x12174000 [fault reason 0x02] x" })
    void dmarLinesInOtherSpellingsAreRead(final String line) {
        assertThat(ParsedLog.of(line).onlyVtd().words()).isEqualTo(RawWords.of(0x1217_4000L, 0xc000_0002_0000_0500L));
        assertThat(ParsedLog.of("scsi host0: something 7-0:0 0x1 " + line + " usb 1-1: " + line).faults).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = { "DMAR: [DMA Foo] Request device [05:00.0] fault addr 0x12174000 [fault reason 0x02] x",
        "DMAR: Request device [05:00.0] fault addr 0x12174000",
        "DMAR: [DMA Read NO_PASID] Request device [05-00-0] fault addr 0x12174000 [fault reason 0x02] x",
        "DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x1217400O [fault reason 0x02] x",
        "DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x12174000 [fault reason O2] x",
        "DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0x12174000 [fault rea",
        "[DMA Read] Request device [05:00.0] fault addr" })
    void dmarLineThatIsNotWholeIsReported(final String line) {
        assertThat(ParsedLog.of("first", line, "last").only().rejected()).isTrue();
    }
}
