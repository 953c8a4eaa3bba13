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

package io.viommu.vtd.spec;

/**
 * The invalidation queue: its registers (VT-d 11.4.9) and its descriptors (VT-d 6.5.2, 7.6.1). Bits of the first two
 * words; in a 256-bit descriptor words 2 and 3 are reserved. The type is bits 3:0 with bits 11:9 above them.
 *
 * <pre>
 *  type               63    52 51   48 47     32 31      16 15 12 11  9 8 7 6 5 4 3  0
 *                    +--------+-------+---------+----------+-----+-----+-+-+-+---+----+
 *  1 context    w0   |    0       |FM |   SID   |   DID    |  0  |  0  | 0     | G | 1|   FM 49:48, G 5:4
 *  2 IOTLB      w0   |            0             |   DID    |  0  |  0  |0|DR|DW| G | 2|
 *  3 device-TLB w0   | PFSID  |   0   |   SID   | 0 | MIP  |PFSID|  0  |      0    | 3|   MIP 20:16
 *  4 interrupts w0   |       0        |  IIDX   |IM |    0 |  0  |  0  |    0    |G| 4|   IM 31:27, G 4
 *  5 wait       w0   |       status data        |    0     |  0  |  0  |0|PD|FN|SW|IF| 5|
 *  6 PASID IOTLB w0  |   0    |     PASID       |   DID    |  0  |  0  |   0   | G | 6|
 *  7 PASID cache w0  |   0    |     PASID       |   DID    |  0  |  0  |   0   | G | 7|
 *  8 PASID d-TLB w0  | PFSID  |     PASID       |   SID    |PFSID|  0  |    MIP    | 8|   MIP 8:4
 *  9 page resp. w0   |   0    |     PASID       |   RID    | RC  |  0  |    0   |PP| 9|
 *                    +--------+-----------------+----------+-----+-----+-----------+--+
 *  2, 6         w1   |              address 63:12                      | 0 |IH| AM 5:0 |
 *  3            w1   |              address 63:12                      |      0     |S |
 *  5            w1   |              status address 63:2                          |  0  |
 *  8            w1   |              address 63:12                      |S|     0    |GI|   S 11
 *  9            w1   |                    0                            | PRGI 11:3| ig.|
 * </pre>
 */
public final class InvalidationLayout {

    /** IQA: the queue's address. */
    public static final long QUEUE_ADDRESS = ~0xFFFL;
    /** IQA.DW: descriptors have 256 bits. */
    public static final long QUEUE_WIDE = 1L << 11;
    /** IQA.QS: the queue has 2^QS pages. */
    public static final int QUEUE_SIZE = 7;
    /** IQT.QT: offset of the tail. */
    public static final long QUEUE_OFFSET = 0x7_FFF0;
    /** IQERCD.IQEI. */
    public static final long ERROR_INFO = 0xF;
    /** Place of IQERCD.ITESID. */
    public static final int TIMEOUT_SOURCE_SHIFT = 32;
    /** Place of IQERCD.ICESID. */
    public static final int COMPLETION_SOURCE_SHIFT = 48;

    /** IQEI: no information. */
    public static final int ERROR_UNKNOWN = 0;
    /** IQEI: the tail lies outside the queue. */
    public static final int ERROR_TAIL = 1;
    /** IQEI: reading a descriptor failed. */
    public static final int ERROR_FETCH = 2;
    /** IQEI: the descriptor type is not valid, or not in this mode. */
    public static final int ERROR_TYPE = 3;
    /** IQEI: a reserved field of the descriptor is not 0. */
    public static final int ERROR_RESERVED = 4;
    /** IQEI: the descriptor width does not go with the translation table mode. */
    public static final int ERROR_WIDTH = 5;
    /** IQEI: the tail is not aligned to the descriptor width. */
    public static final int ERROR_ALIGNMENT = 6;
    /** IQEI: the translation table mode is reserved. */
    public static final int ERROR_MODE = 7;

    /** Context-cache invalidate. */
    public static final int CONTEXT = 1;
    /** IOTLB invalidate. */
    public static final int IOTLB = 2;
    /** Device-TLB invalidate. */
    public static final int DEVICE_TLB = 3;
    /** Interrupt entry cache invalidate. */
    public static final int INTERRUPT = 4;
    /** Invalidation wait. */
    public static final int WAIT = 5;
    /** PASID-based IOTLB invalidate. */
    public static final int PASID_IOTLB = 6;
    /** PASID-cache invalidate. */
    public static final int PASID_CACHE = 7;
    /** PASID-based device-TLB invalidate. */
    public static final int PASID_DEVICE_TLB = 8;
    /** Page group response. */
    public static final int PAGE_RESPONSE = 9;

