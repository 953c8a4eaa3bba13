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

import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.EVENTQ_BASE;
import static io.viommu.smmu.SmmuMachine.EVENTQ_CONS;
import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.GERRORN;
import static io.viommu.smmu.SmmuMachine.IRQ_CTRL;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.smmu.SmmuMachine;

/** The rules of IHI 0070, 7.2 and 7.4, by register and byte. */
class EventQueueTest {

    private final SmmuMachine machine = new SmmuMachine();

    @Test
    void recordLiesWhereProdPointedAndProdMoves() {
        machine.start(2);
        assertThat(machine.injectTranslationFault(0x1122_3344_5566_7788L)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.eventBytes(0)).isEqualTo(
                "1000000008000000" + "0000000008020000" + "8877665544332211" + "0000000000000000");
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
    }

    @Test
    void allEntriesAreUsableAndTheWrapFlagToggles() {
        machine.start(1);
        machine.injectTranslationFault(0x1000);
        machine.injectTranslationFault(0x2000);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(2);
        machine.write(EVENTQ_CONS, 2);
        machine.injectTranslationFault(0x3000);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(3);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 16)).isEqualTo(0x3000);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 48)).isEqualTo(0x2000);
    }

    @Test
    void disabledQueueDropsWithoutOverflow() {
        machine.start(0);
        machine.write(CR0, SMMUEN);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.QUEUE_DISABLED);
        assertThat(machine.read(EVENTQ_PROD)).isZero();
        assertThat(machine.read(GERROR)).isZero();
    }

    @Test
    void overflowTogglesOvflgOnlyWhenAcknowledged() {
        machine.start(1);
        machine.injectTranslationFault(0x1000);
        machine.injectTranslationFault(0x2000);
        assertThat(machine.injectTranslationFault(0x3000)).isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(0x8000_0002);
        assertThat(machine.injectTranslationFault(0x4000)).isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(machine.read(EVENTQ_PROD)).as("pending already").isEqualTo(0x8000_0002);
        assertThat(machine.read(GERROR)).as("an overflow is no global error").isZero();
        machine.write(EVENTQ_CONS, 0x8000_0000L);
        assertThat(machine.injectTranslationFault(0x5000)).isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(machine.read(EVENTQ_PROD)).as("toggles back").isEqualTo(2);
    }

    @Test
    void overflowMakesNoInterruptOfItsOwn() {
        machine.start(0);
        machine.injectTranslationFault(0x1000);
        machine.smmu.endOfBatch();
        machine.takeInterrupts();
        machine.injectTranslationFault(0x2000);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).isEmpty();
    }

    @Test
    void unacknowledgedOverflowDoesNotStopLaterRecords() {
        machine.start(1);
        for (int i = 0; i < 3; i++) {
            machine.injectTranslationFault(i);
        }
        machine.write(EVENTQ_CONS, 1);
        assertThat(machine.injectTranslationFault(0x7000)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(0x8000_0003);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 16)).isEqualTo(0x7000);
    }

    @Test
    void abortedWriteIsAGlobalErrorMovesNothingAndStopsDelivery() {
        machine.write64(EVENTQ_BASE, SmmuMachine.NOWHERE | 4);
        machine.write(IRQ_CTRL, 7);
        machine.write(CR0, EVENTQEN | SMMUEN);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.QUEUE_ABORTED);
        machine.smmu.endOfBatch();
        assertThat(machine.read(EVENTQ_PROD)).isZero();
        assertThat(machine.read(GERROR)).isEqualTo(4);
        assertThat(machine.takeInterrupts()).as("GERROR, and no Event queue interrupt").containsExactly("line 3");
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.QUEUE_ERROR);
        assertThat(machine.read(EVENTQ_PROD)).as("no overflow while in error").isZero();
        machine.write(GERRORN, 4);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.QUEUE_ABORTED);
        assertThat(machine.read(GERROR)).isZero();
    }

    @Test
    void deliveryGoesOnAfterTheAbortIsAcknowledged() {
        machine.write64(EVENTQ_BASE, SmmuMachine.NOWHERE | 4);
        machine.write(CR0, EVENTQEN | SMMUEN);
        machine.injectTranslationFault(0);
        machine.write(CR0, SMMUEN);
        machine.write64(EVENTQ_BASE, SmmuMachine.EVENTQ | 4);
        machine.write(CR0, EVENTQEN | SMMUEN);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.QUEUE_ERROR);
        machine.write(GERRORN, 4);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void interruptComesOnceForABatchAndOnlyFromEmptyToNonEmpty() {
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.injectTranslationFault(2);
        assertThat(machine.takeInterrupts()).as("not before the batch ends").isEmpty();
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 0");
        machine.injectTranslationFault(3);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).as("not empty before").isEmpty();
        machine.write(EVENTQ_CONS, 3);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).as("nothing new").isEmpty();
        machine.injectTranslationFault(4);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 0");
    }

    @Test
    void compatibleWithQemuEveryBatchInterrupts() {
        final SmmuMachine qemu = new SmmuMachine("compat=qemu").start(4);
        qemu.injectTranslationFault(1);
        qemu.smmu.endOfBatch();
        qemu.injectTranslationFault(2);
        qemu.injectTranslationFault(3);
        qemu.smmu.endOfBatch();
        qemu.smmu.endOfBatch();
        assertThat(qemu.takeInterrupts()).containsExactly("line 0", "line 0");
    }

    @Test
    void oneRecordLeftByTheGuestIsNotATransition() {
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.injectTranslationFault(2);
        machine.smmu.endOfBatch();
        machine.takeInterrupts();
        machine.write(EVENTQ_CONS, 1);
        machine.injectTranslationFault(3);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).isEmpty();
    }

    @Test
    void interruptFindsTheRecordAndProdInPlace() {
        machine.start(4);
        final long[] seen = new long[2];
        machine.onInterrupt = () -> {
            seen[0] = machine.read(EVENTQ_PROD);
            seen[1] = machine.load64(SmmuMachine.EVENTQ + 16);
        };
        machine.injectTranslationFault(0xABC0);
        machine.smmu.endOfBatch();
        assertThat(seen).containsExactly(1, 0xABC0);
    }

    @Test
    void disabledInterruptIsNotMadeUpForLater() {
        machine.start(4);
        machine.write(IRQ_CTRL, 0);
        machine.injectTranslationFault(1);
        machine.write(IRQ_CTRL, 4);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).isEmpty();
    }

    @Test
    void interruptThatARecordMadeDueIsNotForgottenForWhatComesWhileItIsDisabled() {
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.write(IRQ_CTRL, 0);
        machine.injectTranslationFault(2);
        machine.write(IRQ_CTRL, 4);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 0");
    }

    @Test
    void guestThatEmptiesTheQueueInTheMiddleOfABatchIsInterruptedForTheRest() {
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.smmu.endOfBatch();
        machine.takeInterrupts();
        machine.injectTranslationFault(2);
        machine.write(EVENTQ_CONS, 2);
        machine.injectTranslationFault(3);
        machine.injectTranslationFault(4);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 0");
    }

    @Test
    void messageGoesToTheConfiguredAddressBesideTheWire() {
        machine.write64(0xB0, SmmuMachine.DOORBELL);
        machine.write(0xB8, 0x2A);
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("msi 0x8020040 0x2a", "line 0");
    }

    @Test
    void messageAddressZeroMeansWireOnly() {
        machine.write(0xB8, 0x2A);
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 0");
    }

    @Test
    void abortedMessageIsAGlobalError() {
        machine.messagesAbort = true;
        machine.write64(0xB0, SmmuMachine.DOORBELL);
        machine.start(4);
        machine.injectTranslationFault(1);
        machine.smmu.endOfBatch();
        assertThat(machine.read(GERROR)).isEqualTo(0x20);
        assertThat(machine.takeInterrupts()).containsExactly("msi 0x8020040 0x0", "line 3", "line 0");
        machine.write(EVENTQ_CONS, 1);
        machine.injectTranslationFault(2);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).as("future messages are not affected").contains("msi 0x8020040 0x0");
    }

    @Test
    void onlyThreeEventsAreRecordedWhileTranslationIsDisabled() {
        machine.start(4);
        machine.write(CR0, EVENTQEN);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.TRANSLATION_DISABLED);
        assertThat(machine.inject(machine.event(0x07, 0, 0x1000, 0))).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.inject(machine.event(0x05, 0, 0x1000, 0))).isEqualTo(FaultDisposition.DELIVERED);
    }

    @Test
    void queueAboveTheOutputAddressSizeIsTruncatedToIt() {
        machine.write64(EVENTQ_BASE, 0x000F_0000_0000_0000L | SmmuMachine.EVENTQ | 2);
        machine.write(CR0, EVENTQEN | SMMUEN);
        assertThat(machine.injectTranslationFault(0x99)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 16)).isEqualTo(0x99);
    }

    @Test
    void inconsistentPointersAreTreatedAsFull() {
        machine.write64(EVENTQ_BASE, SmmuMachine.EVENTQ | 2);
        machine.write(EVENTQ_PROD, 7);
        machine.write(EVENTQ_CONS, 1);
        machine.write(CR0, EVENTQEN | SMMUEN);
        assertThat(machine.injectTranslationFault(0)).isEqualTo(FaultDisposition.QUEUE_FULL);
    }
}
