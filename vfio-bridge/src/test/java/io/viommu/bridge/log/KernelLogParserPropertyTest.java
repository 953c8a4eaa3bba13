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

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.LongStream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for any input: each seed makes one. */
class KernelLogParserPropertyTest {
    /** Every format with its record on a line of its own, none wrapped. */
    private static final List<String> UNWRAPPED = List.of("DRHD: handling fault status reg 2",
            "arm-smmu-v3 a.auto: event 0x10 received:", "arm-smmu-v3 a.auto: \t0x0000310200000010",
            "DMAR:[DMA Write] Request device [05:01.0] fault addr ffbfe000",
            "arm-smmu-v3 b.auto: event 0x06 received:", "arm-smmu-v3 a.auto: \t0x000002088000007f",
            "DMAR:[fault reason 02] Present bit in context entry is clear", "arm-smmu-v3 b.auto: \t0x0000000100000006",
            "arm-smmu-v3 a.auto: \t0x0000000000000000", "arm-smmu-v3 b.auto: \t0x0000000000000000",
            "DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0xffffb000 [fault reason 0x06] PTE Read access is not set",
            "arm-smmu-v3 b.auto: \t0x0000000000000000", "arm-smmu-v3 b.auto: \t0x0000000000000000",
            "arm-smmu-v3 a.auto: \t0x0000000000000000",
            "arm-smmu-v3 a.auto: event: F_TRANSLATION client: x sid: 0x3102 ssid: 0x0 iova: 0x0 ipa: 0x0",
            "arm-smmu-v3 a.auto: unpriv data read s1 \"Input address caused fault\" stall stag: 0x7f",
            "INTR-REMAP: Request device [[f0:1f.0] fault index 2",
            "INTR-REMAP:[fault reason 34] Present field in the IRTE entry is clear",
            "arm-smmu-v3 c.auto: event: F_ACCESS client: x sid: 0x1 ssid: 0x0 iova: 0x1000 ipa: 0x0",
            "arm-smmu-v3 c.auto: unpriv data read s1 \"Input address caused fault\" stag: 0x0",
            "arm-smmu-v3 c.auto: unexpected PRI request received:",
            "arm-smmu-v3 c.auto: \tsid 0x00002100.0x00002: [5L] unprivileged RW access at iova 0x0000ffff12345000");

    /** Lines that are no part of a record, but look like it. */
    private static final List<String> NEARLY = List.of("", "usb 1-1: new device", "[DMA", "event", "> ",
            "arm-smmu-v3 z.auto: ias 48-bit", "DMAR: No ATSR found", "\u0000", "received:", "0x0123456789abcdef0",
            "0x0123456789abcdef", "(XEN)", "=".repeat(76));

    static LongStream seeds() {
        return LongStream.range(0, 300);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void foreignLinesBetweenNeverChangeTheFaults(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<String> lines = new ArrayList<>(UNWRAPPED);
        for (int foreign = random.nextInt(61); foreign > 0; foreign--) {
            lines.add(random.nextInt(lines.size() + 1), foreignLine(random));
        }
        assertThat(ParsedLog.ofLines(lines).faults).extracting(LogFault::words)
                .isEqualTo(ParsedLog.ofLines(UNWRAPPED).faults.stream().map(LogFault::words).toList());
    }

    private static String foreignLine(final SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> text(random, 120, Character.MAX_CODE_POINT + 1, Character::isDefined);
            case 1 -> text(random, 90, 0x80, c -> true);
            default -> NEARLY.get(random.nextInt(NEARLY.size()));
        };
    }

    private static String text(final SplittableRandom random, final int longest, final int bound,
            final IntPredicate wanted) {
        return random.ints(0, bound).filter(wanted).limit(random.nextInt(longest + 1))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void noBytesMakeItThrow(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        final int lines = random.nextInt(1, 22);
        final ParsedLog log = new ParsedLog();
        final KernelLogParser parser = new KernelLogParser(log);
        for (int i = 0; i < lines; i++) {
            parser.line(new String(bytes, StandardCharsets.ISO_8859_1));
        }
        parser.end();
        assertThat(parser.statistics().lines()).isEqualTo(lines);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void piecesOfRecordsInAnyOrderNeverMakeItThrow(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final int width = random.nextInt(1, 141);
        final List<String> lines = new ArrayList<>();
        for (int pieces = random.nextInt(81); pieces > 0; pieces--) {
            final String line = UNWRAPPED.get(random.nextInt(UNWRAPPED.size()));
            lines.add(line.substring(0, Math.min(width, line.length())));
            lines.add(line.substring(Math.min(width, line.length())));
        }
        final ParsedLog log = ParsedLog.ofLines(lines);
        assertThat(log.statistics.faults()).isEqualTo(log.faults.size());
        assertThat(log.faults).allSatisfy(fault -> assertThat(fault.line()).isBetween(1L, (long) lines.size()));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void truncationNeverLosesAnEarlierFault(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<String> files = FaultCorpusTest.files();
        final String name = files.get(random.nextInt(files.size()));
        final String text = new String(ParsedLog.bytes(name), StandardCharsets.ISO_8859_1);
        final int cut = random.nextInt(text.length() + 1);
        final long cutLine = text.substring(0, cut).chars().filter(c -> c == '\n').count() + 1;
        final List<LogFault> whole = ParsedLog.ofFile(name).faults;
        final List<LogFault> part = ParsedLog
                .ofBytes(text.substring(0, cut).getBytes(StandardCharsets.ISO_8859_1)).faults;
        for (int i = 0; i + 1 < whole.size(); i++) {
            if (whole.get(i + 1).line() < cutLine) {
                assertThat(part).as("%s cut at %d", name, cut).contains(whole.get(i));
            }
        }
        assertThat(part.size()).isLessThanOrEqualTo(whole.size());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void linesWrappedAtAnyWidthGiveTheSameFault(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final int width = random.nextInt(24, 201);
        final int quotes = random.nextInt(6);
        final String line = "[   12.345678] DMAR: [DMA Write PASID 0x12345] Request device [3e:00.0] fault addr"
                + " 0x7efef4f08000 [fault reason 0x79] SM: Read/Write permission error in second-level paging entry";
        final List<String> wrapped = new ArrayList<>();
        String rest = line;
        while (rest.length() > width) {
            final int at = rest.lastIndexOf(' ', width);
            if (at <= 0) {
                break;
            }
            wrapped.add("> ".repeat(quotes) + rest.substring(0, at));
            rest = rest.substring(at + 1);
        }
        wrapped.add("> ".repeat(quotes) + rest);
        assertThat(ParsedLog.ofLines(wrapped).onlyVtd().words())
                .isEqualTo(RawWords.of(0x7efef4f08000L, 0x8123_4579_8000_3e00L));
    }
}
