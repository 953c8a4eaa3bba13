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
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The logs of real machines: everything in them is found, once, with its number in the right base. */
class FaultCorpusTest {
    private static final int W3 = 3;

    @Test
    void everyGoldenEventIsFoundInItsFileWithAllItsWords() {
        for (final String[] row : ParsedLog.rows("golden.tsv")) {
            final String file = row[10 + 6];
            final List<LogFault> faults = ParsedLog.ofFile(file).faults;
            final boolean complete = !"-".equals(row[W3]);
            final RawWords words = complete
                    ? RawWords.of(word(row[0]), word(row[1]), word(row[2]), word(row[W3]))
                    : RawWords.of(word(row[0]), word(row[1]), word(row[2]));
            assertThat(faults).as(file).anySatisfy(fault -> {
                assertThat(fault.words()).isEqualTo(words);
                assertThat(fault.rejected()).isEqualTo(!complete);
                final SmmuLogEvent event = (SmmuLogEvent) fault;
                assertThat(event.rebuilt()).isFalse();
                assertThat(event.id()).hasValue(SmmuEventName.valueOf(row[4]).id());
                assertThat(event.streamId()).hasValue(word(row[5]));
                if ("1".equals(row[6])) {
                    assertThat(event.substreamId()).hasValue((int) word(row[7]));
                }
            });
        }
    }

    @Test
    void wholeRawEventsOfTheFilesAreExactlyTheGoldenOnes() {
        final Map<String, Set<RawWords>> golden = new HashMap<>();
        // The one whole event of the logs that the table has no row for; read from the file by eye.
        golden.put("fs-smmu-hisi-zip-migration.log",
                Set.of(RawWords.of(0x0000310200000010L, 0x000002088000007fL, 0, 0)));
        for (final String[] row : ParsedLog.rows("golden.tsv")) {
            if (!"-".equals(row[W3])) {
                golden.computeIfAbsent(row[16], file -> new LinkedHashSet<>())
                        .add(RawWords.of(word(row[0]), word(row[1]), word(row[2]), word(row[W3])));
            }
        }
        for (final String file : files()) {
            final Set<RawWords> found = new LinkedHashSet<>();
            for (final LogFault fault : ParsedLog.ofFile(file).faults) {
                if (fault instanceof SmmuLogEvent event && !event.rebuilt() && !event.rejected()) {
                    found.add(event.words());
                }
            }
            assertThat(found).as(file).isEqualTo(golden.getOrDefault(file, Set.of()));
        }
    }

    /** Counted with grep: headers of raw dumps, decoded events that have no dump, and QEMU's messages. */
    @Test
    void everySmmuEventIsReportedOnce() {
        final Map<String, int[]> expected = new HashMap<>();
        for (final String[] row : ParsedLog.rows("smmu-expected.tsv")) {
            expected.put(row[0], new int[]{ Integer.parseInt(row[1]), Integer.parseInt(row[2]) });
        }
        for (final String file : files()) {
            int events = 0;
            int rejected = 0;
            for (final LogFault fault : ParsedLog.ofFile(file).faults) {
                if (fault.architecture() == LogFault.Architecture.SMMUV3) {
                    events++;
                    rejected += fault.rejected() ? 1 : 0;
                }
            }
            assertThat(new int[]{ events, rejected }).as(file)
                    .isEqualTo(expected.getOrDefault(file, new int[]{ 0, 0 }));
        }
    }

    @Test
    void everyDmarLineIsFoundOnceWithItsFieldsAndTheReasonInTheRightBase() {
        final Map<String, List<String>> expected = new HashMap<>();
        for (final String[] row : ParsedLog.rows("dmar-expected.tsv")) {
            expected.computeIfAbsent(row[0], file -> new ArrayList<>())
                    .add(String.join(" ", List.of(row).subList(1, row.length)));
        }
        for (final String file : files()) {
            final List<String> found = new ArrayList<>();
            for (final LogFault fault : ParsedLog.ofFile(file).faults) {
                if (fault instanceof VtdLogFault vtd) {
                    found.add(row(vtd));
                }
            }
            assertThat(found).as(file).isEqualTo(expected.getOrDefault(file, List.of()));
        }
    }

    @Test
    void wordsOfDmarFaultsHoldTheFieldsOfTheLine() {
        for (final String[] row : ParsedLog.rows("dmar-expected.tsv")) {
            if ("-".equals(row[8])) {
                continue;
            }
            final long info = word(row[7]);
            final long low = "INTR".equals(row[2]) ? info << 48 : info;
            final long pasid = "-".equals(row[5]) ? 0 : 1L << 31 | word(row[5]) << 40;
            final long high = 1L << 63 | ("READ".equals(row[6]) ? 1L << 62 : 0) | word(row[8]) << 32 | pasid
                    | word(row[4]);
            assertThat(ParsedLog.ofFile(row[0]).faults).as(row[0] + ":" + row[1])
                    .filteredOn(fault -> fault.line() == Long.parseLong(row[1]))
                    .singleElement().satisfies(fault -> assertThat(fault.words()).isEqualTo(RawWords.of(low, high)));
        }
    }

    @Test
    void statisticsAgreeWithWhatTheHandlerWasGiven() {
        for (final String file : files()) {
            final ParsedLog log = ParsedLog.ofFile(file);
            assertThat(log.statistics.lines()).as(file).isEqualTo(ParsedLog.lines(file).size());
            assertThat(log.statistics.faults()).as(file).isEqualTo(log.faults.size());
            assertThat(log.statistics.rejected()).as(file)
                    .isEqualTo(log.faults.stream().filter(LogFault::rejected).count());
            assertThat(log.statistics.notices().values().stream().mapToLong(Long::longValue).sum()).as(file)
                    .isEqualTo(log.notices.size());
        }
    }

    @Test
    void everyFileHasAFaultAndALineNumberInsideIt() {
        assertThat(files()).hasSizeGreaterThan(70);
        for (final String file : files()) {
            final ParsedLog log = ParsedLog.ofFile(file);
            assertThat(log.faults).as(file).isNotEmpty().allSatisfy(fault -> assertThat(fault.line())
                    .isBetween(1L, log.statistics.lines()));
        }
    }

    @Test
    void linesFedOneByOneGiveWhatTheStreamGives() {
        for (final String file : files()) {
            assertThat(ParsedLog.ofLines(ParsedLog.lines(file)).faults).as(file)
                    .isEqualTo(ParsedLog.ofFile(file).faults);
        }
    }

    static List<String> files() {
        return ParsedLog.rows("SOURCES.tsv").stream().map(row -> row[0]).toList();
    }

    private static String row(final VtdLogFault fault) {
        return String.join(" ", String.valueOf(fault.line()),
                fault.kind() == LogFault.Kind.VTD_INTERRUPT_FAULT ? "INTR" : "DMA", fault.requester(),
                String.format("0x%04x", fault.sourceId().orElse(-1)),
                fault.pasid().isPresent() ? "0x" + Integer.toHexString(fault.pasid().getAsInt()) : "-",
                fault.access() == LogAccess.UNKNOWN ? "-" : fault.access().name(),
                "0x" + Long.toHexString(fault.info().orElse(-1)),
                fault.reason().isPresent() ? String.format("0x%02x", fault.reason().getAsInt()) : "-");
    }

    private static long word(final String hex) {
        return Long.parseUnsignedLong(hex.substring(2), 16);
    }
}
