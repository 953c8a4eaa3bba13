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

import java.nio.ByteOrder;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.memory.GuestMemory;
import io.viommu.smmu.layout.SmmuRegisters;
import io.viommu.smmu.register.SmmuOptions;

/**
 * The producer's side of a queue that the device writes and the guest reads: PROD is written by one thread only, the
 * injector; CONS is written by the guest at any time.
 */
final class OutputQueue {

    private final RegisterFile registers;
    private final GuestMemory memory;
    private final Register base;
    private final Register prod;
    private final Register cons;
    private final int maxLog2;
    private final int entryShift;
    private final long addressMask;
    private final UnsafeBuffer entry;

    OutputQueue(final RegisterFile registers, final GuestMemory memory, final SmmuOptions options,
            final Register base, final Register prod, final Register cons, final int maxLog2, final int entryBytes) {
        this.registers = registers;
        this.memory = memory;
        this.base = base;
        this.prod = prod;
        this.cons = cons;
        this.maxLog2 = maxLog2;
        this.entryShift = Integer.numberOfTrailingZeros(entryBytes);
        this.addressMask = options.addressMask();
        this.entry = new UnsafeBuffer(BufferUtil.allocateDirectAligned(entryBytes, entryBytes));
    }

    /** Puts a word into the entry to be written next. */
    void word(final int index, final long value) {
        entry.putLong(index * Long.BYTES, value, ByteOrder.LITTLE_ENDIAN);
    }

    boolean full() {
        return QueueIndex.full(prod(), cons(), log2());
    }

    /** An overflow that the guest has not acknowledged (7.4). */
    boolean overflowPending() {
        return ((prod() ^ cons()) & SmmuRegisters.OVERFLOW_FLAG) != 0;
    }

    /** Enters the overflow condition, unless it is there already. */
    void overflow() {
        if (!overflowPending()) {
            registers.set(prod, prod() ^ SmmuRegisters.OVERFLOW_FLAG);
        }
    }

    /**
     * Writes the entry where PROD points, then moves PROD: an entry is visible before the pointer that tells of it
     * (3.5.2). A write that aborts moves nothing (7.2.2).
     */
    boolean write() {
        final int at = prod();
        final int log2 = log2();
        final long address = QueueIndex.address(registers.get(base), at, log2, entryShift) & addressMask;
        if (memory.write(address, entry, 0, 1 << entryShift) != GuestMemory.OK) {
            return false;
        }
        registers.set(prod, QueueIndex.next(at, log2));
        return true;
    }

    /**
     * Whether the entry just written may be the first that the guest finds. Asked after PROD has moved: a guest that
     * emptied the queue just before must either see the new PROD when it looks again, or get an interrupt.
     */
    boolean becameNonEmpty() {
        return QueueIndex.used(prod(), cons(), log2()) <= 1;
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
