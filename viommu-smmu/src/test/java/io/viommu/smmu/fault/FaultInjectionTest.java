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

package io.viommu.smmu.fault;

import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.smmu.SmmuMachine;

/** Every kind of fault record ends in one disposition, and the guest finds the right 32 bytes. */
class FaultInjectionTest {

    @ParameterizedTest
    @CsvSource({
        // reason, flags, event, word 1, word 2, word 3 with perm = read|priv, addr 0x1122, fetch 0x4000abc8
        "1,6,09,0000000000000000,0000000000000000,000000004000abc8",
        "2,2,0a,0000000000000000,0000000000000000,0000000000000000",
        "3,2,08,0000000000000000,0000000000000000,0000000000000000",
        "4,6,0b,0000010a00000000,0000000000001122,000000004000abc8",
        "4,2,0b,0000010a00000000,0000000000001122,0000000000000000",
        "5,2,10,0000020a00000000,0000000000001122,0000000000000000",
        "5,0,10,0000020a00000000,0000000000000000,0000000000000000",
        "6,2,13,0000020a00000000,0000000000001122,0000000000000000",
        "7,2,12,0000020a00000000,0000000000001122,0000000000000000",
        "8,2,11,0000020a00000000,0000000000001122,0000000000000000" })
    void genericFaultBecomesTheEventOfItsReason(final int reason, final long flags, final String type,
            final String word1, final String word2, final String word3) {
        final SmmuMachine machine = new SmmuMachine().start(2);
        final FaultRecord record = machine.fault(FaultKind.GENERIC).asReported(true)
                .word(0, reason | flags << 32).word(1, 1 | 8).word(2, 0x1122).word(3, 0x4000_ABC8L);
        assertThat(machine.inject(record)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(SmmuMachine.EVENTQ)).isEqualTo(0x8_0000_0000L | Integer.parseInt(type, 16));
        assertThat(machine.load64(SmmuMachine.EVENTQ + 8)).isEqualTo(Long.parseLong(word1, 16));
        assertThat(machine.load64(SmmuMachine.EVENTQ + 16)).isEqualTo(Long.parseLong(word2, 16));
        assertThat(machine.load64(SmmuMachine.EVENTQ + 24)).isEqualTo(Long.parseLong(word3, 16));
    }

