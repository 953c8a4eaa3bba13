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

import io.viommu.fault.FaultDisposition;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.queue.OutputQueue;
import io.viommu.smmu.register.InterruptSource;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The Event queue (IHI 0070, 3.5 and 7.2 to 7.4). A record is written while the queue is enabled, not full and without
 * an unacknowledged abort. One that is discarded because the queue is full makes the overflow condition; one that is
 * discarded for another reason does not.
 *
 * <p>Written by the injector only.
 */
public final class EventQueue {

    private final RegisterFrame frame;
    private final OutputQueue queue;
    private final InterruptSource interrupt;
    /** QEMU interrupts whatever the queue held before: more than the architecture asks for, which it permits. */
    private final boolean everyBatch;

    /** Records of this batch from the first on that was written while the interrupt was enabled. */
    private int announced;

    /**
     * Makes the queue.
     *
     * @param frame  the registers.
     * @param memory the guest's memory.
     */
    public EventQueue(final RegisterFrame frame, final GuestMemory memory) {
        this.frame = frame;
        this.queue = new OutputQueue(frame, memory, OutputQueue.Kind.EVENTQ);
        this.interrupt = frame.eventqInterrupt();
        this.everyBatch = frame.capabilities().qemu();
    }

    /**
     * Sets what goes on when there may be room again: EVENTQ_CONS was written, or an abort was acknowledged.
     *
     * @param next runs on the vCPU thread of the write.
     */
    public void onRoom(final Runnable next) {
        frame.registers().onWrite(SmmuRegisters.EVENTQ_CONS, (_, _, _, _) -> next.run());
        frame.errors().onAcknowledge(SmmuRegisters.GERROR_EVENTQ_ABT, next);
    }

    /**
     * Whether a record would be written now (7.2.1).
     *
     * @return true if the queue is enabled, not full and not in error.
     */
    public boolean writable() {
        return frame.enabled(SmmuRegisters.CR0_EVENTQEN)
                && !frame.errors().isActive(SmmuRegisters.GERROR_EVENTQ_ABT) && !queue.full();
    }

    /**
     * Writes a record, or discards it; the interrupt follows in {@link #endOfBatch}. Not for records of stalled
     * transactions while the queue isn't writable: these are never discarded (7.2.1).
     *
     * @param word0 first word.
     * @param word1 second word.
     * @param word2 third word.
     * @param word3 fourth word.
     * @return DELIVERED, SERVICE_FAILURE, QUEUE_DISABLED, QUEUE_ERROR, QUEUE_FULL or QUEUE_ABORTED.
     */
    public FaultDisposition append(final long word0, final long word1, final long word2, final long word3) {
        if (!frame.enabled(SmmuRegisters.CR0_EVENTQEN)) {
            return off();
        }
        if (frame.errors().isActive(SmmuRegisters.GERROR_EVENTQ_ABT)) {
            return FaultDisposition.QUEUE_ERROR;
        }
        queue.word(0, word0);
        queue.word(1, word1);
        queue.word(2, word2);
        queue.word(3, word3);
        final FaultDisposition end = queue.write();
        if (end == FaultDisposition.DELIVERED) {
            if (announced != 0 || interrupt.enabled()) {
                announced++;
            }
        } else if (end == FaultDisposition.QUEUE_ABORTED) {
            frame.errors().activate(SmmuRegisters.GERROR_EVENTQ_ABT);
        }
        return end;
    }

    private FaultDisposition off() {
        return frame.failed() ? FaultDisposition.SERVICE_FAILURE : FaultDisposition.QUEUE_DISABLED;
    }

    /**
     * Tells the guest by the overflow condition that events were lost before they came here: a liberty, since the
     * architecture means the guest's own queue by it (7.4).
     *
     * @return SERVICE_FAILURE, QUEUE_DISABLED, OVERFLOW_PENDING if the guest has not acknowledged an earlier one, or
     *         QUEUE_FULL.
     */
    public FaultDisposition reportLoss() {
        if (!frame.enabled(SmmuRegisters.CR0_EVENTQEN)) {
            return off();
        }
        if (queue.overflowPending()) {
            return FaultDisposition.OVERFLOW_PENDING;
        }
        queue.overflow();
        return FaultDisposition.QUEUE_FULL;
    }

    /** Ends a batch: one interrupt if the queue went from empty to non-empty in it while the interrupt was enabled. */
    public void endOfBatch() {
        final int count = announced;
        if (count != 0) {
            announced = 0;
            if (everyBatch || queue.becameNonEmpty(count)) {
                interrupt.raise();
            }
        }
    }

    /** Forgets an interrupt that is owed. */
    public void reset() {
        announced = 0;
    }
}
