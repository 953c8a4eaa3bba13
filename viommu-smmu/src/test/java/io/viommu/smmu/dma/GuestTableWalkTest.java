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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.smmu.SmmuMachine;

/** Live physical events get from the guest's own tables what only these can tell. */
class GuestTableWalkTest {

    private static final long STREAM_TABLE = SmmuMachine.RAM + 0x4_0000;
    private static final long CONTEXT = SmmuMachine.RAM + 0x5_0000;
    private static final long LEVEL_1 = SmmuMachine.RAM + 0x6_0000;
    private static final long LEVEL_2 = SmmuMachine.RAM + 0x6_1000;
    private static final long LEVEL_3 = SmmuMachine.RAM + 0x6_2000;
    private static final int STREAM = 8;
    private static final long HOST = 0x8_7000_0000L;
    private static final long CLASS_TT = 1L << 40;
    private static final long RECORDED = 1L << 45;

    private final SmmuMachine machine = new SmmuMachine();

    /** Stage 1 of 39 bits, 4 KiB, TTB0 only, with hardware access flags; the machine's stream 8. */
    private void start(final long stage1) {
        machine.write64(0x80, STREAM_TABLE);
        machine.write(0x88, 6);
        machine.store64(STREAM_TABLE + STREAM * 64, 1 | 5L << 1 | stage1);
        machine.store64(CONTEXT, 25 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 1L << 43 | RECORDED | 1L << 46
                | 1L << 48);
        machine.store64(CONTEXT + 8, LEVEL_1);
        machine.start(4);
    }

    private String inject(final long type, final long word1, final long input, final long fetched) {
        assertThat(machine.inject(machine.event(0x1234_0000_0000L | type, word1, input, fetched)))
                .isEqualTo(FaultDisposition.DELIVERED);
        return machine.eventBytes(0);
    }

    @Test
    void contextFetchNamesTheGuestsDescriptor() {
        start(CONTEXT);
        assertThat(inject(0x09, 0xFFFF, 0, HOST))
                .isEqualTo("0900000008000000" + "0".repeat(32) + "0000054000000000");
    }

