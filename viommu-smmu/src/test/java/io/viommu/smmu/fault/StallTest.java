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

import static io.viommu.smmu.SmmuMachine.CMDQ;
import static io.viommu.smmu.SmmuMachine.CMDQEN;
import static io.viommu.smmu.SmmuMachine.CMDQ_BASE;
import static io.viommu.smmu.SmmuMachine.CMDQ_PROD;
import static io.viommu.smmu.SmmuMachine.CR0;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.EVENTQ_CONS;
import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.viommu.fault.FaultDisposition;
import io.viommu.smmu.Features;
import io.viommu.smmu.SmmuMachine;

/** The stall model from the fault to the guest's answer (IHI 0070, 3.12.2, 4.7.1, 4.7.2, 7.2.1). */
class StallTest {

    private static final long STALLED = 0x0000_0208_8000_0000L;

    private final SmmuMachine machine = new SmmuMachine();
    private int prod;

    private void start(final int log2) {
        machine.write64(CMDQ_BASE, CMDQ | 6);
        machine.start(log2);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
    }

    private void command(final long word0, final long word1) {
        machine.store64(CMDQ + 16L * (prod & 0x3F), word0);
        machine.store64(CMDQ + 16L * (prod & 0x3F) + 8, word1);
        prod = prod + 1 & 0x7F;
        machine.write(CMDQ_PROD, prod);
    }

    private void resume(final long stream, final long tag, final boolean retry, final boolean abort) {
        command(0x44 | stream << 32 | (retry ? 1L << 12 : 0) | (abort ? 1L << 13 : 0), tag);
    }

    private FaultDisposition stall(final long cookie) {
        return machine.inject(machine.event(0x10, STALLED | 0xABCD, 0x1000, 0).cookie(cookie));
    }

    private int tagAt(final int index) {
        return (int) machine.load64(SmmuMachine.EVENTQ + 32L * index + 8) & 0xFFFF;
    }

