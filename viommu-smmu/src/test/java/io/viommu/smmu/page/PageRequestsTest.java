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

package io.viommu.smmu.page;

import static io.viommu.smmu.SmmuMachine.CMDQ;
import static io.viommu.smmu.SmmuMachine.CMDQEN;
import static io.viommu.smmu.SmmuMachine.CMDQ_BASE;
import static io.viommu.smmu.SmmuMachine.CMDQ_PROD;
import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.GERRORN;
import static io.viommu.smmu.SmmuMachine.IRQ_CTRL;
import static io.viommu.smmu.SmmuMachine.PRIQ;
import static io.viommu.smmu.SmmuMachine.PRIQEN;
import static io.viommu.smmu.SmmuMachine.PRIQ_BASE;
import static io.viommu.smmu.SmmuMachine.PRIQ_CONS;
import static io.viommu.smmu.SmmuMachine.PRIQ_PROD;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.smmu.SmmuMachine;

/** Page requests from the device to the guest's answer (IHI 0070, 8 and 4.5.2). */
class PageRequestsTest {

    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int PASID = 1;
    private static final int LAST = 2;

    private final SmmuMachine machine = new SmmuMachine();
    private int prod;

    private void start(final int log2) {
        machine.write64(CMDQ_BASE, CMDQ | 6);
        machine.write64(PRIQ_BASE, PRIQ | log2);
        machine.write(IRQ_CTRL, 7);
        machine.write(CR0, CMDQEN | PRIQEN | EVENTQEN | SMMUEN);
    }

    private FaultRecord request(final int flags, final int group, final int permissions, final long address) {
        return machine.fault(FaultKind.PAGE_REQUEST).word(0, flags | (long) group << 32).word(1, permissions)
                .word(2, address).cookie(0x100 + group);
    }

    private FaultDisposition inject(final int flags, final int group) {
        return machine.inject(request(flags, group, READ, 0x5000));
    }

    private void respond(final long stream, final long index, final long resp) {
        machine.store64(CMDQ + 16L * (prod & 0x3F), 0x41 | stream << 32);
        machine.store64(CMDQ + 16L * (prod & 0x3F) + 8, index | resp << 12);
        prod = prod + 1 & 0x7F;
        machine.write(CMDQ_PROD, prod);
    }

