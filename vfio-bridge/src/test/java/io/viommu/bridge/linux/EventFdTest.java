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
package io.viommu.bridge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EventFdTest {
    @Test
    void drainTakesTheWholeCountOnceAndThenNothing() {
        try (EventFd event = EventFd.create()) {
            assertThat(event.drain()).isZero();
            assertThat(event.signal(1)).isZero();
            assertThat(event.signal(41)).isZero();
            assertThat(event.drain()).isEqualTo(42);
            assertThat(event.drain()).isZero();
        }
    }

    @Test
    void anOverflowingSignalAnswersEagainAndLosesNothing() {
        try (EventFd event = EventFd.create()) {
            assertThat(event.signal(-2)).as("2^64 - 2, the kernel's limit").isZero();
            assertThat(event.signal(1)).isEqualTo(-Errno.EAGAIN);
            assertThat(event.drain()).isEqualTo(EventFd.MAX_COUNT);
            assertThat(event.signal(1)).isZero();
            assertThat(event.drain()).isEqualTo(1);
        }
    }

    @Test
    void theKernelCountsEightByteHostEndianWords() {
        try (EventFd event = EventFd.create();
                NativeFile file = NativeFile.adopt(NativeFile.duplicate(event.fd()));
                Arena arena = Arena.ofConfined()) {
            event.signal(0x0102030405L);
            final MemorySegment word = arena.allocate(8);
            assertThat(file.read(word)).isEqualTo(8);
            assertThat(word.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0x0102030405L);
            assertThat(file.read(word)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    void aClosedEventFdAnswersEbadfAndClosesOnce() throws Exception {
        final long before = OpenFiles.count("eventfd");
        final EventFd event = EventFd.create();
        assertThat(OpenFiles.count("eventfd")).isEqualTo(before + 1);
        event.close();
        try (EventFd next = EventFd.create()) {
            event.close();
            assertThat(next.signal(1)).as("the second close must not hit a reused number").isZero();
            assertThat(event.signal(1)).isEqualTo(-Errno.EBADF);
            assertThat(event.drain()).isEqualTo(-Errno.EBADF);
            assertThat(event.fd()).isEqualTo(-1);
        }
        assertThat(OpenFiles.count("eventfd")).isEqualTo(before);
    }

    @Test
    void aStrangersEventFdIsSignalledOnceForEachCall() {
        try (EventFd event = EventFd.create()) {
            for (int i = 0; i < 1000; i++) {
                assertThat(event.signalStranger()).isZero();
            }
            assertThat(event.drain()).isEqualTo(1000);
        }
    }

    @Test
    @Timeout(60)
    void aStrangerThatFillsItsBlockingEventFdBetweenTheLookAndTheSignalStopsNobody() {
        try (EventFd event = EventFd.create()) {
            FileFlags.makeBlocking(event.fd());
            assertThat(event.signal(-2)).as("full").isZero();
            for (int i = 0; i < 100; i++) {
                assertThat(AsyncSignal.shared().signal(event.fd())).isZero();
            }
            assertThat(event.signalStranger()).as("seen to be full").isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    void onlyAnEventFdCanBeSignalledForAStranger() {
        final UnixSocket[] pair = UnixSocket.pair();
        assertThat(AsyncSignal.shared().signal(pair[0].fd())).isEqualTo(-Errno.EINVAL);
        assertThat(AsyncSignal.shared().signal(-1)).isLessThan(0);
        pair[0].close();
        pair[1].close();
    }

    @Test
    void anAdoptedEventFdBecomesNonBlocking() throws Exception {
        try (EventFd event = EventFd.create()) {
            final int copy = NativeFile.duplicate(event.fd());
            LibC.fcntl(copy, 4, 0, "make it blocking");
            try (EventFd adopted = EventFd.adopt(copy)) {
                assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + copy)))
                        .containsPattern("flags:\\s+0?2?00400[0-7]|flags:\\s+02004002");
                assertThat(adopted.drain()).isZero();
            }
        }
    }

    @Test
    void aSetUpErrorNamesTheCallTheSubjectAndTheErrno() {
        assertThatThrownBy(() -> EventFd.adopt(999_999)).isInstanceOf(LinuxException.class)
                .hasMessage("read the file flags (descriptor 999999) failed: EBADF (bad file descriptor)");
        assertThatThrownBy(() -> NativeFile.open("/nonexistent/iommu")).isInstanceOf(LinuxException.class)
                .hasMessage("open /nonexistent/iommu failed: ENOENT (no such file or directory)")
                .satisfies(e -> assertThat(((LinuxException) e).errno()).isEqualTo(Errno.ENOENT));
        assertThat(Errno.describe(133)).isEqualTo("errno 133");
    }

    @Test
    void signalAndDrainAllocateNothing() {
        final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory
                .getThreadMXBean();
        try (EventFd event = EventFd.create(); Epoll epoll = Epoll.create(4)) {
            epoll.add(event.fd(), 1);
            // Until the JIT has compiled the downcalls they do allocate, so look for a stretch that is free of it.
            long allocated = Long.MAX_VALUE;
            for (int stretch = 0; stretch < 100 && allocated > 0; stretch++) {
                final long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 5_000; i++) {
                    round(event, epoll);
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocated).isZero();
        }
    }

    private static void round(final EventFd event, final Epoll epoll) {
        event.signal(1);
        if (epoll.await(0) != 1 || epoll.token(0) != 1 || event.drain() != 1) {
            throw new AssertionError("lost a signal");
        }
    }
}
