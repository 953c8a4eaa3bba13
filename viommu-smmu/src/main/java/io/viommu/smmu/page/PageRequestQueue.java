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

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.queue.OutputQueue;
import io.viommu.smmu.register.InterruptSource;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.spec.PageRequestLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The PRI queue (IHI 0070, 8). Unlike the Event queue it takes nothing while an overflow is unacknowledged (8.1), and
 * it is off while translation is off (8.2). Its interrupt comes when it gets non-empty, or with LO when a request is
 * the last of its group, even one that an overflow discards (6.3.36).
 *
 * <p>Written by the injector only.
 */
public final class PageRequestQueue {

    private final RegisterFrame frame;
    private final RegisterFile registers;
    private final OutputQueue queue;
    private final InterruptSource interrupt;
    private boolean interruptOwed;

    /**
     * Makes the queue; the device must offer PRI.
     *
     * @param frame   the registers.
     * @param memory  the guest's memory.
     */
    public PageRequestQueue(final RegisterFrame frame, final GuestMemory memory) {
        this.frame = frame;
        this.registers = frame.registers();
        this.queue = new OutputQueue(frame, memory, OutputQueue.Kind.PRIQ);
        this.interrupt = frame.priqInterrupt();
    }

    /**
     * Writes a request, or discards it.
     *
     * @param word0 first word.
     * @param word1 second word.
     * @return DELIVERED, QUEUE_DISABLED, QUEUE_ERROR, OVERFLOW_PENDING, QUEUE_FULL or QUEUE_ABORTED.
     */
    public FaultDisposition append(final long word0, final long word1) {
        final boolean last = (word0 & PageRequestLayout.LAST) != 0;
        if (!frame.enabled(SmmuRegisters.CR0_PRIQEN | SmmuRegisters.CR0_SMMUEN)) {
            return FaultDisposition.QUEUE_DISABLED;
        }
        if (frame.errors().isActive(SmmuRegisters.GERROR_PRIQ_ABT)) {
            return FaultDisposition.QUEUE_ERROR;
        }
        if (queue.overflowPending()) {
            owe(last && lastOnly());
            return FaultDisposition.OVERFLOW_PENDING;
        }
        queue.word(0, word0);
        queue.word(1, word1);
        final FaultDisposition end = queue.write();
        if (end == FaultDisposition.QUEUE_ABORTED) {
            frame.errors().activate(SmmuRegisters.GERROR_PRIQ_ABT);
        } else if (end == FaultDisposition.QUEUE_FULL) {
            owe(last && lastOnly());
        } else {
            owe(lastOnly() ? last : queue.becameNonEmpty(1));
        }
        return end;
    }

    private boolean lastOnly() {
        return (registers.get(SmmuRegisters.PRIQ_IRQ_CFG2) & SmmuRegisters.PRIQ_LO) != 0;
    }

    private void owe(final boolean occurred) {
        interruptOwed |= occurred && interrupt.enabled();
    }

    /** Ends a batch: one interrupt if something in it is a reason for one. */
    public void endOfBatch() {
        if (interruptOwed) {
            interruptOwed = false;
            interrupt.raise();
        }
    }

    /** Forgets an interrupt that is owed. */
    public void reset() {
        interruptOwed = false;
    }
}
