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

import static io.viommu.smmu.SmmuMachine.CMDQ;
import static io.viommu.smmu.SmmuMachine.CMDQEN;
import static io.viommu.smmu.SmmuMachine.CMDQ_BASE;
import static io.viommu.smmu.SmmuMachine.CMDQ_CONS;
import static io.viommu.smmu.SmmuMachine.CMDQ_PROD;
import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.CR0ACK;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.RAM;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.iommu.DmaSession;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/** The whole device: registers, commands, tables in memory, DMA of an emulated device, and a pipeline between. */
@Timeout(60)
class SmmuDmaTest {

    private static final int STREAM = 8;
    private static final long STREAM_TABLE = RAM + 0x4_0000;
    private static final long CONTEXT = RAM + 0x5_0000;
    private static final long LEVEL_1 = RAM + 0x6_0000;
    private static final long LEVEL_2 = RAM + 0x6_1000;
    private static final long CONFIG_BYPASS = 4;
    private static final long CONFIG_STAGE_1 = 5;

    private final SmmuMachine machine = new SmmuMachine();
    private int prod;

    private FaultPipeline pipeline(final InjectorMode mode, final FaultObserver observer) {
        return new FaultPipeline(new PipelineSettings("test", 64, mode), machine.smmu,
                new FaultAccount(CounterFile.inMemory(), "smmu"), observer);
    }

    private void start() {
        machine.write64(0x80, STREAM_TABLE);
        machine.write(0x88, 6);
        machine.write(0x2C, 2);
        machine.write64(CMDQ_BASE, CMDQ | 6);
        machine.start(6);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
    }

    private void stream(final long config) {
        machine.store64(STREAM_TABLE + STREAM * 64, 1 | config << 1 | (config == CONFIG_STAGE_1 ? CONTEXT : 0));
        command(0x03 | (long) STREAM << 32, 0);
    }

    /** 39 bits, 4 KiB, lower half only, ASID 1: an empty level 1. */
    private void context(final boolean stall) {
        machine.store64(CONTEXT, 25 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | (stall ? 1L << 44 : 0) | 1L << 45
                | 1L << 46 | 1L << 48);
        machine.store64(CONTEXT + 8, LEVEL_1);
        command(0x05 | (long) STREAM << 32, 0);
    }

    /** A block of 2 MiB at input address 0, for users, readable and writable. */
    private void map(final long output) {
        machine.store64(LEVEL_1, LEVEL_2 | 3);
        machine.store64(LEVEL_2, output | 0x741);
    }

    private void command(final long word0, final long word1) {
        machine.store64(CMDQ + 16L * (prod & 0x3F), word0);
        machine.store64(CMDQ + 16L * (prod & 0x3F) + 8, word1);
        prod = prod + 1 & 0x7F;
        machine.write(CMDQ_PROD, prod);
    }

    private static int access(final DmaSession session, final long address, final int flags) {
        session.begin();
        try {
            return session.translate(STREAM, DmaSession.NO_PASID, address, flags);
        } finally {
            session.end();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 2, 3 })
    void el2StreamIsForgottenByTheCommandsOfItsWorldOnly(final int cr2) {
        start();
        machine.write(CR0, CMDQEN | EVENTQEN);
        machine.write(0x2C, cr2); // with E2H, or without
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        machine.store64(STREAM_TABLE + STREAM * 64 + 8, 2L << 30); // STRW
        stream(CONFIG_STAGE_1);
        context(false);
        map(RAM);
        try (DmaSession session = machine.smmu.openSession()) {
            assertThat(access(session, 0x1000, 0)).isEqualTo(DmaSession.OK);
            map(RAM + 0x20_0000);
            command(0x12 | 1L << 48, 0x1000);
            command(0x10, 0);
            assertThat(access(session, 0x1000, 0)).isEqualTo(DmaSession.OK);
            assertThat(session.address()).as("TLBI_NH_*").isEqualTo(RAM + 0x1000);
            command(0x22 | 1L << 48, 0x1000);
            assertThat(access(session, 0x1000, 0)).isEqualTo(DmaSession.OK);
            assertThat(session.address()).as("TLBI_EL2_VA").isEqualTo(RAM + 0x20_1000);
        }
        assertThat(machine.read(GERROR)).isZero();
    }

