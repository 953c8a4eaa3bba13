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
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.counters.CounterFile;

/** Machines, entry sizes, repetition, overflow and a dying producer. */
@Timeout(120)
class ReplayRunTest {

    private static final String SMMU = CommandRun.example("gh-smmu-bdy-g98-r8125");
    private static final String FIRST_LINE = ":5";
    private static final String DMAR = CommandRun.example("ml-dmar-047-hit-nvme-nvme0-request-0x100-genctr-mism");

    @TempDir
    private Path folder;

    @Test
    void aForcedMachineRejectsTheFaultsOfTheOtherArchitecture() {
        for (final String machine : List.of("virt", "q35")) {
            final ReplayLines replay = CommandRun.replay("--machine", machine, SMMU, DMAR);
            final String taken = "virt".equals(machine) ? "smmuv3" : "vtd";
            assertThat(replay.run().status()).isEqualTo(1);
            assertThat(replay.faults()).allSatisfy(fault -> assertThat(fault.get("outcome"))
                    .isEqualTo(taken.equals(fault.get("arch")) ? "delivered" : "rejected"));
            assertThat(replay.faults("rejected")).isNotEmpty().allSatisfy(
                    fault -> assertThat(fault.get("reason").toString()).contains("another IOMMU architecture"));
            assertThat(replay.summary()).containsEntry("conserved", true);
        }
    }

    @Test
    void aRecordedJournalReplaysTheSameFaultsAndIsDecodedLikeALog() {
        final Path journal = folder.resolve("faults.journal");
        final ReplayLines recorded = CommandRun.replay("--record", journal, SMMU, DMAR);
        final ReplayLines replay = CommandRun.replay(journal);
        assertThat(recorded.run().status()).isZero();
        assertThat(replay.run().status()).isZero();
        assertThat(replay.faults()).hasSameSizeAs(recorded.faults());
        for (final String key : List.of("words", "guest_words", "name", "outcome", "arch")) {
            assertThat(replay.faults().stream().map(fault -> fault.get(key).toString()).sorted())
                    .isEqualTo(recorded.faults().stream().map(fault -> fault.get(key).toString()).sorted().toList());
        }
        assertThat(CommandRun.of("decode", journal.toString()).out()).contains("F_", "VT-d reason");
        final ReplayLines plain = CommandRun.replay("--entry-size", 64, "--record", journal, SMMU);
        assertThat(plain.faults("delivered")).isNotEmpty();
        assertThat(CommandRun.replay(journal).run().complaints()).singleElement().asString()
                .contains("can't be replayed");
    }

    @Test
    void aMappedDeviceIsKnownToTheGuestByItsOwnNumber() {
        final ReplayLines replay = CommandRun.replay("--map", "0x2100=0x8", "--map", "05:00.0=00:1f.3", SMMU, DMAR);
        assertThat(replay.run().status()).isZero();
        assertThat(replay.faults()).allSatisfy(fault -> {
            final List<String> words = ReplayLines.words(fault, "words");
            final List<String> guest = ReplayLines.words(fault, "guest_words");
            if ("smmuv3".equals(fault.get("arch"))) {
                assertThat(guest.get(0)).isEqualTo("0x00000008" + words.get(0).substring(10));
                assertThat(guest.subList(1, 4)).isEqualTo(words.subList(1, 4));
            } else {
                assertThat(guest.get(0)).isEqualTo(words.get(0));
                assertThat(guest.get(1)).isEqualTo(words.get(1).substring(0, 14) + "00fb");
            }
        });
    }

    @Test
    void aRepeatedInputIsPlayedThatOften() {
        final ReplayLines replay = CommandRun.replay("--repeat", 2000, SMMU, DMAR);
        assertThat(replay.run().status()).isZero();
        assertThat(replay.faults()).hasSize(8 * 2000);
        assertThat(replay.count("faults")).isEqualTo(8 * 2000);
        assertThat(replay.count("delivered")).isEqualTo(8 * 2000);
        assertThat(replay.summary()).containsEntry("conserved", true).containsEntry("producer_dropped", 0L);
        assertThat(replay.faults()).filteredOn(fault -> fault.get("source").equals(SMMU + FIRST_LINE)).hasSize(2000)
                .allSatisfy(fault -> assertThat(fault.get("guest_words")).isEqualTo(fault.get("words")));
    }

