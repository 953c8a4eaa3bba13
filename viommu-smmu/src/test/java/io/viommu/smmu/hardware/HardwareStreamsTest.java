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
package io.viommu.smmu.hardware;

import static io.viommu.smmu.SmmuMachine.CMDQ;
import static io.viommu.smmu.SmmuMachine.CMDQEN;
import static io.viommu.smmu.SmmuMachine.CMDQ_CONS;
import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.GERRORN;
import static io.viommu.smmu.SmmuMachine.RAM;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.iommu.DmaSession;
import io.viommu.smmu.SmmuMachine;

/** Accelerated mode, against hardware in memory: what the guest does, and what the host is told of it. */
class HardwareStreamsTest {

    private static final long STREAM_TABLE = RAM + 0x4_0000;
    private static final long CONTEXT = 0x4005_0000L;
    private static final long STAGE_1 = 0x4005_000BL;
    private static final long BYPASS = 0x9;

    private final FakeHardware hardware = new FakeHardware(8, 9, 40);
    private final SmmuMachine machine = new SmmuMachine(hardware, "accel=on", "ats=on");
    private int prod;

    private void start() {
        machine.write64(0x80, STREAM_TABLE);
        machine.write(0x88, 6);
        machine.write64(SmmuMachine.CMDQ_BASE, CMDQ | 9);
        machine.start(4);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        hardware.attachments.clear();
    }

    private void entry(final int stream, final long word0, final long word1) {
        machine.store64(STREAM_TABLE + stream * 64L, word0);
        machine.store64(STREAM_TABLE + stream * 64L + 8, word1);
    }

    private void command(final long word0, final long word1) {
        machine.store64(CMDQ + 16L * (prod & 0x1FF), word0);
        machine.store64(CMDQ + 16L * (prod & 0x1FF) + 8, word1);
        prod = prod + 1 & 0x3FF;
        machine.write(SmmuMachine.CMDQ_PROD, prod);
    }

    private void sync() {
        command(0x46, 0);
    }

    private void changed(final int stream) {
        command(0x03 | (long) stream << 32, 0);
    }

    @Test
    void disabledSmmuLetsStreamsThroughOrAbortsThemAsGbpaSays() {
        assertThat(hardware.attached).containsValues("bypass", "bypass", "bypass");
        machine.write(0x44, 0x8010_0000L);
        assertThat(hardware.attached).containsValues("abort", "abort", "abort");
    }

    @Test
    void enablingAndDisablingTranslationMovesEveryStream() {
        entry(8, STAGE_1, 0);
        entry(9, BYPASS, 0);
        start();
        assertThat(hardware.attached).containsEntry(8, "s1 4005000b 0").containsEntry(9, "bypass")
                .containsEntry(40, "abort");
        machine.write(CR0, CMDQEN);
        assertThat(hardware.attached.values()).containsOnly("bypass");
        machine.smmu.reset();
        assertThat(hardware.attached.values()).containsOnly("bypass");
    }

    @Test
    void entryIsInstalledWithStage1sFieldsOnlyAndEverythingElseMasked() {
        start();
        final long others = 3L << 52 | 1L << 19 | 3L << 48 | 2L << 44; // reserved, MEV, PRIVCFG, SHCFG
        entry(8, STAGE_1 | 3L << 52 | 5L << 59 | 2L << 4, others | 0xE6 | 1L << 28);
        changed(8);
        assertThat(hardware.attachments).containsExactly("8 s1 280000004005002b 100000e6");
    }

    @ParameterizedTest
    @CsvSource({
        // entry, what the hardware is told
        "0, abort", // V=0
        "1, abort", // Config: abort
        "9, bypass",
        "4005000f, abort", // stage 2, which isn't offered: ILLEGAL
        "d, abort" })
    void entryThatDoesNotTranslateByStage1NeedsNoTable(final String word0, final String expected) {
        entry(8, STAGE_1, 0);
        start();
        entry(8, Long.parseLong(word0, 16), 0);
        changed(8);
        assertThat(hardware.attachments).containsExactly("8 " + expected);
    }

