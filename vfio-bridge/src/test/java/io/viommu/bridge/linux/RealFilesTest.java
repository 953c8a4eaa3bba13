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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.dmafault.DmaFaultDevice;
import io.viommu.bridge.dmafault.DmaFaultProducer;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.iommufd.FaultQueueSource;
import io.viommu.bridge.iommufd.IommufdKernel;
import io.viommu.bridge.iommufd.KernelFile;
import io.viommu.bridge.iommufd.RecoverableForm;
import io.viommu.bridge.iommufd.VeventQueueSource;
import io.viommu.fault.FaultSource;

/**
 * EINTR, EAGAIN, short reads and a peer that goes away, by the kernel beneath and not by a script: signals that hit a
 * thread in a system call, pipes that are empty, hold less than a record, or have lost their writer.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class RealFilesTest {

    private static final int O_NONBLOCK = 0x800;
    private static final int RECORD = 40;
    private static final MethodHandle PIPE = LibC.call("pipe2", LibC.INT, LibC.ADDRESS, LibC.INT);
    private static final MethodHandle READ = LibC.call("read", LibC.LONG, LibC.INT, LibC.ADDRESS, LibC.LONG);

    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<FaultSource> ended = new LinkedBlockingQueue<>();
    private long descriptors;
    private NativeFile writer;
    private int reader;

    @BeforeEach
    void count() throws Exception {
        descriptors = OpenFiles.count("pipe:") + OpenFiles.count("eventfd");
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        arena.close();
        assertThat(OpenFiles.count("pipe:") + OpenFiles.count("eventfd")).isEqualTo(descriptors);
    }

    private void pipe(final int flags) throws Throwable {
        final MemorySegment pair = arena.allocate(8);
        final int result = (int) PIPE.invokeExact(LibC.state().errno, pair, flags);
        assertThat(result).isZero();
        reader = pair.get(LibC.INT, 0);
        writer = NativeFile.adopt(pair.get(LibC.INT, 4));
    }

    /** A page request of an iommufd fault queue, by its cookie. */
    private MemorySegment record(final int cookie) {
        final MemorySegment record = arena.allocate(RECORD, 8);
        record.set(LibC.INT, 0, 2);
        record.set(LibC.INT, 36, cookie);
        return record;
    }

    /** Runs something on a thread of its own, sends signals while it sleeps, and gives what it gave. */
    private static long interrupted(final String name, final int signals, final Supplier<Long> call,
            final Runnable release) throws Throwable {
        final BlockingQueue<Long> result = new LinkedBlockingQueue<>();
        final Thread thread = Thread.ofPlatform().name(name).daemon().start(() -> result.add(call.get()));
        final Signals signal = Signals.to(name);
        for (int i = 0; i < signals; i++) {
            while (!signal.sleeps() && result.isEmpty()) {
                Thread.onSpinWait();
            }
            if (result.isEmpty()) {
                signal.send();
                TimeUnit.MILLISECONDS.sleep(2);
            }
        }
        release.run();
        final Long outcome = result.poll(30, TimeUnit.SECONDS);
        thread.join();
        assertThat(outcome).as("the call ends").isNotNull();
        return outcome;
    }

    @Test
    void aSignalEndsABareReadAndNotOurs() throws Throwable {
        pipe(0);
        final MemorySegment bytes = arena.allocate(8);
        final long bare = interrupted("bare-read", 1, () -> {
            try {
                return LibC.state().outcome((long) READ.invokeExact(LibC.state().errno, reader, bytes, 8L));
            } catch (final Throwable thrown) {
                throw LibC.unexpected(thrown);
            }
        }, () -> {
        });
        assertThat(bare).as("the signals are real").isEqualTo(-Errno.EINTR);
        final NativeFile file = NativeFile.adopt(reader);
        final long read = interrupted("our-read", 20, () -> file.read(bytes), () -> writer.write(bytes));
        assertThat(read).isEqualTo(8);
        file.close();
        writer.close();
    }

    @Test
    void aWaitThatSignalsInterruptGoesOn() throws Throwable {
        try (EventFd event = EventFd.create(); Epoll epoll = Epoll.create(1)) {
            epoll.add(event.fd(), 7);
            assertThat(interrupted("our-wait", 20, () -> (long) epoll.await(-1), () -> event.signal(1))).isEqualTo(1);
            assertThat(epoll.token(0)).isEqualTo(7);
        }
    }

    @Test
    void aReaderUnderAHailOfSignalsLosesNothing() throws Throwable {
        final int faults = 2000;
        final RecordingSink sink = RecordingSink.counting();
        try (DmaFaultRegion region = DmaFaultRegion.create(new DmaFaultDevice("hail", 1, 7, false),
                EntryFormat.EXTENDED);
                FaultReader waiting = new FaultReader("hail", sink, ReaderSettings.DEFAULT, ended::add)) {
            waiting.add(region);
            waiting.start();
            final Signals signal = Signals.to("fault-reader-hail");
            final DmaFaultProducer producer = new DmaFaultProducer(region.memory(), region.event());
            final UnsafeBuffer entry = new UnsafeBuffer(new byte[128]);
            for (int i = 0; i < faults; i++) {
                new FaultEntry().wrap(entry, 0).unrecoverable(5, 2, -1, 1, i, 0);
                while (!producer.produce(entry, 0, i)) {
                    Thread.onSpinWait();
                }
                producer.signal();
                signal.send();
            }
            while (sink.published < faults) {
                assertThat(ended).isEmpty();
                signal.send();
                TimeUnit.MILLISECONDS.sleep(1);
            }
            waiting.remove(region);
            assertThat(sink.published).isEqualTo(faults);
        }
    }

    @Test
    void anEmptyPipeSaysEagainAndIsAskedAgainWhenItIsReadable() throws Throwable {
        pipe(O_NONBLOCK);
        final KernelFile file = IommufdKernel.host().adopt(reader);
        assertThat(file.read(arena.allocate(RECORD))).isEqualTo(-Errno.EAGAIN);
        final RecordingSink sink = RecordingSink.counting();
        final FaultQueueSource source = new FaultQueueSource("pipe", 1, file, RecoverableForm.PAGE_REQUEST);
        assertThat(source.poll(sink, 8)).isZero();
        assertThat(source.exhausted()).isFalse();
        try (FaultReader waiting = new FaultReader("pipe", sink, ReaderSettings.DEFAULT, ended::add)) {
            waiting.add(source);
            waiting.start();
            for (int cookie = 1; cookie <= 10; cookie++) {
                writer.write(record(cookie));
                while (sink.published < cookie) {
                    Thread.onSpinWait();
                }
            }
            writer.close();
            assertThat(ended.poll(30, TimeUnit.SECONDS)).as("epoll says that the writer hung up").isSameAs(source);
        }
        assertThat(source.failure()).isEqualTo("The fault queue pipe was closed by the other side.");
        assertThat(source.read()).isEqualTo(10);
        file.close();
    }

    @Test
    void aPipeThatHoldsLessThanARecordIsNoQueue() throws Throwable {
        pipe(O_NONBLOCK);
        final KernelFile file = IommufdKernel.host().adopt(reader);
        writer.write(record(1).asSlice(0, 17));
        final RecordingSink sink = RecordingSink.counting();
        final FaultQueueSource faults = new FaultQueueSource("pipe", 1, file, RecoverableForm.STALL);
        assertThat(faults.poll(sink, 8)).isZero();
        assertThat(faults.failure()).isEqualTo("The fault queue pipe gave 17 bytes, which is not a multiple of 40.");
        writer.write(record(1).asSlice(0, 12));
        final VeventQueueSource events = new VeventQueueSource("pipe", 1, file);
        assertThat(events.poll(sink, 8)).isZero();
        assertThat(events.failure()).isEqualTo("The event queue pipe gave 12 bytes where an event has 40.");
        assertThat(sink.published).isZero();
        writer.close();
        file.close();
    }

    @Test
    void anAnswerToAPeerThatHasGoneFailsAndStopsNobody() throws Throwable {
        pipe(O_NONBLOCK);
        final KernelFile requests = IommufdKernel.host().adopt(reader);
        writer.write(record(1));
        final FaultQueueSource source = new FaultQueueSource("pipe", 1, requests, RecoverableForm.PAGE_REQUEST);
        final RecordingSink sink = RecordingSink.keeping();
        assertThat(source.poll(sink, 8)).isEqualTo(1);
        source.respond(1, sink.records.getFirst().cookie(), 0);
        assertThat(source.openGroups()).as("the reading end takes no answers: EBADF").isZero();
        assertThat(source.exhausted()).isFalse();
        writer.close();
        requests.close();
        assertThat(source.poll(sink, 8)).isZero();
        assertThat(source.failure()).isEqualTo("The fault queue pipe can't be read: EBADF (bad file descriptor).");
    }

    @Test
    void aFileThatEndsWithinAReadGivesLess() throws Throwable {
        final int fd = SharedMemory.createDescriptor("short", 4096);
        final KernelFile file = IommufdKernel.host().adopt(fd);
        final MemorySegment bytes = arena.allocate(20);
        assertThat(file.readAt(bytes, 4096 - 12)).isEqualTo(12);
        assertThat(file.readAt(bytes, 4096)).isZero();
        assertThat(file.writeAt(bytes, 0)).isEqualTo(20);
        file.close();
        assertThat(file.readAt(bytes, 0)).isEqualTo(-Errno.EBADF);
    }
}
