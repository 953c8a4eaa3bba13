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

package io.viommu.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;

/** Files of counters and of distinct faults that are damaged, cut while they are used, or find a disk full. */
class DamagedFilesTest {

    private static final int HEADER = 64;
    private static final int[] EXTREMES = { -1, 0, 1, 2, 127, 128, 129, 511, 512, 513, 2049, 0x7FFF_FFFF, 0x8000_0000,
        0x7FFF_FE00, 0x4000_0000, 0xFFFF_FE00 };

    @TempDir
    private Path folder;
    private Path file;

    /** Reads a file in whatever way. */
    private interface Reader {
        Object read(Path path);
    }

    @BeforeEach
    void name() {
        file = folder.resolve("file");
    }

    private static Map<String, Long> counters(final Path path) {
        final Map<String, Long> seen = new LinkedHashMap<>();
        CounterFile.read(path, seen::put);
        return seen;
    }

    /** A file with room for 32 counters, 20 of them in use. */
    private byte[] counterFile() throws IOException {
        try (CounterFile counters = CounterFile.create(file)) {
            for (int i = 0; i < 20; i++) {
                counters.add("counter " + i).set(i);
            }
        }
        final byte[] all = Files.readAllBytes(file);
        final int labels = 32 * CountersReader.METADATA_LENGTH;
        final int values = 32 * CountersReader.COUNTER_LENGTH;
        final byte[] part = Arrays.copyOf(all, HEADER + labels + values);
        System.arraycopy(all, HEADER + 2048 * CountersReader.METADATA_LENGTH, part, HEADER + labels, values);
        final byte[] small = patched(patched(part, 16, labels), 20, values);
        Files.write(file, small);
        assertThat(counters(file)).hasSize(20).containsEntry("counter 19", 19L);
        return small;
    }

    private byte[] faultLog() throws IOException {
        try (DistinctFaultLog log = DistinctFaultLog.create(file, 16, () -> 5)) {
            for (int i = 0; i < 6; i++) {
                log.add(fault(i));
            }
        }
        return Files.readAllBytes(file);
    }

