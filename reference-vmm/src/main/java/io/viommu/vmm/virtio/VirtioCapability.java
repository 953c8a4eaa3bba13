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

package io.viommu.vmm.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where a part of the device lies in its BAR 0, as a vendor-specific PCI capability says it (VIRTIO 1.2, 4.1.4).
 *
 * <pre>
 *  0 u8 0x09  1 u8 next  2 u8 length of this  3 u8 type  4 u8 BAR  8 u32 offset  12 u32 length  16 u32 multiplier
 * </pre>
 *
 * @param type   1 common, 2 notification, 3 interrupt status, 4 device-specific, 5 window.
 * @param offset bytes from the start of the BAR.
 * @param length bytes.
 */
public record VirtioCapability(int type, int offset, int length) {

    /** The type that is followed by a multiplier; ours is 0, for one address serves all queues. */
    public static final int NOTIFICATION = 2;
    /** The type that is a window on a BAR, followed by its data (4.1.4.9). */
    public static final int ACCESS = 5;

    /** Offset of the BAR's number, one byte. */
    public static final int BAR_AT = 4;
    /** Offset of the offset, four bytes. */
    public static final int OFFSET_AT = 8;
    /** Offset of the length, four bytes. */
    public static final int LENGTH_AT = 12;
    /** Offset of what a window reads and writes, four bytes. */
    public static final int DATA_AT = 16;

    private static final byte VENDOR_SPECIFIC = 0x09;
    private static final int SIZE_AT = 2;
    private static final int TYPE_AT = 3;
    private static final int SIZE = 16;

    /**
     * The capability as it stands in the configuration space.
     *
     * @return 16 bytes, or 20 with a multiplier or data; the link is 0.
     */
    public byte[] bytes() {
        final int size = type == NOTIFICATION || type == ACCESS ? SIZE + Integer.BYTES : SIZE;
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(0, VENDOR_SPECIFIC)
                .put(SIZE_AT, (byte) size).put(TYPE_AT, (byte) type).putInt(OFFSET_AT, offset)
                .putInt(LENGTH_AT, length).array();
    }
}
