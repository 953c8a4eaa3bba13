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

package io.viommu.fault;

/**
 * The 64 bytes of a fault between its source and a vIOMMU: one cache line, host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |     Kind      |     Flags     |            Source             |   0
 * +---------------+---------------+-------------------------------+
 * |             Host device (dev id, StreamID or RID)             |   4
 * +---------------------------------------------------------------+
 * |                Guest device (StreamID or RID)                 |   8
 * +---------------------------------------------------------------+
 * |                  PASID / SubstreamID (20 bits)                |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * |        Time of the fault, or of its reading (monotonic ns)    |
 * +---------------------------------------------------------------+
 * |                                                               |  24
 * |             Cookie (the source's own, comes back with answers)|
 * +---------------------------------------------------------------+
 * |                                                               |  32
 * |                     Words 0 to 3, by kind                     |
 * |                                                               |
 * +---------------------------------------------------------------+  64
 * </pre>
 *
 * <p>Words by {@link FaultKind kind}:
 * <ul>
 * <li>SMMU_EVENT: the four 64-bit words of the event record (IHI 0070, 7.3).
 * <li>VTD_FAULT: the low and the high word of the fault recording register; words 2 and 3 are 0.
 * <li>GENERIC: word 0 reason | flags &lt;&lt; 32, word 1 permissions, word 2 address, word 3 fetch address, with
 * the codes of {@link GenericFault}.
 * <li>PAGE_REQUEST: word 0 flags | group index &lt;&lt; 32, word 1 permissions, word 2 address, word 3 private data.
 * <li>LOST_EVENTS: word 0 the number of events that the host lost before this record.
 * </ul>
 */
public final class FaultRecordLayout {

    /** Bytes of a record. */
    public static final int LENGTH = 64;

    /** Offset of the kind, one byte. */
    public static final int KIND = 0;
    /** Offset of the flags, one byte. */
    public static final int FLAGS = 1;
    /** Offset of the number of the source, two bytes. */
    public static final int SOURCE = 2;
    /** Offset of the host's name of the device, four bytes. */
    public static final int HOST_DEVICE = 4;
    /** Offset of the guest's name of the device, four bytes. */
    public static final int GUEST_DEVICE = 8;
    /** Offset of the PASID, four bytes, valid with {@link #FLAG_PASID}. */
    public static final int PASID = 12;
    /** Offset of the time stamp, eight bytes. */
    public static final int TIME = 16;
    /** Offset of the cookie, eight bytes. */
    public static final int COOKIE = 24;
    /** Offset of the first word; the others follow. */
    public static final int WORDS = 32;
    /** How many words. */
    public static final int WORD_COUNT = 4;

    /** The record names a PASID. */
    public static final int FLAG_PASID = 1;
    /** The record is to be injected as reported: what it says is not recomputed from the guest's tables. */
    public static final int FLAG_AS_REPORTED = 2;
    /** The record was made by the vIOMMU's own walk for an emulated device: final, and the guest's to see. */
    public static final int FLAG_EMULATED = 4;

    private FaultRecordLayout() {
    }
}
