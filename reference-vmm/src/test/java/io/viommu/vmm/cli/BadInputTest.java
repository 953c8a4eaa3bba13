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
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Input that is of no use gets one sentence, and doesn't keep the rest from being played. */
class BadInputTest {

    private static final String GOOD = CommandRun.example("fs-smmu-hns3-page-pool");

    @TempDir
    private Path folder;

    private void complainsAndPlaysTheRest(final String bad, final String sentence) {
        final ReplayLines replay = CommandRun.replay(bad, GOOD);
        assertThat(replay.run().status()).isEqualTo(1);
        assertThat(replay.run().complaints()).singleElement().asString().contains(bad).contains(sentence);
        assertThat(replay.count("delivered")).isEqualTo(1);
        assertThat(replay.count("files")).isEqualTo(2);
        assertThat(replay.summary()).containsEntry("conserved", true);
    }

    @Test
    void aBinaryFile() throws IOException {
        final Path file = folder.resolve("kernel.bin");
        Files.write(file, new byte[]{ 0x7F, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0 });
        complainsAndPlaysTheRest(file.toString(), "binary");
    }

    @Test
    void aDirectory() {
        complainsAndPlaysTheRest(folder.toString(), "directory");
    }

    @Test
    void aMissingFile() {
        complainsAndPlaysTheRest(folder.resolve("nowhere.log").toString(), "no such file");
    }

    @Test
    void anEmptyFile() throws IOException {
        complainsAndPlaysTheRest(Files.createFile(folder.resolve("empty.log")).toString(), "empty");
    }

    @Test
    void aFileThatMayNotBeRead() throws IOException {
        final Path file = Files.createFile(folder.resolve("secret.log"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
        assumeThat(Files.isReadable(file)).as("root may read everything").isFalse();
        complainsAndPlaysTheRest(file.toString(), "denied");
    }

    @Test
    void aFileWithoutFaults() throws IOException {
        final Path file = folder.resolve("quiet.log");
        Files.writeString(file, "[    0.000000] Linux version 7.2.13\n[    1.000000] all is well\n");
        complainsAndPlaysTheRest(file.toString(), "no IOMMU fault was found in its 2 lines");
    }

    @Test
    void aTruncatedRecordIsRejectedWithItsReason() throws IOException {
        final Path file = folder.resolve("cut.log");
        Files.writeString(file, "arm-smmu-v3 a.smmu: event 0x10 received:\narm-smmu-v3 a.smmu: \t0x0000210000000010\n");
        final ReplayLines replay = CommandRun.replay(file, GOOD);
        assertThat(replay.run().status()).isEqualTo(1);
        assertThat(replay.faults("rejected")).singleElement().satisfies(fault -> {
            assertThat(fault.get("reason").toString()).contains("1 of its 4 words");
            assertThat(ReplayLines.words(fault, "words")).containsExactly("0x0000210000000010");
        });
        assertThat(replay.count("delivered")).isEqualTo(1);
    }

    @Test
    void nothingButBadInputStillGivesASummary() {
        final ReplayLines replay = CommandRun.replay(folder.resolve("nowhere.log"));
        assertThat(replay.run().status()).isEqualTo(1);
        assertThat(replay.faults()).isEmpty();
        assertThat(replay.summary()).containsEntry("faults", 0L).containsEntry("conserved", true)
                .containsEntry("p50_ns", null);
    }

    @Test
    void standardInputIsReadForADash() throws IOException {
        final CommandRun run = CommandRun.withInput(Files.readString(Path.of(GOOD)), "replay", "--json", "-");
        assertThat(run.status()).isZero();
        assertThat(ReplayLines.of(run).faults()).singleElement()
                .satisfies(fault -> assertThat(fault).containsEntry("source", "-:1"));
    }

    @ParameterizedTest
    @ValueSource(strings = { "--no-such-option", "--machine=pc", "--speed=-1", "--speed=fast", "--repeat=0",
        "--entry-size=32", "--guest-queue=3", "--guest-queue=0", "--map=1", "--map=x=1", "--counters=/nowhere/file" })
    void aWrongOptionIsAnsweredWithOneSentenceThatNamesIt(final String option) {
        final CommandRun run = CommandRun.of("replay", option, GOOD);
        assertThat(run.status()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.complaints()).singleElement().asString().contains(option.split("=")[0])
                .contains("viommu replay --help");
    }

    @Test
    void noFileIsAUsageError() {
        final CommandRun run = CommandRun.of("replay");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("FILE");
    }

    @Test
    void aJournalThatCannotBeWrittenIsAUsageError() {
        final CommandRun run = CommandRun.of("replay", "--record", "/nowhere/at/all",
                CommandRun.example("gh-smmu-bdy-g98-r8125"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("--record must name a file");
    }
}
