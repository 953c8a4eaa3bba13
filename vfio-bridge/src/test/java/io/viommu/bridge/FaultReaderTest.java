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
package io.viommu.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultProducer;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.DmaFaultRegionLayout;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.dmafault.IommuFault2021;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.fault.GenericFault;
import io.viommu.pipeline.FaultIngress;

@Timeout(60)
class FaultReaderTest {

    private final RecordingSink sink = RecordingSink.counting();
    private final UnsafeBuffer entry = new UnsafeBuffer(ByteBuffer.allocateDirect(128));
    private final List<DmaFaultRegion> regions = new ArrayList<>();
    private final List<DmaFaultProducer> producers = new ArrayList<>();
    private final ConcurrentLinkedQueue<FaultSource> ended = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() {
        regions.forEach(DmaFaultRegion::close);
    }

    private void regions(final int count) {
        for (int i = 0; i < count; i++) {
            regions.add(DmaFaultRegion.create(new DmaFaultDevice("dev" + i, i, i, false), EntryFormat.EXTENDED));
            producers.add(new DmaFaultProducer(regions.get(i).memory(), regions.get(i).event()));
        }
        new FaultEntry().wrap(entry, 0).unrecoverable(GenericFault.REASON_PTE_FETCH, GenericFault.FLAG_ADDR_VALID,
                FaultSink.NO_PASID, GenericFault.PERM_READ, 0x1000, 0).device(1);
    }

    private FaultReader reader(final boolean busyPoll) {
        return new FaultReader("test", sink, new ReaderSettings(busyPoll, 64), ended::add);
    }

