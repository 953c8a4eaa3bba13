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
package io.viommu.smmu.walk;

import static io.viommu.smmu.layout.TranslationDescriptorLayout.ADDRESS;
import static io.viommu.smmu.layout.TranslationDescriptorLayout.ADDRESS_HIGH_SHIFT;
import static io.viommu.smmu.layout.TranslationDescriptorLayout.TABLE;
import static io.viommu.smmu.layout.TranslationDescriptorLayout.V;

import java.nio.ByteOrder;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.MemoryWord;
import io.viommu.smmu.config.StageTable;

/** Reads, updates and tells apart translation table descriptors. Belongs to one thread. */
final class Descriptors {

    /** The descriptor leads to the next level. */
    static final int NEXT_TABLE = 0;
    /** The descriptor is a page or a block. */
    static final int LEAF = 1;
    /** The descriptor is invalid, or reserved at its level. */
    static final int INVALID = 2;

    private final GuestMemory memory;
    private final MemoryWord word = new MemoryWord();
    private long value;

    Descriptors(final GuestMemory memory) {
        this.memory = memory;
    }

    /** Reads the descriptor at a physical address into {@link #value}; false if that aborts. */
    boolean read(final long address, final boolean bigEndian) {
        if (memory.read(address, word) != GuestMemory.OK) {
            return false;
        }
        value = bigEndian ? Long.reverseBytes(word.value()) : word.value();
        return true;
    }

    long value() {
        return value;
    }

    /** Replaces a descriptor that still is what was read. */
    int update(final long address, final long expected, final long updated, final boolean bigEndian) {
        final boolean swap = bigEndian == (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN);
        return swap
                ? memory.compareAndSetLong(address, Long.reverseBytes(expected), Long.reverseBytes(updated))
                : memory.compareAndSetLong(address, expected, updated);
    }

    static int kind(final StageTable table, final int level, final long descriptor) {
        if ((descriptor & V) == 0) {
            return INVALID;
        }
        if ((descriptor & TABLE) != 0) {
            return level == StageTable.LAST_LEVEL ? LEAF : NEXT_TABLE;
        }
        return level != StageTable.LAST_LEVEL && table.blockAllowed(level) ? LEAF : INVALID;
    }

    /** The address that a descriptor gives out, aligned to the next table or to what the page or block covers. */
    static long output(final StageTable table, final int level, final int kind, final long descriptor) {
        final int shift = kind == LEAF ? table.indexShift(level) : table.pageShift();
        long address = descriptor & ADDRESS;
        if (table.wideAddresses()) {
            address |= (descriptor >>> ADDRESS_HIGH_SHIFT & 0xF) << 48;
        }
        return address & -1L << shift;
    }
}
