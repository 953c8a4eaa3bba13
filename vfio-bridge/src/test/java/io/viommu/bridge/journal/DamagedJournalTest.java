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

package io.viommu.bridge.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.bridge.RecordingSink;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;

/** Journals that are damaged, cut while they are written or read, or find the disk full. */
class DamagedJournalTest {

    private static final int[] EXTREMES = { -1, 0, 1, 2, 63, 64, 65, 0x7FFF_FFFF, 0x8000_0000, 0x4000_0000 };

    @TempDir
    private Path folder;
    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("faults.journal");
    }

    private static void add(final FaultSink sink, final int device) {
        sink.claim(0, device, FaultSink.NO_PASID).kind(FaultKind.VTD_FAULT);
        sink.publish();
    }

    private byte[] journal(final int faults) throws IOException {
        try (FaultJournal journal = FaultJournal.create(path, faults + 10)) {
            final FaultSink sink = new JournalingSink(RecordingSink.keeping(), journal);
            for (int i = 0; i < faults; i++) {
                add(sink, i);
            }
        }
        return Files.readAllBytes(path);
    }

    /** True if it was taken and all of it read, false if it was refused in a sentence; anything else fails. */
    private boolean taken(final byte[] bytes) throws IOException {
        Files.write(path, bytes);
        try (JournalReader reader = JournalReader.open(path)) {
            for (int i = 0; i < reader.records(); i++) {
                assertThat(reader.record(i, new FaultRecord()).hostDevice()).isEqualTo(i);
            }
            assertThat(reader.missed()).isNotNegative();
            return true;
        } catch (final IOException refused) {
            assertThat(refused.getMessage()).isNotBlank().doesNotContain("Exception", "\n");
            return false;
        }
    }

    @Test
    void aJournalCutAnywhereIsRefusedInASentence() throws IOException {
        final byte[] whole = journal(20);
        for (int length = 0; length < whole.length; length++) {
            assertThat(taken(Arrays.copyOf(whole, length))).as("%d bytes", length).isFalse();
        }
        assertThat(taken(whole)).isTrue();
    }

    @Test
    void everyNumberOfTheHeaderIsJudgedBeforeItIsUsed() throws IOException {
        final byte[] whole = journal(20);
        for (int at = 0; at < JournalLayout.HEADER; at += 4) {
            for (final int value : EXTREMES) {
                final byte[] bytes = whole.clone();
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
                final boolean sound = taken(bytes);
                if (at == JournalLayout.RECORDS + 4 || at == JournalLayout.MAGIC) {
                    assertThat(sound).as("%x at %d", value, at).isEqualTo(at != JournalLayout.MAGIC && value == 0);
                }
            }
        }
    }

    @Test
    void aJournalCutWhileItIsReadEndsItsSourceWithASentence() throws IOException {
        journal(5000);
        final RecordingSink played = RecordingSink.keeping();
        try (JournalSource source = new JournalSource("old", JournalReader.open(path), number -> number)) {
            assertThat(source.poll(played, 100)).isEqualTo(100);
            try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
                file.truncate(64 + 64 * 2000);
            }
            assertThat(source.poll(played, 10_000)).isEqualTo(1900);
            assertThat(source.exhausted()).isTrue();
            assertThat(source.poll(played, 10_000)).isZero();
            assertThat(source.failure()).isEqualTo(
                    "The journal of old is broken: it was cut while it was read, at record 2001.");
        }
        assertThat(played.records).hasSize(2000);
    }

    @Test
    void aJournalCutWhileItIsWrittenIsGivenUpAndTheFaultsGoOn() throws IOException {
        final RecordingSink behind = RecordingSink.keeping();
        final FaultJournal journal = FaultJournal.create(path, 5000);
        try (journal) {
            final FaultSink sink = new JournalingSink(behind, journal);
            for (int i = 0; i < 300; i++) {
                add(sink, i);
            }
            Files.write(path, new byte[0]);
            for (int i = 300; i < 1000; i++) {
                add(sink, i);
            }
            sink.flush();
            assertThat(journal.recorded()).isEqualTo(256);
            assertThat(journal.missed()).isEqualTo(1000 - 256);
            assertThat(journal.failure())
                    .isEqualTo("The journal " + path + " was cut by somebody; it is written no more.");
        }
        assertThat(behind.records).hasSize(1000);
        assertThat(path).isEmptyFile();
        add(new JournalingSink(behind, journal), 7);
        assertThat(journal.missed()).as("after its end").isEqualTo(1000 - 256 + 1);
    }

    @Test
    void aFullDiskIsASentenceAndLeavesNothing() throws Exception {
        final Path small = Files.createDirectory(folder.resolve("small"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=64k", "none", small.toString()) == 0,
                "mounting is not allowed here");
        try {
            final Path full = small.resolve("journal");
            assertThatThrownBy(() -> FaultJournal.create(full, 2000))
                    .hasMessage("The journal " + full + " can't be made: ENOSPC (no space left).");
            assertThat(full).doesNotExist();
            FaultJournal.create(full, 500).close();
            assertThat(Files.size(full)).isEqualTo(64);
        } finally {
            assertThat(run("umount", small.toString())).isZero();
        }
    }

    @Test
    void itsBlocksAreTakenWhenItIsMade() throws Exception {
        final FaultJournal journal = FaultJournal.create(path, 10_000);
        try (journal) {
            final Process stat = new ProcessBuilder("stat", "-c", "%b", path.toString()).start();
            final String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            assertThat(512 * Long.parseLong(blocks)).isGreaterThanOrEqualTo(64 + 10_000 * 64);
        }
    }

    @Test
    void nothingIsReplacedThatIsNotARegularFile() throws Exception {
        final Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("target"));
        for (final Path other : List.of(folder, link, Path.of("/dev/null"), folder.resolve("none").resolve("x"))) {
            assertThatThrownBy(() -> FaultJournal.create(other, 10))
                    .hasMessageStartingWith("The journal " + other + " can't be made: ");
        }
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Path.of("/dev/null")).exists();
    }

    private static int run(final String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start().waitFor();
    }
}
