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
package io.viommu.bridge.dmafault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;

class DmaFaultRegionTest {

    private static final DmaFaultDevice DEVICE = new DmaFaultDevice("0000:01:00.0", 7, 0x100, false);

    private final RecordingSink sink = RecordingSink.keeping();
    private final UnsafeBuffer entry = new UnsafeBuffer(ByteBuffer.allocateDirect(128));
    private DmaFaultRegion region = DmaFaultRegion.create(DEVICE, EntryFormat.EXTENDED);

    @AfterEach
    void close() {
        region.close();
    }

    @Test
    void anEmptyRegionHasTheHeaderOfTheKernelSeries() {
        region.close();
        region = DmaFaultRegion.create(DEVICE, EntryFormat.PLAIN);
        final UnsafeBuffer memory = region.memory().buffer();
        assertThat(memory.capacity()).isEqualTo(36864);
        assertThat(new int[]{ memory.getInt(0), memory.getInt(4), memory.getInt(8), memory.getInt(12),
            memory.getInt(16) }).containsExactly(0, 64, 512, 4096, 0);
        assertThat(region.poll(sink, 100)).isZero();
    }

    @ParameterizedTest
    @EnumSource(EntryFormat.class)
    void fiveHundredAndElevenFitAndTheNextIsDroppedWithoutASignal(final EntryFormat format) {
        region.close();
        region = DmaFaultRegion.create(DEVICE, format);
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        translationFault(0x1000);
        for (int i = 0; i < 600; i++) {
            assertThat(producer.produce(entry, 0, i)).isEqualTo(i < 511);
            producer.signal();
        }
        assertThat(producer.produced()).isEqualTo(511);
        assertThat(producer.dropped()).isEqualTo(89);
        assertThat(region.event().drain()).isEqualTo(511);
        assertThat(region.memory().buffer().getInt(DmaFaultRegionLayout.HEAD)).isEqualTo(511);
        assertThat(region.poll(sink, Integer.MAX_VALUE)).isEqualTo(511);
        assertThat(region.memory().buffer().getInt(DmaFaultRegionLayout.TAIL)).isEqualTo(511);
        assertThat(producer.hasSpace()).isTrue();
        assertThat(producer.isDrained()).isTrue();
    }

