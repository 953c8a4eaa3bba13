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

import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.fault.FaultSink;

/** With a producer in another process, as in real use. */
@Timeout(120)
class ProducerProcessTest {

    private static final Duration LONG = Duration.ofSeconds(100);

    private final List<DmaFaultRegion> regions = new ArrayList<>();
    private final RecordingSink sink = RecordingSink.counting();

    @AfterEach
    void close() {
        regions.forEach(DmaFaultRegion::close);
    }

    private FaultScript script(final int count, final int steps, final EntryFormat format) {
        for (int i = 0; i < count; i++) {
            regions.add(DmaFaultRegion.create(new DmaFaultDevice("d" + i, i, i, true), format));
        }
        final FaultScript.Writer writer = FaultScript.writer();
        for (int i = 0; i < steps; i++) {
            writer.add(i % count).unrecoverable(5, 2, FaultSink.NO_PASID, 1, 0x1000L * i, 0).smmuEvent(i, 0x10, i, i,
                    0);
        }
        return writer.build();
    }

    private FaultReader reader() {
        final FaultReader reader = new FaultReader("test", sink, ReaderSettings.DEFAULT, source -> {
        });
        regions.forEach(reader::add);
        reader.start();
        return reader;
    }

    @Test
    void aHundredThousandFaultsOfAnotherProcessAllArriveInOrder() throws Exception {
        try (FaultScript script = script(1, 10_000, EntryFormat.EXTENDED);
                FaultReader reader = reader();
                ProducerProcess producer = ProducerProcess.launch(regions, script,
                        ProducerSettings.paced().repeat(10))) {
            assertThat(sink.published).as("it waits for start").isZero();
            producer.start();
            assertThat(producer.awaitEnd(LONG)).isTrue();
            assertThat(producer.failure()).isNull();
            assertThat(producer.isFinished()).isTrue();
            assertThat(producer.produced()).isEqualTo(100_000);
            assertThat(producer.dropped()).isZero();
            reader.stop();
        }
        assertThat(sink.published).isEqualTo(100_000);
        assertThat(sink.outOfOrder).isZero();
        assertThat(sink.lastCookie).isEqualTo(99_999);
        assertThat(sink.rejections).isEmpty();
    }

    @Test
    void manyRegionsTakeSeveralMessagesAndEachReportsItsCounts() throws Exception {
        final int devices = 300;
        try (FaultScript script = script(devices, 3 * devices, EntryFormat.PLAIN);
                FaultReader reader = reader();
                ProducerProcess producer = ProducerProcess.launch(regions, script,
                        ProducerSettings.paced().coalesce(true))) {
            producer.start();
            assertThat(producer.awaitEnd(LONG)).isTrue();
            assertThat(producer.failure()).isNull();
            reader.stop();
            for (int i = 0; i < devices; i++) {
                assertThat(producer.produced(i)).isEqualTo(3);
                assertThat(regions.get(i).read()).isEqualTo(3);
            }
        }
        assertThat(sink.published).isEqualTo(3 * devices);
    }

    @Test
    void withAStoppedConsumerTheDropCountsAreExact() throws Exception {
        try (FaultScript script = script(3, 3000, EntryFormat.EXTENDED);
                ProducerProcess producer = ProducerProcess.launch(regions, script,
                        ProducerSettings.likeTheKernel().repeat(2))) {
            producer.start();
            assertThat(producer.awaitEnd(LONG)).isTrue();
            for (int i = 0; i < 3; i++) {
                assertThat(producer.produced(i)).isEqualTo(511);
                assertThat(producer.dropped(i)).isEqualTo(2000 - 511);
                assertThat(regions.get(i).event().drain()).isEqualTo(511);
                assertThat(regions.get(i).poll(sink, 1000)).isEqualTo(511);
            }
            assertThat(producer.produced()).isEqualTo(3 * 511);
            assertThat(producer.dropped()).isEqualTo(6000 - 3 * 511);
        }
    }

    @Test
    void aProducerKilledInMidRunLeavesItsRecordsAndOneSentence() throws Exception {
        try (FaultScript script = script(2, 1000, EntryFormat.EXTENDED);
                FaultReader reader = reader();
                ProducerProcess producer = ProducerProcess.launch(regions, script,
                        ProducerSettings.paced().repeat(1L << 30))) {
            producer.start();
            while (sink.published < 20_000) {
                Thread.sleep(1);
            }
            producer.kill();
            assertThat(producer.awaitEnd(LONG)).isTrue();
            assertThat(producer.isFinished()).isFalse();
            assertThat(producer.failure()).isEqualTo("The fault producer (process " + producer.pid()
                    + ") was killed by signal 9 before it had finished; what it had written was kept.");
            reader.stop();
            for (final DmaFaultRegion region : regions) {
                assertThat(region.memory().buffer().getInt(DmaFaultRegionLayout.TAIL))
                        .as("all that was written was read")
                        .isEqualTo(region.memory().buffer().getInt(DmaFaultRegionLayout.HEAD));
                assertThat(region.exhausted()).isFalse();
            }
            assertThat(sink.rejections).isEmpty();
        }
    }

    @Test
    void aProducerWhoseParentGoesEndsByItself() throws Exception {
        try (FaultScript script = script(1, 10, EntryFormat.EXTENDED)) {
            final ProducerProcess waiting = ProducerProcess.launch(regions, script,
                    ProducerSettings.paced().repeat(1L << 30));
            waiting.start(); // nobody reads, so it waits for space for ever
            waiting.close();
            assertThat(waiting.failure()).contains("ended with exit status 3");
        }
    }

    @Test
    void aProducerWhoseParentIsKilledEndsByItself() throws Exception {
        final Process parent = ParentMain.start();
        try (BufferedReader output = parent.inputReader()) {
            final long pid = Long.parseLong(output.readLine());
            final ProcessHandle producer = ProcessHandle.of(pid).orElseThrow();
            assertThat(producer.isAlive()).isTrue();
            parent.destroyForcibly();
            producer.onExit().get(60, TimeUnit.SECONDS);
            assertThat(producer.isAlive()).isFalse();
        }
    }

    @Test
    void aProducerThatCantUseWhatItIsGivenSaysWhy() throws Exception {
        final long before = OpenFiles.count("viommu-script");
        try (FaultScript script = script(2, 10, EntryFormat.EXTENDED)) {
            final List<DmaFaultRegion> one = regions.subList(0, 1);
            assertThatThrownBy(() -> ProducerProcess.launch(one, script, ProducerSettings.paced()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("Step 1 of the fault script goes to region 1; there are 1.");
        }
        assertThat(OpenFiles.count("viommu-script")).isEqualTo(before);
    }
}
