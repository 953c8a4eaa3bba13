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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.linux.Errno;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;

class VeventQueueSourceTest {

    private static final int MAX = 0x7FFF_FFFF;

    private final Logger log = Logger.getLogger(VeventQueueSource.class.getName());
    private final RecordingSink sink = RecordingSink.keeping();
    private final FakeIommufd kernel = new FakeIommufd();
    private final int device = kernel.device();
    private final Iommufd iommufd = Iommufd.open(kernel);
    private final Viommu viommu = iommufd.ioas().nestParent(device).smmu(device);
    private FakeVeventQueue fake;
    private VeventQueueSource source;

    @BeforeEach
    void quiet() {
        log.setLevel(Level.OFF);
    }

    @AfterEach
    void close() {
        iommufd.close();
        log.setLevel(null);
    }

    private void queue(final int depth) {
        final VeventQueue queue = viommu.eventQueue(depth);
        viommu.vdevice(device, 0x1742);
        fake = kernel.queue(queue);
        source = new VeventQueueSource("events", 4, queue.file());
    }

    private void report(final int count) {
        for (int i = 0; i < count; i++) {
            kernel.event(device, 0x8_0000_0010L, 0x208_0000_0000L, 0x2_0000, 0);
        }
    }

    private String poll(final int limit) {
        final int before = sink.records.size();
        final int taken = source.poll(sink, limit);
        assertThat(sink.records).hasSize(before + taken);
        final StringBuilder seen = new StringBuilder();
        for (final FaultRecord record : sink.records.subList(before, before + taken)) {
            seen.append(record.kind() == FaultKind.LOST_EVENTS ? "lost " + record.word(0) : "" + record.cookie())
                    .append(' ');
        }
        return seen.toString().trim();
    }

    @ParameterizedTest
    @CsvFileSource(resources = "/iommufd/smmu-vevents.tsv", delimiter = '\t', numLinesToSkip = 1)
    void theGoldenRecordsOfARealSmmuDriverPassAsTheyAre(final String cause, final String w0, final String w1,
            final String w2, final String w3) {
        final long[] words = { Long.parseUnsignedLong(w0, 16), Long.parseUnsignedLong(w1, 16),
            Long.parseUnsignedLong(w2, 16), Long.parseUnsignedLong(w3, 16) };
        final StringBuilder bytes = new StringBuilder("0000000000000000");
        for (final long word : words) {
            bytes.append(String.format("%016x", Long.reverseBytes(word)));
        }
        final VeventQueueSource golden = new VeventQueueSource("golden", 4,
                new ScriptedFile().gives(bytes.toString()));
        assertThat(golden.poll(sink, 64)).as(cause).isEqualTo(1);
        final FaultRecord seen = sink.records.getFirst();
        assertThat(seen.kind()).isEqualTo(FaultKind.SMMU_EVENT);
        assertThat(seen.source()).isEqualTo(4);
        assertThat(seen.hostDevice()).isEqualTo(0x1742);
        assertThat(seen.hasPasid()).isFalse();
        assertThat(seen.asReported()).isFalse();
        for (int i = 0; i < 4; i++) {
            assertThat(seen.word(i)).isEqualTo(words[i]);
        }
    }

    @Test
    void theDriverNamesTheDeviceAsTheGuestDoesAndKeepsWhatIsTheHosts() {
        queue(8);
        kernel.event(device, 0x8_0000_0010L | 1L << 11 | 0xabcL << 12, 0x208_0000_0000L, 0x2_0000, 0);
        kernel.event(device, 0x8_0000_0010L, 0x288_0000_0000L, 0x1_3000, 0x3f_0000_0000L); // stage 2
        kernel.event(device, 0x8_0000_0009L, 0, 0, 0x3f_0000_0000L); // F_CD_FETCH
        assertThat(poll(64)).isEqualTo("0");
        assertThat(sink.records.getFirst().word(0)).isEqualTo(0x1742_00ab_c810L);
        assertThat(sink.records.getFirst().pasid()).isEqualTo(0xabc);
    }

    @Test
    void theSubstreamOfABadSubstreamIdHasNoValidFlag() {
        queue(8);
        kernel.event(device, 0x8_0000_0008L | 0xabcL << 12, 0, 0, 0);
        kernel.event(device, 0x8_0000_0006L, 0, 0, 0); // F_STREAM_DISABLED
        poll(64);
        assertThat(sink.records.getFirst().pasid()).isEqualTo(0xabc);
        assertThat(sink.records.getLast().hasPasid()).isFalse();
    }

