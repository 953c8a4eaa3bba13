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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.nested.SmmuPassthrough;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.UnixSocket;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSource;
import io.viommu.pipeline.FaultIngress;

/** Queues that give garbage, go away or never stop: nothing throws, hangs, leaks or is lost without a count. */
@Timeout(60)
class HostileQueuesTest {

    private static final int SID = 7;
    private static final long STE = 0x1 | 5 << 1 | 0x4000_0000L;
    private static final int LAST = 2;

    private final ConcurrentLinkedQueue<FaultSource> ended = new ConcurrentLinkedQueue<>();

    /** Random bytes, lengths and errors, sound records among them. */
    private static final class GarbageFile implements KernelFile {
        private final Random random;
        private final int record;
        private int reads;

        GarbageFile(final int seed, final int record) {
            this.random = new Random(seed);
            this.record = record;
        }

        @Override
        public int fd() {
            return -1;
        }

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            return -Errno.ENOTTY;
        }

        @Override
        public long read(final MemorySegment into) {
            if (++reads > 50) {
                return 0;
            }
            final int choice = random.nextInt(20);
            if (choice == 0) {
                return -new int[]{ Errno.EINTR, Errno.EAGAIN, Errno.EBADF, 5, 1000 }[random.nextInt(5)];
            }
            if (choice == 1) {
                return random.nextInt(3 * record);
            }
            final int length = (1 + random.nextInt(8)) * record;
            for (int i = 0; i < length; i += Integer.BYTES) {
                into.set(ValueLayout.JAVA_INT, i, random.nextBoolean() ? random.nextInt(4) : random.nextInt());
            }
            return length;
        }

        @Override
        public long write(final MemorySegment from) {
            return switch (random.nextInt(4)) {
                case 0 -> -Errno.EINVAL;
                case 1 -> -14;
                case 2 -> random.nextInt(20);
                default -> from.byteSize();
            };
        }

