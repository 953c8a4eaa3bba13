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
package io.viommu.smmu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import io.viommu.memory.GuestMemory;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Builds the bytes of an STE or a CD from the architecture's own bit numbers within the 512-bit record, so that tests
 * don't lean on the constants that they test.
 */
public final class Record {

    private final long[] words = new long[8];

    /** Sets bits [low + width - 1 : low] of the record. */
    public Record set(final int low, final int width, final long value) {
        final int word = low / 64;
        final int shift = low % 64;
        final long mask = (width == 64 ? -1L : (1L << width) - 1) << shift;
        words[word] = words[word] & ~mask | value << shift & mask;
        return this;
    }

    /** Sets an address field [high:low] in place. */
    public Record address(final int word, final int low, final int high, final long value) {
        final long mask = (1L << high + 1) - 1 & -1L << low;
        words[word] = words[word] & ~mask | value & mask;
        return this;
    }

    /** Writes the record. */
    public void write(final GuestMemory memory, final long address) {
        final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(64));
        for (int i = 0; i < 8; i++) {
            bytes.putLong(i * 8, words[i], ByteOrder.LITTLE_ENDIAN);
        }
        if (memory.write(address, bytes, 0, 64) != GuestMemory.OK) {
            throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(address));
        }
    }

    /** A valid STE: Config bits [3:1]. */
    public static Record ste(final int config) {
        return new Record().set(0, 1, 1).set(1, 3, config);
    }

    /** A valid STE for stage 1 with one CD. */
    public static Record stage1Ste(final long contextPointer) {
        return ste(0b101).address(0, 6, 51, contextPointer);
    }

    /** Adds a legal stage 2 of 4 KiB granules, 40 bits in, starting at level 1, 44 bits out, recording faults. */
    public Record stage2(final long table, final int vmid) {
        return set(128, 16, vmid).set(160, 6, 24).set(166, 2, 1).set(174, 2, 0).set(176, 3, 4).set(179, 1, 1)
                .set(186, 1, 1).address(3, 4, 51, table);
    }

    /** A legal CD of 4 KiB granules, 39 bits, 44 bits out, TTB1 disabled, recording faults and aborting. */
    public static Record cd(final long table, final int asid) {
        return new Record().set(0, 6, 25).set(16, 6, 25).set(22, 2, 2).set(30, 1, 1).set(31, 1, 1).set(32, 3, 4)
                .set(41, 1, 1).set(45, 1, 1).set(46, 1, 1).set(48, 16, asid).address(1, 4, 51, table);
    }
}