    @Test
    void anOverflowAtTheTailIsCountedExactly() {
        queue(4);
        fake.sequence(24);
        source.expecting(24);
        report(14);
        assertThat(poll(64)).isEqualTo("24 25 26 27 lost 10");
        report(1);
        assertThat(poll(64)).isEqualTo("38");
        assertThat(source.lost()).isEqualTo(10);
    }

    @Test
    void anOverflowInTheMiddleShowsOnlyAsAGapAndIsCountedExactly() {
        queue(3);
        report(5);
        // a partial read makes room, so that the next event is stored behind the lost ones
        final MemorySegment one = Arena.ofAuto().allocate(40);
        assertThat(viommuQueueRead(one)).isEqualTo(40);
        report(1);
        source.expecting(1);
        assertThat(poll(64)).isEqualTo("1 2 lost 2 5");
    }

    private long viommuQueueRead(final MemorySegment into) {
        return fake.read(into);
    }

    @Test
    void aLossBeforeTheFirstEventIsSeen() {
        queue(1);
        report(3);
        assertThat(poll(64)).isEqualTo("0 lost 2");
        report(4);
        assertThat(poll(64)).isEqualTo("3 lost 3");
        assertThat(source.lost()).isEqualTo(5);
        assertThat(source.read()).isEqualTo(4);
    }

    @Test
    void numbersWrapWithoutALoss() {
        queue(8);
        fake.sequence(MAX - 1);
        source.expecting(MAX - 1);
        report(4);
        assertThat(poll(64)).isEqualTo(MAX - 1 + " " + MAX + " 0 1");
        assertThat(source.lost()).isZero();
    }

    @Test
    void aLossAcrossTheWrapIsCountedExactly() {
        queue(2);
        fake.sequence(MAX);
        source.expecting(MAX);
        report(6);
        assertThat(poll(64)).isEqualTo(MAX + " 0 lost 4");
        report(1);
        assertThat(poll(64)).isEqualTo("5");
    }

    @Test
    void aLossAndItsEventAreTwoRecordsForTheLimit() {
        source = new VeventQueueSource("events", 4, new ScriptedFile().gives(event(3)).gives(event(5)));
        assertThat(poll(1)).isEqualTo("lost 3");
        assertThat(poll(1)).isEqualTo("3");
        assertThat(poll(2)).isEqualTo("lost 1 5");
        assertThat(sink.records.getFirst().hostDevice()).isEqualTo(VeventQueueSource.WHOLE_QUEUE);
    }

    private static String event(final int sequence) {
        return "00000000" + String.format("%08x", Integer.reverseBytes(sequence)) + "10" + "00".repeat(31);
    }

    @Test
    void anEmptyQueueIsNotAnEnd() {
        queue(2);
        assertThat(poll(64)).isEmpty();
        assertThat(source.exhausted()).isFalse();
        report(1);
        assertThat(poll(64)).isEqualTo("0");
    }

    @Test
    void interruptedAndEmptyReadsAreTriedAgainLater() {
        source = new VeventQueueSource("events", 4,
                new ScriptedFile().fails(Errno.EINTR).fails(Errno.EAGAIN).gives(event(0)));
        assertThat(poll(9)).isEmpty();
        assertThat(poll(9)).isEmpty();
        assertThat(poll(9)).isEqualTo("0");
    }

    @Test
    void aReadThatCutsAnEventBreaksTheSourceWithASentence() {
        source = new VeventQueueSource("events", 4, new ScriptedFile().gives(event(0) + event(1).substring(0, 60)));
        assertThat(poll(9)).isEqualTo("0");
        assertThat(source.exhausted()).isTrue();
        assertThat(source.failure()).isEqualTo("The event queue events gave 30 bytes where an event has 40.");
        assertThat(poll(9)).isEmpty();
    }

    @Test
    void aClosedFileAndAHungUpOneBreakTheSourceWithASentence() {
        queue(2);
        report(1);
        source.hungUp();
        assertThat(poll(9)).isEqualTo("0");
        assertThat(source.failure()).isEqualTo("The event queue events was closed by the other side.");
        source = new VeventQueueSource("events", 4, new ScriptedFile().fails(Errno.EBADF));
        assertThat(poll(9)).isEmpty();
        assertThat(source.failure()).contains("can't be read: EBADF");
    }

    @Test
    void theFakeRefusesWhatTheKernelRefuses() {
        queue(2);
        report(1);
        assertThat(fake.read(Arena.ofAuto().allocate(7))).isEqualTo(-Errno.EINVAL);
        assertThat(fake.read(Arena.ofAuto().allocate(39))).isEqualTo(-Errno.EINVAL);
        assertThat(fake.read(Arena.ofAuto().allocate(40))).isEqualTo(40);
        assertThat(fake.read(Arena.ofAuto().allocate(8))).isZero();
    }
}
