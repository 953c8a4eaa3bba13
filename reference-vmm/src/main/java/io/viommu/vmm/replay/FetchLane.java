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

package io.viommu.vmm.replay;

import java.util.concurrent.atomic.AtomicLong;

import io.viommu.vmm.guest.FetchedRecord;

/**
 * Carries the records that a guest's driver fetched to the thread that reports. The guest's queue keeps the order of
 * injection, so the n-th record fetched is the n-th fault that was delivered.
 */
final class FetchLane implements FetchedRecord {

    private static final int WORDS = 4;

    private final long[] words;
    private final long[] times;
    private final int mask;
    private final GuestRoom guest;
    private final AtomicLong written = new AtomicLong();
    private long taken;

    /**
     * Makes an empty lane.
     *
     * @param capacity a power of two, at least the report's room.
     * @param guest    gets back the room of what was fetched; null if it isn't metered.
     */
    FetchLane(final int capacity, final GuestRoom guest) {
        this.words = new long[capacity * WORDS];
        this.times = new long[capacity];
        this.mask = capacity - 1;
        this.guest = guest;
    }

    @Override
    public void fetched(final long word0, final long word1, final long word2, final long word3, final long time) {
        final long at = written.getPlain();
        final int slot = (int) at & mask;
        words[slot * WORDS] = word0;
        words[slot * WORDS + 1] = word1;
        words[slot * WORDS + 2] = word2;
        words[slot * WORDS + 3] = word3;
        times[slot] = time;
        written.setRelease(at + 1);
        if (guest != null) {
            guest.give(1);
        }
    }

    boolean isEmpty() {
        return taken == written.getAcquire();
    }

    long word(final int index) {
        return words[((int) taken & mask) * WORDS + index];
    }

    long time() {
        return times[(int) taken & mask];
    }

    void next() {
        taken++;
    }
}
