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
package io.viommu.smmu;

import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.RAM;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.iommu.DmaSession;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/** Two structures with which a guest ends QEMU 11.1.3 by an assertion; here they are a translation and an event. */
class InputsThatAbortQemuTest {

    private static final int STREAM = 8;
    private static final long STREAM_TABLE = RAM + 0x4_0000;
    private static final long CONTEXT = RAM + 0x5_0000;
    private static final long LEVEL_1 = RAM + 0x6_0000;

    private final SmmuMachine machine = new SmmuMachine();

    private int translate(final long address) {
        machine.write64(0x80, STREAM_TABLE);
        machine.write(0x88, 6);
        machine.start(4);
        try (FaultPipeline pipeline = new FaultPipeline(
                new PipelineSettings("test", 16, InjectorMode.RUN_TO_COMPLETION), machine.smmu,
                new FaultAccount(CounterFile.inMemory(), "smmu"), FaultObserver.NONE);
                DmaSession session = machine.smmu.openSession()) {
            machine.write(CR0, EVENTQEN | SMMUEN);
            session.begin();
            final int outcome = session.translate(STREAM, DmaSession.NO_PASID, address, DmaSession.READ);
            session.end();
            assertThat(pipeline.inFlight()).isZero();
            return outcome;
        }
    }

    /** 5.4, IPS: 6 is 52 bits, capped by OAS; 7 is reserved and acts as 6. */
    @ParameterizedTest
    @ValueSource(longs = { 6, 7 })
    void contextDescriptorWithIps6Or7ReachesAsFarAsTheSmmuDoes(final long ips) {
        machine.store64(STREAM_TABLE + STREAM * 64, 1 | 5L << 1 | CONTEXT);
        machine.store64(CONTEXT, 25 | 1L << 30 | 1L << 31 | ips << 32 | 1L << 41 | 1L << 45 | 1L << 46 | 1L << 48);
        machine.store64(CONTEXT + 8, LEVEL_1);
        machine.store64(LEVEL_1, 0x4000_0000L | 0x741);
        machine.store64(LEVEL_1 + 8, 0x0000_FFFF_C000_0000L | 0x741);
        assertThat(translate(0x1234)).isEqualTo(DmaSession.OK);
        assertThat(translate(0x4000_0000L)).as("all 48 bits of OAS").isEqualTo(DmaSession.OK);
        assertThat(machine.read(SmmuMachine.EVENTQ_PROD)).isZero();
    }

    /** 5.2.2: AArch32 tables, where IDR0.TTF offers AArch64 alone, make the entry ILLEGAL. */
    @Test
    void streamTableEntryWithStage2OfAarch32TablesIsABadEntry() {
        final long entry = STREAM_TABLE + STREAM * 64;
        machine.store64(entry, 1 | 6L << 1);
        machine.store64(entry + 16, 24L << 32 | 1L << 38 | 5L << 48); // S2AA64 = 0
        machine.store64(entry + 24, LEVEL_1);
        assertThat(translate(0x1234)).isEqualTo(DmaSession.ABORTED);
        assertThat(machine.eventBytes(0)).isEqualTo("0400000008000000" + "0".repeat(48));
    }
}
