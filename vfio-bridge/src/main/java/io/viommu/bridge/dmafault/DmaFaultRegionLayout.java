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

/**
 * The region as Eric Auger's VFIO series laid it out (v9 2019 to v13 2021): one header page, then the ring. Host byte
 * order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | Tail: next entry the consumer takes        (consumer writes)  |   0
 * +---------------------------------------------------------------+
 * | Entry size in bytes                        (fixed)            |   4
 * +---------------------------------------------------------------+
 * | Number of entries, a power of two          (fixed)            |   8
 * +---------------------------------------------------------------+
 * | Offset of the ring in the region           (fixed)            |  12
 * +---------------------------------------------------------------+
 * | Head: next entry the producer fills        (producer writes)  |  16
 * +---------------------------------------------------------------+
 * | ... to the end of the page, unused                            |  20
 * +---------------------------------------------------------------+
 * | Entry 0 ... Entry 511                                         | 4096
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Empty: head == tail. Full: (tail - head - 1) mod entries &lt; 1, so one entry always stays free. Both indices wrap
 * at the number of entries. A record that finds the ring full is dropped, without a signal and without a mark.
 *
 * <p>One difference from the kernel's region: there the header page can only be read and written by system calls,
 * under a mutex, which also orders the entries; here both sides map it. So the producer stores the head with release
 * and the consumer loads it with acquire, and the other way round for the tail.
 *
 * <p>The kernel signals each record. A producer of another kind may signal only a consumer that had caught up: it
 * stores the head, then (sequentially consistent) loads the tail, and signals if that is the index of the record just
 * written. The consumer stores the tail, then loads the head again, before it sleeps; so one of the two sees the other.
 */
public final class DmaFaultRegionLayout {

    /** Offset of the tail, 4 bytes; below the number of entries. */
    public static final int TAIL = 0;
    /** Offset of the entry size, 4 bytes. */
    public static final int ENTRY_SIZE = 4;
    /** Offset of the number of entries, 4 bytes. */
    public static final int NB_ENTRIES = 8;
    /** Offset of the offset of the ring, 4 bytes. */
    public static final int RING_OFFSET = 12;
    /** Offset of the head, 4 bytes; below the number of entries. */
    public static final int HEAD = 16;
    /** Bytes of the header, struct vfio_region_dma_fault. */
    public static final int HEADER_LENGTH = 20;

    /** Entries of a ring, DMA_FAULT_RING_LENGTH. */
    public static final int RING_LENGTH = 512;
    /** Entries that can be in use at once. */
    public static final int USABLE = RING_LENGTH - 1;
    /** Bytes of the header page in regions made here. */
    public static final int PAGE_SIZE = 4096;

    private DmaFaultRegionLayout() {
    }

    /**
     * Bytes of a region with the usual ring.
     *
     * @param entrySize bytes of an entry; 64 gives the 36864 bytes of the kernel series.
     * @return header page and ring, in whole pages.
     */
    public static int regionSize(final int entrySize) {
        return PAGE_SIZE + (RING_LENGTH * entrySize + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    }
}
