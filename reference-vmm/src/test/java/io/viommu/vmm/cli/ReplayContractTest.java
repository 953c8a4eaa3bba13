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

package io.viommu.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of {@code replay --json}, on every log of the corpus at once. */
class ReplayContractTest {

    private static final String[] FAULT_KEYS = { "type", "source", "arch", "event", "reason_code", "name", "sid",
        "ssid", "bdf", "pasid", "iova", "access", "words", "outcome", "reason" };
    private static final String[] SUMMARY_KEYS = { "type", "files", "lines", "faults", "delivered", "overflow",
        "host_only", "auto_answered", "rejected", "interrupts", "conserved", "p50_ns", "p99_ns", "p999_ns",
        "producer_dropped", "not_produced" };

    private static ReplayLines replay;

    /** Linux hands none of them to a guest, and no endpoint of the replay's machine does ATS. */
    private static final Set<String> HOST_EVENTS = Set.of("F_UUT", "C_BAD_STREAMID", "F_STE_FETCH", "F_BAD_ATS_TREQ",
            "F_TRANSL_FORBIDDEN", "F_CFG_CONFLICT", "E_PAGE_REQUEST", "F_VMS_FETCH");

    @BeforeAll
    static void playEverything() {
        replay = CommandRun.replay(CommandRun.logs());
    }

    @Test
    void everyLineHasEveryKey() {
        assertThat(replay.faults()).isNotEmpty().allSatisfy(fault -> {
            assertThat(fault).containsKeys(FAULT_KEYS).containsEntry("type", "fault");
            assertThat(fault.get("source").toString()).matches(".*\\.log:[1-9][0-9]*");
            assertThat(fault.get("arch")).isIn("smmuv3", "vtd");
            assertThat(fault.get("outcome")).isIn("delivered", "overflow", "host-only", "auto-answered", "rejected");
        });
        assertThat(replay.summary()).containsKeys(SUMMARY_KEYS).containsEntry("type", "summary");
    }

    @Test
    void totalsAddUpAndNothingIsLost() {
        assertThat(replay.summary()).containsEntry("conserved", true);
        assertThat(replay.count("faults")).isEqualTo(replay.faults().size());
        assertThat(replay.count("delivered")).isEqualTo(replay.faults("delivered").size());
        assertThat(replay.count("host_only")).isEqualTo(replay.faults("host-only").size());
        assertThat(replay.count("rejected")).isEqualTo(replay.faults("rejected").size());
        assertThat(replay.count("delivered") + replay.count("overflow") + replay.count("host_only")
                + replay.count("auto_answered") + replay.count("rejected")).isEqualTo(replay.count("faults"));
        assertThat(replay.count("interrupts")).isPositive().isLessThanOrEqualTo(replay.count("delivered"));
    }

    @Test
    void statusIsOneWhileSomethingIsRejectedAndEachRejectionHasItsReason() {
        assertThat(replay.run().status()).isEqualTo(1);
        assertThat(replay.faults("rejected")).isNotEmpty()
                .allSatisfy(fault -> assertThat(fault.get("reason").toString()).isNotBlank());
        assertThat(replay.faults("host-only")).isNotEmpty()
                .allSatisfy(fault -> assertThat(fault.get("reason").toString()).isNotBlank());
        assertThat(replay.faults("delivered")).allSatisfy(fault -> assertThat(fault.get("reason")).isNull());
    }

    @Test
    void whatOnlyTheHostCanHaveCausedIsHostOnly() {
        assertThat(replay.faults())
                .filteredOn(fault -> fault.get("name") != null && HOST_EVENTS.contains(fault.get("name"))).isNotEmpty()
                .filteredOn(fault -> !"rejected".equals(fault.get("outcome")))
                .allSatisfy(fault -> assertThat(fault.get("outcome")).isEqualTo("host-only"));
    }

    @Test
    void faultsComeInTheOrderOfTheLogs() {
        final List<String> sources = replay.faults().stream().map(fault -> fault.get("source").toString()).toList();
        final List<String> files = sources.stream().map(source -> source.substring(0, source.lastIndexOf(':')))
                .toList();
        assertThat(files).isSorted();
        for (int i = 1; i < sources.size(); i++) {
            if (files.get(i).equals(files.get(i - 1))) {
                assertThat(line(sources.get(i))).isGreaterThanOrEqualTo(line(sources.get(i - 1)));
            }
        }
    }

    private static long line(final String source) {
        return Long.parseLong(source.substring(source.lastIndexOf(':') + 1));
    }

    @Test
    void everyGoldenEventIsFoundWithAllItsWords() throws IOException {
        for (final String[] row : rows("golden.tsv")) {
            final List<String> words = Arrays.stream(row, 0, 4).filter(word -> !"-".equals(word)).toList();
            final List<Map<String, Object>> found = replay.faults().stream()
                    .filter(fault -> fault.get("source").toString().contains(row[16])
                            && words.equals(ReplayLines.words(fault, "words")))
                    .toList();
            assertThat(found).as(Arrays.toString(row)).isNotEmpty().allSatisfy(fault -> {
                assertThat(fault.get("name")).isEqualTo(row[4]);
                assertThat(Long.decode(fault.get("sid").toString())).isEqualTo(Long.decode(row[5]));
                if (words.size() < 4) {
                    assertThat(fault.get("outcome")).isEqualTo("rejected");
                }
            });
        }
    }

    @Test
    void deliveredRecordsReachTheGuestByteForByte() {
        assertThat(replay.faults("delivered")).isNotEmpty().allSatisfy(fault -> assertThat(fault.get("guest_words"))
                .isEqualTo(fault.get("words")));
        assertThat(replay.faults()).filteredOn(fault -> !"delivered".equals(fault.get("outcome")))
                .allSatisfy(fault -> assertThat(fault).doesNotContainKey("guest_words"));
    }

    @Test
    void everyDmarLineIsFoundOnceWithTheReasonThatItMeans() throws IOException {
        final List<String[]> rows = rows("dmar-expected.tsv");
        assertThat(replay.faults()).filteredOn(fault -> "vtd".equals(fault.get("arch"))).hasSameSizeAs(rows);
        for (final String[] row : rows) {
            assertThat(replay.faults()).filteredOn(fault -> fault.get("source").toString()
                    .endsWith(row[0] + ":" + row[1])).as(Arrays.toString(row)).singleElement().satisfies(fault -> {
                        final boolean isKnown = !"-".equals(row[8]);
                        assertThat(fault.get("reason_code")).isEqualTo(isKnown ? row[8] : null);
                        if (isKnown) {
                            assertThat(reasonIn(ReplayLines.words(fault, "words"))).isEqualTo(row[8]);
                        }
                    });
        }
    }

    /** Bits 103:96 of a fault recording register, whose F (bit 127) is set. */
    private static String reasonIn(final List<String> words) {
        final long high = Long.parseUnsignedLong(words.get(1).substring(2), 16);
        assertThat(high).as("F").isNegative();
        return "0x%02x".formatted(high >>> 32 & 0xFF);
    }

    private static List<String[]> rows(final String table) throws IOException {
        return Files.readAllLines(CommandRun.LOGS.resolve(table)).stream().skip(1)
                .map(line -> line.split("\t", -1)).toList();
    }
}
