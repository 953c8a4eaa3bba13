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
import static io.viommu.smmu.SmmuMachine.EVENTQ;
import static io.viommu.smmu.SmmuMachine.EVENTQEN;
import static io.viommu.smmu.SmmuMachine.EVENTQ_BASE;
import static io.viommu.smmu.SmmuMachine.EVENTQ_CONS;
import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static io.viommu.smmu.SmmuMachine.GERROR;
import static io.viommu.smmu.SmmuMachine.GERRORN;
import static io.viommu.smmu.SmmuMachine.NOWHERE;
import static io.viommu.smmu.SmmuMachine.SMMUEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.iommu.DmaSession;
import io.viommu.smmu.SmmuMachine;

/**
 * Tags are used again; transactions, records and answers must not be confused by it (IHI 0070, 3.12.2, 7.2.1). Records
 * are held between the device's walk and its queue for as long as a test likes.
 */
@Timeout(60)
class StallIdentityTest {

    private static final int TAGS = 512;
    private static final int STREAM = 8;
    private static final long STALLED = 0x0000_0208_8000_0000L;

    private final SmmuMachine machine = new SmmuMachine();
    private final HeldFaults faults = new HeldFaults();
    private final List<String> answers = new ArrayList<>();
    private int prod;
    private DmaSession session;

    /** A pipeline whose injector sleeps until it is waited for. */
    private final class HeldFaults implements FaultPort {

        final ArrayDeque<FaultRecord> held = new ArrayDeque<>();
        final List<FaultDisposition> ends = new ArrayList<>();
        boolean full;
        private FaultRecord claimed;

        @Override
        public long claim(final FaultRecord record) {
            if (full) {
                return FULL;
            }
            final UnsafeBuffer slot = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
            record.wrap(slot, 0).clear();
            claimed = new FaultRecord().wrap(slot, 0);
            return 0;
        }

        @Override
        public void publish(final long claim) {
            held.add(claimed);
        }

        @Override
        public void flush() {
            // nobody waits for it
        }

        @Override
        public void awaitInjected() {
            boolean any = false;
            for (FaultRecord record = held.poll(); record != null; record = held.poll()) {
                any = true;
                if (record.kind() != 0) {
                    ends.add(machine.smmu.inject(record));
                }
            }
            if (any) {
                machine.smmu.endOfBatch();
            }
        }

        @Override
        public void account(final FaultDisposition disposition) {
            ends.add(disposition);
        }
    }

    /** Stream 8 has a stage 1 with an empty table, whose faults stall. */
    private void start(final int log2) {
        final long streams = SmmuMachine.RAM + 0x4_0000;
        final long context = SmmuMachine.RAM + 0x5_0000;
        machine.store64(streams + STREAM * 64, 1 | 5 << 1 | context);
        machine.store64(context, 25 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | 1L << 44 | 1L << 45 | 1L << 46);
        machine.store64(context + 8, SmmuMachine.RAM + 0x6_0000);
        machine.write64(0x80, streams);
        machine.write(0x88, 6);
        machine.write64(CMDQ_BASE, CMDQ | 6);
        machine.start(log2);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        machine.smmu.connect(faults);
        machine.smmu.stallListener((stream, tag, action) -> answers.add(stream + " " + tag + " " + action));
        session = machine.smmu.openSession();
    }

    private int access() {
        session.begin();
        try {
            return session.translate(STREAM, DmaSession.NO_PASID, 0x1000, DmaSession.READ);
        } finally {
            session.end();
        }
    }

    private int stall() {
        assertThat(access()).isEqualTo(DmaSession.STALLED);
        return session.stallTag();
    }

    private void command(final long word0, final long word1) {
        machine.store64(CMDQ + 16L * (prod & 0x3F), word0);
        machine.store64(CMDQ + 16L * (prod & 0x3F) + 8, word1);
        prod = prod + 1 & 0x7F;
        machine.write(CMDQ_PROD, prod);
    }

    private void terminate() {
        command(0x45 | (long) STREAM << 32, 0);
    }

    private void retry(final int tag) {
        command(0x44 | (long) STREAM << 32 | 1L << 12, tag);
    }

    /** Holders of every tag come and go, and one has the first tag again; all their records are held. */
    private int holdRecordsOfEveryTag() {
        final int first = stall();
        for (int i = 1; i < TAGS; i++) {
            terminate();
            stall();
        }
        terminate();
        answers.clear();
        assertThat(stall()).as("the tag is used again").isEqualTo(first);
        return first;
    }

