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

import static io.viommu.iommu.DmaSession.ABORTED;
import static io.viommu.iommu.DmaSession.OK;
import static io.viommu.smmu.dma.Bench.CD;
import static io.viommu.smmu.dma.Bench.PAGE;
import static io.viommu.smmu.dma.Bench.S1_L1;
import static io.viommu.smmu.dma.Bench.S1_L2;
import static io.viommu.smmu.dma.Bench.S1_L3;
import static io.viommu.smmu.dma.Bench.S1_PAGE;
import static io.viommu.smmu.dma.Bench.S2_L3;
import static io.viommu.smmu.dma.Bench.S2_PAGE;
import static io.viommu.smmu.dma.Bench.STREAM;
import static io.viommu.smmu.dma.Bench.STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.command.InvalidationSink;

/** Which invalidation drops what; IHI 0070 3.3.3, 4.3, 4.4. */
class CacheInvalidationsTest {

    private static final long NG = 1L << 11;

    private final Bench bench = new Bench();
    private final InvalidationSink sink = bench.translator.invalidations();

    /** VA 0x3000, non-global, of ASID 9 and VMID 7. */
    private void cached() {
        bench.ste.set(128, 16, 7);
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE | NG);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S1_L3 + 24, 0);
    }

    private boolean kept() {
        final boolean kept = bench.read(0x3000) == OK;
        bench.events.clear();
        return kept;
    }

    @Test
    void nothingIsDroppedWithoutInvalidation() {
        cached();
        assertThat(kept()).isTrue();
    }

    @Test
    void byEverything() {
        cached();
        sink.translationsAll();
        assertThat(kept()).isFalse();
    }

    @Test
    void byVmid() {
        cached();
        sink.translationsOfVmid(6);
        assertThat(kept()).isTrue();
        sink.translationsOfVmid(7);
        assertThat(kept()).isFalse();
    }

    @Test
    void allOfStageOneByVmid() {
        cached();
        sink.stage1TranslationsOfVmid(6);
        assertThat(kept()).isTrue();
        sink.stage1TranslationsOfVmid(7);
        assertThat(kept()).isFalse();
    }

    @Test
    void byAsid() {
        cached();
        sink.translationsOfAsid(7, 8);
        sink.translationsOfAsid(6, 9);
        assertThat(kept()).isTrue();
        sink.translationsOfAsid(7, 9);
        assertThat(kept()).isFalse();
    }

    @Test
    void byAddress() {
        cached();
        sink.translationsAt(7, 9, 0x2000, 0, 0, 0);
        sink.translationsAt(7, 9, 0x4000, 0, 0, 0);
        sink.translationsAt(7, 8, 0x3000, 0, 0, 0);
        sink.translationsAt(6, 9, 0x3000, 0, 0, 0);
        assertThat(kept()).isTrue();
        sink.translationsAt(7, 9, 0x3000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void byAddressOfAnyAsid() {
        cached();
        sink.translationsAtAnyAsid(6, 0x3000, 0, 0, 0);
        assertThat(kept()).isTrue();
        sink.translationsAtAnyAsid(7, 0x3000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void byRange() {
        cached();
        sink.translationsAt(7, 9, 0, 1, 2, 0);
        assertThat(kept()).isTrue();
        sink.translationsAt(7, 9, 0, 1, 3, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void byTheWholeAddressSpaceInConstantTime() {
        cached();
        sink.translationsAt(7, 9, 0, 3, 31, 63);
        assertThat(kept()).isFalse();
    }

    @Test
    void byAnyAddressOfTheBlock() {
        bench.ste.set(128, 16, 7);
        bench.memory.put(S1_L2, 0x4000_0000L | S1_PAGE & ~2L | NG);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S1_L2, 0);
        sink.translationsAt(7, 9, 0x20_0000, 0, 0, 0);
        assertThat(kept()).isTrue();
        sink.translationsAt(7, 9, 0x1F_F000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void globalTranslationIsOfEveryAsid() {
        bench.ste.set(128, 16, 7);
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S1_L3 + 24, 0);
        sink.translationsAt(7, 1, 0x4000, 0, 0, 0);
        assertThat(kept()).isTrue();
        sink.translationsAt(7, 1, 0x3000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void addressInTheUpperHalfIsMatchedWithAnyTopByte() {
        bench.cd.set(30, 1, 0).set(39, 1, 1).address(2, 4, 51, S1_L1);
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE | NG);
        bench.ste.set(128, 16, 7);
        bench.on();
        final long high = 0xFFFF_FF80_0000_3000L;
        assertThat(bench.read(high)).isEqualTo(OK);
        bench.memory.put(S1_L3 + 24, 0);
        sink.translationsAt(7, 9, 0x3000, 0, 0, 0);
        assertThat(bench.read(high)).isEqualTo(OK);
        sink.translationsAt(7, 9, 0x00FF_FF80_0000_3000L, 0, 0, 0);
        assertThat(bench.read(high)).isEqualTo(ABORTED);
    }

    @Test
    void vmidIsNotMatchedWithoutStageTwo() {
        final Bench alone = new Bench(Features.full().idr0(0, 1, 0));
        alone.memory.put(S1_L3 + 24, PAGE | S1_PAGE | NG);
        alone.on();
        assertThat(alone.read(0x3000)).isEqualTo(OK);
        alone.memory.put(S1_L3 + 24, 0);
        alone.translator.invalidations().translationsAt(1234, 9, 0x3000, 0, 0, 0);
        assertThat(alone.read(0x3000)).isEqualTo(ABORTED);
    }

    @Test
    void vmidWildcardsWidenTheMatch() {
        final Bench wild = new Bench(Features.full().idr0(17, 1, 1));
        wild.cr0 = 1 | 2 << 6;
        wild.ste.set(128, 16, 7);
        wild.memory.put(S1_L3 + 24, PAGE | S1_PAGE | NG);
        wild.on();
        assertThat(wild.read(0x3000)).isEqualTo(OK);
        wild.memory.put(S1_L3 + 24, 0);
        wild.translator.invalidations().translationsOfVmid(8);
        assertThat(wild.read(0x3000)).isEqualTo(OK);
        wild.translator.invalidations().translationsOfVmid(4);
        assertThat(wild.read(0x3000)).isEqualTo(ABORTED);
    }

    private void stage2Cached() {
        bench.stage2();
        bench.memory.put(S2_L3 + 24, PAGE | S2_PAGE);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S2_L3 + 24, 0);
    }

    @Test
    void stageTwoByIntermediateAddress() {
        stage2Cached();
        sink.translationsAtIpa(6, 0x3000, 0, 0, 0);
        sink.translationsAtIpa(7, 0x4000, 0, 0, 0);
        sink.translationsAt(7, 0, 0x3000, 0, 0, 0);
        assertThat(kept()).isTrue();
        sink.translationsAtIpa(7, 0x3000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void stageTwoByVmid() {
        stage2Cached();
        sink.stage1TranslationsOfVmid(7);
        assertThat(kept()).isTrue();
        sink.translationsOfVmid(7);
        assertThat(kept()).isFalse();
    }

    @Test
    void combinedTranslationGoesWhenStageOneIsInvalidatedAfterStageTwo() {
        bench.nested();
        bench.memory.put(S1_L3 + 24, 0x3000L | S1_PAGE | NG);
        bench.memory.put(S2_L3 + 24, PAGE | S2_PAGE);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S2_L3 + 24, 0);
        sink.translationsAtIpa(7, 0x3000, 0, 0, 0);
        sink.translationsAtAnyAsid(7, 0x3000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void el2TranslationsAreAWorldOfTheirOwn() {
        bench.ste.set(94, 2, 2);
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S1_L3 + 24, 0);
        sink.translationsOfAsid(0, 0);
        sink.translationsAt(0, 0, 0x3000, 0, 0, 0);
        sink.el2TranslationsAt(77, 0x4000, 0, 0, 0);
        assertThat(kept()).isTrue();
        sink.el2TranslationsAt(77, 0x3000, 0, 0, 0);
        assertThat(kept()).isFalse();
    }

    @Test
    void el2WithE2hHasAsids() {
        bench.cr2 = 3;
        bench.ste.set(94, 2, 2);
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE | NG);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        bench.memory.put(S1_L3 + 24, 0);
        sink.el2TranslationsAt(8, 0x3000, 0, 0, 0);
        sink.el2TranslationsOfAsid(8);
        assertThat(kept()).isTrue();
        sink.el2TranslationsOfAsid(9);
        assertThat(kept()).isFalse();
    }

    /** Moves the stream to another CD; the old one may be used until the configuration is invalidated. */
    private void moved() {
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE);
        bench.memory.put(S1_L3 + 32, PAGE | S1_PAGE);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        Record.ste(0b001).write(bench.memory, STREAMS + STREAM * 64);
        assertThat(bench.read(0x4000)).isEqualTo(OK);
    }

    @Test
    void configurationOfTheStreamDropsItsEntryContextsAndTranslations() {
        moved();
        sink.configurationStreams(STREAM, -1);
        assertThat(kept()).isFalse();
        assertThat(bench.read(0x4000)).isEqualTo(ABORTED);
    }

    @Test
    void configurationOfARangeOfStreams() {
        moved();
        sink.configurationStreams(6, 0);
        assertThat(kept()).isTrue();
        sink.configurationStreams(7, 1);
        assertThat(kept()).isFalse();
    }

    @Test
    void configurationOfEverything() {
        moved();
        sink.configurationStreams(0, 31);
        assertThat(kept()).isFalse();
        cached();
        sink.configurationAll();
        assertThat(kept()).isFalse();
    }

    @Test
    void configurationOfAContext() {
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE);
        bench.on();
        assertThat(bench.read(0x3000)).isEqualTo(OK);
        new Record().write(bench.memory, CD);
        assertThat(kept()).isTrue();
        sink.configurationContext(STREAM, 0);
        assertThat(bench.read(0x3000)).isEqualTo(ABORTED);
        assertThat(bench.event()).startsWith("000000050000000a ");
    }

    @Test
    void invalidConfigurationIsNotKept() {
        bench.memory.put(S1_L3 + 24, PAGE | S1_PAGE);
        bench.on();
        new Record().write(bench.memory, STREAMS + STREAM * 64);
        assertThat(bench.read(0x3000)).isEqualTo(ABORTED);
        bench.ste.write(bench.memory, STREAMS + STREAM * 64);
        assertThat(bench.read(0x3000)).isEqualTo(OK);
    }

    @Test
    void quiescenceSkipsTheCallersOwnSession() {
        bench.session.begin();
        sink.quiesce();
        bench.session.end();
    }
}
