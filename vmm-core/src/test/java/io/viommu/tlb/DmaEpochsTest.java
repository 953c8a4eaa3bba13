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
package io.viommu.tlb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DmaEpochsTest {

    private final DmaEpochs epochs = new DmaEpochs();

    @Test
    void nothingUnderWayIsNotWaitedFor() {
        final DmaEpoch idle = epochs.open();
        idle.enter();
        idle.leave();
        epochs.quiesce();
    }

    @Test
    void transactionOfTheCallingThreadIsNotWaitedFor() {
        final DmaEpoch own = epochs.open();
        own.enter();
        epochs.quiesce();
        own.leave();
    }

    @Test
    void transactionOfAnotherThreadIsWaitedFor() throws InterruptedException {
        final DmaEpoch busy = epochs.open();
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch mayLeave = new CountDownLatch(1);
        final AtomicBoolean quiesced = new AtomicBoolean();
        final AtomicBoolean quiescedTooEarly = new AtomicBoolean();
        final Thread dma = new Thread(() -> {
            busy.enter();
            inside.countDown();
            awaitQuietly(mayLeave);
            quiescedTooEarly.set(quiesced.get());
            busy.leave();
        });
        dma.start();
        inside.await();
        final Thread command = new Thread(() -> {
            epochs.quiesce();
            quiesced.set(true);
        });
        command.start();
        command.join(50);
        assertThat(command.isAlive()).isTrue();
        mayLeave.countDown();
        command.join();
        dma.join();
        assertThat(quiescedTooEarly).isFalse();
        assertThat(quiesced).isTrue();
    }

    @Test
    void transactionThatBeganLaterIsNotWaitedFor() throws InterruptedException {
        final DmaEpoch busy = epochs.open();
        final AtomicBoolean stop = new AtomicBoolean();
        final Thread dma = new Thread(() -> {
            while (!stop.get()) {
                busy.enter();
                busy.leave();
            }
        });
        dma.start();
        for (int i = 0; i < 1_000; i++) {
            epochs.quiesce();
        }
        stop.set(true);
        dma.join();
    }

    @Test
    void closedSessionIsNotWaitedFor() throws InterruptedException {
        final DmaEpoch gone = epochs.open();
        final Thread dma = new Thread(gone::enter);
        dma.start();
        dma.join();
        epochs.close(gone);
        epochs.quiesce();
    }

    @Test
    void repeatedBeginAndEndCountOnce() throws InterruptedException {
        final DmaEpoch epoch = epochs.open();
        final Thread dma = new Thread(() -> {
            epoch.enter();
            epoch.enter();
            epoch.leave();
            epoch.leave();
        });
        dma.start();
        dma.join();
        epochs.quiesce();
    }

    private static void awaitQuietly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void waitWithABoundGivesUpOnATransactionThatGoesOn() throws InterruptedException {
        final DmaEpoch busy = epochs.open();
        final Thread dma = new Thread(busy::enter);
        dma.start();
        dma.join();
        assertThat(epochs.quiesce(0)).isFalse();
        assertThat(epochs.quiesce(1_000)).isFalse();
        busy.leave();
        assertThat(epochs.quiesce(0)).isTrue();
        assertThat(epochs.quiesce(1_000)).isTrue();
    }

    @Test
    void transactionIsKnownToTheThreadThatIsInIt() throws InterruptedException {
        final DmaEpoch other = epochs.open();
        final Thread dma = new Thread(other::enter);
        dma.start();
        dma.join();
        assertThat(epochs.inTransaction()).isFalse();
        final DmaEpoch own = epochs.open();
        own.enter();
        assertThat(epochs.inTransaction()).isTrue();
        own.leave();
        assertThat(epochs.inTransaction()).isFalse();
    }
}