    @Test
    void recordOfAnEarlierHolderOfATagIsNotTakenForThatOfALaterOne() {
        start(4);
        final int tag = holdRecordsOfEveryTag();
        faults.awaitInjected();
        assertThat(faults.ends).hasSize(TAGS + 1).endsWith(FaultDisposition.DELIVERED);
        assertThat(faults.ends.subList(0, TAGS)).containsOnly(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
        retry(tag);
        retry(tag);
        assertThat(answers).containsExactly("8 " + tag + " 0");
    }

    @Test
    void guestCannotResumeATransactionByTheRecordOfAnEarlierHolderOfItsTag() {
        start(4);
        final int first = stall();
        faults.awaitInjected();
        for (int i = 1; i <= TAGS; i++) {
            terminate();
            stall();
        }
        answers.clear();
        assertThat(session.stallTag()).isEqualTo(first);
        retry(first);
        assertThat(answers).as("its own record isn't there yet").isEmpty();
        faults.awaitInjected();
        retry(first);
        assertThat(answers).containsExactly("8 " + first + " 0");
    }

    @Test
    void batchEndsThoughRecordsOfEarlierHoldersOfATagFindTheQueueFull() {
        start(0);
        machine.injectTranslationFault(0x7000);
        final int tag = holdRecordsOfEveryTag();
        faults.awaitInjected();
        assertThat(faults.ends).containsOnlyOnce(FaultDisposition.STALL_WAITING);
        terminate();
        assertThat(answers).containsExactly("8 " + tag + " 1");
        machine.write(EVENTQ_CONS, 1);
        faults.awaitInjected();
        assertThat(machine.read(EVENTQ_PROD)).as("nothing waits any more").isEqualTo(1);
        final int next = stall();
        faults.awaitInjected();
        assertThat(faults.ends).endsWith(FaultDisposition.DELIVERED);
        assertThat((int) machine.load64(EVENTQ + 8) & 0xFFFF).isEqualTo(next);
    }

    @Test
    void batchEndsThoughTheGuestAcknowledgesEachAbortOfItsQueueAtOnce() {
        start(4);
        machine.write(CR0, CMDQEN | SMMUEN);
        machine.write64(EVENTQ_BASE, NOWHERE | 4);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        machine.onInterrupt = () -> machine.write(GERRORN, machine.read(GERROR));
        final int tag = stall();
        faults.awaitInjected();
        assertThat(faults.ends).containsExactly(FaultDisposition.STALL_WAITING);
        machine.onInterrupt = () -> {
        };
        machine.write(CR0, CMDQEN | SMMUEN);
        machine.write64(EVENTQ_BASE, EVENTQ | 4);
        machine.write(CR0, CMDQEN | EVENTQEN | SMMUEN);
        faults.awaitInjected();
        assertThat((int) machine.load64(EVENTQ + 8) & 0xFFFF).as("not lost for that").isEqualTo(tag);
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(1);
    }

    @Test
    void tagIsFreeOnlyWhenItsAnswerWasGiven() {
        start(10);
        for (int i = 0; i < TAGS; i++) {
            stall();
        }
        faults.awaitInjected();
        final List<Integer> meanwhile = new ArrayList<>();
        machine.smmu.stallListener((stream, tag, action) -> meanwhile.add(access()));
        retry(7);
        assertThat(meanwhile).as("no tag within the answer").containsExactly(DmaSession.ABORTED);
        assertThat(stall()).isEqualTo(7);
    }

    @Test
    void reportedTagDoesNotTakeThePlaceOfATransactionThatIsReal() {
        start(4);
        final int tag = stall();
        faults.awaitInjected();
        assertThat(machine.inject(machine.event(0x10, STALLED | tag, 0, 0).asReported(true).cookie(7)))
                .isEqualTo(FaultDisposition.STALL_NOT_TAKEN);
        assertThat(machine.answers).containsExactly("3 0x7 1");
        retry(tag);
        assertThat(answers).containsExactly("8 " + tag + " 0");
    }

    @Test
    void logOfMoreStallsThanThereIsRoomForEndsOnlyItsOwn() {
        start(12);
        final int tag = stall();
        faults.awaitInjected();
        for (int i = 0; i < 2 * TAGS; i++) {
            assertThat(machine.inject(machine.event(0x10, STALLED | 0x1000 + i, 0, 0).asReported(true).cookie(i)))
                    .isEqualTo(FaultDisposition.DELIVERED);
        }
        assertThat(machine.answers).hasSize(TAGS + 1);
        assertThat(answers).isEmpty();
        retry(tag);
        assertThat(answers).containsExactly("8 " + tag + " 0");
    }

    @Test
    void devicesMayHaveTheSameTag() {
        start(4);
        machine.inject(machine.event(0x10, STALLED | 5, 0, 0).asReported(true).cookie(7));
        machine.inject(machine.event(0x10, STALLED | 5, 0, 0).asReported(true).cookie(8).guestDevice(9));
        command(0x44 | 9L << 32 | 1L << 12, 5);
        assertThat(machine.answers).containsExactly("3 0x8 0");
        retry(5);
        assertThat(machine.answers).containsExactly("3 0x8 0", "3 0x7 0");
    }

    @Test
    void transactionWhoseRecordFindsNoWayEndsAndKeepsNoTag() {
        start(4);
        faults.full = true;
        for (int i = 0; i <= TAGS; i++) {
            assertThat(access()).isEqualTo(DmaSession.ABORTED);
        }
        assertThat(faults.ends).containsOnly(FaultDisposition.INJECTOR_FULL);
        faults.full = false;
        final int tag = stall();
        faults.awaitInjected();
        retry(tag);
        assertThat(answers).containsExactly("8 " + tag + " 0");
    }

    @Test
    void recordsOfBeforeAResetDoNotReachTheNextGuest() {
        start(4);
        final int tag = stall();
        machine.smmu.reset();
        assertThat(answers).containsExactly("8 " + tag + " 1");
        start(4);
        faults.awaitInjected();
        assertThat(machine.read(EVENTQ_PROD)).isZero();
        assertThat(stall()).isNotEqualTo(tag);
    }

    @Test
    void disablingTranslationEndsWhatIsOnItsWayAndFreesItsTag() {
        start(4);
        final int tag = stall();
        machine.write(CR0, EVENTQEN | CMDQEN);
        assertThat(answers).containsExactly("8 " + tag + " 1");
        final int written = machine.read(EVENTQ_PROD);
        machine.write(CR0, EVENTQEN | CMDQEN | SMMUEN);
        faults.awaitInjected();
        assertThat(machine.read(EVENTQ_PROD)).isEqualTo(written);
        retry(tag);
        assertThat(answers).hasSize(1);
    }
}