    @Test
    void entryHasTheBytesOfTheSpecification() {
        start(4);
        assertThat(machine.inject(request(PASID | LAST, 0x1A5, 15, 0xFFFF_8000_1234_5FFFL).pasid(0xABCDE)))
                .isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(PRIQ)).isEqualTo(0xFC0A_BCDE_0000_0008L);
        assertThat(machine.load64(PRIQ + 8)).isEqualTo(0xFFFF_8000_1234_51A5L);
        assertThat(machine.read(PRIQ_PROD)).isEqualTo(1);
    }

    @Test
    void withoutPasidThereIsNeitherExecuteNorPrivileged() {
        start(4);
        machine.inject(request(0, 1, 15, 0));
        assertThat(machine.load64(PRIQ)).isEqualTo(0x3000_0000_0000_0008L);
    }

    @Test
    void guestsAnswerGoesBackByCookieWithItsMeaning() {
        start(4);
        for (int group = 0; group < 3; group++) {
            inject(LAST, group);
        }
        respond(8, 2, 0);
        respond(8, 1, 1);
        respond(8, 0, 2);
        assertThat(machine.answers).containsExactly("3 0x102 2", "3 0x101 1", "3 0x100 0");
        respond(8, 0, 2);
        assertThat(machine.answers).as("answered once").hasSize(3);
    }

    @Test
    void answerForAnotherStreamOrGroupHasNoEffect() {
        start(4);
        inject(LAST, 1);
        respond(9, 1, 2);
        respond(8, 2, 2);
        assertThat(machine.answers).isEmpty();
    }

    @Test
    void requestsOfOneGroupShareItsIndex() {
        start(4);
        inject(0, 7);
        inject(0, 7);
        inject(LAST, 7);
        for (int i = 0; i < 3; i++) {
            assertThat(machine.load64(PRIQ + 16L * i + 8) & 0x1FF).isEqualTo(7);
        }
        respond(8, 7, 2);
        assertThat(machine.answers).containsExactly("3 0x107 0");
    }

    @Test
    void groupNumberThatDoesNotFitOrIsInUseGetsAnotherIndex() {
        start(4);
        inject(LAST, 0);
        inject(LAST, 0x1_0000);
        machine.inject(request(LAST, 0, READ, 0).cookie(0x999));
        assertThat(machine.load64(PRIQ + 24) & 0x1FF).isEqualTo(1);
        assertThat(machine.load64(PRIQ + 40) & 0x1FF).isEqualTo(2);
        respond(8, 2, 2);
        assertThat(machine.answers).containsExactly("3 0x999 0");
    }

    @Test
    void disabledQueueAnswersFailureToEveryRequestButOnceWhereAGroupSharesItsAnswer() {
        start(4);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        assertThat(inject(0, 1)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x101 2");
        machine.write(CR0, CMDQEN | PRIQEN | EVENTQEN | SMMUEN);
        assertThat(inject(0, 1)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(inject(LAST, 1)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        respond(8, 1, 2);
        assertThat(machine.answers).containsExactly("3 0x101 2");
        assertThat(inject(LAST, 1)).as("the next group of that number").isEqualTo(FaultDisposition.DELIVERED);
        respond(8, 1, 2);
        assertThat(machine.answers).containsExactly("3 0x101 2", "3 0x101 0");
    }

    @Test
    void groupsThatWereRefusedDontKeepOthersOut() {
        start(10);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        for (int i = 0; i < 600; i++) {
            inject(0, i);
        }
        assertThat(machine.answers).hasSize(600);
        machine.write(CR0, CMDQEN | PRIQEN | EVENTQEN | SMMUEN);
        for (int i = 0; i < 512; i++) {
            assertThat(inject(LAST, 0x1000 + i)).isEqualTo(FaultDisposition.DELIVERED);
        }
        machine.smmu.reset();
        assertThat(machine.answers).hasSize(600 + 512);
    }

    @Test
    void queueIsOffWhileTranslationIsOff() {
        start(4);
        machine.write(CR0, CMDQEN | PRIQEN | EVENTQEN);
        assertThat(inject(LAST, 1)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x101 2");
        assertThat(machine.read(PRIQ_PROD)).isZero();
    }

    @Test
    void overflowStopsTheQueueUntilItIsAcknowledged() {
        start(0);
        inject(LAST, 1);
        assertThat(inject(0, 2)).isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(machine.read(PRIQ_PROD)).isEqualTo(0x8000_0001);
        assertThat(machine.answers).as("not the last: silent").isEmpty();
        assertThat(inject(LAST, 2)).isEqualTo(FaultDisposition.PAGE_REQUEST_OVERFLOW);
        assertThat(machine.answers).as("success, so that the device asks again").containsExactly("3 0x102 0");
        machine.write(PRIQ_CONS, 1);
        assertThat(inject(0, 3)).as("room, but not acknowledged").isEqualTo(FaultDisposition.OVERFLOW_PENDING);
        assertThat(machine.read(PRIQ_PROD)).isEqualTo(0x8000_0001);
        machine.write(PRIQ_CONS, 0x8000_0001L);
        assertThat(inject(LAST, 4)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.read(PRIQ_PROD)).isEqualTo(0x8000_0000);
    }

    @Test
    void groupThatOverflowedIsForgotten() {
        start(0);
        inject(0, 1);
        inject(LAST, 1);
        assertThat(machine.answers).containsExactly("3 0x101 0");
        respond(8, 1, 2);
        assertThat(machine.answers).hasSize(1);
    }

    @Test
    void abortedWriteIsAGlobalErrorAndAnswersFailure() {
        machine.write64(PRIQ_BASE, SmmuMachine.NOWHERE | 4);
        machine.write(CR0, PRIQEN | SMMUEN);
        assertThat(inject(LAST, 1)).isEqualTo(FaultDisposition.QUEUE_ABORTED);
        assertThat(machine.read(GERROR)).isEqualTo(8);
        assertThat(machine.read(PRIQ_PROD)).isZero();
        assertThat(inject(LAST, 2)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x101 2", "3 0x102 2");
        machine.write(GERRORN, 8);
        assertThat(inject(LAST, 3)).isEqualTo(FaultDisposition.QUEUE_ABORTED);
    }

    @Test
    void stopMarkerIsQueuedAndNeverAnswered() {
        start(0);
        assertThat(machine.inject(request(PASID | LAST, 1, 0, 0).pasid(5))).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(PRIQ)).isEqualTo(0xC000_0005_0000_0008L);
        assertThat(machine.inject(request(PASID | LAST, 1, 0, 0).pasid(5))).isEqualTo(FaultDisposition.QUEUE_FULL);
        assertThat(machine.answers).isEmpty();
    }

    @Test
    void interruptComesWhenTheQueueGetsNonEmpty() {
        start(4);
        inject(0, 1);
        inject(LAST, 1);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 1");
        inject(LAST, 2);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).isEmpty();
    }

    @Test
    void lastOnlyInterruptsAtTheLastRequestEvenIfAnOverflowDiscardsIt() {
        machine.write(0xDC, 1L << 31);
        start(1);
        inject(0, 1);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).isEmpty();
        inject(LAST, 1);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 1");
        inject(0, 2);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).isEmpty();
        inject(LAST, 2);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("line 1");
    }

    @Test
    void lastOnlyIsAboutTheWireToo() {
        final SmmuMachine wired = new SmmuMachine("msi=off");
        wired.write(0xDC, 1L << 31);
        wired.write64(PRIQ_BASE, PRIQ | 4);
        wired.write(IRQ_CTRL, 2);
        wired.write(CR0, PRIQEN | SMMUEN);
        wired.inject(wired.fault(FaultKind.PAGE_REQUEST).word(1, READ).word(2, 0x5000));
        wired.smmu.endOfBatch();
        assertThat(wired.takeInterrupts()).isEmpty();
        wired.inject(wired.fault(FaultKind.PAGE_REQUEST).word(0, LAST).word(1, READ).word(2, 0x6000));
        wired.smmu.endOfBatch();
        assertThat(wired.takeInterrupts()).containsExactly("line 1");
    }

    @Test
    void messageOfThePriQueueThatAbortsIsAGlobalError() {
        machine.write64(0xD0, SmmuMachine.DOORBELL);
        machine.write(0xD8, 0x77);
        machine.messagesAbort = true;
        start(4);
        inject(LAST, 1);
        machine.smmu.endOfBatch();
        assertThat(machine.takeInterrupts()).containsExactly("msi 0x8020040 0x77", "line 3", "line 1");
        assertThat(machine.read(GERROR)).isEqualTo(0x40);
    }

    @Test
    void tooManyGroupsAnswerSuccessSoThatTheDeviceAsksAgain() {
        start(10);
        for (int i = 0; i < 512; i++) {
            assertThat(inject(LAST, i)).isEqualTo(FaultDisposition.DELIVERED);
        }
        assertThat(inject(LAST, 0x200)).isEqualTo(FaultDisposition.PAGE_REQUEST_OVERFLOW);
        assertThat(machine.answers).containsExactly("3 0x300 0");
    }

    @Test
    void resetAnswersWhatIsOpen() {
        start(4);
        inject(LAST, 1);
        inject(WRITE, 2);
        machine.smmu.reset();
        assertThat(machine.answers).containsExactly("3 0x101 2", "3 0x102 2");
    }

    @Test
    void groupThatIsAnsweredBeforeItsLastRequestIsAnsweredOnce() {
        start(4);
        inject(0, 7);
        respond(8, 7, 2);
        assertThat(inject(0, 7)).as("the guest sees what the device sent").isEqualTo(FaultDisposition.DELIVERED);
        respond(8, 7, 2);
        assertThat(inject(LAST, 7)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(PRIQ + 40) & 0x1FF).isEqualTo(7);
        respond(8, 7, 2);
        assertThat(machine.answers).containsExactly("3 0x107 0");
        assertThat(inject(LAST, 7)).as("the next group of that number").isEqualTo(FaultDisposition.DELIVERED);
        respond(8, 7, 0);
        assertThat(machine.answers).containsExactly("3 0x107 0", "3 0x107 2");
    }

    @Test
    void overflowOrRefusalAfterTheGuestsAnswerIsNoSecondAnswer() {
        start(0);
        inject(0, 1);
        respond(8, 1, 2);
        assertThat(inject(LAST, 1)).isEqualTo(FaultDisposition.PAGE_REQUEST_OVERFLOW);
        machine.write(PRIQ_CONS, 0x8000_0001L);
        inject(0, 2);
        respond(8, 2, 2);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        assertThat(inject(LAST, 2)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.answers).containsExactly("3 0x101 0", "3 0x102 0");
    }

    @Test
    void restOfAGroupFromBeforeAResetIsNotForTheNextGuest() {
        start(4);
        inject(0, 1);
        inject(0, 2);
        respond(8, 2, 2);
        machine.smmu.reset();
        assertThat(machine.answers).containsExactly("3 0x102 0", "3 0x101 2");
        prod = 0;
        start(4);
        assertThat(inject(LAST, 1)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(inject(LAST, 2)).isEqualTo(FaultDisposition.NO_PAGE_REQUEST_QUEUE);
        assertThat(machine.read(PRIQ_PROD)).isZero();
        assertThat(machine.answers).hasSize(2);
        assertThat(inject(LAST, 1)).isEqualTo(FaultDisposition.DELIVERED);
    }
}
