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
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The producer's side of a queue that the device writes and the guest reads: PROD is written by one thread only, the
 * injector; CONS is written by the guest at any time.
 */
public final class OutputQueue {

    private static final boolean SWAPPED = ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN;

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
     * @param registers  the registers.
     * @param memory     the guest's memory.
     * @param capabilities what the device offers.
     * @param base       BASE of the queue.
     * @param prod       PROD, which nobody else writes while the queue is enabled.
     * @param cons       CONS.
     * @param maxLog2    log2 of the most entries that are offered.
     * @param entryBytes bytes of an entry, a power of two.
     */
    public OutputQueue(final RegisterFile registers, final GuestMemory memory, final SmmuCapabilities capabilities,
            final Register base, final Register prod, final Register cons, final int maxLog2, final int entryBytes) {
        this.registers = registers;
        this.memory = memory;
        this.base = base;
        this.prod = prod;
        this.cons = cons;
        this.maxLog2 = maxLog2;
        this.entryShift = Integer.numberOfTrailingZeros(entryBytes);
        this.addressMask = capabilities.addressMask();
        this.entry = new UnsafeBuffer(BufferUtil.allocateDirectAligned(entryBytes, entryBytes));
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