    @Test
    void theIndicesWrapAtTheNumberOfEntries() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        long tag = 0;
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < 100; i++) {
                translationFault(0x1000 * tag);
                assertThat(producer.produce(entry, 0, tag++)).isTrue();
            }
            assertThat(region.poll(sink, 100)).isEqualTo(100);
        }
        assertThat(sink.records).hasSize(4000);
        for (int i = 0; i < 4000; i++) {
            assertThat(sink.records.get(i).cookie()).isEqualTo(i);
            assertThat(sink.records.get(i).word(2)).isEqualTo(0x1000L * i);
        }
        assertThat(region.memory().buffer().getInt(DmaFaultRegionLayout.TAIL)).isEqualTo(4000 % 512);
        assertThat(region.read()).isEqualTo(4000);
    }

    @Test
    void aLongDrainMakesRoomAtEveryQuarterOfTheRing() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        translationFault(0);
        while (producer.produce(entry, 0, 0)) {
            assertThat(producer.produced()).isLessThanOrEqualTo(511);
        }
        final int[] tails = new int[512];
        final FaultSink watching = new WatchingSink(sink, () -> {
            tails[sink.records.size()] = region.memory().buffer().getInt(DmaFaultRegionLayout.TAIL);
        });
        region.poll(watching, 1000);
        assertThat(tails[111]).isZero();
        assertThat(tails[127]).isEqualTo(128);
        assertThat(tails[510]).isEqualTo(384);
        assertThat(region.memory().buffer().getInt(DmaFaultRegionLayout.TAIL)).isEqualTo(511);
    }

    @Test
    void aFaultThatArrivesDuringThePollIsTakenByItSoThatItsSignalMayBeLeftOut() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        translationFault(0x1000);
        producer.produce(entry, 0, 0);
        final FaultSink lagging = new WatchingSink(sink, () -> {
            if (producer.produced() < 3) {
                producer.produce(entry, 0, producer.produced());
            }
        });
        assertThat(region.poll(lagging, 100)).isEqualTo(3);
        assertThat(producer.isDrained()).isTrue();
        assertThat(region.read()).isEqualTo(3);
    }

    @Test
    void aPlainUnrecoverableEntryBecomesAGenericFault() {
        put64(0, 1);
        put64(8, GenericFault.REASON_PERMISSION);
        put64(12, 0xFFFF_FFF7); // PASID, address and fetch address valid; the rest is not defined
        put64(16, 0x12345);
        put64(20, 0xFFFF_FF0A);
        entry.putLong(24, 0x1122_3344_5566_7788L);
        entry.putLong(32, 0x99AA_BBCC_DDEE_FF00L);
        final FaultRecord record = throughPlainRegion();
        assertThat(record.kind()).isEqualTo(FaultKind.GENERIC);
        assertThat(record.source()).isEqualTo(7);
        assertThat(record.hostDevice()).isEqualTo(0x100);
        assertThat(record.hasPasid()).isTrue();
        assertThat(record.pasid()).isEqualTo(0x12345);
        assertThat(record.word(0)).isEqualTo(6 | 7L << 32);
        assertThat(record.word(1)).as("write, privileged").isEqualTo(0xA);
        assertThat(record.word(2)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(record.word(3)).isEqualTo(0x99AA_BBCC_DDEE_FF00L);
        assertThat(record.cookie()).isZero();
        assertThat(record.time()).as("set by the sink").isEqualTo(1);
        assertThat(record.asReported()).isFalse();
    }

    @Test
    void aPlainPageRequestKeepsGroupAndPasidInItsCookie() {
        put64(0, 2);
        put64(8, 0xF); // PASID, last, private data, and "the answer needs the PASID"
        put64(12, 0xABCDE);
        put64(16, 0x1FF);
        put64(20, 3);
        entry.putLong(24, 0x7000);
        entry.putLong(32, 0x1111_2222_3333_4444L);
        final FaultRecord record = throughPlainRegion();
        assertThat(record.kind()).isEqualTo(FaultKind.PAGE_REQUEST);
        assertThat(record.pasid()).isEqualTo(0xABCDE);
        assertThat(record.word(0)).isEqualTo(3 | 0x1FFL << 32);
        assertThat(record.word(1)).isEqualTo(3);
        assertThat(record.word(2)).isEqualTo(0x7000);
        assertThat(record.word(3)).isEqualTo(0x1111_2222_3333_4444L);
        assertThat(record.cookie()).isEqualTo(0x800A_BCDE_0000_01FFL);
    }

    private FaultRecord throughPlainRegion() {
        region.close();
        region = DmaFaultRegion.create(DEVICE, EntryFormat.PLAIN);
        new DmaFaultProducer(region.memory(), region.event()).produce(entry, 0, 99);
        assertThat(region.poll(sink, 10)).isEqualTo(1);
        assertThat(sink.rejections).isEmpty();
        return sink.records.getFirst();
    }

    @Test
    void rawWordsDeviceTagAndTimeOfAnExtendedEntryComeThrough() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        new FaultEntry().wrap(entry, 0).unrecoverable(5, 2, FaultSink.NO_PASID, 1, 0xDEAD_B000L, 0).smmuEvent(0x42,
                0x42_0000_0010L, 0x0000_0208_0000_0000L, 0xDEAD_B000L, 0xFEED_0000L);
        final long before = System.nanoTime();
        producer.produce(entry, 0, 0x7766_5544_3322_1100L);
        new FaultEntry().wrap(entry, 0).unrecoverable(6, 3, 5, 2, 0x1000, 0).vtdFault(0x0300, 0x1000,
                0xC000_0005_8000_0300L);
        producer.produce(entry, 0, 2);
        new FaultEntry().wrap(entry, 0).pageRequest(2, 9, 77, 1, 0x9000).device(0x55);
        producer.produce(entry, 0, 3);
        final long after = System.nanoTime();
        assertThat(region.poll(sink, 10)).isEqualTo(3);
        final FaultRecord smmu = sink.records.get(0);
        assertThat(smmu.kind()).isEqualTo(FaultKind.SMMU_EVENT);
        assertThat(smmu.hostDevice()).isEqualTo(0x42);
        assertThat(smmu.cookie()).isEqualTo(0x7766_5544_3322_1100L);
        assertThat(smmu.time()).isBetween(before, after);
        assertThat(smmu.hasPasid()).isFalse();
        assertThat(new long[]{ smmu.word(0), smmu.word(1), smmu.word(2), smmu.word(3) })
                .containsExactly(0x42_0000_0010L, 0x0000_0208_0000_0000L, 0xDEAD_B000L, 0xFEED_0000L);
        final FaultRecord vtd = sink.records.get(1);
        assertThat(vtd.kind()).isEqualTo(FaultKind.VTD_FAULT);
        assertThat(vtd.pasid()).isEqualTo(5);
        assertThat(new long[]{ vtd.word(0), vtd.word(1), vtd.word(2), vtd.word(3) }).containsExactly(0x1000,
                0xC000_0005_8000_0300L, 0, 0);
        final FaultRecord request = sink.records.get(2);
        assertThat(request.kind()).isEqualTo(FaultKind.PAGE_REQUEST);
        assertThat(request.hostDevice()).isEqualTo(0x55);
        assertThat(request.cookie()).as("the tag").isEqualTo(3);
        assertThat(request.word(0)).isEqualTo(3 | 77L << 32);
    }

    @Test
    void anEntryOfAPlainWriterInAnExtendedRegionIsTakenAsThe2021Structure() {
        final UnsafeBuffer memory = region.memory().buffer();
        memory.putInt(4096, 1);
        memory.putInt(4096 + 8, 5);
        memory.putInt(DmaFaultRegionLayout.HEAD, 1);
        region.poll(sink, 10);
        assertThat(sink.records.getFirst().kind()).isEqualTo(FaultKind.GENERIC);
        assertThat(sink.records.getFirst().hostDevice()).isEqualTo(0x100);
    }

    @Test
    void asReportedIsTheRegionsToSay() {
        region.close();
        region = DmaFaultRegion.create(new DmaFaultDevice("log", 3, 1, true), EntryFormat.EXTENDED);
        translationFault(0);
        new DmaFaultProducer(region.memory(), region.event()).produce(entry, 0, 0);
        region.poll(sink, 1);
        assertThat(sink.records.getFirst().asReported()).isTrue();
    }

    @Test
    void garbageIsRejectedByNameAndTheRestGoesOn() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        spoiled(producer, 0, 0);
        spoiled(producer, 0, 3);
        spoiled(producer, 0, 0x0100_0000);
        spoiled(producer, 8, 9);
        spoiled(producer, 8, -1);
        spoiled(producer, 64, 0x5649_0002);
        spoiled(producer, 68, 3);
        spoiled(producer, 68, -1);
        spoiledPasid(producer, 1 << 20);
        spoiledPasid(producer, -1);
        spoiledPasid(producer, 0x8000_0001);
        translationFault(0x5000);
        producer.produce(entry, 0, 100);
        assertThat(region.poll(sink, 100)).isEqualTo(12);
        assertThat(sink.records).hasSize(1);
        assertThat(sink.records.getFirst().cookie()).isEqualTo(100);
        assertThat(sink.rejections).hasSize(11).containsOnly(FaultDisposition.MALFORMED);
        assertThat(region.rejected(EntryDefect.UNKNOWN_TYPE)).isEqualTo(3);
        assertThat(region.rejected(EntryDefect.UNKNOWN_REASON)).isEqualTo(2);
        assertThat(region.rejected(EntryDefect.UNKNOWN_RAW_FORMAT)).isEqualTo(1);
        assertThat(region.rejected(EntryDefect.UNKNOWN_RAW_KIND)).isEqualTo(2);
        assertThat(region.rejected(EntryDefect.PASID_TOO_WIDE)).isEqualTo(3);
        assertThat(region.rejected()).isEqualTo(11);
        assertThat(region.read()).isEqualTo(12);
        assertThat(region.exhausted()).isFalse();
    }

    private void spoiled(final DmaFaultProducer producer, final int at, final int value) {
        translationFault(0x1000);
        entry.putInt(at, value);
        producer.produce(entry, 0, 0);
    }

    private void spoiledPasid(final DmaFaultProducer producer, final int pasid) {
        translationFault(0x1000);
        entry.putInt(12, 1);
        entry.putInt(16, pasid);
        producer.produce(entry, 0, 0);
    }

    @Test
    void aHeadOutsideTheRingBreaksTheSourceInOneSentenceAndNeverLoops() {
        for (final int head : new int[]{ 512, 513, -1, Integer.MIN_VALUE, Integer.MAX_VALUE }) {
            region.close();
            region = DmaFaultRegion.create(DEVICE, EntryFormat.EXTENDED);
            region.memory().buffer().putInt(DmaFaultRegionLayout.HEAD, head);
            assertThat(region.poll(sink, Integer.MAX_VALUE)).isZero();
            assertThat(region.exhausted()).isTrue();
            assertThat(region.failure()).isEqualTo("The DMA-fault region of 0000:01:00.0 is broken: its head is "
                    + Integer.toUnsignedString(head) + ", which must be below nb_entries, 512.");
            region.memory().buffer().putInt(DmaFaultRegionLayout.HEAD, 1);
            assertThat(region.poll(sink, 1)).as("it stays broken").isZero();
        }
    }

    @Test
    void theFixedPartOfTheHeaderIsReadOnceOnly() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        translationFault(0x1000);
        producer.produce(entry, 0, 1);
        final UnsafeBuffer memory = region.memory().buffer();
        memory.putInt(DmaFaultRegionLayout.ENTRY_SIZE, 0x7FFF_FFF8);
        memory.putInt(DmaFaultRegionLayout.NB_ENTRIES, 1 << 30);
        memory.putInt(DmaFaultRegionLayout.RING_OFFSET, -4);
        memory.putInt(DmaFaultRegionLayout.TAIL, 300); // the tail is ours: what stands there is not believed
        assertThat(region.poll(sink, 1000)).isEqualTo(1);
        assertThat(sink.records.getFirst().cookie()).isEqualTo(1);
        producer.produce(entry, 0, 2);
        assertThat(region.poll(sink, 1000)).isEqualTo(1);
    }

    @Test
    void aTailOutsideTheRingIsNotBelievedByTheProducerEither() {
        final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
        translationFault(0);
        region.memory().buffer().putInt(DmaFaultRegionLayout.TAIL, 512);
        for (int i = 0; i < 600; i++) {
            producer.produce(entry, 0, i);
        }
        assertThat(producer.produced()).isEqualTo(511);
    }

    @Test
    void entriesAreIndexedByTheHeadersEntrySizeAndTheirTailIsIgnored() {
        final SharedMemory shared = SharedMemory.create("viommu-256", 4096 + 16 * 256);
        final DmaFaultMemory memory = DmaFaultMemory.map(NativeFile.duplicate(shared.fd()));
        new RingGeometry(256, 16, 4096).write(memory.buffer());
        final DmaFaultProducer producer = new DmaFaultProducer(memory, region.event());
        for (int i = 0; i < 15; i++) {
            translationFault(0x1000 * i);
            producer.produce(entry, 0, i);
            memory.buffer().setMemory(4096 + i * 256 + 128, 128, (byte) 0xFF);
        }
        try (DmaFaultRegion wide = DmaFaultRegion.attach(DEVICE, RegionInfo.of(EntryFormat.EXTENDED, 8192), memory,
                EventFd.create())) {
            assertThat(wide.poll(sink, 100)).isEqualTo(15);
            for (int i = 0; i < 15; i++) {
                assertThat(sink.records.get(i).cookie()).isEqualTo(i);
                assertThat(sink.records.get(i).word(2)).isEqualTo(0x1000L * i);
            }
        }
        shared.close();
    }

    @Test
    void anUnsoundHeaderIsRefusedInOneSentenceThatNamesTheField() {
        refused(0, 512, 4096, "entry_size is 0; it must be a multiple of 8 and at least 64");
        refused(56, 512, 4096, "entry_size is 56;");
        refused(68, 512, 4096, "entry_size is 68;");
        refused(-8, 512, 4096, "asks for 512 entries of 4294967288 bytes");
        refused(64, 0, 4096, "nb_entries is 0; it must be a power of two, 2 or more");
        refused(64, 1, 4096, "nb_entries is 1;");
        refused(64, 500, 4096, "nb_entries is 500;");
        refused(64, Integer.MIN_VALUE, 4096, "asks for 2147483648 entries of 64 bytes from byte 4096 on");
        refused(64, 512, 16, "offset is 16; it must be a multiple of 4 behind the header of 20 bytes");
        refused(64, 512, 4098, "offset is 4098;");
        refused(64, 512, 4100, "asks for 512 entries of 64 bytes from byte 4100 on");
        refused(64, 512, -4, "from byte 4294967292 on");
        refused(1 << 26, 64, 4096, "asks for 64 entries of 67108864 bytes");
    }

    private void refused(final int entrySize, final int entries, final int offset, final String words) {
        try (SharedMemory shared = SharedMemory.create("viommu-bad", 36864);
                DmaFaultMemory memory = DmaFaultMemory.map(NativeFile.duplicate(shared.fd()))) {
            new RingGeometry(entrySize, entries, offset).write(memory.buffer());
            assertThatThrownBy(
                    () -> DmaFaultRegion.attach(DEVICE, RegionInfo.of(EntryFormat.PLAIN, 36864), memory,
                            region.event()))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(words);
        }
    }

    @Test
    void anExtendedCapabilityOverPlainEntriesIsRefused() {
        try (DmaFaultMemory memory = DmaFaultMemory.create("viommu-plain", EntryFormat.PLAIN)) {
            assertThatThrownBy(() -> DmaFaultRegion.attach(DEVICE, RegionInfo.of(EntryFormat.EXTENDED, 36864), memory,
                    region.event()))
                    .hasMessage(
                            "The DMA-fault region's entry_size is 64; it must be a multiple of 8 and at least 128.");
            memory.buffer().putInt(DmaFaultRegionLayout.TAIL, 512);
            assertThatThrownBy(() -> DmaFaultRegion.attach(DEVICE, RegionInfo.of(EntryFormat.PLAIN, 36864), memory,
                    region.event()))
                    .hasMessage("The DMA-fault region's tail is 512; it must be below nb_entries, 512.");
        }
        assertThatThrownBy(() -> EntryFormat.ofEntrySize(96)).hasMessageContaining("must be 64").hasMessageEndingWith(
                "not 96.");
    }

    @Test
    void closingGivesEveryDescriptorBack() throws Exception {
        final long before = OpenFiles.count("viommu-fault-9");
        for (int i = 0; i < 20; i++) {
            DmaFaultRegion.create(new DmaFaultDevice("d", 9, 9, false), EntryFormat.EXTENDED).close();
        }
        net.openhft.chronicle.core.io.BackgroundResourceReleaser.releasePendingResources();
        assertThat(OpenFiles.count("viommu-fault-9")).isEqualTo(before);
    }

    private void translationFault(final long address) {
        new FaultEntry().wrap(entry, 0)
                .unrecoverable(GenericFault.REASON_PTE_FETCH, GenericFault.FLAG_ADDR_VALID, FaultSink.NO_PASID,
                        GenericFault.PERM_READ, address, 0)
                .device(0x100);
    }

    private void put64(final int at, final int value) {
        entry.putInt(at, value);
    }

    private record WatchingSink(RecordingSink to, Runnable afterEach) implements FaultSink {
        @Override
        public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
            return to.claim(source, hostDevice, pasid);
        }

        @Override
        public void publish() {
            afterEach.run();
            to.publish();
        }

        @Override
        public void reject(final int source, final FaultDisposition disposition) {
            to.reject(source, disposition);
        }

        @Override
        public void flush() {
            to.flush();
        }
    }
}
