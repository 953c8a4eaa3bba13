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

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.counters.DistinctFaultLog;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;

/** {@code --fault-log}: written by a replay, shown by stat. */
class FaultLogCommandTest {

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("faults");
    }

    private CommandRun stat(final String... more) {
        final String[] words = Arrays.copyOf(new String[]{ "stat", "--fault-log", file().toString() }, 3 + more.length);
        System.arraycopy(more, 0, words, 3, more.length);
        return CommandRun.of(words);
    }

    @Test
    void aReplayCountsEachFaultThatDiffersAndStatShowsThem() {
        final CommandRun run = CommandRun.of("replay", "--repeat", "7", "--fault-log", file().toString(),
                CommandRun.example("gh-smmu-bdy-g98-r8125"), CommandRun.example("fs-dmar-i915-39bit"));
        assertThat(run.status()).isZero();
        final CommandRun stat = stat();
        assertThat(stat.status()).isZero();
        assertThat(stat.out().lines().toList().getFirst()).startsWith("process " + ProcessHandle.current().pid()
                + ", since 20").endsWith(": " + file());
        assertThat(stat.out()).containsPattern("(?m)^count +first +last +source +device +address +fault$")
                .containsPattern("(?m)^21 +\\S+Z +\\S+Z +0 +0x\\p{XDigit}+ +0x\\p{XDigit}+ +0x10 F_TRANSLATION$")
                .containsPattern("(?m)^\\d+ .* +\\p{XDigit}{2}:\\p{XDigit}{2}\\.\\d +0x\\p{XDigit}+ +0x0\\p{XDigit} ");
    }

    @Test
    void jsonHasALineForEachFaultAndASummary() {
        final FaultRecord record = new FaultRecord();
        try (DistinctFaultLog log = DistinctFaultLog.create(file(), 16, () -> 1_700_000_000_123L)) {
            record.source(1).hostDevice(0x6A00).kind(FaultKind.VTD_FAULT).word(0, 0xFFFC_0000L)
                    .word(1, 1L << 63 | 0x05L << 32 | 0x6A00);
            log.add(record);
            log.add(record);
            record.clear();
            record.source(2).hostDevice(7).kind(FaultKind.GENERIC).word(0, 5 | 2L << 32).word(2, 0x1000);
            log.add(record);
            record.clear();
            record.source(2).hostDevice(-1).kind(FaultKind.LOST_EVENTS).word(0, 9);
            log.add(record);
        }
        final List<String> lines = stat("--json").out().lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).isEqualTo("{\"type\":\"distinct\",\"count\":2,\"first\":\"2023-11-14T22:13:20.123Z\","
                + "\"last\":\"2023-11-14T22:13:20.123Z\",\"source\":1,\"device\":\"6a:00.0\",\"kind\":\"vtd\","
                + "\"code\":\"0x05\",\"name\":\"LGN.2 no write permission\",\"address\":\"0xfffc0000\","
                + "\"first_words\":[\"0x00000000fffc0000\",\"0x8000000500006a00\",\"0x0000000000000000\","
                + "\"0x0000000000000000\"],\"last_words\":[\"0x00000000fffc0000\",\"0x8000000500006a00\","
                + "\"0x0000000000000000\",\"0x0000000000000000\"]}");
        assertThat(lines.subList(1, 3)).anySatisfy(line -> assertThat(line).contains("\"kind\":\"generic\","
                + "\"code\":\"0x05\",\"name\":\"no translation\",\"address\":\"0x1000\""))
                .anySatisfy(line -> assertThat(line).contains("\"device\":\"0xffffffff\",\"kind\":\"lost-events\","
                        + "\"code\":null,\"name\":\"events lost by the host\",\"address\":\"-\""));
        assertThat(lines.get(3)).isEqualTo("{\"type\":\"summary\",\"process\":" + ProcessHandle.current().pid()
                + ",\"running\":true,\"start\":\"2023-11-14T22:13:20.123Z\",\"distinct\":3,\"faults\":4,"
                + "\"others\":0}");
    }

    @Test
    void aFileOfAnEndedProcessSaysSoAndWhatFoundNoRoomIsToldOf() throws Exception {
        final FaultRecord record = new FaultRecord().kind(FaultKind.SMMU_EVENT).word(0, 0x10);
        try (DistinctFaultLog log = DistinctFaultLog.create(file(), 16, () -> 0)) {
            for (int device = 0; device < 1010; device++) {
                log.add(record.hostDevice(device));
            }
        }
        final byte[] bytes = Files.readAllBytes(file());
        new UnsafeBuffer(bytes).putLong(8, Integer.MAX_VALUE);
        Files.write(file(), bytes);
        assertThat(stat().out()).startsWith("process 2147483647, which has ended, since 1970-01-01T00:00:00Z")
                .endsWith("and 1,002 faults of other kinds, which found no room\n");
    }

    @Test
    void aFileThatIsNoneIsRefusedInOneSentence() throws Exception {
        refused(file() + " can't be read.");
        Files.write(file(), new byte[5]);
        refused(file() + " is not a log of distinct faults.");
        Files.writeString(file(), "x".repeat(5000));
        refused(file() + " is not a log of distinct faults, version 1.");
        DistinctFaultLog.create(file(), 16, () -> 0).close();
        final byte[] whole = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(whole, 1000));
        refused(file() + " is truncated: it has 1000 of its 2112 bytes.");
        new UnsafeBuffer(whole).putInt(16, 17);
        Files.write(file(), whole);
        refused(file() + " is damaged: it says that it has room for 17 lines.");
    }

    private void refused(final String sentence) {
        for (final CommandRun run : List.of(stat(), stat("--json"))) {
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.complaints()).containsExactly("viommu: " + sentence);
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void optionsThatDontGoTogetherAreAUsageError() {
        assertThat(CommandRun.of("stat", "--json").status()).isEqualTo(2);
        final CommandRun both = stat("--watch", "3");
        assertThat(both.status()).isEqualTo(2);
        assertThat(both.complaints()).singleElement().asString().contains("--fault-log goes without");
        final CommandRun nowhere = CommandRun.of("replay", "--fault-log", folder + "/none/faults",
                CommandRun.example("gh-smmu-bdy-g98-r8125"));
        assertThat(nowhere.status()).isEqualTo(2);
        assertThat(nowhere.complaints()).singleElement().asString()
                .contains("--fault-log must name a file in a folder");
    }
}
