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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

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
class PipelineLifecycleTest {

    private final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "unit");
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicBoolean within = new AtomicBoolean();

    /** A vIOMMU whose guest memory is as slow as the test wants. */
    private final RecordingIommu slow = new RecordingIommu() {
        @Override
        public FaultDisposition inject(final FaultRecord record) {
            within.set(true);
            entered.countDown();
            try {
                goOn.await();
            } catch (final InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            within.set(false);
            return super.inject(record);
        }
    };

    private FaultPipeline pipeline(final RecordingIommu iommu, final InjectorMode mode, final FaultObserver observer) {
        return new FaultPipeline(new PipelineSettings("unit", 8, mode), iommu, account, observer);
    }

    /** Without checks of its own: whether a fault got a slot. */
    private static boolean put(final FaultPipeline pipeline, final long cookie) {
        final FaultRecord window = new FaultRecord();
        final long claim = pipeline.claim(window);
        if (claim < 0) {
            pipeline.account(FaultPort.refusal(claim));
            return false;
        }
        window.kind(FaultKind.SMMU_EVENT).cookie(cookie);
        pipeline.publish(claim);
        pipeline.flush();
        return true;
    }

    private static Thread started(final Runnable work) {
        final Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    @ParameterizedTest
    @EnumSource(Throwing.class)
    void whatAnObserverThrowsEndsNoInjectorAndEachFaultIsCountedOnce(final Throwing thrown) {
        for (final InjectorMode mode : InjectorMode.values()) {
            final FaultAccount own = new FaultAccount(CounterFile.inMemory(), "unit");
            final RecordingIommu iommu = new RecordingIommu();
            try (FaultPipeline pipeline = new FaultPipeline(new PipelineSettings("unit", 8, mode), iommu, own,
                    (record, disposition) -> thrown.now())) {
                for (int i = 0; i < 50; i++) {
                    assertThat(put(pipeline, i)).isTrue();
                }
            }
            assertThat(iommu.cookies).hasSize(50).isSorted();
            assertThat(own.count(FaultDisposition.DELIVERED)).isEqualTo(50);
            assertThat(own.settled()).isEqualTo(50);
        }
    }

    @ParameterizedTest
    @EnumSource(Throwing.class)
    void whatTheModelThrowsIsCountedAsItsFailureAndTheNextFaultGoesOn(final Throwing thrown) {
        for (final InjectorMode mode : InjectorMode.values()) {
            final FaultAccount own = new FaultAccount(CounterFile.inMemory(), "unit");
            final RecordingIommu iommu = new RecordingIommu() {
                @Override
                public FaultDisposition inject(final FaultRecord record) {
                    if (record.cookie() % 2 == 0) {
                        thrown.now();
                    }
                    return super.inject(record);
                }

                @Override
                public void endOfBatch() {
                    super.endOfBatch();
                    thrown.now();
                }
            };
            try (FaultPipeline pipeline = new FaultPipeline(new PipelineSettings("unit", 8, mode), iommu, own,
                    FaultObserver.NONE)) {
                for (int i = 0; i < 50; i++) {
                    assertThat(put(pipeline, i)).isTrue();
                }
                pipeline.awaitInjected();
            }
            assertThat(own.count(FaultDisposition.DELIVERED)).isEqualTo(25);
            assertThat(own.count(FaultDisposition.MODEL_FAILURE)).isEqualTo(25);
            assertThat(own.settled()).isEqualTo(50);
        }
    }

    @ParameterizedTest
    @EnumSource(InjectorMode.class)
    void anInterruptLeftBehindByACallbackLosesNoFault(final InjectorMode mode) {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = pipeline(iommu, mode,
                (record, disposition) -> Thread.currentThread().interrupt())) {
            for (int i = 0; i < 200; i++) {
                assertThat(put(pipeline, i)).isTrue();
                pipeline.awaitInjected(); // the injector waits, with its flag set
            }
        }
        Thread.interrupted(); // without an injector thread the callback's thread is this one
        assertThat(iommu.cookies).hasSize(200).isSorted().doesNotHaveDuplicates();
        assertThat(account.settled()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource(InjectorMode.class)
    void closeReturnsToAnObserverAndIsDoneAfterItsFault(final InjectorMode mode) throws InterruptedException {
        final RecordingIommu iommu = new RecordingIommu();
        final FaultPipeline[] pipeline = new FaultPipeline[1];
        final AtomicInteger calls = new AtomicInteger();
        pipeline[0] = pipeline(iommu, mode, (record, disposition) -> {
            pipeline[0].close();
            pipeline[0].close();
            calls.incrementAndGet();
        });
        assertThat(put(pipeline[0], 1)).isTrue();
        pipeline[0].awaitInjected();
        pipeline[0].close();
        assertThat(calls).hasValue(1);
        assertThat(put(pipeline[0], 2)).isFalse();
        assertThat(iommu.cookies).containsExactly(1L);
        assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(1);
        assertThat(account.count(FaultDisposition.CLOSED)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(InjectorMode.class)
    void closeReturnsToTheHandlerOfAnInterrupt(final InjectorMode mode) {
        final FaultPipeline[] pipeline = new FaultPipeline[1];
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public void endOfBatch() {
                super.endOfBatch();
                pipeline[0].close();
            }
        };
        pipeline[0] = pipeline(iommu, mode, FaultObserver.NONE);
        assertThat(put(pipeline[0], 1)).isTrue();
        pipeline[0].close();
        assertThat(iommu.batches).hasValue(1);
        assertThat(account.settled()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(InjectorMode.class)
    void noneOfManyClosersReturnsWhileAFaultIsInjected(final InjectorMode mode) throws InterruptedException {
        final FaultPipeline pipeline = pipeline(slow, mode, FaultObserver.NONE);
        final Thread producer = started(() -> put(pipeline, 1));
        entered.await();
        final AtomicInteger early = new AtomicInteger();
        final AtomicInteger interrupts = new AtomicInteger();
        final List<Thread> closers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            closers.add(started(() -> {
                pipeline.close();
                early.addAndGet(within.get() ? 1 : 0);
                interrupts.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
            }));
        }
        for (final Thread closer : closers) {
            closer.interrupt();
            closer.join(50);
            assertThat(closer.isAlive()).isTrue();
        }
        goOn.countDown();
        for (final Thread closer : closers) {
            closer.join();
        }
        producer.join();
        assertThat(early).hasValue(0);
        assertThat(interrupts).hasValue(3);
        assertThat(account.settled()).isEqualTo(1);
    }

    @Test
    void producersThatWaitForRoomLeaveWhenItClosesAndTheirFaultsAreCounted() throws InterruptedException {
        final FaultPipeline pipeline = pipeline(slow, InjectorMode.BLOCKING, FaultObserver.NONE);
        final List<Thread> producers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            producers.add(started(() -> {
                for (int n = 0; n < 10; n++) {
                    put(pipeline, n);
                }
            }));
        }
        entered.await();
        while (pipeline.inFlight() < 8) {
            Thread.onSpinWait();
        }
        final Thread closer = started(pipeline::close);
        for (final Thread producer : producers) {
            producer.join();
        }
        goOn.countDown();
        closer.join();
        assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(8);
        assertThat(account.count(FaultDisposition.CLOSED)).isEqualTo(22);
    }

    @Test
    void closingFromAnotherInjectorsCallbackWaitsForNobody() throws InterruptedException {
        final FaultPipeline first = pipeline(slow, InjectorMode.BLOCKING, FaultObserver.NONE);
        final FaultAccount own = new FaultAccount(CounterFile.inMemory(), "second");
        final CountDownLatch returned = new CountDownLatch(1);
        final Thread producer = started(() -> put(first, 1));
        entered.await();
        try (FaultPipeline second = new FaultPipeline(PipelineSettings.named("second"), new RecordingIommu(), own,
                (record, disposition) -> {
                    first.close(); // would wait for an injection that only this test ends
                    returned.countDown();
                })) {
            assertThat(put(second, 1)).isTrue();
            returned.await();
        }
        goOn.countDown();
        first.close();
        producer.join();
        assertThat(account.settled()).isEqualTo(1);
        assertThat(own.settled()).isEqualTo(1);
    }

    @Test
    void aTurnLeftBehindByAThreadThatEndedIsTakenByTheNext() throws InterruptedException {
        final RecordingIommu iommu = new RecordingIommu();
        final FaultPipeline pipeline = pipeline(iommu, InjectorMode.RUN_TO_COMPLETION, FaultObserver.NONE);
        started(() -> pipeline.claim(new FaultRecord())).join();
        for (int i = 0; i < 20; i++) {
            assertThat(put(pipeline, i)).isTrue();
        }
        started(() -> pipeline.claim(new FaultRecord())).join();
        pipeline.awaitInjected();
        started(() -> pipeline.claim(new FaultRecord())).join();
        pipeline.close();
        assertThat(iommu.cookies).hasSize(20).isSorted();
        assertThat(account.settled()).isEqualTo(20);
    }

    @Test
    void aModelThatCantBeConnectedLeavesNoThreadBehind() {
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public void connect(final FaultPort newPort) {
                throw new LinkageError("connect");
            }
        };
        assertThatThrownBy(() -> new FaultPipeline(PipelineSettings.named("leaver"), iommu, account,
                FaultObserver.NONE)).hasMessage("connect");
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().contains("leaver"));
    }

    @Test
    void deferredWorkThatThrowsIsAskedForAgain() throws InterruptedException {
        final CountDownLatch times = new CountDownLatch(Throwing.values().length + 1);
        final AtomicInteger next = new AtomicInteger();
        final DeferredWork work = new DeferredWork("unit", () -> {
            times.countDown();
            final int at = next.getAndIncrement();
            if (at < Throwing.values().length) {
                Throwing.values()[at].now();
            }
        });
        while (times.getCount() != 0) {
            final int before = next.get();
            work.ask();
            while (next.get() == before) {
                Thread.onSpinWait();
            }
        }
        times.await();
    }
}