    @Test
    void streamOutsideTheTableIsCutOffAndNotLeftOnTheOldOne() {
        entry(8, STAGE_1, 0);
        start();
        machine.write(CR0, CMDQEN | EVENTQEN);
        machine.write(0x88, 3); // eight entries: stream 8 is out of range now
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        assertThat(hardware.attached).containsEntry(8, "abort");
    }

    @Test
    void unchangedEntryStaysAttachedButItsContextDescriptorsAreForgotten() {
        entry(8, STAGE_1, 0);
        start();
        changed(8);
        assertThat(hardware.attachments).isEmpty();
        sync();
        assertThat(hardware.commands).containsExactly("800000006 0");
    }

    @Test
    void rangeAndAllReachTheStreamsThatThereAreAndNoOthers() {
        start();
        entry(8, BYPASS, 0);
        entry(9, BYPASS, 0);
        entry(40, BYPASS, 0);
        command(0x04 | 8L << 32, 2); // 8 to 15
        assertThat(hardware.attachments).containsExactly("8 bypass", "9 bypass");
        command(0x04, 31);
        assertThat(hardware.attachments).containsExactly("8 bypass", "9 bypass", "40 bypass");
        changed(10);
        assertThat(hardware.attachments).as("an emulated device").hasSize(3);
    }

    @Test
    void entryThatTheHardwareRefusesCutsTheStreamOffAndIsTriedAgain() {
        start();
        hardware.nameless.add(8);
        entry(8, STAGE_1, 0);
        changed(8);
        assertThat(hardware.attached).containsEntry(8, "abort");
        assertThat(machine.read(GERROR)).as("not the command's fault").isZero();
        hardware.nameless.clear();
        changed(8);
        assertThat(hardware.attached).containsEntry(8, "s1 4005000b 0");
    }

    @Test
    void deviceThatComesLaterGetsWhatTheTablesSay() {
        entry(8, STAGE_1, 0);
        start();
        hardware.attached.put(12, "abort");
        entry(12, BYPASS, 0);
        machine.smmu.passedThrough(12);
        assertThat(hardware.attached).containsEntry(12, "bypass");
    }

    @Test
    void invalidationsGoToTheHostInOneBatchBeforeTheSyncCompletes() {
        entry(8, STAGE_1, 0);
        start();
        command(0x12 | 3L << 12 | 2L << 20 | 5L << 32 | 7L << 48, 0x1234_5000L | 1 | 2 << 8 | 1 << 10);
        command(0x11 | 5L << 32 | 7L << 48, -1L);
        command(0x13 | 5L << 32, 0x1000);
        command(0x10 | 5L << 32, 0);
        command(0x30, 0);
        command(0x05 | 3L << 12 | 8L << 32, 1);
        command(0x06 | 8L << 32, 0);
        command(0x40 | 1L << 9 | 1L << 11 | 3L << 12 | 8L << 32, 0x5000 | 4);
        assertThat(hardware.calls).isZero();
        sync();
        assertThat(hardware.calls).isEqualTo(1);
        assertThat(hardware.commands).as("without VMIDs and reserved bits").containsExactly("7000000203012 12345601",
                "7000000000011 0", "13 1000", "10 0", "30 0", "800003005 1", "800000006 0", "800003a40 5004");
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(prod);
    }

    @Test
    void fullBatchGoesToTheHostBeforeTheSync() {
        start();
        for (int i = 0; i < CommandBatch.CAPACITY + 1; i++) {
            command(0x30, 0);
        }
        assertThat(hardware.commands).hasSize(CommandBatch.CAPACITY);
        sync();
        assertThat(hardware.commands).hasSize(CommandBatch.CAPACITY + 1);
    }

    @Test
    void commandsAboutEmulatedOrUntranslatedStreamsStayHere() {
        start();
        command(0x06 | 10L << 32, 0);
        command(0x40 | 10L << 32, 0x5000);
        command(0x05 | 9L << 32, 0);
        sync();
        assertThat(hardware.calls).isZero();
    }

