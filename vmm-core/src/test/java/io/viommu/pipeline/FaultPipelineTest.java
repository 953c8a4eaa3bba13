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

package io.viommu.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultPipelineTest {

    private final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "unit");
    private final FaultRecord record = new FaultRecord();

    private FaultPipeline pipeline(final RecordingIommu iommu, final int capacity, final InjectorMode mode) {
        return new FaultPipeline(new PipelineSettings("unit", capacity, mode), iommu, account, FaultObserver.NONE);
    }

    private static void put(final FaultPipeline pipeline, final FaultRecord window, final long cookie) {
        final long claim = pipeline.claim(window);
        assertThat(claim).isNotEqualTo(FaultPort.CLOSED);
        window.kind(FaultKind.SMMU_EVENT).cookie(cookie);
        pipeline.publish(claim);
    }

    @ParameterizedTest
    @EnumSource(InjectorMode.class)
    void faultsOfOneProducerArriveOnceAndInOrder(final InjectorMode mode) {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 64, mode)) {
            for (long i = 0; i < 1000; i++) {
                put(pipeline, record, i);
            }
            pipeline.flush();
            pipeline.awaitInjected();
            assertThat(pipeline.inFlight()).isZero();
        }
        assertThat(iommu.cookies).hasSize(1000).isSorted().doesNotHaveDuplicates();
        assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(1000);
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void manyProducersLoseNothingAndNeverInjectAtOnce(final InjectorMode mode) throws InterruptedException {
        final RecordingIommu iommu = new RecordingIommu();
        final int producers = 4;
        final int each = 20_000;
        try (FaultPipeline pipeline = pipeline(iommu, 128, mode)) {
            final List<Thread> threads = new ArrayList<>();
            for (int p = 0; p < producers; p++) {
                final long base = (long) p * each;
                threads.add(new Thread(() -> {
                    final FaultRecord window = new FaultRecord();
                    for (long i = 0; i < each; i++) {
                        put(pipeline, window, base + i);
                        if (i % 7 == 0) {
                            pipeline.flush();
                        }
                    }
                    pipeline.flush();
                }));
            }
            threads.forEach(Thread::start);
            for (final Thread thread : threads) {
                thread.join();
            }
            pipeline.awaitInjected();
        }
        assertThat(iommu.overlaps).hasValue(0);
        assertThat(iommu.cookies).hasSize(producers * each).doesNotHaveDuplicates();
        assertThat(account.settled()).isEqualTo(producers * each);
        for (int p = 0; p < producers; p++) {
            final long base = (long) p * each;
            assertThat(iommu.cookies.stream().filter(c -> c / each == base / each)).isSorted();
        }
    }

    @Test
    void withoutAThreadAFaultIsInjectedAtOnceAndTheInterruptComesWithTheFlush() {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 64, InjectorMode.RUN_TO_COMPLETION)) {
            for (long i = 0; i < 63; i++) {
                put(pipeline, record, i);
                assertThat(iommu.cookies).hasSize((int) i + 1);
            }
            assertThat(iommu.batches).hasValue(0);
            pipeline.flush();
            assertThat(iommu.batches).hasValue(1);
            assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(63);
            pipeline.flush();
            assertThat(iommu.batches).hasValue(1);
        }
    }

    @Test
    void faultsThatTheHostLostAreCountedByNumberAndLoggedOncePerBatch() {
        final List<String> lines = new ArrayList<>();
        final Handler handler = new Handler() {
            @Override
            public void publish(final LogRecord line) {
                lines.add(MessageFormat.format(line.getMessage(), line.getParameters()));
            }

            @Override
            public void flush() {
                // nothing is kept back
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
        final Logger logger = Logger.getLogger(Injector.class.getName());
        final Level level = logger.getLevel();
        logger.setLevel(Level.WARNING);
        logger.addHandler(handler);
        try (FaultPipeline pipeline = pipeline(new RecordingIommu(), 64, InjectorMode.RUN_TO_COMPLETION)) {
            for (final long lost : new long[]{ 7, 1, 2 }) {
                final long claim = pipeline.claim(record);
                record.kind(FaultKind.LOST_EVENTS).word(0, lost);
                pipeline.publish(claim);
            }
            put(pipeline, record, 1);
            pipeline.flush();
        } finally {
            logger.removeHandler(handler);
            logger.setLevel(level);
        }
        assertThat(account.lost()).isEqualTo(10);
        assertThat(account.settled()).as("three reports and a fault").isEqualTo(4);
        assertThat(lines).containsExactly("the host lost 10 faults for unit before they could be read");
    }

    @Test
    void withoutAThreadAStormStillLetsInterruptsOut() {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 1024, InjectorMode.RUN_TO_COMPLETION)) {
            for (long i = 0; i < 1024; i++) {
                put(pipeline, record, i);
            }
            assertThat(iommu.batches).hasValue(2);
        }
        assertThat(iommu.cookies).hasSize(1024).isSorted();
    }

    @Test
    void whoFindsAnothersTurnLeavesItsFaultToThatOne() throws InterruptedException {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 8, InjectorMode.RUN_TO_COMPLETION)) {
            put(pipeline, record, 1);
            final Thread other = new Thread(() -> {
                final FaultRecord window = new FaultRecord();
                put(pipeline, window, 10);
                put(pipeline, window, 11);
                pipeline.flush();
            });
            other.start();
            other.join();
            assertThat(iommu.cookies).containsExactly(1L);
            assertThat(pipeline.inFlight()).isEqualTo(2);
            put(pipeline, record, 2);
            pipeline.flush();
            assertThat(iommu.cookies).containsExactly(1L, 2L, 10L, 11L);
            assertThat(iommu.batches).hasValue(1);
        }
    }

    @Test
    void aFaultMadeFromWithinAnInjectionComesBeforeTheNextOfThatThread() {
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public FaultDisposition inject(final FaultRecord fault) {
                if (fault.cookie() == 1) {
                    final FaultRecord window = new FaultRecord();
                    final long claim = port.claim(window); // a device that a simple VMM runs from an interrupt
                    window.kind(FaultKind.SMMU_EVENT).cookie(100);
                    port.publish(claim);
                    port.flush();
                    assertThat(fault.cookie()).isEqualTo(1);
                }
                return super.inject(fault);
            }
        };
        try (FaultPipeline pipeline = pipeline(iommu, 8, InjectorMode.RUN_TO_COMPLETION)) {
            put(pipeline, record, 1);
            put(pipeline, record, 2);
            pipeline.flush();
        }
        assertThat(iommu.cookies).containsExactly(1L, 100L, 2L);
        assertThat(account.settled()).isEqualTo(3);
    }

    @Test
    void aFaultInTheRingBehindAnUnpublishedOneIsNotOvertakenByTheNextOfItsThread() throws InterruptedException {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 8, InjectorMode.RUN_TO_COMPLETION)) {
            final long own = pipeline.claim(record); // this thread's turn, so the others use the ring
            final FaultRecord slow = new FaultRecord();
            final long[] unpublished = new long[1];
            final Thread other = new Thread(() -> unpublished[0] = pipeline.claim(slow));
            other.start();
            other.join();
            final CountDownLatch turnEnded = new CountDownLatch(1);
            final Thread third = new Thread(() -> {
                final FaultRecord window = new FaultRecord();
                put(pipeline, window, 1);
                try {
                    turnEnded.await();
                } catch (final InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                put(pipeline, window, 2);
                pipeline.flush();
            });
            third.start();
            while (pipeline.inFlight() < 2) {
                Thread.onSpinWait();
            }
            record.kind(FaultKind.SMMU_EVENT).cookie(100);
            pipeline.publish(own);
            pipeline.flush();
            turnEnded.countDown();
            third.join();
            assertThat(iommu.cookies).containsExactly(100L);
            slow.kind(FaultKind.SMMU_EVENT).cookie(200);
            pipeline.publish(unpublished[0]);
            pipeline.flush();
            assertThat(iommu.cookies).containsExactly(100L, 200L, 1L, 2L);
        }
    }

    @Test
    void awaitInjectedWaitsForAnothersTurn() throws InterruptedException {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 8, InjectorMode.RUN_TO_COMPLETION)) {
            final long claim = pipeline.claim(record);
            record.kind(FaultKind.SMMU_EVENT);
            final Thread vcpu = new Thread(pipeline::awaitInjected);
            vcpu.start();
            vcpu.join(100);
            assertThat(vcpu.isAlive()).isTrue();
            pipeline.publish(claim);
            pipeline.flush();
            vcpu.join();
            pipeline.awaitInjected(); // nobody's turn: returns at once
        }
    }

    @Test
    void fullRingMakesTheProducerWaitForTheInjector() throws InterruptedException {
        final CountDownLatch gate = new CountDownLatch(1);
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public FaultDisposition inject(final FaultRecord fault) {
                try {
                    gate.await();
                } catch (final InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                return super.inject(fault);
            }
        };
        final AtomicLong published = new AtomicLong();
        try (FaultPipeline pipeline = pipeline(iommu, 4, InjectorMode.BLOCKING)) {
            final Thread producer = new Thread(() -> {
                for (long i = 0; i < 6; i++) {
                    put(pipeline, record, i);
                    published.incrementAndGet();
                }
            });
            producer.start();
            producer.join(200);
            assertThat(producer.isAlive()).isTrue();
            assertThat(published).hasValue(4);
            gate.countDown();
            producer.join();
        }
        assertThat(iommu.cookies).hasSize(6);
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void closedPipelineTakesNothingMore(final InjectorMode mode) {
        final RecordingIommu iommu = new RecordingIommu();
        final FaultPipeline pipeline = pipeline(iommu, 8, mode);
        put(pipeline, record, 1);
        pipeline.close();
        assertThat(pipeline.claim(record)).isEqualTo(FaultPort.CLOSED);
        assertThat(iommu.cookies).containsExactly(1L);
        pipeline.close();
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void faultsRacingWithCloseAreInjectedOrRefusedButNeverLost(final InjectorMode mode) throws InterruptedException {
        for (int round = 0; round < 200; round++) {
            final RecordingIommu iommu = new RecordingIommu();
            final FaultPipeline pipeline = pipeline(iommu, 8, mode);
            final AtomicLong accepted = new AtomicLong();
            final Thread producer = new Thread(() -> {
                final FaultRecord window = new FaultRecord();
                while (true) {
                    final long claim = pipeline.claim(window);
                    if (claim == FaultPort.CLOSED) {
                        return;
                    }
                    window.kind(FaultKind.SMMU_EVENT);
                    pipeline.publish(claim);
                    accepted.incrementAndGet();
                    pipeline.flush();
                }
            });
            producer.start();
            TimeUnit.MICROSECONDS.sleep(50);
            pipeline.close();
            producer.join();
            assertThat((long) iommu.cookies.size()).isEqualTo(accepted.get());
        }
    }

    @Test
    void awaitInjectedWaitsForAllThatWasPublishedBefore() {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 1024, InjectorMode.BLOCKING)) {
            for (int round = 1; round <= 500; round++) {
                put(pipeline, record, round);
                pipeline.awaitInjected();
                assertThat(iommu.cookies).hasSize(round);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void injectorThatWaitsForItselfGoesOn(final InjectorMode mode) {
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public FaultDisposition inject(final FaultRecord fault) {
                port.awaitInjected(); // a guest's CMD_SYNC, run from the interrupt handler of a simple VMM
                port.flush();
                return super.inject(fault);
            }
        };
        try (FaultPipeline pipeline = pipeline(iommu, 8, mode)) {
            put(pipeline, record, 1);
            put(pipeline, record, 2);
            pipeline.flush();
            pipeline.awaitInjected();
        }
        assertThat(iommu.cookies).containsExactly(1L, 2L);
    }

    @Test
    void modelThatThrowsCostsOneFaultByNameAndNotTheRoad() {
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public FaultDisposition inject(final FaultRecord fault) {
                if (fault.cookie() == 2) {
                    throw new IllegalStateException("planted");
                }
                return super.inject(fault);
            }
        };
        try (FaultPipeline pipeline = pipeline(iommu, 8, InjectorMode.BLOCKING)) {
            put(pipeline, record, 1);
            put(pipeline, record, 2);
            put(pipeline, record, 3);
        }
        assertThat(iommu.cookies).containsExactly(1L, 3L);
        assertThat(account.count(FaultDisposition.MODEL_FAILURE)).isEqualTo(1);
        assertThat(account.settled()).isEqualTo(3);
    }

    @Test
    void slotsComeClearedWhateverLayInThem() {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, 2, InjectorMode.RUN_TO_COMPLETION)) {
            for (int i = 0; i < 8; i++) {
                final long claim = pipeline.claim(record);
                assertThat(record.kind()).isEqualTo(FaultKind.NONE);
                assertThat(record.word(3)).isZero();
                record.kind(FaultKind.GENERIC).word(3, -1).pasid(5);
                pipeline.publish(claim);
            }
        }
    }

    @Test
    void capacityMustBeAPowerOfTwo() {
        assertThatThrownBy(() -> new PipelineSettings("x", 48, InjectorMode.BLOCKING))
                .hasMessage("capacity must be a power of two from 2 to 16777216, not 48");
    }
}
