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

package io.viommu.smmu.queue;

import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.PageRequestLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The producer's side of a queue that the device writes and the guest reads: PROD is written by one thread only, the
 * injector; CONS is written by the guest at any time.
 */
public final class OutputQueue {

    private static final boolean SWAPPED = ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN;

    /** The queues that the device writes: their registers, and the bytes of an entry. */
    public enum Kind {
        /** Events. */
        EVENTQ(SmmuRegisters.EVENTQ_BASE, SmmuRegisters.EVENTQ_PROD, SmmuRegisters.EVENTQ_CONS, EventLayout.LENGTH),
        /** Page requests. */
        PRIQ(SmmuRegisters.PRIQ_BASE, SmmuRegisters.PRIQ_PROD, SmmuRegisters.PRIQ_CONS, PageRequestLayout.LENGTH);

        private final Register base;
        private final Register prod;
        private final Register cons;
        private final int entryBytes;

        Kind(final Register base, final Register prod, final Register cons, final int entryBytes) {
            this.base = base;
            this.prod = prod;
            this.cons = cons;
            this.entryBytes = entryBytes;
        }

        private int maxLog2(final SmmuCapabilities capabilities) {
            return this == EVENTQ ? capabilities.eventQueueLog2() : capabilities.pageRequestQueueLog2();
        }
    }

    private final RegisterFile registers;
    private final GuestMemory memory;
    private final Register base;
    private final Register prod;
    private final Register cons;
    private final int maxLog2;
    private final int entryShift;
    private final long addressMask;
    private final UnsafeBuffer entry;
    /** Where the entry lies. */
    private final long words;

    /**
     * Makes the producer's side of a queue.
     *
     * @param frame  the registers; nobody else writes PROD while the queue is enabled.
     * @param memory the guest's memory.
     * @param kind   which queue.
     */
    public OutputQueue(final RegisterFrame frame, final GuestMemory memory, final Kind kind) {
        this.registers = frame.registers();
        this.memory = memory;
        this.base = kind.base;
        this.prod = kind.prod;
        this.cons = kind.cons;
        this.maxLog2 = kind.maxLog2(frame.capabilities());
        this.entryShift = Integer.numberOfTrailingZeros(kind.entryBytes);
        this.addressMask = frame.capabilities().addressMask();
        this.entry = new UnsafeBuffer(BufferUtil.allocateDirectAligned(kind.entryBytes, kind.entryBytes));
        this.words = entry.addressOffset();
    }

    /**
     * Puts a word into the entry to be written next.
     *
     * @param index below its number of words.
     * @param value the word.
     */
    public void word(final int index, final long value) {
        UnsafeApi.putLong(null, words + index * Long.BYTES, SWAPPED ? Long.reverseBytes(value) : value);
    }

    /**
     * Whether an entry would be discarded.
     *
     * @return true if there is no free entry.
     */
    public boolean full() {
        return QueueIndex.full(prod(), cons(), log2());
    }

    /**
     * Whether there is an overflow that the guest has not acknowledged (7.4).
     *
     * @return true if OVFLG and OVACKFLG differ.
     */
    public boolean overflowPending() {
        return ((prod() ^ cons()) & SmmuRegisters.OVERFLOW_FLAG) != 0;
    }

    /** Enters the overflow condition, unless it is there already. */
    public void overflow() {
        if (!overflowPending()) {
            registers.set(prod, prod() ^ SmmuRegisters.OVERFLOW_FLAG);
        }
    }

    /**
     * Writes the entry where PROD points, then moves PROD: an entry is visible before the pointer that tells of it
     * (3.5.2). A write that aborts moves nothing (7.2.2). A full queue makes the overflow condition (7.4).
     *
     * @return DELIVERED, QUEUE_FULL or QUEUE_ABORTED.
     */
    public FaultDisposition write() {
        final int at = prod();
        final long size = registers.get(base);
        final int log2 = QueueIndex.log2(size, maxLog2);
        if (QueueIndex.full(at, cons(), log2)) {
            overflow();
            return FaultDisposition.QUEUE_FULL;
        }
        final long address = QueueIndex.address(size, at, log2, entryShift) & addressMask;
        if (memory.write(address, entry, 0, 1 << entryShift) != GuestMemory.OK) {
            return FaultDisposition.QUEUE_ABORTED;
        }
        registers.setRelease(prod, QueueIndex.next(at, log2));
        return FaultDisposition.DELIVERED;
    }

    /**
     * Whether the queue may have been empty before one of the last writes: a guest that emptied it meanwhile must
     * either see the new PROD when it looks again, or get an interrupt; hence the fence between PROD and CONS.
     *
     * @param count how many writes; for several of them the answer may be true though none met an empty queue, if the
     *              guest was consuming at the same time.
     * @return true if the guest is owed an interrupt.
     */
    public boolean becameNonEmpty(final int count) {
        VarHandle.fullFence();
        return QueueIndex.used(prod(), cons(), log2()) <= count;
    }

    private int log2() {
        return QueueIndex.log2(registers.get(base), maxLog2);
    }

    private int prod() {
        return (int) registers.get(prod);
    }

    private int cons() {
        return (int) registers.get(cons);
    }
}
