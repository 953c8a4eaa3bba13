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

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.FakeFaultQueue.Answer;
import io.viommu.bridge.iommufd.nested.IommufdHost;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSource;
import io.viommu.pipeline.FaultIngress;

/** One reader thread, real epoll, many iommufd queues. */
@Timeout(60)
class IommufdReaderTest {

    private static final int LAST = 2;

    private final FakeIommufd kernel = new FakeIommufd();
    private final ConcurrentLinkedQueue<FaultSource> ended = new ConcurrentLinkedQueue<>();

    private static void await(final BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(1);
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void oneReaderWaitsForManyQueuesAndLeaksNothing() throws Exception {
        round(); // classes that keep descriptors of their own are loaded now
        final long before = descriptors();
        round();
        assertThat(descriptors()).isEqualTo(before);
    }

    private void round() throws Exception {
        final RecordingSink sink = RecordingSink.counting();
        final int device = kernel.device();
        try (Iommufd iommufd = Iommufd.open(kernel)) {
            final Viommu viommu = iommufd.ioas().nestParent(device).smmu(device);
            viommu.vdevice(device, 7);
            final FaultQueue faults = iommufd.faultQueue();
            final NestedTable table = viommu.nested(device, 0x4000_000BL, 0, faults);
            kernel.attach(device, table.id());
            final VeventQueue events = viommu.eventQueue(4096);
            try (FaultReader reader = new FaultReader("iommufd", sink, ReaderSettings.DEFAULT, ended::add)) {
                reader.add(new FaultQueueSource("faults", 1, faults.file(), RecoverableForm.PAGE_REQUEST));
                reader.add(new VeventQueueSource("events", 2, events.file()));
                reader.start();
                for (int i = 0; i < 1000; i++) {
                    kernel.pageRequest(device, LAST, 0, i, 1, 0x1000);
                    kernel.event(device, 0x10, 0, 0x2000, 0);
                }
                await(() -> sink.published == 2000);
                final long wakeUps = reader.wakeUps();
                Thread.sleep(20);
                assertThat(reader.wakeUps()).as("a queue that is always writable wakes nobody").isEqualTo(wakeUps);
            }
            kernel.detach(device);
        }
        assertThat(ended).isEmpty();
    }

    @Test
    void aRequestThatNoRouteTakesIsAnswered() throws Exception {
        final int device = kernel.device();
        try (Iommufd iommufd = Iommufd.open(kernel)) {
            final FaultQueue faults = iommufd.faultQueue();
            kernel.attach(device, iommufd.ioas().nestParent(device).nestedVtd(device, 0, 48, 0, faults, false).id());
            final FaultQueueSource source = new FaultQueueSource("faults", 1, faults.file(),
                    RecoverableForm.PAGE_REQUEST);
            final IommufdHost host = new IommufdHost();
            host.add(1, source);
            final FaultIngress ingress = new FaultIngress("bridge", new FaultRouter(), CounterFile.inMemory(),
                    new UnroutedAnswers(host, FaultObserver.NONE));
            kernel.pageRequest(device, 0, 0, 5, 1, 0x1000);
            kernel.pageRequest(device, LAST, 0, 5, 1, 0x2000);
            assertThat(source.poll(ingress, 64)).isEqualTo(2);
            ingress.flush();
            assertThat(ingress.account().count(FaultDisposition.NO_ROUTE)).isEqualTo(2);
            assertThat(kernel.queue(faults).answers).containsExactly(new Answer(device, 5, 1, false));
            assertThat(source.openGroups()).isZero();
            host.remove(1);
            host.respond(1, 77, 0);
            kernel.detach(device);
        }
    }

    @Test
    void pollingAllocatesNothing() {
        final RecordingSink sink = RecordingSink.counting();
        final int device = kernel.device();
        final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory
                .getThreadMXBean();
        final ZeroFile zero = new ZeroFile();
        final FaultQueueSource faults = new FaultQueueSource("faults", 1, zero, RecoverableForm.PAGE_REQUEST);
        final VeventQueueSource events = new VeventQueueSource("events", 1, zero);
        assertThat(device).isPositive();
        long allocated = Long.MAX_VALUE;
        for (int stretch = 0; stretch < 2000 && allocated > 0; stretch++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 50; i++) {
                faults.poll(sink, 64);
                events.poll(sink, 64);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).isZero();
        assertThat(sink.published).isPositive();
    }

    /** Gives 40 bytes that are a sound record for both kinds of queue: device or number 0, cookie 1. */
    private static final class ZeroFile implements KernelFile {
        @Override
        public int fd() {
            return -1;
        }

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            return 0;
        }

        @Override
        public long read(final MemorySegment into) {
            into.set(ValueLayout.JAVA_LONG, 0, 0);
            into.set(ValueLayout.JAVA_INT, 36, 1);
            return 40;
        }

        @Override
        public long write(final MemorySegment from) {
            return from.byteSize();
        }

        @Override
        public void close() {
            // nothing
        }
    }
}
