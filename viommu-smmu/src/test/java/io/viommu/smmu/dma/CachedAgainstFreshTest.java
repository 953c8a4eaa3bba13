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
import static io.viommu.smmu.dma.Bench.S1_L2;
import static io.viommu.smmu.dma.Bench.S1_L3;
import static io.viommu.smmu.dma.Bench.S2_L2;
import static io.viommu.smmu.dma.Bench.S2_L3;
import static io.viommu.smmu.dma.Bench.STREAM;
import static io.viommu.smmu.dma.Bench.STREAMS;
import static io.viommu.smmu.dma.Bench.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.smmu.command.InvalidationSink;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.fault.StallPort;

/**
 * A guest changes its tables at random and invalidates what it changed with commands chosen at random: from then on the
 * cached translator and one that walks each time answer alike, in result, address and event.
 */
class CachedAgainstFreshTest {

    private static final int STEPS = 1_500;
    private static final int PAGES = 16;
    private static final int VMID = 7;
    private static final int ASID = 9;

    @ParameterizedTest
    @ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })
    void answersAgreeAfterInvalidation(final long seed) {
        new Guest(seed).live();
    }

    private static final class Guest {
        private final SplittableRandom random;
        private final Bench cached = new Bench();
        private final SmmuDmaTranslator freshTranslator;
        private final SmmuSession fresh;
        private final boolean stage1;
        private final boolean stage2;
        private final long seed;

        Guest(final long seed) {
            this.seed = seed;
            random = new SplittableRandom(seed);
            stage1 = seed % 3 != 1;
            stage2 = seed % 3 != 0;
            if (stage1 && stage2) {
                cached.nested();
            } else if (stage2) {
                cached.stage2();
            }
            cached.ste.set(128, 16, VMID);
            if (seed % 2 == 0) { // flags are kept by the SMMU
                cached.cd.set(43, 1, 1).set(42, 1, 1);
                cached.ste.set(184, 1, 1).set(183, 1, 1);
            }
            cached.on();
            freshTranslator = new SmmuDmaTranslator(cached.memory, cached.features.build(), StallPort.NONE, 4);
            freshTranslator.update(new SmmuContext(cached.features.build(), 1, 2, 0, STREAMS, 8));
            fresh = freshTranslator.openSession();
        }

        void live() {
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(4) == 0) {
                    change();
                }
                compare(step);
            }
        }

        private void compare(final int step) {
            final long input = (long) random.nextInt(PAGES) << 12 | (random.nextInt(4) == 0 ? 1L << 21 : 0) | 0x18;
            final int access = random.nextInt(8);
            cached.events.clear();
            final int result = cached.session.translate(STREAM, NONE, input, access);
            final long address = cached.session.address();
            freshTranslator.invalidations().configurationAll();
            final int expected = fresh.translate(STREAM, NONE, input, access);
            assertThat(result).as("seed %d step %d", seed, step).isEqualTo(expected);
            if (expected == 0) {
                assertThat(address).as("seed %d step %d", seed, step).isEqualTo(fresh.address());
                assertThat(cached.events).isEmpty();
            } else {
                assertThat(cached.events).hasSize(1);
            }
        }

        private void change() {
            if (stage1 && (!stage2 || random.nextBoolean())) {
                changeStage1();
            } else {
                changeStage2();
            }
        }

        private void changeStage1() {
            final boolean block = random.nextInt(5) == 0;
            final int page = random.nextInt(PAGES);
            final long address = block ? 1L << 21 : (long) page << 12;
            if (block) {
                final long output = stage2 ? 0 : 0x4000_0000L;
                cached.memory.put(S1_L2 + 8, random.nextBoolean() ? S1_L3 | TABLE : output | leaf(1));
            } else {
                final long output = stage2 ? (long) random.nextInt(PAGES) << 12 : PAGE + ((long) page << 12);
                cached.memory.put(S1_L3 + page * 8, output | leaf(3));
            }
            if (block) { // a table or block changed: all that lies below it
                cached.translator.invalidations().translationsAt(VMID, ASID, address, 1, 0, 9);
                return;
            }
            // The last-level table may be reached by two addresses, so both are invalidated.
            invalidateStage1(address);
            invalidateStage1(address ^ 1L << 21);
        }

        private void invalidateStage1(final long address) {
            final InvalidationSink sink = cached.translator.invalidations();
            switch (random.nextInt(8)) {
                case 0 -> sink.translationsAll();
                case 1 -> sink.stage1TranslationsOfVmid(VMID);
                case 2 -> {
                    sink.translationsOfAsid(VMID, ASID);
                    sink.translationsAtAnyAsid(VMID, address, 1, 0, 9);
                }
                case 3 -> sink.translationsAtAnyAsid(VMID, address, 0, 0, 0);
                case 4 -> sink.translationsAt(VMID, ASID, address & -1L << 14, 1, 3, 0);
                case 5 -> sink.translationsAt(VMID, ASID, address & -1L << 21, 1, 0, 9);
                case 6 -> sink.configurationStreams(STREAM, -1);
                default -> sink.translationsAt(VMID, ASID, address, 0, 0, 0);
            }
        }

        private void changeStage2() {
            final int page = random.nextInt(PAGES);
            if (random.nextInt(5) == 0) {
                cached.memory.put(S2_L2 + 8, random.nextBoolean() ? S2_L3 | TABLE : 0x4000_0000L | stage2Leaf(1));
            } else {
                cached.memory.put(S2_L3 + page * 8, PAGE + ((long) page << 12) | stage2Leaf(3));
            }
            final InvalidationSink sink = cached.translator.invalidations();
            switch (random.nextInt(3)) {
                case 0 -> sink.translationsAll();
                case 1 -> sink.translationsOfVmid(VMID);
                default -> {
                    sink.translationsAtIpa(VMID, (long) page << 12, 0, 0, 0);
                    sink.translationsAtIpa(VMID, 1L << 21, 1, 15, 5);
                    sink.translationsAtAnyAsid(VMID, 0, 1, 31, 39);
                }
            }
        }

        /** Valid mostly, with any AF, AP, nG, DBM, PXN and UXN. */
        private long leaf(final int valid) {
            final long upper = (random.nextInt(4) == 0 ? 1L << 54 : 0) | (random.nextInt(4) == 0 ? 1L << 53 : 0)
                    | (random.nextInt(3) == 0 ? 1L << 51 : 0);
            return valid(valid) | upper | (long) random.nextInt(4) << 6 | (random.nextInt(5) == 0 ? 0 : 1L << 10)
                    | (long) random.nextInt(2) << 11;
        }

        private long stage2Leaf(final int valid) {
            return valid(valid) | (long) random.nextInt(4) << 53 | (random.nextInt(3) == 0 ? 1L << 51 : 0)
                    | (long) (random.nextInt(4) | random.nextInt(4)) << 6 | 0xFL << 2
                    | (random.nextInt(5) == 0 ? 0 : 1L << 10);
        }

        private long valid(final int bits) {
            return random.nextInt(6) == 0 ? 0 : bits;
        }
    }
}
