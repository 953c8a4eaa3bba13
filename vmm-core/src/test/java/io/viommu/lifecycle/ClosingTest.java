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
package io.viommu.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosingTest {

    private final Closing closing = new Closing("thing");
    private final AtomicInteger done = new AtomicInteger();
    private final CountDownLatch inSteps = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    private void slowly() {
        inSteps.countDown();
        uninterruptibly(goOn);
        done.incrementAndGet();
    }

    private static void uninterruptibly(final CountDownLatch latch) {
        boolean interrupted = false;
        while (latch.getCount() != 0) {
            try {
                latch.await();
            } catch (final InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread started(final Runnable work) {
        final Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    @Test
    void theStepsAreDoneOnceHoweverOftenItIsClosed() {
        for (int i = 0; i < 3; i++) {
            closing.close(done::incrementAndGet);
        }
        assertThat(done).hasValue(1);
        assertThatThrownBy(closing::check).isInstanceOf(IllegalStateException.class)
                .hasMessage("The thing is closed.");
    }

    @Test
    void everyCallerReturnsOnlyWhenTheStepsAreDone() throws InterruptedException {
        final List<Integer> seen = new ArrayList<>();
        final List<Thread> callers = new ArrayList<>(List.of(started(() -> closing.close(this::slowly))));
        inSteps.await();
        for (int i = 0; i < 3; i++) {
            callers.add(started(() -> {
                closing.close(this::slowly);
                synchronized (seen) {
                    seen.add(done.get());
                }
            }));
        }
        for (final Thread caller : callers) {
            caller.join(50);
            assertThat(caller.isAlive()).isTrue();
        }
        goOn.countDown();
        for (final Thread caller : callers) {
            caller.join();
        }
        assertThat(seen).containsExactly(1, 1, 1);
    }

    @Test
    void anInterruptNeitherCutsTheStepsShortNorGetsLost() throws InterruptedException {
        final AtomicInteger flags = new AtomicInteger();
        final Runnable close = () -> {
            Thread.currentThread().interrupt();
            closing.close(() -> {
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                slowly();
            });
            assertThat(done).hasValue(1);
            flags.addAndGet(Thread.interrupted() ? 1 : 0);
        };
        final Thread first = started(close);
        inSteps.await();
        final Thread second = started(close);
        first.interrupt();
        second.interrupt();
        goOn.countDown();
        first.join();
        second.join();
        assertThat(flags).hasValue(2);
    }

    @Test
    void whoIsWithinOnlyBeginsAndTheOthersWaitForTheThreadThatDoesIt() throws InterruptedException {
        closing.close(true, this::slowly);
        assertThat(closing.begun()).isTrue();
        closing.close(true, this::slowly);
        final Thread other = started(() -> closing.close(this::slowly));
        other.join(50);
        assertThat(other.isAlive()).isTrue();
        goOn.countDown();
        other.join();
        assertThat(done).hasValue(1);
    }

    @Test
    void stepsMayCloseOnceMore() {
        closing.close(() -> closing.close(done::incrementAndGet));
        assertThat(done).hasValue(0);
    }

    @Test
    void stepsThatThrowReleaseThoseWhoWait() throws InterruptedException {
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread first = started(() -> {
            try {
                closing.close(() -> {
                    slowly();
                    throw new StackOverflowError("steps");
                });
            } catch (final StackOverflowError failed) {
                thrown.set(failed);
            }
        });
        inSteps.await();
        final Thread second = started(() -> closing.close(done::incrementAndGet));
        goOn.countDown();
        first.join();
        second.join();
        assertThat(thrown.get()).hasMessage("steps");
        assertThat(done).hasValue(1);
    }

    @Test
    void theStepsWaitUntilItIsOutOfUseAndThenNobodyEnters() throws InterruptedException {
        assertThat(closing.enter()).isTrue();
        final Thread closer = started(() -> closing.close(done::incrementAndGet));
        closer.join(50);
        assertThat(done).hasValue(0);
        closing.exit();
        closer.join();
        assertThat(done).hasValue(1);
        assertThat(closing.enter()).isFalse();
    }

    @Test
    void whoClosesWhatItIsUsingIsNotWaitedForByItself() throws InterruptedException {
        assertThat(closing.enter()).isTrue();
        assertThat(closing.enter()).as("a use within the use").isFalse();
        closing.close(done::incrementAndGet);
        assertThat(done).hasValue(0);
        closing.exit();
        final Thread other = started(() -> closing.close(done::incrementAndGet));
        other.join();
        assertThat(done).hasValue(1);
    }

    @Test
    void allStepsAreDoneEvenIfSomeFail() {
        assertThatThrownBy(() -> Closing.all(done::incrementAndGet, () -> {
            throw new IllegalArgumentException("first");
        }, done::incrementAndGet, () -> {
            throw new LinkageError("second");
        }, done::incrementAndGet)).hasMessage("first").hasSuppressedException(new LinkageError("second"));
        assertThat(done).hasValue(3);
    }

    @Test
    void aWorkerKeepsWhatEndedIt() throws InterruptedException {
        final Worker worker = new Worker("unit", () -> {
            assertThat(Worker.isCurrent()).isTrue();
            throw new OutOfMemoryError("unit");
        });
        worker.start();
        worker.join();
        assertThat(worker.failure()).hasMessage("unit");
        assertThat(Worker.isCurrent()).isFalse();
    }
}