    @Test
    void commandThatTheHardwareRefusesIsReplacedByABroaderOneAndThoseBehindItAreDone() {
        start();
        hardware.unknownOpcodes.add(0x13);
        command(0x10, 0);
        command(0x13, 0x1000);
        command(0x11 | 7L << 48, 0);
        sync();
        assertThat(hardware.commands).containsExactly("10 0", "7000000000011 0", "30 0");
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(prod);
    }

    @Test
    void commandAboutAStreamWithoutVdeviceHasNoEffectAndHoldsNothingUp() {
        entry(8, STAGE_1, 0);
        start();
        hardware.nameless.add(8);
        command(0x06 | 8L << 32, 0);
        command(0x10, 0);
        sync();
        assertThat(hardware.commands).containsExactly("10 0");
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(prod);
    }

    @Test
    void deviceThatDoesNotConfirmStopsTheQueueAtTheSyncUntilAcknowledged() {
        entry(8, STAGE_1, 0);
        start();
        hardware.silent.add(8);
        command(0x40 | 8L << 32, 0x5000);
        sync();
        assertThat(machine.read(CMDQ_CONS)).as("CERROR_ATC_INV_SYNC, at the SYNC").isEqualTo(3 << 24 | prod - 1);
        assertThat(machine.read(GERROR)).isEqualTo(1);
        machine.write(GERRORN, 1);
        assertThat(machine.read(CMDQ_CONS) & 0xF_FFFF).as("told once").isEqualTo(prod);
    }

    @Test
    void hardwareThatCannotForgetPutsTheDeviceIntoServiceFailureMode() {
        entry(8, STAGE_1, 0);
        start();
        hardware.unknownOpcodes.add(0x10);
        hardware.unknownOpcodes.add(0x30);
        command(0x10, 0);
        sync();
        assertThat(machine.read(GERROR)).isEqualTo(1 << 8);
        assertThat(machine.read(CMDQ_CONS)).as("the SYNC never completes").isEqualTo(prod - 1);
        assertThat(hardware.attached.values()).containsOnly("abort");
        try (DmaSession session = machine.smmu.openSession()) {
            session.begin();
            assertThat(session.translate(20, DmaSession.NO_PASID, RAM, 0)).isEqualTo(DmaSession.ABORTED);
            session.end();
        }
        machine.write(GERRORN, 1 << 8);
        assertThat(machine.read(GERRORN)).as("acknowledged, but not over").isEqualTo(1 << 8);
        sync();
        machine.write(CR0, CMDQEN);
        assertThat(hardware.attached.values()).as("only a reset ends it").containsOnly("abort");
        assertThat(machine.read(CMDQ_CONS)).isEqualTo(prod - 2);
        machine.smmu.reset();
        assertThat(hardware.attached.values()).containsOnly("bypass");
        assertThat(machine.read(GERROR)).isZero();
    }

    @Test
    void serviceFailureModeRecordsNothingEndsStallsAndRefusesPageRequests() {
        entry(8, STAGE_1, 0);
        start();
        machine.write64(SmmuMachine.PRIQ_BASE, SmmuMachine.PRIQ | 4);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN | SmmuMachine.PRIQEN);
        machine.inject(machine.event(0x1234_0000_0010L, 2L << 40 | 1L << 31 | 0x77, 0x5000, 0));
        hardware.unknownOpcodes.add(0x10);
        hardware.unknownOpcodes.add(0x30);
        command(0x10, 0);
        sync();
        assertThat(machine.answers).as("the stall").containsExactly("3 0x77 1");
        machine.answers.clear();
        assertThat(machine.injectTranslationFault(0x6000)).isEqualTo(FaultDisposition.SERVICE_FAILURE);
        assertThat(machine.inject(machine.event(0x1234_0000_0010L, 2L << 40 | 1L << 31 | 0x78, 0x5000, 0)))
                .isEqualTo(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.inject(machine.fault(FaultKind.PAGE_REQUEST).word(0, 2 | 5L << 32).word(1, 1)
                .word(2, 0x6000))).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x77 1", "3 0x77 2");
        assertThat(machine.read(SmmuMachine.EVENTQ_PROD)).isEqualTo(1);
        assertThat(machine.read(SmmuMachine.PRIQ_PROD)).isZero();
        machine.smmu.reset();
        machine.start(4);
        assertThat(machine.injectTranslationFault(0x6000)).isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void illegalCommandIsNotForwarded() {
        start();
        command(0x12, 1 << 10); // TG without a range
        assertThat(machine.read(CMDQ_CONS) >>> 24).isEqualTo(1);
        machine.store64(CMDQ, 0x46);
        machine.write(GERRORN, 1);
        assertThat(hardware.calls).isZero();
    }

