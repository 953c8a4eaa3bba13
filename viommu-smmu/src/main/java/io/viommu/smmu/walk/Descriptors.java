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

import static io.viommu.smmu.spec.TranslationDescriptorLayout.ADDRESS;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.ADDRESS_HIGH_SHIFT;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.TABLE;
import static io.viommu.smmu.spec.TranslationDescriptorLayout.V;

import java.nio.ByteOrder;

import io.viommu.memory.GuestMemory;
import io.viommu.smmu.config.StageTable;

/** Tells translation table descriptors apart, and updates them. */
final class Descriptors {

    private Descriptors() {
    }

    /** Replaces a descriptor that still is what was read; an outcome of {@link GuestMemory}. */
    static int update(final GuestMemory memory, final long address, final long expected, final long updated,
            final boolean bigEndian) {
        final boolean swap = bigEndian == (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN);
        return swap
                ? memory.compareAndSetLong(address, Long.reverseBytes(expected), Long.reverseBytes(updated))
                : memory.compareAndSetLong(address, expected, updated);
    }

    /** Whether a descriptor leads to a table of the next level. */
    static boolean isTable(final long descriptor, final int level) {
        return level != StageTable.LAST_LEVEL && (descriptor & (V | TABLE)) == (V | TABLE);
    }

    /** Whether a descriptor that leads to no table is a page or block; else it is invalid, or reserved at its level. */
    static boolean isLeaf(final long descriptor, final int level, final StageTable table) {
        return level == StageTable.LAST_LEVEL
                ? (descriptor & (V | TABLE)) == (V | TABLE)
                : (descriptor & V) != 0 && table.blockAllowed(level);
    }

    /** The address that a descriptor gives out, aligned to 2^shift: a granule, or what the page or block covers. */
    static long output(final long descriptor, final int shift, final boolean wideAddresses) {
        long address = descriptor & ADDRESS;
        if (wideAddresses) {
            address |= (descriptor >>> ADDRESS_HIGH_SHIFT & 0xF) << 48;
        }
        return address & -1L << shift;
    }
}
