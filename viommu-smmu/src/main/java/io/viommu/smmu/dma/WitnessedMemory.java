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
package io.viommu.smmu.dma;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.memory.GuestMemory;

/**
 * The guest's memory for a walk that leaves no trace in it: nothing is written, and where it read is remembered.
 * Belongs to one thread.
 */
final class WitnessedMemory implements GuestMemory {

    /** Nothing that was read fits. */
    static final long NOT_FOUND = -1;

    /** More than the longest nested walk reads after its stream table entry. */
    private static final int MOST = 64;

    private final GuestMemory memory;
    private final long[] addresses = new long[MOST];
    private final int[] lengths = new int[MOST];
    private int count;
    private boolean aborted;

    WitnessedMemory(final GuestMemory memory) {
        this.memory = memory;
    }

    /** Forgets what was read. */
    void forget() {
        count = 0;
        aborted = false;
    }

    /**
     * Finds a read by some bits of an address within it. The one that aborted goes first, since it ended the walk; of
     * several others that fit, the last is the likeliest: most memory of tables is in those of the last level.
     *
     * @param mask the bits to compare; 0 asks for the read that aborted.
     */
    long find(final long address, final long mask) {
        if (mask == 0) {
            return aborted ? addresses[count - 1] : NOT_FOUND;
        }
        for (int i = count - 1; i >= 0; i--) {
            for (int within = 0; within < lengths[i]; within += Long.BYTES) {
                final long candidate = addresses[i] + within;
                if (((candidate ^ address) & mask) == 0) {
                    return candidate;
                }
            }
        }
        return NOT_FOUND;
    }

    @Override
    public int read(final long gpa, final MutableDirectBuffer target, final int targetOffset, final int length) {
        final int outcome = memory.read(gpa, target, targetOffset, length);
        if (count < MOST) {
            addresses[count] = gpa;
            lengths[count] = length;
            count++;
            aborted = outcome != OK;
        }
        return outcome;
    }

    /** Taken for done. */
    @Override
    public int write(final long gpa, final DirectBuffer source, final int sourceOffset, final int length) {
        return OK;
    }

    /** Taken for done. */
    @Override
    public int compareAndSetLong(final long gpa, final long expected, final long value) {
        return OK;
    }
}
