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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.pipeline.FaultIngress;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReaderLifecycleTest {

    private static final List<Supplier<Throwable>> THROWN = List.of(() -> new IllegalStateException("thrown"),
            () -> new AssertionError("thrown"), () -> new OutOfMemoryError("thrown"), StackOverflowError::new,
            () -> new NoClassDefFoundError("thrown"), () -> new IOException("thrown"));

    private final CounterFile counters = CounterFile.inMemory();
    private final FaultIngress ingress = new FaultIngress("unit", new FaultRouter(), counters, FaultObserver.NONE);
    private final CountDownLatch dropped = new CountDownLatch(1);

    /** A source that only can be polled, and does what the test wants. */
    private static final class Scripted implements FaultSource {
        private final Consumer<FaultSink> poll;
        private final AtomicInteger polls = new AtomicInteger();

        Scripted(final Consumer<FaultSink> poll) {
            this.poll = poll;
        }

        @Override
        public String name() {
            return "scripted";
        }

        @Override
        public int poll(final FaultSink sink, final int limit) {
            polls.incrementAndGet();
            poll.accept(sink);
            return 0;
        }

        @Override
        public int readyFd() {
            return NO_FD;
        }

        @Override
        public void close() {
            // nothing of its own
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(final Throwable thrown) throws T {
        throw (T) thrown;
    }

    private FaultReader reader(final FaultSink sink, final Consumer<FaultSource> ended) {
        return new FaultReader("unit", sink, ReaderSettings.DEFAULT, ended);
    }

    private static int descriptors() {
        return new File("/proc/self/fd").list().length;
    }

    /** Always has one more, as a source of a live producer, and removes itself whenever it is polled. */
    private static final class Leaving implements FaultSource {
        private final AtomicInteger polls = new AtomicInteger();
        private FaultReader reader;

        @Override
        public String name() {
            return "leaving";
        }

        @Override
        public int poll(final FaultSink sink, final int limit) {
            polls.incrementAndGet();
            try {
                reader.remove(this);
            } catch (final InterruptedException impossible) {
                throw new IllegalStateException(impossible);
            }
            return 1;
        }

        @Override
        public int readyFd() {
            return NO_FD;
        }

        @Override
        public void close() {
            // nothing of its own
        }
    }

    @Test
    void aSourceMayRemoveItselfWhenItIsPolled() throws InterruptedException {
        final Leaving leaving = new Leaving();
        final CountDownLatch polled = new CountDownLatch(1);
        try (FaultReader reader = reader(ingress, source -> {
        })) {
            leaving.reader = reader;
            reader.add(leaving);
            reader.start();
            reader.remove(leaving);
            final int polls = leaving.polls.get();
            reader.add(new Scripted(sink -> polled.countDown()));
            polled.await();
            assertThat(polls).isBetween(1, 1100); // what a producer may still add is drained, once
            assertThat(leaving.polls).hasValue(polls);
            assertThat(reader.failure()).isNull();
        }
    }

    @Test
    void aSourceThatIsAddedTwiceIsGoneWithOneRemove() throws InterruptedException {
        final Scripted twice = new Scripted(sink -> {
        });
        final CountDownLatch polled = new CountDownLatch(3);
        try (FaultReader reader = reader(ingress, source -> {
        })) {
            reader.add(twice);
            reader.add(twice);
            reader.start();
            reader.remove(twice);
            final int polls = twice.polls.get();
            reader.add(new Scripted(sink -> polled.countDown()));
            polled.await();
            assertThat(twice.polls).hasValue(polls);
        }
    }

    @Test
    void aSourceWhoseDescriptorCantBeAskedForIsToldAsEndedAndPolledNoMore() {
        final AtomicInteger polls = new AtomicInteger();
        final FaultSource broken = new FaultSource() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public int poll(final FaultSink sink, final int limit) {
                polls.incrementAndGet();
                return 0;
            }

            @Override
            public int readyFd() {
                throw new IllegalStateException("closed");
            }

            @Override
            public void close() {
                // nothing of its own
            }
        };
        final List<FaultSource> ended = new ArrayList<>();
        final FaultReader reader = reader(ingress, ended::add);
        reader.add(broken);
        reader.start();
        reader.close(); // looks at all sources once more
        assertThat(ended).containsExactly(broken);
        assertThat(polls).hasValue(0);
    }

    @Test
    void aSourceThatThrowsIsDroppedTheFaultInHandIsCountedOnceAndTheOthersGoOn() throws InterruptedException {
        final CountDownLatch ended = new CountDownLatch(THROWN.size());
        final Scripted healthy = new Scripted(sink -> {
        });
        try (FaultReader reader = reader(ingress, source -> ended.countDown())) {
            reader.start();
            THROWN.forEach(thrown -> reader.add(new Scripted(sink -> {
                sink.claim(1, 2, FaultSink.NO_PASID).kind(FaultKind.SMMU_EVENT);
                sneak(thrown.get());
            })));
            ended.await();
            reader.add(healthy);
            while (healthy.polls.get() < 3) {
                Thread.onSpinWait();
            }
            assertThat(reader.failure()).isNull();
        }
        assertThat(ingress.read()).isEqualTo(THROWN.size());
        assertThat(ingress.account().count(FaultDisposition.SOURCE_FAILURE)).isEqualTo(THROWN.size());
    }

    @Test
    void whatTheSinkOrWhoeverIsToldOfEndedSourcesThrowsEndsNoReader() throws InterruptedException {
        final FaultSink throwing = new FaultSink() {
            @Override
            public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
                throw new LinkageError("claim");
            }

            @Override
            public void publish() {
                throw new LinkageError("publish");
            }

            @Override
            public void reject(final int source, final FaultDisposition disposition) {
                throw new LinkageError("reject");
            }

            @Override
            public void flush() {
                throw new LinkageError("flush");
            }
        };
        final Scripted healthy = new Scripted(sink -> {
        });
        try (FaultReader reader = reader(throwing, source -> {
            dropped.countDown();
            sneak(new IOException("ended"));
        })) {
            reader.start();
            reader.add(new Scripted(sink -> {
                throw new IllegalStateException("poll");
            }));
            reader.add(healthy);
            dropped.await();
            while (healthy.polls.get() < 3) {
                Thread.onSpinWait();
            }
            assertThat(reader.failure()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void closeAndStopReturnToWhomTheReaderCalls(final boolean fromPoll) throws InterruptedException {
        final int before = descriptors();
        final FaultReader[] reader = new FaultReader[1];
        final CountDownLatch returned = new CountDownLatch(1);
        final Runnable close = () -> {
            try {
                reader[0].stop();
            } catch (final InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
            reader[0].close();
            reader[0].close();
            returned.countDown();
        };
        reader[0] = reader(ingress, source -> close.run());
        reader[0].start();
        reader[0].add(new Scripted(sink -> {
            if (!fromPoll) {
                throw new IllegalStateException("poll");
            }
            close.run();
        }));
        returned.await();
        reader[0].close();
        assertThat(descriptors()).isEqualTo(before);
    }

    @Test
    void noneOfManyClosersReturnsWhileASourceIsPolled() throws InterruptedException {
        final CountDownLatch polled = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final FaultReader reader = reader(ingress, source -> {
        });
        final int before = descriptors();
        reader.start();
        reader.add(new Scripted(sink -> {
            polled.countDown();
            try {
                goOn.await();
            } catch (final InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }));
        polled.await();
        final AtomicInteger interrupts = new AtomicInteger();
        final List<Thread> closers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            closers.add(Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                reader.close();
                interrupts.addAndGet(Thread.interrupted() ? 1 : 0);
            }));
        }
        for (final Thread closer : closers) {
            closer.join(50);
            assertThat(closer.isAlive()).isTrue();
        }
        goOn.countDown();
        for (final Thread closer : closers) {
            closer.join();
        }
        assertThat(interrupts).hasValue(3);
        assertThat(descriptors()).isEqualTo(before - 2);
    }

    @Test
    void closeBeforeStartLeavesNothingAndAllThatFollowsIsRefusedInOneSentence() throws InterruptedException {
        final int before = descriptors();
        final Scripted source = new Scripted(sink -> {
        });
        final FaultReader reader = reader(ingress, ended -> {
        });
        reader.add(source);
        reader.close();
        reader.close();
        assertThat(descriptors()).isEqualTo(before);
        assertThatThrownBy(reader::start).isInstanceOf(IllegalStateException.class)
                .hasMessage("The fault reader unit is closed.");
        assertThatThrownBy(() -> reader.add(source)).isInstanceOf(IllegalStateException.class)
                .hasMessage("The fault reader unit is closed.");
        reader.remove(source);
        reader.stop();
        assertThat(source.polls).hasValue(0);
    }

    @Test
    void aSecondStartIsRefusedInOneSentence() {
        try (FaultReader reader = reader(ingress, source -> {
        })) {
            reader.start();
            assertThatThrownBy(reader::start).isInstanceOf(IllegalStateException.class)
                    .hasMessage("The fault reader unit was started before.");
        }
    }

    @Test
    void aReaderWhoseThreadEndsSaysWhyTellsItsSourcesAndHoldsNobodyUp() throws InterruptedException {
        final Set<String> before = epolls();
        final FaultReader reader = reader(ingress, source -> dropped.countDown());
        final Set<String> its = epolls();
        its.removeAll(before);
        assertThat(its).hasSize(1);
        final int epoll = Integer.parseInt(its.iterator().next());
        final Scripted source = new Scripted(sink -> NativeFile.closeDescriptor(epoll));
        reader.start();
        reader.add(source);
        dropped.await();
        reader.remove(source);
        reader.stop();
        assertThat(reader.failure()).hasMessageContaining("The fault reader unit can't wait any more")
                .hasMessageContaining(Errno.describe(Errno.EBADF));
        assertThatThrownBy(() -> reader.add(source)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("The fault reader unit has ended");
        reader.close();
    }

    private static Set<String> epolls() {
        final Set<String> found = new HashSet<>();
        for (final String fd : new File("/proc/self/fd").list()) {
            try {
                if (Files.readSymbolicLink(Path.of("/proc/self/fd", fd)).toString().contains("eventpoll")) {
                    found.add(fd);
                }
            } catch (final IOException gone) {
                // the listing's own
            }
        }
        return found;
    }

    @Test
    void countersOfReadersThatCameAndWentAreGivenBack() {
        for (int i = 0; i < 200; i++) {
            final FaultReader reader = reader(
                    new FaultIngress("reader" + i, new FaultRouter(), counters, FaultObserver.NONE), source -> {
                    });
            reader.start();
            reader.close();
        }
    }
}
