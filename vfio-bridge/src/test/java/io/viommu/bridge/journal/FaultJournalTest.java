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

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.bridge.RecordingSink;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;

class FaultJournalTest {

    @TempDir
    private Path folder;

    private Path path() {
        return folder.resolve("faults.journal");
    }

    private void record(final int capacity, final int faults) {
        try (FaultJournal journal = FaultJournal.create(path(), capacity)) {
            final FaultSink sink = new JournalingSink(RecordingSink.keeping(), journal);
            for (int i = 0; i < faults; i++) {
                sink.claim(3, 0x700 + i, i % 2 == 0 ? FaultSink.NO_PASID : i).kind(FaultKind.SMMU_EVENT)
                        .word(0, 0x10 + i).word(1, 2 * i).word(2, 0x1000L * i).word(3, -1 - i).cookie(77)
                        .asReported(true);
                sink.publish();
            }
        }
    }

    @Test
    void whatWasReadComesBackInOrderWithEveryWord() throws IOException {
        record(100, 20);
        final RecordingSink played = RecordingSink.keeping();
        try (JournalSource source = new JournalSource("again", JournalReader.open(path()), number -> number + 1)) {
            assertThat(source.poll(played, 7)).isEqualTo(7);
            assertThat(source.exhausted()).isFalse();
            assertThat(source.poll(played, Integer.MAX_VALUE)).isEqualTo(13);
            assertThat(source.exhausted()).isTrue();
            assertThat(source.poll(played, 7)).isZero();
        }
        for (int i = 0; i < 20; i++) {
            final FaultRecord fault = played.records.get(i);
            assertThat(new long[]{ fault.kind(), fault.source(), fault.hostDevice(), fault.word(0), fault.word(1),
                fault.word(2), fault.word(3), fault.cookie() }).containsExactly(FaultKind.SMMU_EVENT, 4, 0x700 + i,
                        0x10 + i, 2 * i, 0x1000L * i, -1 - i, 0);
            assertThat(fault.asReported()).isTrue();
            assertThat(fault.hasPasid() ? fault.pasid() : -1).isEqualTo(i % 2 == 0 ? -1 : i);
        }
    }

    @Test
    void theFileIsAsLongAsItsRecordsAndEachIsAFaultRecord() throws IOException {
        record(1000, 2);
        final byte[] bytes = Files.readAllBytes(path());
        assertThat(bytes).hasSize(64 + 2 * 64).startsWith("VIOJRNL1".getBytes(StandardCharsets.US_ASCII));
        final ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(file.getInt(8)).isEqualTo(1);
        assertThat(file.getLong(24)).isEqualTo(2);
        assertThat(file.getInt(64 + 64 + 4)).isEqualTo(0x701);
        assertThat(file.getLong(64 + 64 + 32 + 24)).isEqualTo(-2);
    }

    @Test
    void aFullJournalCountsWhatItMissesAndTheFaultsGoOnAllTheSame() throws IOException {
        final RecordingSink behind = RecordingSink.keeping();
        try (FaultJournal journal = FaultJournal.create(path(), 3)) {
            final FaultSink sink = new JournalingSink(behind, journal);
            for (int i = 0; i < 8; i++) {
                sink.claim(0, i, FaultSink.NO_PASID).kind(FaultKind.VTD_FAULT);
                sink.publish();
            }
            sink.reject(0, FaultDisposition.MALFORMED);
            assertThat(journal.recorded()).isEqualTo(3);
            assertThat(journal.missed()).isEqualTo(5);
        }
        assertThat(behind.records).hasSize(8);
        assertThat(behind.rejections).containsExactly(FaultDisposition.MALFORMED);
        try (JournalReader reader = JournalReader.open(path())) {
            assertThat(reader.records()).isEqualTo(3);
            assertThat(reader.missed()).isEqualTo(5);
        }
    }

    @Test
    void aJournalWhoseWriterIsAtItStillIsGoodUpToItsLastWholeRecord() throws IOException {
        try (FaultJournal journal = FaultJournal.create(path(), 100)) {
            final FaultSink sink = new JournalingSink(RecordingSink.keeping(), journal);
            sink.claim(0, 5, FaultSink.NO_PASID).kind(FaultKind.VTD_FAULT);
            sink.publish();
            sink.flush(); // as a reader does when it has read all there is
            sink.claim(0, 6, FaultSink.NO_PASID).kind(FaultKind.VTD_FAULT);
            try (JournalReader reader = JournalReader.open(path())) {
                assertThat(reader.records()).isEqualTo(1);
                assertThat(reader.record(0, new FaultRecord()).hostDevice()).isEqualTo(5);
                assertThatThrownBy(() -> reader.record(1, new FaultRecord()))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
        }
    }

    @Test
    void whatIsNoSoundJournalIsRefusedInASentence() throws IOException {
        record(10, 2);
        try (FileChannel file = FileChannel.open(path(), StandardOpenOption.WRITE)) {
            file.truncate(64 + 64 + 10);
        }
        assertThatThrownBy(() -> JournalReader.open(path())).isInstanceOf(IOException.class)
                .hasMessage("it says it has 2 records, but is cut after 1");
        patch(24, -1);
        assertThatThrownBy(() -> JournalReader.open(path())).hasMessageContaining("18446744073709551615 records");
        patch(8, 9);
        assertThatThrownBy(() -> JournalReader.open(path())).hasMessage("its version is 9; this program reads 1");
        Files.writeString(path(), "no");
        assertThat(JournalReader.isJournal(path())).isFalse();
        assertThatThrownBy(() -> JournalReader.open(path())).hasMessage("a journal has 64 bytes to 2 GiB, not 2");
        assertThatThrownBy(() -> FaultJournal.create(path(), 0)).hasMessageContaining("1 to 16777216");
        assertThatThrownBy(() -> FaultJournal.create(folder.resolve("none/x"), 1))
                .hasMessageContaining("can't be made");
    }

    private void patch(final int at, final long value) throws IOException {
        try (FileChannel file = FileChannel.open(path(), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).flip(), at);
        }
    }
}