    /** Place of the granularity, two bits, in types 1, 2, 6, 7. */
    public static final int GRANULARITY_SHIFT = 4;
    /** Granularity of types 1 and 2: everything. */
    public static final int GLOBAL = 1;
    /** Granularity of types 1 and 2: one domain. */
    public static final int DOMAIN = 2;
    /** Granularity of types 1 (one device) and 2 (pages of a domain). */
    public static final int SELECTIVE = 3;
    /** Granularity of type 6: all of a PASID. */
    public static final int PASID_ALL = 2;
    /** Granularity of type 6: pages of a PASID. */
    public static final int PASID_PAGES = 3;
    /** Granularity of type 7: all PASIDs of a domain. */
    public static final int PASID_DOMAIN = 0;
    /** Granularity of type 7: one PASID of a domain. */
    public static final int PASID_ONE = 1;
    /** Granularity of type 7: all PASIDs. */
    public static final int PASID_GLOBAL = 3;
    /** Type 4: one index range instead of all. */
    public static final long INDEX_SELECTIVE = 1L << 4;

    /** Type 5: raise an event. */
    public static final long WAIT_INTERRUPT = 1L << 4;
    /** Type 5: write the status. */
    public static final long WAIT_STATUS = 1L << 5;
    /** Type 5: hold back what follows. */
    public static final long WAIT_FENCE = 1L << 6;
    /** Type 5: drain page requests. */
    public static final long WAIT_DRAIN = 1L << 7;
    /** Type 9: the response has a PASID. */
    public static final long RESPONSE_PASID = 1L << 4;

    /** Word 1 of types 2 and 6: address mask. */
    public static final int ADDRESS_MASK = 0x3F;
    /** Word 1 of types 2 and 6: only leaf entries were changed. */
    public static final long HINT = 1L << 6;
    /** Word 1: the address. */
    public static final long ADDRESS = ~0xFFFL;

    /** Reserved bits of word 0 by type; those that a capability makes meaningful are not among them. */
    private static final long[] RESERVED_0 = { 0, 0xFFFC_0000_0000_F1C0L, 0xFFFF_FFFF_0000_F100L,
        0x000F_0000_FFE0_01F0L, 0xFFFF_0000_07FF_F1E0L, 0x0000_0000_FFFF_F100L, 0xFFF0_0000_0000_F1C0L,
        0xFFF0_0000_0000_F1C0L, 0, 0xFFF0_0000_0000_01E0L };
    /** Reserved bits of word 1 by type. */
    private static final long[] RESERVED_1 = { 0, -1L, 0xF80L, 0xFFEL, -1L, 3L, 0xF80L, -1L, 0x7FEL, ~0xFFFL };

    /** The physical function in types 3 and 8: reserved without ECAP.DIT. */
    public static final long PHYSICAL_FUNCTION = 0xFFF0_0000_0000_F000L;

    private InvalidationLayout() {
    }

    /**
     * The type of a descriptor.
     *
     * @param word0 its first word.
     * @return 0 to 127.
     */
    public static int type(final long word0) {
        return (int) (word0 & 0xF | word0 >>> 5 & 0x70);
    }

    /**
     * Whether reserved bits are set.
     *
     * @param type  1 to 9.
     * @param word0 first word.
     * @param word1 second word.
     * @return true if so.
     */
    public static boolean reserved(final int type, final long word0, final long word1) {
        return (word0 & RESERVED_0[type] | word1 & RESERVED_1[type]) != 0;
    }

    /**
     * The granularity of types 1, 2, 6 and 7.
     *
     * @param word0 first word.
     * @return 0 to 3.
     */
    public static int granularity(final long word0) {
        return (int) (word0 >>> GRANULARITY_SHIFT) & 3;
    }

    /**
     * The 16 bits at 31:16: domain id, or requester id in types 8 and 9.
     *
     * @param word0 first word.
     * @return 0 to 65535.
     */
    public static int low16(final long word0) {
        return (int) (word0 >>> 16) & 0xFFFF;
    }

    /**
     * The 16 bits at 47:32: requester id in types 1 and 3, interrupt index in type 4.
     *
     * @param word0 first word.
     * @return 0 to 65535.
     */
    public static int high16(final long word0) {
        return (int) (word0 >>> 32) & 0xFFFF;
    }

    /**
     * The PASID of types 6 to 9.
     *
     * @param word0 first word.
     * @return 20 bits.
     */
    public static int pasid(final long word0) {
        return (int) (word0 >>> 32) & 0xF_FFFF;
    }
}