    @Test
    void physicalStallGetsATagOfTheGuestsOwn() {
        start(4);
        assertThat(stall(1)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(stall(2)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(machine.load64(SmmuMachine.EVENTQ + 8) & ~0xFFFFL).isEqualTo(STALLED);
        assertThat(tagAt(0)).isNotEqualTo(tagAt(1));
        assertThat(tagAt(0)).isNotEqualTo(0xABCD);
    }

    @Test
    void resumeWithRetryAnswersTheHostOnce() {
        start(4);
        stall(0x55);
        resume(8, tagAt(0), true, false);
        assertThat(machine.answers).containsExactly("3 0x55 0");
        resume(8, tagAt(0), true, false);
        assertThat(machine.answers).as("no such transaction any more").hasSize(1);
    }

    @Test
    void resumeWithTerminateRefusesAPhysicalTransaction() {
        start(4);
        stall(0x55);
        stall(0x56);
        resume(8, tagAt(0), false, true);
        resume(8, tagAt(1), false, false);
        assertThat(machine.answers).containsExactly("3 0x55 1", "3 0x56 1");
    }

    @Test
    void resumeMatchesStreamAndTagTogether() {
        start(4);
        stall(0x55);
        resume(9, tagAt(0), true, false);
        resume(8, tagAt(0) + 1, true, false);
        assertThat(machine.answers).isEmpty();
    }

    @Test
    void tagIsNotUsedAgainBeforeItIsAnswered() {
        start(10);
        for (int i = 0; i < 512; i++) {
            assertThat(stall(i)).isEqualTo(FaultDisposition.DELIVERED);
        }
        final List<Integer> tags = new ArrayList<>();
        for (int i = 0; i < 512; i++) {
            tags.add(tagAt(i));
        }
        assertThat(tags).doesNotHaveDuplicates();
        assertThat(stall(0x999)).as("no room").isEqualTo(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.answers).containsExactly("3 0x999 1");
        resume(8, tags.get(7), true, false);
        assertThat(stall(0x1000)).isEqualTo(FaultDisposition.DELIVERED);
        assertThat(tagAt(512)).isEqualTo(tags.get(7));
    }

    @Test
    void stallTermEndsAllOfOneStream() {
        start(4);
        stall(1);
        machine.inject(machine.event(0x10, STALLED, 0, 0).cookie(2).guestDevice(9));
        stall(3);
        command(0x45 | 8L << 32, 0);
        assertThat(machine.answers).containsExactly("3 0x1 1", "3 0x3 1");
    }

    @Test
    void clearingSmmuenEndsAllAndFreesTheirTags() {
        start(4);
        stall(1);
        stall(2);
        machine.write(CR0, EVENTQEN);
        assertThat(machine.answers).containsExactly("3 0x1 1", "3 0x2 1");
        assertThat(stall(3)).isEqualTo(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.answers).hasSize(3);
    }

    @Test
    void invalidationsDoNotTouchStalledTransactions() {
        start(4);
        stall(1);
        command(0x30, 0);
        command(0x04, 31);
        command(0x46, 0);
        assertThat(machine.answers).isEmpty();
        resume(8, tagAt(0), true, false);
        assertThat(machine.answers).containsExactly("3 0x1 0");
    }

    @Test
    void stallRecordWaitsForRoomAndIsNoOverflow() {
        start(0);
        machine.injectTranslationFault(0x7000);
        assertThat(stall(1)).isEqualTo(FaultDisposition.STALL_WAITING);
        assertThat(stall(2)).isEqualTo(FaultDisposition.STALL_WAITING);
        assertThat(machine.read(EVENTQ_PROD)).as("no overflow").isEqualTo(1);
        machine.write(EVENTQ_CONS, 1);
        assertThat(machine.read(EVENTQ_PROD)).as("recorded as soon as there is room").isZero();
        assertThat(machine.answers).isEmpty();
        final int first = tagAt(0);
        machine.write(EVENTQ_CONS, 0);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
        resume(8, first, true, false);
        assertThat(machine.answers).as("in the order they came").containsExactly("3 0x1 0");
    }

    @Test
    void stallRecordWaitsForTheQueueToBeEnabled() {
        start(2);
        machine.write(CR0, CMDQEN | SMMUEN);
        assertThat(stall(1)).isEqualTo(FaultDisposition.STALL_WAITING);
        assertThat(machine.read(EVENTQ_PROD)).isZero();
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
    }

    @Test
    void recordThatWaitsInterruptsWhenItIsRecorded() {
        start(0);
        machine.injectTranslationFault(0x7000);
        machine.smmu.endOfBatch();
        stall(1);
        machine.takeInterrupts();
        machine.write(EVENTQ_CONS, 1);
        assertThat(machine.takeInterrupts()).containsExactly("line 0");
    }

    @Test
    void guestCannotAnswerARecordThatItHasNotSeen() {
        start(0);
        machine.injectTranslationFault(0x7000);
        stall(1);
        for (int tag = 0; tag < 16; tag++) {
            resume(8, tag, true, false);
        }
        assertThat(machine.answers).isEmpty();
    }

    @Test
    void syncAfterAnInvalidationRetriesTransactionsWhoseRecordsWait() {
        start(0);
        machine.injectTranslationFault(0x7000);
        stall(1);
        command(0x46, 0);
        assertThat(machine.answers).as("nothing was invalidated").isEmpty();
        command(0x30, 0);
        command(0x46, 0);
        assertThat(machine.answers).containsExactly("3 0x1 0");
        machine.write(EVENTQ_CONS, 1);
        assertThat(machine.read(EVENTQ_PROD)).as("the stale record never comes").isEqualTo(1);
    }

    @Test
    void abortedWriteOfAStallRecordIsTriedAgainAfterTheAcknowledgement() {
        machine.write64(CMDQ_BASE, CMDQ | 6);
        machine.write64(SmmuMachine.EVENTQ_BASE, SmmuMachine.NOWHERE | 4);
        machine.write(CR0, EVENTQEN | SMMUEN);
        assertThat(stall(1)).isEqualTo(FaultDisposition.STALL_WAITING);
        assertThat(machine.read(SmmuMachine.GERROR)).isEqualTo(4);
        machine.write(CR0, SMMUEN);
        machine.write64(SmmuMachine.EVENTQ_BASE, SmmuMachine.EVENTQ | 4);
        machine.write(CR0, EVENTQEN | SMMUEN);
        assertThat(machine.read(EVENTQ_PROD)).as("still in error").isZero();
        machine.write(SmmuMachine.GERRORN, 4);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
    }

    @Test
    void reportedTagsAreKeptAndAnswered() {
        start(4);
        machine.inject(machine.event(0x10, STALLED | 0x0B17, 0, 0).asReported(true).cookie(7));
        resume(8, 0x0B17, true, false);
        assertThat(machine.answers).containsExactly("3 0x7 0");
    }

    @Test
    void reportedTagThatComesAgainEndsTheOlderOne() {
        start(4);
        machine.inject(machine.event(0x10, STALLED | 5, 0, 0).asReported(true).cookie(7));
        machine.inject(machine.event(0x10, STALLED | 5, 0, 0).asReported(true).cookie(8));
        assertThat(machine.answers).containsExactly("3 0x7 1");
        resume(8, 5, true, false);
        assertThat(machine.answers).containsExactly("3 0x7 1", "3 0x8 0");
    }

    @Test
    void longLogOfStallsIsDeliveredWholeEvenIfTheGuestNeverAnswers() {
        start(12);
        for (int i = 0; i < 2000; i++) {
            assertThat(machine.inject(machine.event(0x10, STALLED | i, 0, 0).asReported(true).cookie(i)))
                    .isEqualTo(FaultDisposition.DELIVERED);
        }
        assertThat(machine.answers).hasSize(2000 - 512).startsWith("3 0x0 1", "3 0x1 1");
    }

    @Test
    void parkedTransactionOfAnEmulatedDeviceIsAnsweredToTheListener() {
        start(4);
        final StallTable table = new StallTable(
                Features.everything().build(),
                machine);
        final List<String> answers = new ArrayList<>();
        table.listener((stream, tag, action) -> answers.add(stream + " " + action));
        for (int i = 0; i < 3; i++) {
            final long ticket = table.stall(8, -1, 0x1000, 0);
            final int tag = StallPort.tag(ticket);
            table.resume(8, tag, StallListener.RETRY);
            assertThat(answers).as("its record is not in the queue yet").hasSize(i);
            assertThat(table.record(ticket)).isTrue();
            table.resume(8, tag, i);
        }
        assertThat(answers).containsExactly("8 0", "8 1", "8 2");
        assertThat(machine.answers).isEmpty();
    }

    @Test
    void abortOnlyDeviceNeverEndsAStallWithoutEffect() {
        final StallTable table = new StallTable(
                Features.everything().idr0(26, 1, 1).build(),
                machine);
        final List<Integer> answers = new ArrayList<>();
        table.listener((stream, tag, action) -> answers.add(action));
        final long ticket = table.stall(8, -1, 0x1000, 0);
        table.record(ticket);
        table.resume(8, StallPort.tag(ticket), StallListener.IGNORE);
        assertThat(answers).containsExactly(StallListener.ABORT);
    }

    @Test
    void recordOfAParkedTransactionThatWasEndedMeanwhileIsNotWritten() {
        start(4);
        assertThat(machine.inject(machine.event(0x0000_0008_0000_0010L, STALLED | 3, 0, 0).emulated(true)))
                .isEqualTo(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.read(EVENTQ_PROD)).isZero();
    }

    @Test
    void resetEndsEverything() {
        start(4);
        stall(1);
        machine.smmu.reset();
        assertThat(machine.answers).containsExactly("3 0x1 1");
    }
}