    @Test
    void answersToPhysicalStallsAndPageRequestsGoBackToTheHost() {
        entry(8, STAGE_1, 0);
        start();
        assertThat(machine.inject(machine.event(0x1234_0000_0010L, 2L << 40 | 1L << 31 | 0x77, 0x5000, 0)))
                .isEqualTo(FaultDisposition.DELIVERED);
        final long tag = machine.load64(SmmuMachine.EVENTQ + 8) & 0xFFFF;
        command(0x44 | 1L << 12 | 8L << 32, tag);
        assertThat(machine.answers).containsExactly("3 0x77 0");
        machine.answers.clear();
        machine.write64(SmmuMachine.PRIQ_BASE, SmmuMachine.PRIQ | 4);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN | SmmuMachine.PRIQEN);
        assertThat(machine.inject(machine.fault(FaultKind.PAGE_REQUEST).word(0, 2 | 5L << 32).word(1, 1)
                .word(2, 0x6000))).isEqualTo(FaultDisposition.DELIVERED);
        command(0x41 | 8L << 32, 5 | 2L << 12);
        assertThat(machine.answers).containsExactly("3 0x77 0");
    }

    @Test
    void guestIsOfferedNoMoreThanTheHardwareHas() {
        final FakeHardware small = new FakeHardware(8);
        small.idr0 = 2 << 2 | 2 << 21 | 1 << 24 | 1 << 26; // AArch64, terminate only, 8-bit ASIDs, no CD2L
        small.idr3 = 0;
        small.idr5 = 5 | 1 << 4;
        final SmmuMachine limited = new SmmuMachine(small, "accel=on");
        assertThat(limited.read(0x00)).isEqualTo(2 | 2 << 2 | 1 << 4 | 1 << 13 | 1 << 18 | 2 << 21 | 1 << 24 | 1 << 26
                | 1 << 27);
        assertThat(limited.read(0x04) & 0x7FF).isEqualTo(16 | 10 << 6);
        assertThat(limited.read(0x0C)).isEqualTo(1 << 2);
        assertThat(limited.read(0x14)).isEqualTo(5 | 1 << 4);
    }

    @Test
    void propertyThatTheHardwareDoesNotAllowIsAnsweredByOneSentence() {
        final FakeHardware small = new FakeHardware(8);
        small.idr0 = 2 << 2 | 2 << 21 | 1 << 24 | 1 << 26;
        small.idr3 = 0;
        assertThatThrownBy(() -> new SmmuMachine(small, "accel=on", "stage=nested"))
                .hasMessage("smmuv3: accel=on needs stage=1, since the host keeps stage 2");
        assertThatThrownBy(() -> new SmmuMachine(small, "accel=on", "ril=on"))
                .hasMessage("smmuv3: accel=on needs ril=off, since the host's SMMU doesn't invalidate by range");
        assertThatThrownBy(() -> new SmmuMachine(small, "accel=on", "ssidsize=12"))
                .hasMessage("smmuv3: accel=on needs ssidsize from 0 to 10, as the host's SMMU has");
        small.idr5 = 5 | 1 << 4;
        assertThatThrownBy(() -> new SmmuMachine(small, "accel=on", "oas=52"))
                .hasMessage("smmuv3: accel=on needs oas below 52, since the host's SMMU has no granule of 64 KiB");
        assertThatThrownBy(() -> new SmmuMachine(small, "accel=on", "stall=forced"))
                .hasMessage("smmuv3: accel=on needs stall=off, since the host's SMMU can't stall");
    }
}
