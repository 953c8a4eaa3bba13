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

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.bridge.vfio.CapabilityChain;

/**
 * What VFIO_DEVICE_GET_REGION_INFO tells about a DMA-fault region: {@code struct vfio_region_info} and the chain of
 * capabilities behind it. Host byte order.
 *
 * <pre>
 *  vfio_region_info           0 argsz   4 flags   8 index  12 cap_offset  16 u64 size  24 u64 offset
 *  capability header          0 u16 id  2 u16 version      4 next, from the start of the info, 0 = end
 *  id 2 TYPE          16 bytes: header, 8 type, 12 subtype
 *  id 1 SPARSE_MMAP   32 bytes: header, 8 areas (1), 12 reserved, 16 u64 offset, 24 u64 size
 *  id 6 DMA_FAULT     12 bytes: header, 8 version of the entries
 * </pre>
 *
 * @param size bytes of the region.
 * @param type region type: {@link #TYPE_NESTED}, or {@link #TYPE_NESTED_OLD} of the series up to v11.
 * @param subtype region subtype: {@link #SUBTYPE_DMA_FAULT}.
 * @param version version of the entries, see {@link EntryFormat}.
 */
public record RegionInfo(long size, int type, int subtype, int version) {

    /** VFIO_REGION_TYPE_NESTED from v12 of the series on. */
    public static final int TYPE_NESTED = 4;
    /** VFIO_REGION_TYPE_NESTED up to v11; it clashed with another type. */
    public static final int TYPE_NESTED_OLD = 2;
    /** VFIO_REGION_SUBTYPE_NESTED_DMA_FAULT. */
    public static final int SUBTYPE_DMA_FAULT = 1;
    /** Bytes that {@link #encode} writes. */
    public static final int ENCODED_LENGTH = 96;

    private static final int FLAGS = 4;
    private static final int CAP_OFFSET = 12;
    private static final int SIZE = 16;
    private static final int INFO_LENGTH = 32;
    private static final int READ_WRITE_MMAP_CAPS = 15;
    private static final int FLAG_CAPS = 8;

    private static final int CAP_NEXT = 4;
    private static final int CAP_SPARSE_MMAP = 1;
    private static final int CAP_TYPE = 2;
    private static final int CAP_DMA_FAULT = 6;
    private static final int TYPE_AT = INFO_LENGTH;
    private static final int SPARSE_AT = TYPE_AT + 16;
    private static final int FAULT_AT = SPARSE_AT + 32;

    /**
     * The info of a region made here.
     *
     * @param format what its entries hold.
     * @param size   bytes of the region.
     * @return type NESTED, subtype DMA_FAULT.
     */
    public static RegionInfo of(final EntryFormat format, final long size) {
        return new RegionInfo(size, TYPE_NESTED, SUBTYPE_DMA_FAULT, format.version());
    }

    /**
     * What the entries hold.
     *
     * @return the format.
     * @throws IllegalArgumentException in one sentence, if this is not a DMA-fault region or its version is unknown.
     */
    public EntryFormat format() {
        if (type != TYPE_NESTED && type != TYPE_NESTED_OLD || subtype != SUBTYPE_DMA_FAULT) {
            throw new IllegalArgumentException("The region has type " + type + " and subtype " + subtype
                    + "; a DMA-fault region has type 4 (2 before v12) and subtype 1.");
        }
        return EntryFormat.ofVersion(version);
    }

    /**
     * Writes the info as the kernel would.
     *
     * @param buffer where to, {@link #ENCODED_LENGTH} bytes.
     */
    public void encode(final MutableDirectBuffer buffer) {
        buffer.setMemory(0, ENCODED_LENGTH, (byte) 0);
        buffer.putInt(0, ENCODED_LENGTH);
        buffer.putInt(FLAGS, READ_WRITE_MMAP_CAPS);
        buffer.putInt(CAP_OFFSET, TYPE_AT);
        buffer.putLong(SIZE, size);
        header(buffer, TYPE_AT, CAP_TYPE, SPARSE_AT);
        buffer.putInt(TYPE_AT + 8, type);
        buffer.putInt(TYPE_AT + 12, subtype);
        header(buffer, SPARSE_AT, CAP_SPARSE_MMAP, FAULT_AT);
        buffer.putInt(SPARSE_AT + 8, 1);
        buffer.putLong(SPARSE_AT + 16, DmaFaultRegionLayout.PAGE_SIZE);
        buffer.putLong(SPARSE_AT + 24, size - DmaFaultRegionLayout.PAGE_SIZE);
        header(buffer, FAULT_AT, CAP_DMA_FAULT, 0);
        buffer.putInt(FAULT_AT + 8, version);
    }

    private static void header(final MutableDirectBuffer buffer, final int at, final int id, final int next) {
        buffer.putShort(at, (short) id);
        buffer.putShort(at + 2, (short) 1);
        buffer.putInt(at + CAP_NEXT, next);
    }

    /**
     * Reads the info, whatever the order of its capabilities; unknown ones are passed over.
     *
     * @param buffer what the kernel returned, all of it.
     * @return the info; type, subtype or version are 0 if their capability is missing.
     * @throws IllegalArgumentException in one sentence, if the chain of capabilities is broken.
     */
    public static RegionInfo decode(final DirectBuffer buffer) {
        if (buffer.capacity() < INFO_LENGTH) {
            throw new IllegalArgumentException("The region info has " + buffer.capacity() + " bytes; it needs 32.");
        }
        final int first = (buffer.getInt(FLAGS) & FLAG_CAPS) == 0 ? 0 : buffer.getInt(CAP_OFFSET);
        final CapabilityChain chain = new CapabilityChain("region info", buffer, INFO_LENGTH, first);
        final int type = chain.find(CAP_TYPE, 16);
        final int fault = chain.find(CAP_DMA_FAULT, 12);
        return new RegionInfo(buffer.getLong(SIZE), type == 0 ? 0 : buffer.getInt(type + 8),
                type == 0 ? 0 : buffer.getInt(type + 12), fault == 0 ? 0 : buffer.getInt(fault + 8));
    }
}