    @Test
    void theTableOfARepeatedInputCountsInsteadOfRepeating() {
        final CommandRun run = CommandRun.of("replay", "--repeat", "1500", SMMU);
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("delivered x 1,500").contains("4,500  delivered")
                .contains("conserved: all counts agree");
    }

    @Test
    void aSmallGuestQueueLosesNothingWhileTheProducerWaits() {
        final ReplayLines replay = CommandRun.replay("--guest-queue", 1, "--repeat", 200, SMMU, DMAR);
        assertThat(replay.run().status()).isZero();
        assertThat(replay.count("delivered")).isEqualTo(8 * 200);
        assertThat(replay.count("overflow_acks")).isZero();
    }

    @Test
    void aSmallGuestQueueOverflowsUnderASpeedOfItsOwnAndTheGuestAcknowledges() {
        for (final String log : List.of(SMMU, DMAR)) {
            final ReplayLines replay = CommandRun.replay("--guest-queue", 1, "--speed", 0, "--repeat", 20_000, log);
            final long faults = replay.count("faults");
            assertThat(replay.summary()).containsEntry("conserved", true);
            assertThat(replay.count("overflow")).as(log).isPositive();
            assertThat(replay.count("overflow_acks")).as(log).isPositive()
                    .isLessThanOrEqualTo(replay.count("overflow"));
            assertThat(replay.count("delivered") + replay.count("overflow") + replay.count("rejected"))
                    .isEqualTo(faults);
            assertThat(replay.count("rejected")).isEqualTo(replay.count("producer_dropped"));
            assertThat(replay.faults("overflow")).allSatisfy(fault -> assertThat(fault.get("reason")).isNotNull());
        }
    }

    @Test
    void whatAFullRingDropsIsCountedByTheProducerAndReported() {
        final ReplayLines replay = CommandRun.replay("--speed", 0, "--repeat", 200_000, SMMU);
        final long dropped = replay.count("producer_dropped");
        assertThat(dropped).isPositive();
        assertThat(replay.run().status()).isEqualTo(1);
        assertThat(replay.summary()).containsEntry("conserved", true);
        assertThat(replay.faults("rejected").stream().mapToLong(ReplayRunTest::count).sum()).isEqualTo(dropped);
        assertThat(replay.faults("rejected")).allSatisfy(
                fault -> assertThat(fault.get("reason").toString()).contains("ring was full"));
    }

    private static long count(final Map<String, Object> fault) {
        return fault.containsKey("count") ? (Long) fault.get("count") : 1;
    }

    @ParameterizedTest
    @ValueSource(strings = { "blocking", "sleeping", "yielding", "run-to-completion" })
    void whoeverInjectsTheGuestSeesTheSame(final String injector) {
        final ReplayLines replay = CommandRun.replay("--injector", injector, "--repeat", 50, SMMU, DMAR);
        assertThat(replay.run().status()).isZero();
        assertThat(replay.count("delivered")).isEqualTo(8 * 50);
        assertThat(replay.faults()).allSatisfy(
                fault -> assertThat(fault.get("guest_words")).isEqualTo(fault.get("words")));
    }

    @Test
    void everyStalledTransactionIsAnsweredByTheGuest() {
        final ReplayLines replay = CommandRun.replay("--repeat", 300, CommandRun.example("fs-smmu-1000000.smmu-ssid"));
        assertThat(replay.run().status()).isZero();
        assertThat(replay.count("delivered")).isEqualTo(6 * 300);
        assertThat(replay.count("stalls_answered")).isEqualTo(2 * 300);
    }

