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
import java.util.Collections;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SMMUv3 events and page requests: each format, and each way in which logs have mangled it. */
class SmmuLogTest {
    private static final String A = "arm-smmu-v3 arm-smmu-v3.0.auto: ";
    private static final String B = "arm-smmu-v3 fc900000.iommu: ";
    private static final RawWords WORDS = RawWords.of(0x0000_2100_0000_0010L, 0x0000_0208_8000_0b17L,
            0xffff_ffff_ffff_f100L, 0x7000L);
    private static final RawWords OTHER = RawWords.of(0x0000_0900_0000_0006L, 0, 0, 0);

    private static List<String> dump(final String prefix, final int id, final RawWords words) {
        final List<String> lines = new ArrayList<>();
        lines.add(prefix + String.format("event 0x%02x received:", id));
        for (int i = 0; i < words.count(); i++) {
            lines.add(prefix + String.format("\t0x%016x", words.get(i)));
        }
        return lines;
    }

    private static ParsedLog parse(final List<String> lines) {
        return ParsedLog.ofLines(lines);
    }

    @Test
    void s1AndS2GiveTheFourWordsVerbatim() {
        final SmmuLogEvent event = parse(dump(A, 0x10, WORDS)).onlyEvent();
        assertThat(event.words()).isEqualTo(WORDS);
        assertThat(event.device()).isEqualTo("arm-smmu-v3.0.auto");
        assertThat(event.id()).hasValue(0x10);
        assertThat(event.streamId()).hasValue(0x2100);
        assertThat(event.inputAddress()).hasValue(0xffff_ffff_ffff_f100L);
        assertThat(event.access()).isEqualTo(LogAccess.READ);
        assertThat(event.rebuilt()).isFalse();
        assertThat(event.rejection()).isNull();
    }

    @Test
    void wordsOfSeveralSmmusAreKeptApart() {
        final List<String> one = dump(A, 0x10, WORDS);
        final List<String> two = dump(B, 0x06, OTHER);
        final List<String> mixed = new ArrayList<>();
        for (int i = 0; i < one.size(); i++) {
            mixed.add(one.get(i));
            mixed.add(two.get(i));
        }
        assertThat(parse(mixed).faults).extracting(LogFault::words).containsExactly(WORDS, OTHER);
    }

    @Test
    void foreignLinesBetweenTheWordsDoNotMatter() {
        final List<String> lines = new ArrayList<>();
        for (final String line : dump(A, 0x10, WORDS)) {
            lines.add(line);
            lines.add("dh: Party A: generate public key test failed. err -22");
            lines.add("arm-smmu-v3 arm-smmu-v3.0.auto: probing hardware configuration...");
            lines.add("foo: 0x0123456789abcdef");
        }
        assertThat(parse(lines).onlyEvent().words()).isEqualTo(WORDS);
    }

    @Test
    void receivedMayStandOnTheNextLine() {
        final List<String> lines = new ArrayList<>(dump("> " + A, 0x10, WORDS));
        lines.set(0, "> " + A + "event 0x10");
        lines.add(1, "> received:");
        assertThat(parse(lines).onlyEvent().words()).isEqualTo(WORDS);
        lines.set(0, "> arm-smmu-v3");
        lines.set(1, "> arm-smmu-v3.0.auto: event 0x10 received:");
        assertThat(parse(lines).onlyEvent().words()).isEqualTo(WORDS);
    }

    @Test
    void wordsWrappedAfterTheirDeviceAreJoined() {
        final List<String> lines = new ArrayList<>();
        for (final String line : dump(A, 0x10, WORDS)) {
            lines.add("> " + line.substring(0, A.length() - 1));
            lines.add("> " + line.substring(A.length()));
        }
        assertThat(parse(lines).onlyEvent().words()).isEqualTo(WORDS);
        assertThat(parse(lines).onlyEvent().line()).isEqualTo(1);
    }

