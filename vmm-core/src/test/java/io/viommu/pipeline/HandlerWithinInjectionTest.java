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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

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

/** A VMM may run the guest's handler at once, on the thread that injects. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerWithinInjectionTest {

    private final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "unit");
    private final FaultRecord record = new FaultRecord();

    private FaultPipeline pipeline(final RecordingIommu iommu, final int capacity, final InjectorMode mode) {
        return new FaultPipeline(new PipelineSettings("unit", capacity, mode), iommu, account, FaultObserver.NONE);
    }

    private static void await(final CountDownLatch latch) {
        try {
            latch.await(1, TimeUnit.SECONDS); // long enough for who may not come meanwhile
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void put(final FaultPipeline pipeline, final FaultRecord window, final long cookie) {
        final long claim = pipeline.claim(window);
        assertThat(claim).isNotEqualTo(FaultPort.CLOSED);
        window.kind(FaultKind.SMMU_EVENT).cookie(cookie);
        pipeline.publish(claim);
    }

    /** A guest's handler that runs within the interrupt and waits, as CMD_SYNC does, must not end the turn it is in. */
    @Test
    void aHandlerOfTheInterruptDoesNotEndTheTurnItRunsIn() throws InterruptedException {
        final CountDownLatch inHandler = new CountDownLatch(1);
        final CountDownLatch otherDone = new CountDownLatch(1);
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public void endOfBatch() {
                super.endOfBatch();
                if (batches.get() == 1) {
                    port.awaitInjected();
                    inHandler.countDown();
                    await(otherDone);
                }
            }
        };
        try (FaultPipeline pipeline = pipeline(iommu, 8, InjectorMode.RUN_TO_COMPLETION)) {
            final Thread other = new Thread(() -> {
                await(inHandler);
                put(pipeline, new FaultRecord(), 2);
                pipeline.flush();
                assertThat(iommu.cookies).as("not while another one's interrupt is handled").containsExactly(1L);
                otherDone.countDown();
            });
            final List<Throwable> failures = new CopyOnWriteArrayList<>();
            other.setUncaughtExceptionHandler((thread, failure) -> {
                failures.add(failure);
                otherDone.countDown();
            });
            other.start();
            put(pipeline, record, 1);
            pipeline.flush();
            other.join();
            assertThat(failures).isEmpty();
            pipeline.awaitInjected();
        }
        assertThat(iommu.cookies).containsExactly(1L, 2L);
        assertThat(account.settled()).isEqualTo(2);
    }

    /** Such as a handler that makes an emulated device do DMA for which there is no translation, over and over. */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void aHandlerThatMakesMoreFaultsThanTheRingTakesIsRefusedAndNotMadeToWaitForItself(final InjectorMode mode) {
        final List<Long> refused = new CopyOnWriteArrayList<>();
        final RecordingIommu iommu = new RecordingIommu() {
            @Override
            public void endOfBatch() {
                super.endOfBatch();
                if (batches.get() == 1) {
                    final FaultRecord window = new FaultRecord();
                    for (int i = 0; i < 20; i++) {
                        final long claim = port.claim(window);
                        if (claim < 0) {
                            refused.add(claim);
                            port.account(FaultPort.refusal(claim));
                        } else {
                            window.kind(FaultKind.SMMU_EVENT).cookie(100 + i);
                            port.publish(claim);
                        }
                    }
                }
            }
        };
        try (FaultPipeline pipeline = pipeline(iommu, 8, mode)) {
            put(pipeline, record, 1);
            pipeline.flush();
            while (account.settled() < 21) {
                Thread.onSpinWait();
            }
        }
        assertThat(refused).isNotEmpty().containsOnly(FaultPort.FULL);
        assertThat(account.count(FaultDisposition.INJECTOR_FULL)).isEqualTo(refused.size());
        assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(21 - refused.size());
    }
}