    private static FaultRecord fault(final int number) {
        return new FaultRecord().wrap(new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH)), 0)
                .kind(number % 5 + 1).hostDevice(number).word(0, number).word(1, 5L << 32);
    }

    /** True if it was taken, false if it was refused in one sentence that names the file; anything else fails. */
    private boolean taken(final Reader reader, final byte[] bytes, final int length) throws IOException {
        Files.write(file, length == bytes.length ? bytes : Arrays.copyOf(bytes, length));
        try {
            reader.read(file);
            return true;
        } catch (final IllegalArgumentException refused) {
            assertThat(refused.getMessage()).startsWith(file + " ").doesNotContain("\n", "index=", "Exception");
            return false;
        }
    }

    @Test
    void aFileCutAnywhereIsRefusedInOneSentence() throws IOException {
        final byte[] log = faultLog();
        for (int length = 0; length < log.length; length++) {
            assertThat(taken(DistinctFaultLog::read, log, length)).as("%d bytes", length).isFalse();
        }
        final byte[] counters = counterFile();
        for (int length = 0; length < counters.length; length += length < 200 ? 1 : 97) {
            assertThat(taken(DamagedFilesTest::counters, counters, length)).as("%d bytes", length).isFalse();
        }
    }

    @Test
    void everyNumberOfAFileIsJudgedBeforeItIsUsed() throws IOException {
        final byte[] log = faultLog();
        final byte[] counters = counterFile();
        for (int at = 0; at < 2 * HEADER + 3 * CountersReader.METADATA_LENGTH; at += 4) {
            for (final int value : EXTREMES) {
                if (at < log.length) {
                    taken(DistinctFaultLog::read, patched(log, at, value), log.length);
                }
                final boolean sound = taken(DamagedFilesTest::counters, patched(counters, at, value), counters.length);
                if (at == 16 || at == 20) {
                    assertThat(sound).as("size of a part: %d", value).isFalse();
                }
            }
        }
    }

    @Test
    void noiseInAFileIsNeverMoreThanASentence() throws IOException {
        final SplittableRandom random = new SplittableRandom(11);
        final byte[] log = faultLog();
        final byte[] counters = counterFile();
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            final byte[] noise = log.clone();
            final byte[] labels = counters.clone();
            for (int k = 0; k < 1 + i % 7; k++) {
                noise[random.nextInt(noise.length)] = (byte) random.nextInt();
                labels[random.nextInt(12_000)] = (byte) random.nextInt();
            }
            refused += taken(DistinctFaultLog::read, noise, noise.length) ? 0 : 1;
            refused += taken(DamagedFilesTest::counters, labels, labels.length) ? 0 : 1;
        }
        assertThat(refused).isPositive();
    }

    @Test
    void whatWouldReachATerminalAsAControlCharacterIsDamage() throws IOException {
        final byte[] counters = counterFile();
        counters[HEADER + CountersReader.LABEL_OFFSET + 4] = 0x1B;
        Files.write(file, counters);
        assertThatThrownBy(() -> counters(file)).hasMessage(
                file + " is damaged: it says that the label of counter 0 has control characters");
    }

    private static byte[] patched(final byte[] bytes, final int at, final int value) {
        final byte[] copy = bytes.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return copy;
    }

    @Test
    void aFileThatIsMadeHasItsBlocks() throws IOException {
        CounterFile.create(file).close();
        assertThat(blocks()).isGreaterThanOrEqualTo(Files.size(file));
        DistinctFaultLog.create(file, 1024, () -> 0).close();
        assertThat(blocks()).isGreaterThanOrEqualTo(Files.size(file)).isPositive();
    }

    private long blocks() throws IOException {
        final Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return 512
                * Long.parseLong(new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip());
    }

    @Test
    @Timeout(60)
    void whoWatchesSeesTheCountersWithoutBeingAskedFor() throws InterruptedException {
        try (CounterFile counters = CounterFile.create(file)) {
            counters.add("faults read").set(3);
            while (!Long.valueOf(3).equals(counters(file).get("faults read"))) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
    }

    @Test
    void aFileThatSomebodyCutsIsGivenUpAndCountingGoesOn() throws IOException {
        try (CounterFile counters = CounterFile.create(file)) {
            final var counter = counters.add("faults read");
            Files.write(file, new byte[0]);
            counter.getAndAdd(7);
            counters.publish();
            assertThat(counter.get()).isEqualTo(7);
            assertThat(counters.failure())
                    .isEqualTo("The file " + file + " was cut by somebody; it is written no more.");
        }
        try (DistinctFaultLog log = DistinctFaultLog.create(file, 1024, () -> 0)) {
            Files.write(file, new byte[0]);
            for (int i = 0; i < 200; i++) {
                log.add(fault(i));
            }
            log.flush();
            assertThat(log.all()).hasSize(200);
            assertThat(log.failure()).isEqualTo("The file " + file + " was cut by somebody; it is written no more.");
        }
        assertThat(file).isEmptyFile();
    }

    @Test
    void nothingIsReplacedThatIsNotARegularFile() throws Exception {
        final Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        final Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("target"));
        for (final Path other : List.of(folder, pipe, link, Path.of("/dev/null"),
                folder.resolve("none").resolve("x"))) {
            assertThatThrownBy(() -> CounterFile.create(other)).hasMessageStartingWith("The file " + other)
                    .hasMessageContaining(" can't be made: ");
            assertThatThrownBy(() -> DistinctFaultLog.create(other, 16, () -> 0)).hasMessageContaining("can't be made");
        }
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Path.of("/dev/null")).exists();
        assertThatThrownBy(() -> counters(pipe)).hasMessage(pipe + " can't be read");
        assertThatThrownBy(() -> DistinctFaultLog.read(pipe)).hasMessage(pipe + " can't be read.");
    }

    @Test
    void aFullDiskIsASentenceAndLeavesNothing() throws Exception {
        final Path small = Files.createDirectory(folder.resolve("small"));
        final Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64k", "none", small.toString())
                .redirectErrorStream(true).start();
        assumeTrue(mount.waitFor() == 0, "mounting is not allowed here");
        try {
            final Path full = small.resolve("file");
            assertThatThrownBy(() -> CounterFile.create(full))
                    .hasMessage("The file " + full + " can't be made: No space left on device.");
            assertThatThrownBy(() -> DistinctFaultLog.create(full, 1024, () -> 0))
                    .hasMessage("The file " + full + " can't be made: No space left on device.");
            assertThat(full).doesNotExist();
            DistinctFaultLog.create(full, 64, () -> 0).close();
            assertThat(DistinctFaultLog.read(full).lines()).isEmpty();
        } finally {
            if (new ProcessBuilder("umount", small.toString()).start().waitFor() != 0) {
                fail("the small disk stays mounted at " + small);
            }
        }
    }
}