    @Test
    void disabledSmmuPassesOrAbortsAsGbpaSays() {
        try (DmaSession session = machine.smmu.openSession()) {
            assertThat(access(session, RAM, DmaSession.WRITE)).isEqualTo(DmaSession.OK);
            assertThat(session.address()).isEqualTo(RAM);
            machine.write(0x44, 0x8010_0000L);
            assertThat(access(session, RAM, DmaSession.WRITE)).isEqualTo(DmaSession.ABORTED);
            machine.write(0x44, 0x8000_0000L);
            assertThat(access(session, RAM, DmaSession.WRITE)).isEqualTo(DmaSession.OK);
        }
    }

    @Test
    void streamThatIsNotValidAbortsAndTheGuestReadsWhy() {
        try (FaultPipeline pipeline = pipeline(InjectorMode.RUN_TO_COMPLETION, FaultObserver.NONE);
                DmaSession session = machine.smmu.openSession()) {
            start();
            assertThat(access(session, 0x1000, DmaSession.READ)).isEqualTo(DmaSession.ABORTED);
            assertThat(machine.eventBytes(0)).startsWith("0400000008000000").endsWith("0".repeat(48));
            assertThat(machine.takeInterrupts()).containsExactly("line 0");
            stream(CONFIG_BYPASS);
            assertThat(access(session, 0x1000, DmaSession.READ)).isEqualTo(DmaSession.OK);
            assertThat(pipeline.inFlight()).isZero();
        }
    }

