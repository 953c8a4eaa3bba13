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
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is done to the lines of real faults: what is delivered stood in the original, and each line that begins a
 * fault is reported, whole or not, or is the echo of another.
 */
class LogJoiningPropertyTest {
    private static final List<String> MARKS = List.of("** 17 printk messages dropped **",
            "systemd-journald[155]: Missed 3 kernel messages", "dmar_fault: 9 callbacks suppressed",
            "/dev/kmsg buffer overrun, some messages lost.", "-- Boot 0123456789abcdef --", "-- MARK --", "[...]",
            "--");

    /** A console line: who prints it, when, and what; and whether a fault begins on it. */
    private record Line(String host, long micros, String text, boolean begins) {
        String print() {
            return host + String.format("[%5d.%06d] ", micros / 1_000_000, micros % 1_000_000) + text;
        }
    }

    static LongStream seeds() {
        return LongStream.range(0, 150);
    }

    /** The events of the table of real ones, and the DMAR faults of the corpus that are whole, on one console. */
    private static List<Line> console(final SplittableRandom random, final String host, final String smmu) {
        final List<Line> lines = new ArrayList<>();
        long micros = 12_000_000 + random.nextInt(1000);
        for (int i = 0; i < 12; i++) {
            final List<Line> fault = random.nextInt(3) < 2
                    ? event(random, host, smmu, micros)
                    : dmar(random, host, micros);
            lines.addAll(fault);
            micros = fault.getLast().micros() + random.nextInt(1, 300_000);
            if (random.nextInt(4) == 0) {
                lines.add(new Line(host, micros++, "usb 1-1: new high-speed USB device", false));
            }
        }
        return lines;
    }

    private static List<Line> event(final SplittableRandom random, final String host, final String smmu,
            final long start) {
        final List<String[]> rows = ParsedLog.rows("golden.tsv").stream().filter(row -> !"-".equals(row[3])).toList();
        final String[] row = rows.get(random.nextInt(rows.size()));
        final List<Line> lines = new ArrayList<>();
        long micros = start;
        final String event = row[0].substring(row[0].length() - 2);
        lines.add(new Line(host, micros, smmu + "event 0x" + event + " received:", true));
        for (int i = 0; i < 4; i++) {
            micros += random.nextInt(1, 8000);
            lines.add(new Line(host, micros, smmu + "\t" + row[i], false));
        }
        return lines;
    }

    private static List<Line> dmar(final SplittableRandom random, final String host, final long start) {
        final List<VtdLogFault> known = DMAR;
        final VtdLogFault fault = known.get(random.nextInt(known.size()));
        final String access = fault.access() == LogAccess.READ ? "Read" : "Write";
        final String requester = fault.requester().substring(fault.requester().length() - 7);
        if (random.nextBoolean()) {
            return List.of(new Line(host, start, String.format(
                    "DMAR: [DMA %s NO_PASID] Request device [%s] fault addr 0x%x [fault reason 0x%02x] Some words",
                    access,
                    requester, fault.info().getAsLong(), fault.reason().getAsInt()), true));
        }
        return List.of(new Line(host, start, "dmar: DRHD: handling fault status reg 2", false),
                new Line(host, start + 1,
                        String.format("dmar: DMAR:[DMA %s] Request device [%s] fault addr %x ", access,
                                requester, fault.info().getAsLong()),
                        true),
                new Line(host, start + 2, String.format("DMAR:[fault reason %02d] PTE access is not set",
                        fault.reason().getAsInt()), false));
    }

    private static final List<VtdLogFault> DMAR = FaultCorpusTest.files().stream()
            .flatMap(file -> ParsedLog.ofFile(file).faults.stream())
            .filter(fault -> fault.kind() == LogFault.Kind.VTD_DMA_FAULT && !fault.rejected())
            .map(VtdLogFault.class::cast)
            .filter(fault -> fault.pasid().isEmpty() && fault.segment().isEmpty() && fault.requester().length() == 7)
            .toList();

    private static Set<RawWords> whole(final Collection<Line> lines) {
        final Set<RawWords> words = new HashSet<>();
        ParsedLog.ofLines(lines.stream().map(Line::print).toList()).faults.stream().filter(fault -> !fault.rejected())
                .forEach(fault -> words.add(fault.words()));
        return words;
    }

    /** Parses what became of the lines of consoles. */
    private static ParsedLog check(final Set<RawWords> original, final List<String> changed,
            final Collection<Integer> beginnings) {
        final ParsedLog log = ParsedLog.ofLines(changed);
        assertThat(log.faults).as("%s", String.join("\n", changed)).allSatisfy(fault -> {
            if (!fault.rejected()) {
                assertThat(original).contains(fault.words());
            }
        });
        final Set<Long> reported = new TreeSet<>();
        log.faults.forEach(fault -> reported.add(fault.line()));
        final Set<Long> expected = new TreeSet<>();
        beginnings.forEach(index -> expected.add(index + 1L));
        assertThat(reported).as("%s", String.join("\n", changed)).containsAll(expected);
        return log;
    }