    @Test
    void wordWithABlankInsideAndAGluedBracketIsRead() {
        final SmmuLogEvent event = ParsedLog.of(A + "event 0x10 received: [", A + "0x00000180 00000010 [",
                A + "0x0000020000000000 [", A + "\t0x0000000000001000", A + " 0x0000000000000000[").onlyEvent();
        assertThat(event.words()).isEqualTo(RawWords.of(0x0000_0180_0000_0010L, 0x0000_0200_0000_0000L, 0x1000, 0));
    }

    @Test
    void uppercaseDigitsAreRead() {
        final List<String> lines = dump(A, 0x0a, RawWords.of(0xABCD_0000_280AL, 0xffff_ffff_ffffL, -1, 0)).stream()
                .map(line -> line.replace("0x0000abcd0000280a", "0x0000ABCD0000280A")).toList();
        assertThat(parse(lines).onlyEvent().words().get(0)).isEqualTo(0xABCD_0000_280AL);
    }

    @Test
    void wholeEventGluedToOneLineIsFound() {
        final ParsedLog log = ParsedLog.of(String.join(" [   12.345678] ", dump(A, 0x10, WORDS)) + " [ 12.5] "
                + String.join(" ", dump(B, 6, OTHER)));
        assertThat(log.faults).extracting(LogFault::words).containsExactly(WORDS, OTHER);
    }