    @Test
    void contextFetchOfATwoLevelTableIsToldFromItsFirstLevelByTheOffset() {
        final long first = SmmuMachine.RAM + 0x5_2000;
        start(first | 7L << 59 | 2L << 4); // 128 substreams in leaves of 1024
        machine.store64(first, CONTEXT | 1);
        assertThat(machine.inject(machine.event(0x1234_0000_3809L, 0, 0, HOST + 0xC0)))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 24)).isEqualTo(CONTEXT + 3 * 64);
        assertThat(machine.inject(machine.event(0x1234_0000_3809L, 0, 0, HOST)))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 32 + 24)).isEqualTo(first);
    }

    @Test
    void fetchThatTheTablesDoNotExplainStaysWithTheHost() {
        start(CONTEXT);
        assertThat(machine.inject(machine.event(0x1234_0000_0009L, 0, 0, HOST + 0x40)))
                .isEqualTo(FaultDisposition.HOST_CONFIGURATION);
        assertThat(machine.inject(machine.event(0x1234_0000_000BL, CLASS_TT, 0x40_0000, HOST + 8)))
                .isEqualTo(FaultDisposition.HOST_EVENT);
        assertThat(machine.read(SmmuMachine.EVENTQ_PROD)).isZero();
    }

    @Test
    void walkAbortNamesTheGuestsDescriptorAtTheOffsetThatTheHostSaw() {
        start(CONTEXT);
        machine.store64(LEVEL_1, LEVEL_2 | 3);
        machine.store64(LEVEL_2 + 8, LEVEL_3 | 3);
        final long input = 0x20_3000L; // entries 0, 1 and 3
        assertThat(inject(0x0B, CLASS_TT | 1L << 35 | 7, input, HOST + 8)).isEqualTo(
                "0b00000008000000" + "0000000008010000" + "0030200000000000" + "0810064000000000");
        inject(0x0B, CLASS_TT, input, HOST + 24);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 32 + 24)).isEqualTo(LEVEL_3 + 24);
    }

    @Test
    void walkAbortInTheGuestsOwnMemoryIsTheOneMeant() {
        start(CONTEXT);
        machine.store64(LEVEL_1, SmmuMachine.NOWHERE | 3);
        inject(0x0B, CLASS_TT, 0, HOST);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 24)).as("entry 0 of level 1 and of level 2 fit")
                .isEqualTo(SmmuMachine.NOWHERE);
    }

    @Test
    void stage2FaultOfAWalkIsRefinedFromItsPageToTheDescriptor() {
        start(CONTEXT);
        machine.store64(LEVEL_1, SmmuMachine.NOWHERE | 3);
        inject(0x10, 1L << 39 | CLASS_TT, 0x60_0000, SmmuMachine.NOWHERE);
        assertThat(machine.eventBytes(0)).isEqualTo(
                "0b00000008000000" + "0000000000010000" + "0000600000000000" + "180000003f000000");
    }

    @Test
    void reWalkChangesNoTable() {
        start(CONTEXT);
        machine.store64(LEVEL_1, LEVEL_2 | 3);
        machine.store64(LEVEL_2, 0x4000_0000L | 0x341); // a block without access flag, which HA would set
        inject(0x0B, CLASS_TT, 0, HOST);
        assertThat(machine.load64(LEVEL_2)).isEqualTo(0x4000_0341L);
    }

    @Test
    void liveAtsEventIsTheGuestsOnlyIfItsEntryForbidsAts() {
        start(CONTEXT);
        assertThat(machine.inject(machine.event(0x07, 0, 0, 0))).isEqualTo(FaultDisposition.DELIVERED);
        machine.store64(STREAM_TABLE + STREAM * 64 + 8, 1L << 28); // EATS
        assertThat(machine.inject(machine.event(0x07, 0, 0, 0))).isEqualTo(FaultDisposition.HOST_CONFIGURATION);
    }

    @Test
    void faultWithoutAReasonGetsTheOneThatTheTablesGive() {
        start(CONTEXT);
        final List<Integer> types = new ArrayList<>();
        final Runnable[] tables = {
            () -> machine.store64(LEVEL_1, 0),
            () -> machine.store64(LEVEL_1, SmmuMachine.NOWHERE | 3),
            () -> machine.store64(LEVEL_1, 0x4000_0000L | 0x7C1),
            () -> machine.store64(CONTEXT, 0),
            () -> machine.store64(STREAM_TABLE + STREAM * 64, 0) };
        for (int i = 0; i < tables.length; i++) {
            tables[i].run();
            assertThat(machine.inject(machine.fault(FaultKind.GENERIC).word(0, 2L << 32).word(1, 2).word(2, 0x1000)))
                    .isEqualTo(FaultDisposition.DELIVERED);
            types.add((int) machine.load64(SmmuMachine.EVENTQ + 32 * i) & 0xFF);
        }
        assertThat(types).containsExactly(0x10, 0x0B, 0x13, 0x0A, 0x04);
        assertThat(machine.eventBytes(0)).isEqualTo(
                "1000000008000000" + "0000000000020000" + "0010000000000000" + "0".repeat(16));
        assertThat(machine.load64(SmmuMachine.EVENTQ + 32 + 24)).isEqualTo(SmmuMachine.NOWHERE);
    }

    @Test
    void faultWithoutAReasonThatTheTablesAllowOrSilenceIsNotShown() {
        start(CONTEXT);
        machine.store64(CONTEXT, machine.load64(CONTEXT) & ~RECORDED);
        assertThat(machine.inject(machine.fault(FaultKind.GENERIC).word(2, 0x1000)))
                .isEqualTo(FaultDisposition.FAULT_PROCESSING_DISABLED);
        machine.store64(LEVEL_1, 0x4000_0000L | 0x741);
        assertThat(machine.inject(machine.fault(FaultKind.GENERIC).word(2, 0x1000)))
                .isEqualTo(FaultDisposition.NOT_REPRODUCED);
    }
}
