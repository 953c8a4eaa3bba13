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
package io.viommu.bridge.dmafault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;
import io.viommu.lifecycle.Worker;
import io.viommu.pipeline.FaultIngress;

/** What a region holds is given back, whenever and by whomever it is closed. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RegionLifecycleTest {

    private static final int CYCLES = 2000;
    /** Less than one for each hundredth cycle: what the JVM itself opens and maps meanwhile. */
    private static final int SLACK = CYCLES / 100;

    private final CounterFile counters = CounterFile.inMemory();

    private static DmaFaultRegion region() {
        return DmaFaultRegion.create(new DmaFaultDevice("nic", 1, 0x300, true), EntryFormat.EXTENDED);
    }

    private FaultIngress ingress(final FaultObserver observer) {
        return new FaultIngress("unit", new FaultRouter(), counters, observer);
    }

    private static UnsafeBuffer entry() {
        final UnsafeBuffer entry = new UnsafeBuffer(ByteBuffer.allocateDirect(128));
        new FaultEntry().wrap(entry, 0).unrecoverable(GenericFault.REASON_PTE_FETCH, GenericFault.FLAG_ADDR_VALID,
                FaultSink.NO_PASID, GenericFault.PERM_READ, 0x1000, 0).device(1);
        return entry;
    }

    private static int descriptors() {
        return new File("/proc/self/fd").list().length;
    }

    private static long mappings(final String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(name)).count();
        }
    }

    @Test
    void regionsThatComeAndGoLeaveNoMappingNoDescriptorAndNoThread() throws IOException {
        region().close(); // what is loaded once
        final int descriptors = descriptors();
        final int threads = Thread.activeCount();
        for (int i = 0; i < CYCLES; i++) {
            region().close();
        }
        assertThat(mappings("viommu-fault")).isZero();
        assertThat(descriptors()).isLessThan(descriptors + SLACK);
        assertThat(Thread.activeCount()).isLessThan(threads + SLACK);
    }

    @Test
    void readersWithTheirRegionsLeaveNothing() throws IOException {
        final int descriptors = descriptors();
        for (int i = 0; i < CYCLES / 10; i++) {
            final FaultReader reader = new FaultReader("unit", ingress(FaultObserver.NONE), ReaderSettings.DEFAULT,
                    ended -> {
                    });
            final DmaFaultRegion region = region();
            reader.add(region);
            reader.start();
            reader.close();
            region.close();
        }
        assertThat(mappings("viommu-fault")).isZero();
        assertThat(descriptors()).isLessThan(descriptors + SLACK);
    }

    @Test
    void sharedMemoryAndScriptsThatComeAndGoLeaveNothing() throws IOException {
        final int descriptors = descriptors();
        for (int i = 0; i < CYCLES; i++) {
            SharedMemory.create("viommu-flat", 4096).close();
            final FaultScript.Writer writer = FaultScript.writer();
            writer.add(0);
            writer.build().close();
        }
        assertThat(mappings("viommu-flat")).isZero();
        assertThat(mappings("viommu-script")).isZero();
        assertThat(descriptors()).isLessThan(descriptors + SLACK);
    }

    @Test
    void aRegionClosedUnderItsReaderAndProducerHarmsNobodyAndIsDropped() throws Exception {
        for (int i = 0; i < 50; i++) {
            final CountDownLatch ended = new CountDownLatch(1);
            final AtomicInteger refused = new AtomicInteger();
            final DmaFaultRegion region = region();
            final FaultIngress ingress = ingress(FaultObserver.NONE);
            try (FaultReader reader = new FaultReader("unit", ingress, new ReaderSettings(true, 16),
                    source -> ended.countDown())) {
                reader.add(region);
                reader.start();
                final Thread producer = Thread.ofPlatform().start(() -> {
                    final UnsafeBuffer entry = entry();
                    final DmaFaultProducer kernel = new DmaFaultProducer(region.memory(), region.event());
                    try {
                        while (true) {
                            kernel.produce(entry, 0, 1);
                        }
                    } catch (final IllegalStateException closed) {
                        assertThat(closed).hasMessage("The DMA-fault region is closed.");
                        refused.incrementAndGet();
                    }
                });
                while (region.read() < 100) {
                    Thread.onSpinWait();
                }
                final List<Thread> closers = new ArrayList<>();
                for (int n = 0; n < 3; n++) {
                    closers.add(Thread.ofPlatform().start(() -> {
                        region.close();
                        refused.addAndGet(region.event().fd() == -1 ? 1 : 0);
                    }));
                }
                for (final Thread closer : closers) {
                    closer.join();
                }
                ended.await();
                producer.join();
            }
            assertThat(refused).hasValue(4);
            assertThat(ingress.read()).isEqualTo(region.read());
            assertThat(ingress.account().count(FaultDisposition.NO_ROUTE)).isEqualTo(region.read());
        }
        assertThat(mappings("viommu-fault")).isZero();
    }

    @Test
    void aRegionMayBeClosedFromWithinItsOwnPoll() throws IOException {
        final DmaFaultRegion region = region();
        final DmaFaultProducer kernel = new DmaFaultProducer(region.memory(), region.event());
        for (int i = 0; i < 10; i++) {
            kernel.produce(entry(), 0, i);
        }
        final FaultIngress ingress = ingress((record, disposition) -> region.close());
        assertThat(region.poll(ingress, 100)).isEqualTo(10);
        assertThat(region.poll(ingress, 100)).isZero();
        assertThat(region.exhausted()).isTrue();
        region.close();
        assertThat(mappings("viommu-fault")).isZero();
    }

    @Test
    void aRegionPolledForLongIsLetGoByACallbackWithoutWaiting() throws Exception {
        final DmaFaultRegion region = region();
        new DmaFaultProducer(region.memory(), region.event()).produce(entry(), 0, 1);
        final CountDownLatch polled = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final Thread reader = Thread.ofPlatform().start(() -> region.poll(ingress((record, disposition) -> {
            polled.countDown();
            try {
                goOn.await();
            } catch (final InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }), 1));
        polled.await();
        final Worker callback = new Worker("callback", region::close);
        callback.start();
        callback.join(); // for it the poll may be waiting
        assertThat(mappings("viommu-fault")).isEqualTo(1);
        goOn.countDown();
        reader.join();
        region.close();
        assertThat(mappings("viommu-fault")).isZero();
    }

    @Test
    void aProducerOfAClosedRegionIsRefusedInOneSentence() {
        final DmaFaultRegion region = region();
        final DmaFaultProducer kernel = new DmaFaultProducer(region.memory(), region.event());
        region.close();
        region.close();
        assertThatThrownBy(() -> kernel.produce(entry(), 0, 1)).isInstanceOf(IllegalStateException.class)
                .hasMessage("The DMA-fault region is closed.");
        assertThatThrownBy(kernel::hasSpace).hasMessage("The DMA-fault region is closed.");
        assertThatThrownBy(kernel::isDrained).hasMessage("The DMA-fault region is closed.");
        kernel.signal();
    }
}
