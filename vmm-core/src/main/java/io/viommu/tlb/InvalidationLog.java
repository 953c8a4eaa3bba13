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
package io.viommu.tlb;

import static io.viommu.tlb.TranslationSlotLayout.GLOBAL;
import static io.viommu.tlb.TranslationSlotLayout.GROUP;
import static io.viommu.tlb.TranslationSlotLayout.INPUT_PAGE;
import static io.viommu.tlb.TranslationSlotLayout.MATCH_SHIFT_SHIFT;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last invalidations, newest first. A translation that was good at one epoch is good now if no record of a later
 * epoch matches it; if records of that time were pushed out, nobody knows and it is dropped. Neighbouring ranges become
 * one record, so that a guest that unmaps a buffer page by page doesn't push everything out.
 *
 * <p>Writers exclude each other by a lock that DMA threads never take. Readers take a consistent look or none: the
 * sequence is odd while a record is written.
 */
final class InvalidationLog {

    /** Records: about as many as can be compared in the time of a walk. */
    static final int CAPACITY = 32;

    private static final int LENGTH = 64;
    private static final int DEVICE_MASK = 0;
    private static final int DEVICE_VALUE = 8;
    private static final int TAG_MASK = 16;
    private static final int TAG_VALUE = 24;
    private static final int FIRST = 32;
    private static final int LAST = 40;
    /** The epoch of the youngest invalidation in the record. */
    private static final int EPOCH = 48;
    private static final int HEADER = 3 * LENGTH;
    /** What was good before this epoch is not known to be good now. */
    private static final int FLOOR = LENGTH;
    private static final int NEWEST = FLOOR + 8;

    private final UnsafeBuffer buffer = new UnsafeBuffer(
            ByteBuffer.allocateDirect(HEADER + CAPACITY * LENGTH + LENGTH));
    /** A field, because every look-up of a translation begins with it. */
    private volatile long sequence;

    /** Twice the epoch, plus 1 while an invalidation is being recorded. */
    long sequence() {
        return sequence;
    }

    /** Records an invalidation; returns its epoch. */
    synchronized long append(final InvalidationScope scope) {
        final long before = sequence;
        final long epoch = (before >>> 1) + 1;
        sequence = before + 1;
        VarHandle.storeStoreFence();
        if (scope.everything()) {
            buffer.putLong(FLOOR, epoch);
        } else if (!merge(scope, epoch)) {
            push(scope, epoch);
        }
        sequence = before + 2;
        return epoch;
    }

    private static int at(final int record) {
        return HEADER + (record & CAPACITY - 1) * LENGTH;
    }

    /** Widens the newest record if the two are alike and their ranges touch. */
    private boolean merge(final InvalidationScope scope, final long epoch) {
        final int at = at(buffer.getInt(NEWEST));
        if (buffer.getLong(at + EPOCH) == 0 || buffer.getLong(at + DEVICE_MASK) != scope.deviceMask
                || buffer.getLong(at + DEVICE_VALUE) != scope.deviceValue
                || buffer.getLong(at + TAG_MASK) != scope.tagMask
                || buffer.getLong(at + TAG_VALUE) != scope.tagValue) {
            return false;
        }
        final long first = buffer.getLong(at + FIRST);
        final long last = buffer.getLong(at + LAST);
        if (before(last, scope.first) || before(scope.last, first)) {
            return false;
        }
        buffer.putLong(at + FIRST, Long.compareUnsigned(scope.first, first) < 0 ? scope.first : first);
        buffer.putLong(at + LAST, Long.compareUnsigned(scope.last, last) > 0 ? scope.last : last);
        buffer.putLong(at + EPOCH, epoch);
        return true;
    }

    /** Whether a range that ends here leaves a gap before one that begins there. */
    private static boolean before(final long end, final long begin) {
        return Long.compareUnsigned(end, begin) < 0 && end + 1 != begin;
    }

    private void push(final InvalidationScope scope, final long epoch) {
        final int record = buffer.getInt(NEWEST) + 1;
        final int at = at(record);
        final long forgotten = buffer.getLong(at + EPOCH);
        if (forgotten > buffer.getLong(FLOOR)) {
            buffer.putLong(FLOOR, forgotten);
        }
        buffer.putLong(at + DEVICE_MASK, scope.deviceMask);
        buffer.putLong(at + DEVICE_VALUE, scope.deviceValue);
        buffer.putLong(at + TAG_MASK, scope.tagMask);
        buffer.putLong(at + TAG_VALUE, scope.tagValue);
        buffer.putLong(at + FIRST, scope.first);
        buffer.putLong(at + LAST, scope.last);
        buffer.putLong(at + EPOCH, epoch);
        buffer.putInt(NEWEST, record);
    }

    /**
     * Whether a translation that was good at an epoch is good at {@code seen}; false also if an invalidation is
     * under way.
     */
    boolean admits(final long seen, final long epoch, final long inputWord, final long deviceWord,
            final long tagWord) {
        if ((seen & 1) != 0 || epoch < buffer.getLong(FLOOR)) {
            return false;
        }
        final long size = 1L << (inputWord >>> MATCH_SHIFT_SHIFT & 0x3F);
        final long first = inputWord & INPUT_PAGE & -size;
        final long last = first | size - 1;
        final long groupIgnored = (deviceWord & GLOBAL) != 0 ? ~GROUP : -1L;
        final int newest = buffer.getInt(NEWEST);
        for (int i = 0; i < CAPACITY; i++) {
            final int at = at(newest - i);
            if (buffer.getLong(at + EPOCH) <= epoch) {
                break;
            }
            if (((deviceWord ^ buffer.getLong(at + DEVICE_VALUE)) & buffer.getLong(at + DEVICE_MASK)) == 0
                    && ((tagWord ^ buffer.getLong(at + TAG_VALUE)) & buffer.getLong(at + TAG_MASK)
                            & groupIgnored) == 0
                    && Long.compareUnsigned(buffer.getLong(at + FIRST), last) <= 0
                    && Long.compareUnsigned(buffer.getLong(at + LAST), first) >= 0) {
                return false;
            }
        }
        VarHandle.loadLoadFence();
        return sequence == seen;
    }
}