    @Test
    void whenNobodyReadsTheOutputTheRunEnds() {
        final PrintStream closed = new PrintStream(new OutputStream() {
            @Override
            public void write(final int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
        final Terminal terminal = new Terminal(InputStream.nullInputStream(), closed, System.err, false);
        assertThat(Viommu.run(terminal, "replay", "--json", "--repeat", "1000000000", SMMU)).isZero();
    }

    @Test
    void aPacedSpeedOverflowsNothing() {
        final ReplayLines replay = CommandRun.replay("--speed", 2000, "--repeat", 100, SMMU);
        assertThat(replay.run().status()).isZero();
        assertThat(replay.count("delivered")).isEqualTo(300);
        assertThat(replay.count("elapsed_ns")).isGreaterThan(100_000_000L);
    }

    @Test
    void thePlainEntryCarriesWhatTheDesignOf2021CouldAndNamesTheRest() {
        final ReplayLines replay = CommandRun.replay(CommandRun.logs("--entry-size", 64));
        assertThat(replay.summary()).containsEntry("conserved", true);
        assertThat(replay.faults("delivered")).isNotEmpty();
        assertThat(replay.faults()).filteredOn(fault -> "C_BAD_STE".equals(fault.get("name")))
                .allSatisfy(fault -> assertThat(fault.get("outcome")).isEqualTo("rejected"));
        assertThat(replay.faults("delivered")).filteredOn(fault -> "0x10".equals(fault.get("event"))).isNotEmpty()
                .allSatisfy(ReplayRunTest::keepsTypeStreamAddressAndAccess);
        assertThat(replay.faults("rejected")).filteredOn(fault -> "C_BAD_STE".equals(fault.get("name"))
                && !ReplayLines.words(fault, "words").isEmpty()).isNotEmpty().allSatisfy(
                        fault -> assertThat(fault.get("reason").toString()).contains("plain entry of 2021"));
    }

    /** CLASS, STAG and IPA can't be rebuilt; the rest has to come through. */
    private static void keepsTypeStreamAddressAndAccess(final Map<String, Object> fault) {
        final List<String> words = ReplayLines.words(fault, "words");
        final List<String> guest = ReplayLines.words(fault, "guest_words");
        assertThat(guest.get(0)).isEqualTo(words.get(0));
        assertThat(word(guest, 1) >>> 33 & 7).as("PnU, InD, RnW").isEqualTo(word(words, 1) >>> 33 & 7);
        assertThat(guest.get(2)).isEqualTo(words.get(2));
    }

    private static long word(final List<String> words, final int index) {
        return Long.parseUnsignedLong(words.get(index).substring(2), 16);
    }

    @Test
    void plainEntriesFindTheirLinesAgainInEveryRoundEvenBetweenDrops() {
        final ReplayLines paced = CommandRun.replay("--entry-size", 64, "--repeat", 500, SMMU);
        assertThat(paced.run().status()).isZero();
        assertThat(paced.faults()).filteredOn(fault -> fault.get("source").equals(SMMU + FIRST_LINE)).hasSize(500);
        final ReplayLines dropping = CommandRun.replay("--entry-size", 64, "--speed", 0, "--repeat", 100_000, SMMU);
        assertThat(dropping.summary()).containsEntry("conserved", true);
        assertThat(dropping.faults("delivered")).allSatisfy(
                fault -> assertThat(ReplayLines.words(fault, "guest_words").get(2))
                        .isEqualTo(ReplayLines.words(fault, "words").get(2)));
    }

    private static long delivered(final Path counters) {
        final long[] delivered = new long[1];
        if (Files.exists(counters)) {
            try {
                CounterFile.read(counters,
                        (label, value) -> delivered[0] += "virt delivered".equals(label) ? value : 0);
            } catch (final IllegalArgumentException tooEarly) {
                return 0;
            }
        }
        return delivered[0];
    }

    private static ProcessHandle producer() {
        return ProcessHandle.current().children()
                .filter(child -> child.info().commandLine().orElse("").contains("DmaFaultProducerMain")).findFirst()
                .orElseThrow();
    }

    @Test
    void aKilledProducerLeavesWhatItWroteAndOneSentence() throws Exception {
        final Path counters = folder.resolve("counters");
        final CompletableFuture<ReplayLines> running = CompletableFuture
                .supplyAsync(() -> CommandRun.replay("--counters", counters, "--repeat", 50_000_000, SMMU));
        while (delivered(counters) == 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        producer().destroyForcibly();
        final ReplayLines replay = running.get(60, TimeUnit.SECONDS);
        assertThat(replay.run().status()).isEqualTo(1);
        assertThat(replay.run().complaints()).singleElement().asString().contains("killed by signal 9");
        assertThat(replay.summary()).containsEntry("conserved", true);
        assertThat(replay.count("delivered")).isPositive();
        assertThat(replay.count("delivered") + replay.count("not_produced")).isEqualTo(150_000_000L);
        assertThat(replay.count("rejected")).isEqualTo(replay.count("not_produced"));
    }
}