    @Test
    void headerAndWordsWithoutTheirDeviceAreRead() {
        assertThat(parse(dump("", 0x10, WORDS)).onlyEvent().words()).isEqualTo(WORDS);
        assertThat(parse(dump("[  131.474962] fc900000.iommu: ", 0x10, WORDS)).onlyEvent().words()).isEqualTo(WORDS);
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS));
        lines.set(0, "[  131.474962] event 0x10 received:");
        final SmmuLogEvent event = parse(lines).onlyEvent();
        assertThat(event.words()).isEqualTo(WORDS);
        assertThat(event.device()).isEqualTo("arm-smmu-v3.0.auto");
    }

    @Test
    void foreignNumberOfSixteenDigitsIsNotAWordOfAnEventThatNamesItsSmmu() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS));
        lines.add(3, "0x0123456789abcdef");
        lines.add(1, "0x0123456789abcdef");
        assertThat(parse(lines).onlyEvent().words()).isEqualTo(WORDS);
    }

    @Test
    void namelessWordsFollowAHeaderWithItsName() {
        final List<String> lines = new ArrayList<>(dump("", 0x10, WORDS));
        lines.set(0, A + "event 0x10 received:");
        assertThat(parse(lines).onlyEvent().words()).isEqualTo(WORDS);
        assertThat(ParsedLog.of(String.join(" ", lines)).onlyEvent().words()).isEqualTo(WORDS);
    }

    @Test
    void eventBrokenByATerminalAnywhereIsReadOrRejectedButNeverMisread() {
        final List<String> dump = dump("[  131.475699] " + A, 0x10, WORDS);
        for (int width = 30; width < 90; width++) {
            final List<String> broken = new ArrayList<>();
            for (final String line : dump) {
                for (int at = 0; at < line.length(); at += width) {
                    broken.add(line.substring(at, Math.min(at + width, line.length())));
                }
            }
            final ParsedLog log = parse(broken);
            assertThat(log.faults).as("width %d", width).allSatisfy(fault -> {
                if (!fault.rejected()) {
                    assertThat(fault.words()).isEqualTo(WORDS);
                }
            });
            if (width > "[  131.475699] arm-smmu-v3".length()) {
                assertThat(log.onlyEvent().rejection()).as("width %d", width).isNull();
            }
        }
    }

    @Test
    void wordsThatSyslogLeftOutAsRepeatedArePutBack() {
        final List<String> dump = dump("Aug 26 10:33:28 host kernel: " + A, 6, OTHER);
        assertThat(ParsedLog
                .of(dump.get(0), dump.get(1), dump.get(2), "Aug 26 10:33:28 host last message repeated 2 times")
                .onlyEvent().words()).isEqualTo(OTHER);
        final ParsedLog bracket = ParsedLog.of(dump.get(0), dump.get(1), dump.get(2),
                "Aug 26 10:33:28 host kernel: message repeated 2 times: [ " + A + "\t0x0000000000000000]");
        assertThat(bracket.onlyEvent().words()).isEqualTo(OTHER);
        assertThat(bracket.notices).containsExactly(new LogNotice(4, LogNotice.Kind.MESSAGE_REPEATED, 2));
    }

    @Test
    void truncatedEventIsReportedWithTheWordsThatWereRead() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS).subList(0, 3));
        lines.addAll(dump(A, 6, OTHER));
        final List<LogFault> faults = parse(lines).faults;
        assertThat(faults.get(0).words()).isEqualTo(RawWords.of(WORDS.get(0), WORDS.get(1)));
        assertThat(faults.get(0).rejection()).isEqualTo(
                "The event is cut short: only 2 of its 4 words stand before the next event of the same SMMU.");
        assertThat(((SmmuLogEvent) faults.get(0)).streamId()).hasValue(0x2100);
        assertThat(faults.get(1).words()).isEqualTo(OTHER);
    }

    @Test
    void truncatedEventIsReportedAfterManyUnrelatedLinesAndAtTheEnd() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS).subList(0, 4));
        lines.addAll(Collections.nCopies(1300, "unrelated"));
        lines.add(A + "\t0x0000000000000000");
        assertThat(parse(lines).onlyEvent().rejection()).contains("3 of its 4 words").contains("1000 lines");
        assertThat(parse(lines.subList(0, 4)).onlyEvent().rejection()).contains("before the end of the log");
        assertThat(parse(lines.subList(0, 1)).onlyEvent().rejection()).contains("0 of its 4 words");
    }

    @Test
    void headerThatDisagreesWithWordZeroIsRejectedWithAllWords() {
        final SmmuLogEvent event = parse(dump(A, 0x12, WORDS)).onlyEvent();
        assertThat(event.words()).isEqualTo(WORDS);
        assertThat(event.rejection()).isEqualTo("The header says event 0x12, but word 0 holds event 0x10.");
    }

    @Test
    void wordOfTheWrongLengthIsRejected() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS));
        lines.set(2, A + "\t0x000002088000");
        assertThat(parse(lines).onlyEvent().rejection())
                .isEqualTo("Word 1 of the event is printed with 12 hexadecimal digits instead of 16.");
    }

    @Test
    void wordsWithoutAHeaderAreReportedOnceAsNotWhole() {
        final SmmuLogEvent event = parse(dump(A, 0x10, WORDS).subList(1, 5)).onlyEvent();
        assertThat(event.words()).isEqualTo(RawWords.NONE);
        assertThat(event.rejection()).startsWith("The line with which an event begins is not in the log");
    }

    @ParameterizedTest
    @CsvSource({ "0x01", "0x03", "0x05", "0x09", "0x0b", "0x11", "0x12", "0x13", "0x20", "0x21", "0x24", "0x25",
        "0xe0" })
    void everyEventNumberIsRead(final int id) {
        final RawWords words = RawWords.of(0x1234_5000_0800L | id, 1L << 44, -1, -1);
        final SmmuLogEvent event = parse(dump(B, id, words)).onlyEvent();
        assertThat(event.words()).isEqualTo(words);
        assertThat(event.rejection()).isNull();
    }

    @Test
    void s3AndS4AreMatchedToTheirDumpAndNotCountedTwice() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS));
        lines.add(A
                + "event: F_TRANSLATION client: 0002:21:00.0 sid: 0x2100 ssid: 0x0 iova: 0xfffffffffffff100 ipa: 0x7000");
        lines.add(A + "unpriv data read s1 \"Input address caused fault\" stall stag: 0xb17");
        final List<String> twice = new ArrayList<>(lines);
        twice.addAll(lines);
        assertThat(parse(twice).faults).extracting(LogFault::words).containsExactly(WORDS, WORDS);
    }

    @Test
    void decodedLinesOfSeveralSmmusAreMatchedToTheirOwnDump() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS));
        lines.addAll(dump(B, 6, OTHER));
        lines.add(A
                + "event: F_TRANSLATION client: (unassigned sid) sid: 0x2100 ssid: 0x0 iova: 0xfffffffffffff100 ipa: 0x0");
        lines.add(B + "event: F_STREAM_DISABLED client: (unassigned sid) sid: 0x900 ssid: 0x0");
        lines.add(A + "unpriv data read s1 \"Input address caused fault\" stag: 0x0");
        assertThat(parse(lines).faults).extracting(LogFault::words).containsExactly(WORDS, OTHER);
    }

    @Test
    void decodedEventWithoutADumpIsRebuilt() {
        final SmmuLogEvent event = ParsedLog.of(
                A + "event: F_PERMISSION client: 0000:87:00.0 sid: 0x8700 ssid: 0x2 iova: 0x272f7900 ipa: 0x272f7000",
                A + "priv inst read s2 \"Stage 1 translation table fetch\" ttd_read stall stag: 0x7c").onlyEvent();
        assertThat(event.rebuilt()).isTrue();
        assertThat(event.rejection()).isNull();
        assertThat(event.words()).isEqualTo(RawWords.of(0x0000_8700_0000_2813L,
                1L << 44 | 1L << 40 | 1L << 39 | 1L << 35 | 1L << 34 | 1L << 33 | 1L << 31 | 0x7c, 0x272f7900L,
                0x272f7000L));
        assertThat(event.access()).isEqualTo(LogAccess.EXECUTE);
        assertThat(event.substreamId()).hasValue(2);
    }

    @ParameterizedTest
    @CsvSource({ "F_STREAM_DISABLED,0000090000000006", "F_TRANSL_FORBIDDEN,0000090000000007",
        "C_BAD_SUBSTREAMID,0000090000005008", "C_BAD_CD,000009000000580a" })
    void rebuiltEventHasOnlyTheSubstreamFieldsOfItsType(final String name, final String word0) {
        final SmmuLogEvent event = ParsedLog.of(A + "event: " + name + " client: 0000:09:00.0 sid: 0x900 ssid: 0x5")
                .onlyEvent();
        assertThat(event.rebuilt()).isTrue();
        assertThat(String.format("%016x", event.words().get(0))).isEqualTo(word0);
    }

    @Test
    void decodedEventOfAnotherAddressIsAnotherEvent() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS));
        lines.add(A + "event: F_TRANSLATION client: 0002:21:00.0 sid: 0x2100 ssid: 0x0 iova: 0x1000 ipa: 0x0");
        lines.add(A + "unpriv data write s1 \"Input address caused fault\" stag: 0x0");
        assertThat(parse(lines).faults).extracting(LogFault::words)
                .containsExactly(WORDS, RawWords.of(WORDS.get(0), 0x200_0000_0000L, 0x1000, 0));
    }

    @Test
    void decodedConfigurationAndFetchEventsHaveOneLine() {
        final List<LogFault> faults = ParsedLog.of(
                A + "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x900 ssid: 0x0",
                A + "event: F_STE_FETCH client: 0000:01:00.0 sid: 0x100 ssid: 0x0 fetch_addr: 0x80001000").faults;
        assertThat(faults).extracting(LogFault::words).containsExactly(RawWords.of(0x900_0000_0002L, 0, 0, 0),
                RawWords.of(0x100_0000_0003L, 0, 0, 0x80001000L));
    }

    @Test
    void wrappedDecodedLinesAreJoined() {
        final String head = A + "event: F_TRANSLATION client: 0002:21:00.0 sid: 0x2100 ssid: 0x0 iova: 0x1000 ipa: 0x0";
        final String body = A + "unpriv data write s1 \"Input address caused fault\" stag: 0x0";
        final RawWords words = RawWords.of(0x2100_0000_0010L, 0x200_0000_0000L, 0x1000, 0);
        for (int at = head.indexOf(' '); at > 0; at = head.indexOf(' ', at + 1)) {
            assertThat(
                    ParsedLog.of("> " + head.substring(0, at), "> " + head.substring(at + 1), body).onlyEvent().words())
                    .as("head broken at %d", at).isEqualTo(words);
        }
        for (int at = body.indexOf(' '); at > 0; at = body.indexOf(' ', at + 1)) {
            assertThat(
                    ParsedLog.of(head, "> " + body.substring(0, at), "> " + body.substring(at + 1)).onlyEvent().words())
                    .as("body broken at %d", at).isEqualTo(words);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "event: F_TRANSLATION client: a sid: 0x18; The event is only printed decoded, and without its ssid, iova and ipa, access attributes.",
        "event: F_TRANSLATION client: a sid: 0x18 ssid: 0x0 iova: 0x0 ipa: 0x0; The event is only printed decoded, and without its access attributes.",
        "event: F_CD_FETCH client: a sid: 0x18 ssid: 0x0; The event is only printed decoded, and without its fetch_addr.",
        "event: UNKNOWN client: a sid: 0x18 ssid: 0x0; The event is only named (UNKNOWN), and its raw words were not printed.",
        "event: C_BAD_CD client: a sid: 0x18 ssid: 0x100000; The event is only printed decoded, and one of its numbers does not fit its field." })
    void incompleteDecodedEventIsRejectedWithOneSentence(final String message, final String sentence) {
        final SmmuLogEvent event = ParsedLog.of(A + message).onlyEvent();
        assertThat(event.rejection()).isEqualTo(sentence);
        assertThat(event.streamId()).hasValue(0x18);
        assertThat(event.words()).isEqualTo(RawWords.NONE);
    }

    @Test
    void decodedLineCutAnywhereIsStillTheEventPrintedBeforeIt() {
        for (final String name : List.of("fs-smmu-qemu-pxb-c-bad-streamid.log", "gh-smmu-orion-o6-rtx3080ti.log")) {
            final String text = new String(ParsedLog.bytes(name), StandardCharsets.ISO_8859_1);
            final int faults = ParsedLog.ofFile(name).faults.size();
            for (int cut = text.lastIndexOf("event: "); cut < text.length(); cut++) {
                assertThat(ParsedLog.ofText(text.substring(0, cut)).faults).as(name + " cut at " + cut)
                        .hasSize(faults);
            }
        }
    }

    @Test
    void decodedLinesAfterATruncatedDumpAreTheSameEvent() {
        final List<String> lines = new ArrayList<>(dump(A, 0x10, WORDS).subList(0, 4));
        lines.add(A
                + "event: F_TRANSLATION client: 0002:21:00.0 sid: 0x2100 ssid: 0x0 iova: 0xfffffffffffff100 ipa: 0x0");
        lines.add(A + "unpriv data read s1 \"Input address caused fault\" stag: 0x0");
        assertThat(parse(lines).onlyEvent().rejection()).contains("3 of its 4 words");
    }

    @Test
    void s5s6s7AreNoticesWithTheirNumbers() {
        final ParsedLog log = ParsedLog.of(A + "EVTQ overflow detected -- events lost",
                A + "PRIQ overflow detected -- requests lost", "arm_smmu_evtq_thread: 25830 callbacks suppressed",
                "arm_smmu_dump_event: 200 callbacks suppressed", A + "auto-suppressing events for sid 0x18");
        assertThat(log.faults).isEmpty();
        assertThat(log.notices).containsExactly(new LogNotice(1, LogNotice.Kind.SMMU_EVENTS_LOST, 0),
                new LogNotice(2, LogNotice.Kind.SMMU_PAGE_REQUESTS_LOST, 0),
                new LogNotice(3, LogNotice.Kind.SMMU_SUPPRESSED, 25830),
                new LogNotice(4, LogNotice.Kind.SMMU_SUPPRESSED, 200),
                new LogNotice(5, LogNotice.Kind.SMMU_STREAM_SUPPRESSED, 0x18));
    }

    @Test
    void s8IsRebuiltToAPriQueueEntry() {
        final SmmuLogPageRequest request = (SmmuLogPageRequest) ParsedLog
                .of("x", A + "unexpected PRI request received:",
                        A + "\tsid 0x00002100.0x00002: [511L] unprivileged RWX access at iova 0x0000ffff12345000")
                .only();
        assertThat(request.words()).isEqualTo(RawWords.of(0xF800_0002_0000_2100L, 0xffff_1234_51ffL));
        assertThat(request.line()).isEqualTo(2);
        assertThat(request.streamId()).hasValue(0x2100);
        assertThat(request.last()).isTrue();
        assertThat(request.kind()).isEqualTo(LogFault.Kind.SMMU_PAGE_REQUEST);
        assertThat(request.rejection()).isNull();
    }

    @Test
    void s8WithoutPermissionsOrSubstreamIsRead() {
        final SmmuLogPageRequest request = (SmmuLogPageRequest) ParsedLog.of(A + "unexpected PRI request received:",
                A + "\tsid 0x00000008.0x00000: [3] privileged  access at iova 0x0000000000001000").only();
        assertThat(request.words()).isEqualTo(RawWords.of(1L << 58 | 8, 0x1003));
        assertThat(request.substreamId()).isEmpty();
    }

    @Test
    void s8CutShortOrTooLargeIsRejected() {
        assertThat(ParsedLog.of(A + "unexpected PRI request received:").only().rejection()).contains("missing");
        assertThat(ParsedLog.of(A + "unexpected PRI request received:",
                A + "\tsid 0x00000008.0x00000: [512L] privileged R access at iova 0x0000000000001000").only()
                .rejection())
                .contains("does not fit");
    }

    @Test
    void q2HasNoStreamIdAndIsRejected() {
        final ParsedLog log = ParsedLog.of(
                "smmuv3-iommu-memory-region-0-0 translation failed for iova=0x13a9d2000(SMMU_EVT_C_BAD_STE)",
                "smmuv3-iommu-memory-region-16-3 translation failed for iova=0x13a9d2000 (SMMU_EVT_F_TRANSLATION)",
                "smmuv3-iommu-memory-region-0-0", "%s translation failed for iova=0x%\"PRIx64\"(%s)");
        assertThat(log.faults).hasSize(2).allSatisfy(fault -> assertThat(fault.rejection()).contains("no StreamID"));
        assertThat(log.faults).extracting(fault -> ((SmmuLogEvent) fault).id().getAsInt()).containsExactly(4, 0x10);
        assertThat(((SmmuLogEvent) log.faults.get(0)).inputAddress()).hasValue(0x13a9d2000L);
    }

    @Test
    void sourceCodeIsNotAnEvent() {
        assertThat(ParsedLog.of("+\tdev_err(smmu->dev, \"event 0x%02x received:\\n\", event->id);",
                "+\t\tdev_err(smmu->dev, \"\\t0x%016llx\\n\", raw[i]);",
                "+\t\tdev_err(smmu->dev, \"event: %s client: %s sid: %#x ssid: %#x iova: %#llx ipa: %#llx\",",
                "see arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10", "for what it means").faults).isEmpty();
    }

    @Test
    void sixtyFiveSmmusAtOnceStillReportEachEventOnce() {
        final List<String> lines = new ArrayList<>();
        final int smmus = 65;
        for (int i = 0; i < WORDS.count() + 1; i++) {
            for (int smmu = 0; smmu < smmus; smmu++) {
                lines.add(dump("arm-smmu-v3 arm-smmu-v3." + smmu + ".auto: ", 0x10, WORDS).get(i));
            }
        }
        assertThat(parse(lines).faults).hasSize(smmus);
    }
}
