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

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.fault.FaultSink;

@Timeout(60)
class ProducerRunTest {

    private final List<DmaFaultRegion> regions = new ArrayList<>();
    private final List<DmaFaultProducer> producers = new ArrayList<>();
    private final RecordingSink sink = RecordingSink.keeping();

    @AfterEach
    void close() {
        regions.forEach(DmaFaultRegion::close);
    }

    private FaultScript script(final int count, final int steps) {
        final FaultScript.Writer writer = FaultScript.writer();
        for (int i = 0; i < count; i++) {
            regions.add(DmaFaultRegion.create(new DmaFaultDevice("d" + i, i, i, true), EntryFormat.EXTENDED));
            producers.add(new DmaFaultProducer(regions.get(i).memory(), regions.get(i).event()));
        }
        for (int i = 0; i < steps; i++) {
            writer.add(i % count).unrecoverable(5, 2, FaultSink.NO_PASID, 1, 0x1000L * i, 0).device(i);
        }
        return writer.build();
    }

    @Test
    void theTagIsRepetitionTimesLengthPlusIndex() {
        try (FaultScript script = script(2, 10)) {
            final ProducerRun run = new ProducerRun(script, producers, ProducerSettings.paced().repeat(3));
            run.run();
            assertThat(run.produced()).isEqualTo(30);
            assertThat(regions.get(1).event().drain()).as("one signal for each record").isEqualTo(15);
            regions.get(1).poll(sink, 100);
            assertThat(sink.records).hasSize(15);
            for (int i = 0; i < 15; i++) {
                assertThat(sink.records.get(i).cookie()).isEqualTo(2L * i + 1);
                assertThat(sink.records.get(i).hostDevice()).isEqualTo((2 * i + 1) % 10);
            }
        }
    }

    @Test
    void coalescedSignalsStillAmountToEveryRecord() {
        try (FaultScript script = script(3, 200)) {
            new ProducerRun(script, producers, ProducerSettings.paced().coalesce(true)).run();
            assertThat(regions.get(0).event().drain()).isEqualTo(67);
            assertThat(regions.get(1).event().drain()).isEqualTo(67);
            assertThat(regions.get(2).event().drain()).isEqualTo(66);
        }
    }

    @Test
    void withoutAConsumerTheRingsFillAndTheRestIsDroppedAndCounted() {
        try (FaultScript script = script(2, 4000)) {
            final ProducerRun run = new ProducerRun(script, producers, ProducerSettings.likeTheKernel());
            run.run();
            assertThat(run.produced()).isEqualTo(2 * 511);
            assertThat(run.dropped()).isEqualTo(4000 - 2 * 511);
            assertThat(producers.get(0).produced()).isEqualTo(511);
            assertThat(producers.get(0).dropped()).isEqualTo(1489);
        }
    }

    @Test
    void eachFaultOfARateHasItsTimeAndNoneIsLost() {
        final List<Long> dues = new ArrayList<>();
        final Pace pace = new Pace() {
            private long now = 5_000;

            @Override
            public long nanos() {
                return now;
            }

            @Override
            public void await(final long due) {
                assertThat(regions.getFirst().event().drain()).as("what was made is told before a wait").isEqualTo(1);
                dues.add(due);
                now = due;
            }
        };
        try (FaultScript script = script(1, 100)) {
            new ProducerRun(script, producers, ProducerSettings.paced().rate(10_000).coalesce(true), pace).run();
        }
        assertThat(dues).as("the first at once, then 99 gaps of 100 us").hasSize(99).first().isEqualTo(105_000L);
        for (int i = 1; i < dues.size(); i++) {
            assertThat(dues.get(i) - dues.get(i - 1)).isEqualTo(100_000);
        }
        assertThat(regions.getFirst().event().drain()).isEqualTo(1);
    }

    @Test
    void aRunThatIsBehindCatchesUpWithoutWaiting() {
        final Pace pace = new Pace() {
            private long now;

            @Override
            public long nanos() {
                return now += 1_000_000;
            }

            @Override
            public void await(final long due) {
                throw new AssertionError("waited for " + due);
            }
        };
        try (FaultScript script = script(1, 100)) {
            new ProducerRun(script, producers, ProducerSettings.paced().rate(10_000).coalesce(true), pace).run();
            assertThat(regions.getFirst().event().drain()).isEqualTo(100);
        }
    }

    @Test
    void anEmptyScriptEndsAtOnce() {
        try (FaultScript script = script(1, 0)) {
            final ProducerRun run = new ProducerRun(script, producers, ProducerSettings.paced().repeat(1L << 40));
            run.run();
            assertThat(run.produced() + run.dropped()).isZero();
        }
    }

    @Test
    void settingsAndScriptsOutOfRangeAreRefusedInOneSentence() {
        assertThatThrownBy(() -> ProducerSettings.paced().repeat(0)).hasMessageStartingWith("repeat must be 1 to");
        assertThatThrownBy(() -> ProducerSettings.paced().rate(-1)).hasMessageStartingWith("rate must be 0");
        try (FaultScript script = script(3, 10)) {
            assertThatThrownBy(() -> FaultScript.map(NativeFile.duplicate(script.fd()), 2))
                    .hasMessage("Step 2 of the fault script goes to region 2; there are 2.");
            script.buffer().putLong(8, 11);
            assertThatThrownBy(() -> FaultScript.map(NativeFile.duplicate(script.fd()), 3))
                    .hasMessage("The memory received is not a fault script.");
        }
        try (SharedMemory tiny = SharedMemory.create("viommu-tiny", 8)) {
            assertThatThrownBy(() -> FaultScript.map(NativeFile.duplicate(tiny.fd()), 3))
                    .hasMessage("A fault script has 16 bytes to 2 GiB, not 8.");
        }
    }
}
