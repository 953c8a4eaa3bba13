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
package io.viommu.smmu.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.viommu.iommu.DmaSession;
import io.viommu.smmu.Features;
import io.viommu.smmu.Record;
import io.viommu.smmu.TestMemory;
import io.viommu.smmu.config.ContextTable;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.config.StreamTable;

/**
 * A stream with tables of its own in test memory: stage 1 of 39 bits at TTB0 (level 1 first), stage 2 of 40 bits
 * (level 1 first, two concatenated tables), both of 4 KiB granules unless a test says otherwise.
 */
final class WalkFixture {

    static final int F_WALK_EABT = 0x0B;
    static final int F_TRANSLATION = 0x10;
    static final int F_ADDR_SIZE = 0x11;
    static final int F_ACCESS = 0x12;
    static final int F_PERMISSION = 0x13;

    static final long STREAMS = 0x4000_0000L;
    static final long CD = 0x4000_1000L;
    /** Stage-1 tables of levels 1, 2 and 3 for VA 0, in IPAs where stage 2 is on. */
    static final long S1_L1 = 0x4001_0000L;
    static final long S1_L2 = 0x4001_1000L;
    static final long S1_L3 = 0x4001_2000L;
    /** Stage-2 tables of levels 1 (8 KiB), 2 and 3. */
    static final long S2_L1 = 0x4002_0000L;
    static final long S2_L2 = 0x4002_2000L;
    static final long S2_L3 = 0x4002_3000L;
    static final long PAGE = 0x4010_0000L;

    /** Valid table, and page of stage 1: AF, user, read-write. */
    static final long TABLE = 3;
    static final long S1_PAGE = 3 | 1 << 10 | 1 << 6;
    /** Block of stage 1. */
    static final long S1_BLOCK = 1 | 1 << 10 | 1 << 6;
    /** Page and block of stage 2: AF, read-write, normal memory. */
    static final long S2_PAGE = 3 | 1 << 10 | 3 << 6 | 0xF << 2;
    static final long S2_BLOCK = 1 | 1 << 10 | 3 << 6 | 0xF << 2;

    final TestMemory memory = new TestMemory();
    final StreamConfiguration stream = new StreamConfiguration();
    final SmmuFault fault = new SmmuFault();
    Features capabilities = Features.full();
    Record ste;
    boolean e2h;
    Record cd = Record.cd(S1_L1, 1);
    private TranslationWalk walk;

    /** Stage 1 alone. */
    static WalkFixture stage1() {
        final WalkFixture fixture = new WalkFixture();
        fixture.ste = Record.stage1Ste(CD);
        fixture.linkStage1();
        return fixture;
    }

    /** Stage 2 alone. */
    static WalkFixture stage2() {
        final WalkFixture fixture = new WalkFixture();
        fixture.ste = Record.ste(0b110).stage2(S2_L1, 5);
        fixture.linkStage2();
        return fixture;
    }

    /** Both; stage 2 maps 0x4000_0000 to itself in a 1 GiB block. */
    static WalkFixture nested() {
        final WalkFixture fixture = new WalkFixture();
        fixture.ste = Record.ste(0b111).address(0, 6, 51, CD).stage2(S2_L1, 5);
        fixture.linkStage1();
        fixture.memory.put(S2_L1 + 8, 0x4000_0000L | S2_BLOCK);
        return fixture;
    }

    private void linkStage1() {
        memory.put(S1_L1, S1_L2 | TABLE);
        memory.put(S1_L2, S1_L3 | TABLE);
    }

    /** IPA 0 by tables. */
    void linkStage2() {
        memory.put(S2_L1, S2_L2 | TABLE);
        memory.put(S2_L2, S2_L3 | TABLE);
    }

    WalkFixture capabilities(final Features offered) {
        capabilities = offered;
        return this;
    }

    /** Writes the STE and CD, decodes them and translates. */
    int translate(final long va, final int wanted) {
        final int configured = configure();
        return configured != SmmuFault.NONE ? configured : walk.translate(stream, va, wanted, fault);
    }

    int configure() {
        final SmmuContext context = new SmmuContext(capabilities.build(), 1, e2h ? 3 : 2, 0, STREAMS, 4);
        ste.write(memory, STREAMS);
        cd.write(memory, CD);
        walk = new TranslationWalk(memory, context.capabilities());
        assertThat(new StreamTable(memory).lookup(context, 0, stream, fault)).isZero();
        return new ContextTable(walk).lookup(context.capabilities(), DmaSession.NO_PASID, stream, fault);
    }

    int read(final long va) {
        return translate(va, Permission.USER_READ);
    }

    int write(final long va) {
        return translate(va, Permission.USER_WRITE);
    }

    TranslationWalk walk() {
        return walk;
    }

    long address() {
        return walk.address();
    }

    /** Asserts the fields of a stage-2 fault. */
    void assertStage2(final int klass, final long ipa) {
        assertThat(fault.stage2()).isTrue();
        assertThat(fault.faultClass()).isEqualTo(klass);
        assertThat(fault.address()).isEqualTo(ipa);
    }

    /** Asserts the fields of a stage-1 fault. */
    void assertStage1() {
        assertThat(fault.stage2()).isFalse();
        assertThat(fault.faultClass()).isEqualTo(2);
        assertThat(fault.address()).isZero();
    }
}
