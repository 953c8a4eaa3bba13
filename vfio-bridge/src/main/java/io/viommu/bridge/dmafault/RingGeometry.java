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
package io.viommu.bridge.dmafault;

import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.ENTRY_SIZE;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.HEADER_LENGTH;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.NB_ENTRIES;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.RING_LENGTH;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.RING_OFFSET;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Where the entries of a region lie: the fixed part of its header, read once and checked, never looked at again since
 * the other side could change it.
 *
 * @param entrySize bytes from one entry to the next.
 * @param entries   how many, a power of two.
 * @param offset    of entry 0 in the region.
 */
record RingGeometry(int entrySize, int entries, int offset) {

    private static final long UNSIGNED = 0xFFFF_FFFFL;

    static RingGeometry standard(final EntryFormat format) {
        return new RingGeometry(format.length(), RING_LENGTH, DmaFaultRegionLayout.PAGE_SIZE);
    }

    static RingGeometry read(final DirectBuffer region, final EntryFormat format) {
        checkSize(region.capacity());
        return read(region, region.capacity(), format);
    }

    static void checkSize(final long size) {
        if (size < HEADER_LENGTH) {
            throw new IllegalArgumentException("The DMA-fault region has " + size + " bytes; its header alone has "
                    + HEADER_LENGTH + ".");
        }
    }

    /** Reads the header of a region of that size, which is positive. */
    static RingGeometry read(final DirectBuffer header, final long size, final EntryFormat format) {
        final long entrySize = header.getInt(ENTRY_SIZE) & UNSIGNED;
        final long entries = header.getInt(NB_ENTRIES) & UNSIGNED;
        final long offset = header.getInt(RING_OFFSET) & UNSIGNED;
        if (entrySize < format.length() || entrySize % Long.BYTES != 0) {
            throw new IllegalArgumentException("The DMA-fault region's entry_size is " + entrySize
                    + "; it must be a multiple of 8 and at least " + format.length() + ".");
        }
        if (entries < 2 || Long.bitCount(entries) != 1) {
            throw new IllegalArgumentException("The DMA-fault region's nb_entries is " + entries
                    + "; it must be a power of two, 2 or more.");
        }
        if (offset < HEADER_LENGTH || offset % Integer.BYTES != 0) {
            throw new IllegalArgumentException("The DMA-fault region's offset is " + offset
                    + "; it must be a multiple of 4 behind the header of " + HEADER_LENGTH + " bytes.");
        }
        // Three factors below 2^32: the product of two fits a long unsigned, so compare by division.
        final long most = Math.min(size, Integer.MAX_VALUE);
        if (offset > most || entrySize > (most - offset) / entries) {
            throw new IllegalArgumentException("The DMA-fault region has " + size + " bytes; its header"
                    + " asks for " + entries + " entries of " + entrySize + " bytes from byte " + offset + " on.");
        }
        return new RingGeometry((int) entrySize, (int) entries, (int) offset);
    }

    void write(final MutableDirectBuffer region) {
        region.putInt(ENTRY_SIZE, entrySize);
        region.putInt(NB_ENTRIES, entries);
        region.putInt(RING_OFFSET, offset);
    }

    /** The same ring, seen through a window that begins so many bytes into the region. */
    RingGeometry from(final int start) {
        return new RingGeometry(entrySize, entries, offset - start);
    }

    /** Bytes of all entries. */
    int length() {
        return entries * entrySize;
    }

    int mask() {
        return entries - 1;
    }

    int at(final int index) {
        return offset + index * entrySize;
    }

    /** Whether a ring index that the other side wrote is one. */
    boolean valid(final int index) {
        return index >= 0 && index < entries;
    }
}