    @Test
    void genericFaultWithPasidHasSsvAndSubstream() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        machine.inject(machine.fault(FaultKind.GENERIC).pasid(0xABCDE).word(0, 5 | 3L << 32).word(1, 2).word(2, 0x40));
        assertThat(machine.eventBytes(0)).isEqualTo(
                "10e8cdab08000000" + "0000000000020000" + "4000000000000000" + "0000000000000000");
    }

    @Test
    void genericInstructionFetchHasInDAndAWriteNeverHas() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        machine.inject(machine.fault(FaultKind.GENERIC).word(0, 5).word(1, 1 | 4));
        machine.inject(machine.fault(FaultKind.GENERIC).word(0, 5).word(1, 2 | 4));
        assertThat(machine.load64(SmmuMachine.EVENTQ + 8)).isEqualTo(0x0000_020C_0000_0000L);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 40)).isEqualTo(0x0000_0200_0000_0000L);
    }

    @ParameterizedTest
    @ValueSource(longs = { 0, 9, -1 })
    void genericFaultWithoutAKnownReasonIsNotRepresentable(final long reason) {
        final SmmuMachine machine = new SmmuMachine().start(2);
        assertThat(machine.inject(machine.fault(FaultKind.GENERIC).word(0, reason & 0xFFFF_FFFFL).asReported(true)))
                .isEqualTo(FaultDisposition.NOT_REPRESENTABLE);
    }

    @Test
    void liveGenericFetchFaultIsKeptSinceItsAddressIsTheHosts() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        assertThat(machine.inject(machine.fault(FaultKind.GENERIC).word(0, 1 | 4L << 32).word(3, 0x8000)))
                .isEqualTo(FaultDisposition.HOST_CONFIGURATION);
    }

    @Test
    void stalledEventIsAnsweredInPlaceOfAGuestThatIsNotOfferedStalls() {
        final SmmuMachine machine = new SmmuMachine("stall=off").start(2);
        final FaultRecord stalled = machine.event(0x10, 0x0000_0208_8000_0017L, 0x1000, 0).asReported(true);
        assertThat(machine.inject(stalled)).isEqualTo(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.answers).containsExactly("3 0x77 1");
        assertThat(machine.read(EVENTQ_PROD)).isZero();
    }

    @Test
    void stallBitOfAnEventThatCannotStallMeansNothing() {
        final SmmuMachine machine = new SmmuMachine("stall=off").start(2);
        assertThat(machine.inject(machine.event(0x0A, 0x8000_0000L, 0, 0).asReported(true)))
                .isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void stalledLogEntryGoesThroughWordByWord() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        assertThat(machine.inject(machine.event(0x0000_0001_0000_2810L, 0x0000_0208_8000_0B17L, 0x9_F44A_0300L, 0)
                .asReported(true))).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.eventBytes(0)).isEqualTo(
                "1028000008000000" + "170b008008020000" + "00034af409000000" + "0000000000000000");
    }

    @Test
    void refusedPageRequestsOfOneGroupAreAnsweredOnce() {
        final SmmuMachine machine = new SmmuMachine("pri=off").start(2);
        assertThat(machine.inject(machine.fault(FaultKind.PAGE_REQUEST).word(1, 1)))
                .isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x77 2");
        assertThat(machine.inject(machine.fault(FaultKind.PAGE_REQUEST).word(0, 2).word(1, 1)))
                .isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x77 2");
    }

    @Test
    void lossOfTheHostIsOnlyCountedUnlessTheGuestIsToKnow() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        assertThat(machine.inject(machine.fault(FaultKind.LOST_EVENTS).word(0, 7)))
                .isEqualTo(FaultDisposition.HOST_EVENT);
        assertThat(machine.read(EVENTQ_PROD)).isZero();
        final SmmuMachine telling = new SmmuMachine("lost-events=overflow").start(2);
        assertThat(telling.inject(telling.fault(FaultKind.LOST_EVENTS).word(0, 7)))
                .isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(telling.read(EVENTQ_PROD)).isEqualTo(0x8000_0000);
        assertThat(telling.inject(telling.fault(FaultKind.LOST_EVENTS).word(0, 7)))
                .isEqualTo(FaultDisposition.OVERFLOW_PENDING);
    }

    @Test
    void faultOfAnotherArchitectureOrOfNoKindIsRejected() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        assertThat(machine.inject(machine.fault(FaultKind.VTD_FAULT))).isEqualTo(FaultDisposition.WRONG_ARCHITECTURE);
        assertThat(machine.inject(machine.fault(99))).isEqualTo(FaultDisposition.MALFORMED);
    }

    @Test
    void recordOfTheModelsOwnWalkIsNotTouched() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        assertThat(machine.inject(machine.event(0x0000_1234_0000_0003L, 0x11, 0, 0x3F_0000_0000L).emulated(true)))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.eventBytes(0)).isEqualTo(
                "0300000034120000" + "1100000000000000" + "0000000000000000" + "000000003f000000");
    }

    @Test
    void recordItselfIsLeftAsItWasRead() {
        final SmmuMachine machine = new SmmuMachine().start(2);
        final FaultRecord record = machine.event(0x0000_1234_0000_0010L, -1L & ~(1L << 39), 5, 6);
        machine.inject(record);
        assertThat(record.word(0)).isEqualTo(0x0000_1234_0000_0010L);
        assertThat(record.word(1)).isEqualTo(-1L & ~(1L << 39));
        assertThat(record.word(3)).isEqualTo(6);
    }
}