    private static void await(final BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(1);
        }
    }

    private void produce(final int region, final int count) {
        for (int i = 0; i < count; i++) {
            assertThat(producers.get(region).produce(entry, 0, i)).isTrue();
            producers.get(region).signal();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void takesAllFromManySourcesAndFlushesBehindThem(final boolean busyPoll) throws Exception {
        regions(40);
        try (FaultReader reader = reader(busyPoll)) {
            regions.forEach(reader::add);
            reader.start();
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 40; i++) {
                    produce(i, 10);
                }
            }
            await(() -> sink.published == 8000);
            assertThat(sink.flushes).isPositive();
            for (final DmaFaultRegion region : regions) {
                assertThat(region.read()).isEqualTo(200);
            }
            if (!busyPoll) { // who polls busily also flushes when there was nothing
                assertThat(sink.flushes).isLessThanOrEqualTo(8000L);
                assertThat(reader.wakeUps()).isBetween(1L, 8041L);
            }
        }
    }

    @Test
    void whatLiesInASourceBeforeItIsAddedIsTakenWithoutASignal() throws Exception {
        regions(1);
        assertThat(producers.getFirst().produce(entry, 0, 0)).isTrue();
        try (FaultReader reader = reader(false)) {
            reader.start();
            reader.add(regions.getFirst());
            await(() -> sink.published == 1);
        }
    }

    @Test
    void moreThanABatchOfOneSourceIsTakenAfterOneSignal() throws Exception {
        regions(2);
        for (int i = 0; i < 500; i++) {
            producers.getFirst().produce(entry, 0, i);
        }
        try (FaultReader reader = reader(false)) {
            reader.start();
            reader.add(regions.getFirst());
            await(() -> sink.published == 500);
            for (int i = 0; i < 500; i++) {
                producers.getFirst().produce(entry, 0, i);
            }
            producers.getFirst().signal();
            await(() -> sink.published == 1000);
        }
    }

    @Test
    void sourcesComeAndGoWhileItRuns() throws Exception {
        regions(3);
        try (FaultReader reader = reader(false)) {
            reader.add(regions.get(0));
            reader.start();
            reader.add(regions.get(1));
            produce(0, 5);
            produce(1, 5);
            await(() -> sink.published == 10);
            reader.remove(regions.get(0));
            reader.remove(regions.get(2));
            produce(0, 7);
            produce(1, 3);
            await(() -> sink.published == 13);
            assertThat(regions.get(0).read()).isEqualTo(5);
            reader.add(regions.get(2));
            reader.add(regions.get(0));
            produce(2, 1);
            await(() -> sink.published == 21);
        }
        assertThat(ended).isEmpty();
    }

    @Test
    void aRemovedSourceMayBeClosedBeforeTheReaderStarts() throws Exception {
        regions(1);
        try (FaultReader reader = reader(false)) {
            reader.add(regions.getFirst());
            reader.remove(regions.getFirst());
            regions.getFirst().close();
            reader.start();
        }
        assertThat(ended).isEmpty();
    }

    @Test
    void aBrokenSourceIsDroppedAndTheOthersGoOn() throws Exception {
        regions(2);
        try (FaultReader reader = reader(false)) {
            regions.forEach(reader::add);
            reader.start();
            regions.getFirst().memory().buffer().putIntRelease(DmaFaultRegionLayout.HEAD, 4711);
            regions.getFirst().event().signal(1);
            await(() -> !ended.isEmpty());
            assertThat(ended).containsExactly(regions.getFirst());
            assertThat(regions.getFirst().failure()).contains("head is 4711");
            produce(1, 9);
            await(() -> sink.published == 9);
        }
    }

    @Test
    void aSourceThatThrowsIsDroppedAndTheOthersGoOn() throws Exception {
        regions(1);
        final Logger log = Logger.getLogger(FaultReader.class.getName());
        log.setLevel(Level.OFF); // the defect is planted, its stack trace would only worry people
        final FaultSource defective = new Polled(10, true);
        try (FaultReader reader = reader(false)) {
            reader.add(defective);
            reader.add(regions.getFirst());
            reader.start();
            produce(0, 9);
            await(() -> sink.published == 9 && !ended.isEmpty());
            assertThat(ended).containsExactly(defective);
        } finally {
            log.setLevel(null);
        }
    }

    @Test
    void aSourceWithoutDescriptorIsPolledUntilItIsExhausted() throws Exception {
        regions(1);
        final Polled log = new Polled(1000, false);
        try (FaultReader reader = reader(false)) {
            reader.add(regions.getFirst());
            reader.start();
            reader.add(log);
            await(() -> !ended.isEmpty());
            assertThat(ended).containsExactly(log);
            assertThat(sink.published).isEqualTo(1000);
            produce(0, 1);
            await(() -> sink.published == 1001);
        }
    }

    @Test
    void stoppingTakesWhatIsThereFirst() throws Exception {
        regions(5);
        final FaultReader reader = reader(false);
        regions.forEach(reader::add);
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 511; k++) {
                producers.get(i).produce(entry, 0, k);
            }
        }
        reader.start();
        reader.stop();
        assertThat(sink.published).isEqualTo(5 * 511);
        reader.close();
        reader.close();
    }

    @Test
    void everyEntryIsCountedByTheIngressWhateverBecomesOfIt() throws Exception {
        regions(2);
        final CounterFile counters = CounterFile.inMemory();
        final FaultIngress ingress = new FaultIngress("reader", new FaultRouter(), counters, FaultObserver.NONE);
        final FaultReader reader = new FaultReader("test", ingress, ReaderSettings.DEFAULT, ended::add);
        regions.forEach(reader::add);
        reader.start();
        produce(0, 100);
        entry.putInt(IommuFault2021.TYPE, 77);
        produce(1, 30);
        reader.stop();
        reader.close();
        assertThat(ingress.read()).isEqualTo(130);
        assertThat(ingress.account().count(FaultDisposition.NO_ROUTE)).isEqualTo(100);
        assertThat(ingress.account().count(FaultDisposition.MALFORMED)).isEqualTo(30);
        assertThat(ingress.account().settled()).isEqualTo(130);
    }

    @Test
    void theLoopAllocatesNothing() throws Exception {
        regions(4);
        final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory
                .getThreadMXBean();
        final long[] readerThread = new long[1];
        final RecordingSink inner = sink;
        final FaultSink naming = new FaultSink() {
            @Override
            public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
                readerThread[0] = Thread.currentThread().threadId();
                return inner.claim(source, hostDevice, pasid);
            }

            @Override
            public void publish() {
                inner.publish();
            }

            @Override
            public void reject(final int source, final FaultDisposition disposition) {
                inner.reject(source, disposition);
            }

            @Override
            public void flush() {
                inner.flush();
            }
        };
        try (FaultReader reader = new FaultReader("lean", naming, ReaderSettings.DEFAULT, ended::add)) {
            regions.forEach(reader::add);
            reader.start();
            long allocated = Long.MAX_VALUE;
            for (int stretch = 0; stretch < 2000 && allocated > 0; stretch++) { // until the compiler has seen it all
                burst(500);
                final long before = threads.getThreadAllocatedBytes(readerThread[0]);
                burst(500);
                allocated = threads.getThreadAllocatedBytes(readerThread[0]) - before;
            }
            assertThat(allocated).isZero();
        }
    }

    private void burst(final int rounds) throws InterruptedException {
        for (int i = 0; i < rounds; i++) {
            final long target = sink.published + 4;
            for (int region = 0; region < 4; region++) {
                produce(region, 1);
            }
            while (sink.published < target) {
                Thread.yield();
            }
        }
    }

    /** A source without a descriptor, like a log. */
    private static final class Polled implements FaultSource {
        private final AtomicInteger left;
        private final boolean defective;

        Polled(final int faults, final boolean defective) {
            this.left = new AtomicInteger(faults);
            this.defective = defective;
        }

        @Override
        public String name() {
            return "polled";
        }

        @Override
        public int poll(final FaultSink sink, final int limit) {
            if (defective) {
                throw new IllegalStateException("a defect planted by the test");
            }
            final int taken = Math.min(Math.min(limit, 10), left.get());
            for (int i = 0; i < taken; i++) {
                sink.claim(1, 1, FaultSink.NO_PASID);
                sink.publish();
            }
            left.addAndGet(-taken);
            return taken;
        }

        @Override
        public int readyFd() {
            return NO_FD;
        }

        @Override
        public boolean exhausted() {
            return left.get() == 0;
        }

        @Override
        public void close() {
            left.set(0);
        }
    }
}