        @Override
        public void close() {
            // nothing
        }
    }

    @Test
    void garbageIsReadWithoutAThrowAndEveryRecordIsAccountedFor() {
        for (int seed = 0; seed < 300; seed++) {
            final RecordingSink sink = RecordingSink.keeping();
            final FaultQueueSource faults = new FaultQueueSource("garbage", 1, new GarbageFile(seed, 40),
                    seed % 2 == 0 ? RecoverableForm.STALL : RecoverableForm.PAGE_REQUEST);
            for (int i = 0; i < 1000; i++) {
                faults.poll(sink, 16);
            }
            assertThat(sink.records.size() + sink.rejections.size()).isEqualTo((int) faults.read());
            assertThat(sink.rejections).allMatch(FaultDisposition.MALFORMED::equals);
            for (final FaultRecord record : sink.records) {
                faults.respond(1, record.cookie(), record.hashCode() % 3);
            }
            faults.answerOpen(1);
            assertThat(faults.openGroups()).isZero();

            final RecordingSink second = RecordingSink.keeping();
            final VeventQueueSource events = new VeventQueueSource("garbage", 2, new GarbageFile(seed, 40));
            for (int i = 0; i < 1000; i++) {
                events.poll(second, 16);
            }
            assertThat(second.records.size()).isEqualTo((int) events.read());
        }
    }

    @Test
    void aQueueWhosePeerHasGoneIsDroppedWhenItIsEmptyAndLeaksNothing() throws Exception {
        peer();
        final long before = descriptors();
        peer();
        assertThat(descriptors()).isEqualTo(before);
    }

    private void peer() throws Exception {
        final UnixSocket[] pair = UnixSocket.pair();
        final RecordingSink sink = RecordingSink.counting();
        final KernelFile file = new SocketFile(pair[0]);
        try (FaultReader reader = new FaultReader("peer", sink, ReaderSettings.DEFAULT, ended::add);
                Arena arena = Arena.ofConfined()) {
            final FaultQueueSource source = new FaultQueueSource("peer", 1, file, RecoverableForm.PAGE_REQUEST);
            reader.add(source);
            reader.start();
            final MemorySegment record = arena.allocate(40, 8);
            record.set(ValueLayout.JAVA_INT, 36, 1);
            pair[1].send(record);
            pair[1].close();
            while (ended.isEmpty()) {
                Thread.sleep(1);
            }
            assertThat(sink.published).as("what it had given before").isEqualTo(1);
            assertThat(source.failure()).isEqualTo("The fault queue peer was closed by the other side.");
        }
        ended.clear();
        file.close();
    }

    /** One record at a time; 0 when empty or at the end, as a queue of iommufd. */
    private record SocketFile(UnixSocket socket) implements KernelFile {
        @Override
        public int fd() {
            return socket.fd();
        }

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            return -Errno.ENOTTY;
        }

        @Override
        public long read(final MemorySegment into) {
            return socket.await(0) ? socket.receive(into.asSlice(0, 40)).bytes() : 0;
        }

        @Override
        public long write(final MemorySegment from) {
            return -Errno.EPIPE;
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    @Test
    void manyLivesOfAVirtualSmmuLeaveNeitherDescriptorsNorMappingsNorObjects() throws Exception {
        final FakeIommufd kernel = new FakeIommufd();
        life(kernel, 0);
        final long descriptors = descriptors();
        final long sharedMaps = sharedMappings();
        for (int i = 0; i < 30; i++) {
            life(kernel, i);
        }
        assertThat(descriptors()).as("descriptors").isEqualTo(descriptors);
        assertThat(sharedMappings()).as("mappings").isEqualTo(sharedMaps);
        assertThat(kernel.objects()).as("objects of the kernel").isZero();
        assertThat(kernel.mappings().all()).as("mappings of guest RAM").isEmpty();
    }

    private void life(final FakeIommufd kernel, final int round) throws Exception {
        final CounterFile counters = CounterFile.inMemory();
        final FaultRouter router = new FaultRouter();
        try (Arena arena = Arena.ofShared(); Iommufd iommufd = Iommufd.open(kernel)) {
            final Ioas ioas = iommufd.ioas();
            ioas.map(arena.allocate(0x4000, 4096), 0x4000_0000L);
            final FakeDevice device = new FakeDevice(kernel);
            final SmmuPassthrough smmu = new SmmuPassthrough("life", ioas.nestParent(device.id()), device.id(), 4, 1);
            final FaultIngress ingress = new FaultIngress("life", router, counters,
                    new UnroutedAnswers(smmu.host(), FaultObserver.NONE));
            try (FaultReader reader = new FaultReader("life", ingress, ReaderSettings.DEFAULT, ended::add)) {
                reader.start();
                smmu.start(reader, router, new FullPort());
                smmu.add(SID, device);
                smmu.host().streams().install(SID, STE, 0);
                for (int i = 0; i < 50; i++) {
                    kernel.pageRequest(device.id(), LAST, 0, i, 1, 0x1000);
                    kernel.event(device.id(), 0x10, 0, 0x2000, 0);
                }
                switch (round % 3) {
                    case 0 -> smmu.remove(SID);
                    case 1 -> smmu.reset();
                    default -> kernel.detach(device.id());
                }
                smmu.close();
                assertThat(smmu.stalls().openGroups()).isZero();
                reader.stop();
                assertThat(ingress.account().settled()).isEqualTo(smmu.stalls().read() + smmu.events().read());
            }
            kernel.unbind(device.id());
        }
    }

    /** A vIOMMU that takes nothing any more. */
    private static final class FullPort implements FaultPort {
        @Override
        public long claim(final FaultRecord record) {
            return CLOSED;
        }

        @Override
        public void publish(final long claim) {
            throw new AssertionError("nothing was claimed");
        }

        @Override
        public void flush() {
            // nothing
        }

        @Override
        public void awaitInjected() {
            // nothing is under way
        }

        @Override
        public void account(final FaultDisposition disposition) {
            // counted by the ingress
        }
    }

    private static long descriptors() throws Exception {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long sharedMappings() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> line.contains("rw-s")).count();
    }
}