    @Test
    void streamOutOfRangeIsRecordedOnlyWithRecinvsid() {
        try (FaultPipeline pipeline = pipeline(InjectorMode.RUN_TO_COMPLETION, FaultObserver.NONE);
                DmaSession session = machine.smmu.openSession()) {
            start();
            session.begin();
            assertThat(session.translate(64, DmaSession.NO_PASID, 0, 0)).isEqualTo(DmaSession.ABORTED);
            session.end();
            assertThat(machine.eventBytes(0)).startsWith("0200000040000000");
            machine.write(CR0, CMDQEN | EVENTQEN);
            machine.write(0x2C, 0);
            machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
            session.begin();
            assertThat(session.translate(64, DmaSession.NO_PASID, 0, 0)).isEqualTo(DmaSession.ABORTED);
            session.end();
            assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
            assertThat(pipeline.inFlight()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void unmappedAddressFaultsUntilItIsMappedAndInvalidated(final InjectorMode mode) {
        try (FaultPipeline pipeline = pipeline(mode, FaultObserver.NONE);
                DmaSession session = machine.smmu.openSession()) {
            start();
            context(false);
            stream(CONFIG_STAGE_1);
            assertThat(access(session, 0x1234, DmaSession.WRITE)).isEqualTo(DmaSession.ABORTED);
            command(0x46, 0);
            assertThat(machine.eventBytes(0)).as("in the queue when the SYNC is done").isEqualTo(
                    "1000000008000000" + "0000000000020000" + "3412000000000000" + "0000000000000000");
            map(0x4000_0000L);
            command(0x12 | 1L << 48, 0x1000);
            command(0x46, 0);
            assertThat(access(session, 0x1234, DmaSession.WRITE)).isEqualTo(DmaSession.OK);
            assertThat(session.address()).isEqualTo(RAM + 0x1234);
            assertThat(pipeline.account().count(FaultDisposition.DELIVERED)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void stalledTransactionIsRetriedWhenTheGuestSaysSo(final InjectorMode mode) {
        final List<String> answers = Collections.synchronizedList(new ArrayList<>());
        machine.smmu.stallListener((stream, tag, action) -> answers.add(stream + " " + tag + " " + action));
        try (FaultPipeline pipeline = pipeline(mode, FaultObserver.NONE);
                DmaSession session = machine.smmu.openSession()) {
            start();
            context(true);
            stream(CONFIG_STAGE_1);
            assertThat(access(session, 0x1000, DmaSession.READ)).isEqualTo(DmaSession.STALLED);
            pipeline.awaitInjected();
            final long word1 = machine.load64(SmmuMachine.EVENTQ + 8);
            assertThat(word1 & ~0xFFFFL).as("Stall, RnW, CLASS=IN").isEqualTo(0x0000_0208_8000_0000L);
            map(0x4000_0000L);
            command(0x44 | (long) STREAM << 32 | 1L << 12, word1 & 0xFFFF);
            assertThat(answers).containsExactly("8 " + (word1 & 0xFFFF) + " 0");
            assertThat(access(session, 0x1000, DmaSession.READ)).isEqualTo(DmaSession.OK);
        }
    }

    @Test
    void clearingSmmuenAbortsStalledTransactions() {
        final List<String> answers = Collections.synchronizedList(new ArrayList<>());
        machine.smmu.stallListener((stream, tag, action) -> answers.add(stream + " " + action));
        try (FaultPipeline pipeline = pipeline(InjectorMode.BLOCKING, FaultObserver.NONE);
                DmaSession session = machine.smmu.openSession()) {
            start();
            context(true);
            stream(CONFIG_STAGE_1);
            assertThat(access(session, 0x1000, DmaSession.READ)).isEqualTo(DmaSession.STALLED);
            machine.write(CR0, EVENTQEN);
            assertThat(answers).containsExactly("8 1");
            assertThat(pipeline.inFlight()).isZero();
        }
    }

    @Test
    void clearingSmmuenWaitsForTransactionsUnderWay() throws InterruptedException {
        try (DmaSession session = machine.smmu.openSession()) {
            start();
            stream(CONFIG_BYPASS);
            session.begin();
            assertThat(session.translate(STREAM, DmaSession.NO_PASID, RAM, 0)).isEqualTo(DmaSession.OK);
            final Thread cpu = Thread.ofPlatform().start(() -> machine.write(CR0, 0));
            while (machine.read(CR0) != 0) {
                Thread.onSpinWait();
            }
            assertThat(machine.read(CR0ACK)).isEqualTo(CMDQEN | EVENTQEN | SMMUEN);
            session.end();
            cpu.join();
            assertThat(machine.read(CR0ACK)).isZero();
        }
    }

    @Test
    void syncWaitsForTransactionsUnderWay() throws InterruptedException {
        try (DmaSession session = machine.smmu.openSession()) {
            start();
            stream(CONFIG_BYPASS);
            session.begin();
            assertThat(session.translate(STREAM, DmaSession.NO_PASID, RAM, 0)).isEqualTo(DmaSession.OK);
            final int before = prod;
            final Thread cpu = Thread.ofPlatform().start(() -> {
                command(0x30, 0);
                command(0x46, 0);
            });
            while (machine.read(CMDQ_CONS) != before + 1) {
                Thread.onSpinWait();
            }
            session.end();
            cpu.join();
            assertThat(machine.read(CMDQ_CONS)).isEqualTo(before + 2);
        }
    }

    @Test
    void syncCompletesOnlyWhenEveryFaultReadBeforeItIsInTheQueue() {
        final FaultObserver slow = (record, disposition) -> Thread.yield();
        final FaultRouter router = new FaultRouter();
        try (FaultPipeline pipeline = pipeline(InjectorMode.BLOCKING, slow)) {
            router.add(3, 0x1234, new FaultRoute(pipeline, STREAM));
            final FaultIngress ingress = new FaultIngress("reader", router, CounterFile.inMemory(), FaultObserver.NONE);
            start();
            for (int round = 1; round <= 20; round++) {
                for (int i = 0; i < 3; i++) {
                    ingress.claim(3, 0x1234, -1).kind(FaultKind.SMMU_EVENT).word(0, 0x0A);
                    ingress.publish();
                }
                command(0x46, 0);
                assertThat(machine.read(EVENTQ_PROD)).isEqualTo(3 * round);
            }
        }
    }
}