    private static List<Integer> beginnings(final List<Line> lines) {
        final List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).begins()) {
                indexes.add(i);
            }
        }
        return indexes;
    }

    private static List<String> printed(final List<Line> lines) {
        return lines.stream().map(Line::print).toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyFaultOfAnUnharmedConsoleIsDelivered(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> lines = console(random, "", "arm-smmu-v3 a.auto: ");
        final ParsedLog log = check(whole(lines), printed(lines), beginnings(lines));
        assertThat(log.faults).noneMatch(LogFault::rejected).hasSize(beginnings(lines).size());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void runsOfLinesLostWithAMarkInTheirPlace(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> lines = console(random, "", "arm-smmu-v3 a.auto: ");
        final Set<RawWords> original = whole(lines);
        final List<String> changed = new ArrayList<>();
        final List<Integer> beginnings = new ArrayList<>();
        final String mark = MARKS.get(random.nextInt(MARKS.size()));
        String front = "";
        for (int i = 0; i < lines.size(); i++) {
            if (random.nextInt(6) == 0) {
                i += random.nextInt(9);
                if (mark.startsWith("**") && random.nextBoolean()) {
                    front = mark + ' ';
                } else {
                    changed.add(mark);
                }
                continue;
            }
            if (lines.get(i).begins()) {
                beginnings.add(changed.size());
            }
            changed.add(front + lines.get(i).print());
            front = "";
        }
        check(original, changed, beginnings);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void oneLineLostWithoutAWord(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> lines = console(random, "", "arm-smmu-v3 a.auto: ");
        final Set<RawWords> original = whole(lines);
        final int lost = random.nextInt(lines.size());
        final List<Line> rest = new ArrayList<>(lines);
        final Line gone = rest.remove(lost);
        final ParsedLog log = check(original, printed(rest), beginnings(rest));
        if (!gone.text().startsWith("usb") && !gone.text().contains("DRHD")
                && !gone.text().contains("fault reason 0x")) {
            assertThat(log.faults).as("without %s", gone).anyMatch(LogFault::rejected);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void consolesOfTwoHostsMixed(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final String[][] forms = { { "Nov 01 10:00:00 nodea kernel: ", "Nov 01 10:00:00 nodeb kernel: " },
            { "nodea: ", "nodeb: " }, { "a-1  | ", "b-1  | " }, { "", "Nov 01 10:00:00 nodeb kernel: " } };
        final String[] form = forms[random.nextInt(forms.length)];
        final List<Line> one = console(random, form[0], "arm-smmu-v3 a.auto: ");
        final List<Line> two = console(random, form[1], "arm-smmu-v3 a.auto: ");
        final Set<RawWords> original = whole(one);
        original.addAll(whole(two));
        final List<Line> mixed = mixed(random, one, two);
        final ParsedLog log = check(original, printed(mixed), beginnings(mixed));
        assertThat(log.faults).noneMatch(LogFault::rejected).hasSize(beginnings(mixed).size());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void twoSmmusOfOneHostMixed(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> one = console(random, "", "arm-smmu-v3 a.auto: ");
        final List<Line> two = console(random, "", "arm-smmu-v3 b.auto: ");
        final Set<RawWords> original = whole(one);
        original.addAll(whole(two));
        final List<Line> mixed = mixed(random, one, two);
        mixed.sort(java.util.Comparator.comparingLong(Line::micros));
        check(original, printed(mixed), beginnings(mixed));
    }

    private static List<Line> mixed(final SplittableRandom random, final List<Line> one, final List<Line> two) {
        final List<Line> mixed = new ArrayList<>();
        int first = 0;
        int second = 0;
        while (first < one.size() || second < two.size()) {
            if (second == two.size() || first < one.size() && random.nextBoolean()) {
                mixed.add(one.get(first++));
            } else {
                mixed.add(two.get(second++));
            }
        }
        return mixed;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void linesDoubledByASecondConsoleThatLagsBehind(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> lines = console(random, "", "arm-smmu-v3 a.auto: ");
        final Set<RawWords> original = whole(lines);
        final int from = random.nextInt(lines.size() / 2);
        final List<String> changed = new ArrayList<>();
        final List<Integer> beginnings = new ArrayList<>();
        int echoed = from;
        for (int i = 0; i < lines.size() || echoed < lines.size();) {
            if (i < lines.size() && (echoed >= i || random.nextInt(3) > 0)) {
                if (lines.get(i).begins()) {
                    beginnings.add(changed.size());
                }
                changed.add(lines.get(i++).print());
            } else {
                changed.add(lines.get(echoed++).print());
            }
        }
        final ParsedLog log = check(original, changed, beginnings);
        final boolean startsAtARecord = lines.get(from).begins();
        if (startsAtARecord) {
            assertThat(log.faults).noneMatch(LogFault::rejected).hasSize(beginnings.size());
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void linesInAnotherOrder(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> lines = new ArrayList<>(console(random, "", "arm-smmu-v3 a.auto: "));
        final Set<RawWords> original = whole(lines);
        for (int swaps = random.nextInt(1, 12); swaps > 0; swaps--) {
            final int at = random.nextInt(lines.size());
            final int to = Math.min(lines.size() - 1, at + random.nextInt(1, 6));
            java.util.Collections.swap(lines, at, to);
        }
        check(original, printed(lines), beginnings(lines));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void linesCutBeforeTheirLastToken(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Line> lines = console(random, "", "arm-smmu-v3 a.auto: ");
        final Set<RawWords> original = whole(lines);
        final List<String> changed = new ArrayList<>(printed(lines));
        final Set<Integer> beginnings = new HashSet<>(beginnings(lines));
        for (int cuts = random.nextInt(1, 8); cuts > 0; cuts--) {
            final int at = random.nextInt(changed.size());
            final String line = changed.get(at);
            final int shortest = line.indexOf(']') + 2;
            final int longest = Math.max(shortest, line.stripTrailing().lastIndexOf(' ') + 1);
            changed.set(at, line.substring(0, shortest + random.nextInt(longest - shortest + 1)));
            beginnings.remove(at);
        }
        check(original, changed, beginnings);
    }
}
