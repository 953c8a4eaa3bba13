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
package io.viommu.smmu.dma;

import static io.viommu.smmu.dma.Bench.NONE;
import static io.viommu.smmu.dma.Bench.PAGE;
import static io.viommu.smmu.dma.Bench.S1_L3;
import static io.viommu.smmu.dma.Bench.S1_PAGE;
import static io.viommu.smmu.dma.Bench.S2_L3;
import static io.viommu.smmu.dma.Bench.S2_PAGE;
import static io.viommu.smmu.dma.Bench.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;

import org.junit.jupiter.api.Test;

import com.sun.management.ThreadMXBean;
import io.viommu.smmu.command.InvalidationSink;

/** Nothing that a guest or a device does makes the translator allocate: hits, walks, faults, invalidations. */
class AllocationTest {

    private static final int ROUNDS = 20_000;
    /** What a single surprise of the virtual machine may cost; one object per round would be a hundred times more. */
    private static final long SLACK = 4_096;

    private final Bench bench = new Bench();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private void assertNothingIsAllocatedBy(final Runnable work) {
        for (int i = 0; i < ROUNDS; i++) {
            work.run();
        }
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
            work.run();
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(SLACK);
    }

    private void nested() {
        bench.nested();
        bench.cd.set(43, 1, 1).set(42, 1, 1);
        bench.memory.put(S1_L3, 0x3000L | S1_PAGE);
        bench.memory.put(S2_L3 + 24, PAGE | S2_PAGE);
        bench.on();
    }

    @Test
    void hitsDontAllocate() {
        nested();
        assertNothingIsAllocatedBy(() -> {
            bench.session.begin();
            bench.session.translate(STREAM, NONE, 0x10, 1);
            bench.session.end();
        });
    }

    @Test
    void walksAndConfigurationLookupsDontAllocate() {
        nested();
        final InvalidationSink sink = bench.translator.invalidations();
        assertNothingIsAllocatedBy(() -> {
            sink.configurationStreams(STREAM, -1);
            sink.translationsAt(7, 9, 0, 1, 3, 2);
            bench.session.translate(STREAM, NONE, 0x10, 1);
            sink.quiesce();
        });
    }

    @Test
    void faultsDontAllocate() {
        nested();
        bench.translator.connect(null);
        assertNothingIsAllocatedBy(() -> {
            bench.session.translate(STREAM, NONE, 0x5000, 1);
            bench.session.translate(STREAM + 1, NONE, 0x5000, 0);
            bench.session.translate(0x1234, 99, 0x5000, 0);
        });
    }

    @Test
    void atsRequestsDontAllocate() {
        bench.ste.set(92, 2, 1);
        bench.memory.put(S1_L3, PAGE | S1_PAGE);
        bench.on();
        assertNothingIsAllocatedBy(() -> bench.session.requestTranslation(STREAM, NONE, 0x10, 1));
    }
}
