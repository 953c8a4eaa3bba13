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

import io.viommu.smmu.spec.SmmuRegisters;

/**
 * Arithmetic on PROD and CONS (IHI 0070, 3.5.1): of a queue of 2^n entries, bits [n-1:0] are the index, bit n is the
 * wrap flag. Equal index and equal wrap means empty, equal index and different wrap means full, so all 2^n entries are
 * usable, and with n = 0 the wrap flag is bit 0. Bits above the wrap flag are ignored and kept.
 */
public final class QueueIndex {

    /** Greatest n of the architecture. */
    public static final int MAX_LOG2 = 19;

    private QueueIndex() {
    }

    /**
     * The n in effect: what the guest wrote to BASE.LOG2SIZE, capped by what IDR1 offers (6.3.26).
     *
     * @param base    value of the queue's BASE register.
     * @param maximum greatest n offered, 0 to {@link #MAX_LOG2}.
     * @return 0 to {@code maximum}.
     */
    public static int log2(final long base, final int maximum) {
        return Math.min((int) base & SmmuRegisters.QUEUE_LOG2SIZE, maximum);
    }

    /**
     * Where an entry lies. The base is aligned to the size of the queue, or 32 bytes, by ignoring its low bits
     * (6.3.26).
     *
     * @param base       value of the queue's BASE register.
     * @param pointer    PROD or CONS.
     * @param log2       the n in effect.
     * @param entryShift log2 of the bytes of an entry.
     * @return the address, before it is truncated to the output address size.
     */
    public static long address(final long base, final int pointer, final int log2, final int entryShift) {
        final long size = Math.max(32, 1L << log2 + entryShift);
        final long index = pointer & (1L << log2) - 1;
        return (base & SmmuRegisters.QUEUE_ADDR & -size) + (index << entryShift);
    }

    /**
     * Entries between CONS and PROD.
     *
     * @param prod the producer's pointer.
     * @param cons the consumer's pointer.
     * @param log2 the n in effect.
     * @return 0 to 2^n, or more, up to 2^(n+1) - 1, if software made the pointers inconsistent.
     */
    public static int used(final int prod, final int cons, final int log2) {
        return prod - cons & (2 << log2) - 1;
    }

    /**
     * Whether there is nothing to consume.
     *
     * @param prod the producer's pointer.
     * @param cons the consumer's pointer.
     * @param log2 the n in effect.
     * @return true if index and wrap flag are equal.
     */
    public static boolean empty(final int prod, final int cons, final int log2) {
        return used(prod, cons, log2) == 0;
    }

    /**
     * Whether a producer must not write. Pointers further apart than the queue is long count as full.
     *
     * @param prod the producer's pointer.
     * @param cons the consumer's pointer.
     * @param log2 the n in effect.
     * @return true if there is no free entry.
     */
    public static boolean full(final int prod, final int cons, final int log2) {
        return used(prod, cons, log2) >= 1 << log2;
    }

    /**
     * Whether software kept the pointers no further apart than the queue is long.
     *
     * @param prod the producer's pointer.
     * @param cons the consumer's pointer.
     * @param log2 the n in effect.
     * @return false for pointers that no correct software makes.
     */
    public static boolean consistent(final int prod, final int cons, final int log2) {
        return used(prod, cons, log2) <= 1 << log2;
    }

    /**
     * The pointer after this one. Index and wrap flag advance together; all other bits stay.
     *
     * @param pointer PROD or CONS.
     * @param log2    the n in effect.
     * @return the next pointer.
     */
    public static int next(final int pointer, final int log2) {
        final int mask = (2 << log2) - 1;
        return pointer & ~mask | pointer + 1 & mask;
    }
}
