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

package io.viommu.memory;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The memory of a guest, addressed by guest physical address (GPA; an IPA in SMMU terms).
 *
 * <p>Only RAM answers here. An address that decodes to MMIO, or to nothing, is {@link #UNMAPPED}: a device model never
 * reaches another device through its own table walks, so a queue that a guest lays over registers can't recurse.
 *
 * <p>All values are little-endian, as both SMMUv3 (with {@code TTENDIAN = 2}) and VT-d structures are. A naturally
 * aligned access of 4 or 8 bytes is single-copy atomic; a write of that shape is a release store and a read an acquire
 * load, so a status word written after a record is seen after it.
 *
 * <p>Implementations are called by any number of threads at once and must neither allocate nor throw.
 */
public interface GuestMemory {

    /** The access was done. */
    int OK = 0;

    /** Nothing, or not RAM, answers at that address: an external abort to the model. Nothing was transferred. */
    int UNMAPPED = 1;

    /** The range is read-only RAM and the access was a write. Nothing was transferred. */
    int READ_ONLY = 2;

    /** A compare-and-set found another value. */
    int MISMATCH = 3;

    /**
     * Reads bytes, lowest address first.
     *
     * @param gpa          guest physical address of the first byte, unsigned.
     * @param target       where the bytes go.
     * @param targetOffset offset of the first byte in {@code target}; the caller vouches for its bounds.
     * @param length       number of bytes, not negative.
     * @return {@link #OK} or {@link #UNMAPPED}.
     */
    int read(long gpa, MutableDirectBuffer target, int targetOffset, int length);

    /**
     * Reads eight bytes, as the other {@link #read(long, MutableDirectBuffer, int, int) read} does.
     *
     * @param gpa  guest physical address of the first byte, unsigned.
     * @param into takes them; unchanged unless {@link #OK}.
     * @return {@link #OK} or {@link #UNMAPPED}.
     */
    default int read(final long gpa, final MemoryWord into) {
        return into.readFrom(this, gpa);
    }

    /**
     * Writes bytes, lowest address first. The whole range is checked before the first byte moves.
     *
     * @param gpa          guest physical address of the first byte, unsigned.
     * @param source       where the bytes come from.
     * @param sourceOffset offset of the first byte in {@code source}; the caller vouches for its bounds.
     * @param length       number of bytes, not negative.
     * @return {@link #OK}, {@link #UNMAPPED} or {@link #READ_ONLY}.
     */
    int write(long gpa, DirectBuffer source, int sourceOffset, int length);

    /**
     * Replaces an aligned 64-bit word if it still holds what the caller saw, as a table walker must when it sets an
     * access or dirty flag that a guest CPU may be changing at the same time.
     *
     * @param gpa      guest physical address, a multiple of 8.
     * @param expected value that must be there.
     * @param value    value to store.
     * @return {@link #OK}, {@link #MISMATCH}, {@link #UNMAPPED} (also for a misaligned address) or {@link #READ_ONLY}.
     */
    int compareAndSetLong(long gpa, long expected, long value);
}
