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
 * A fault recording register, FRCD_REG[n]: 128 bits in two words (VT-d 11.4.7.6).
 *
 * <pre>
 *        63                                          12 11         0
 *      +-----------------------------------------------+------------+
 *  low |   FI: page address, or interrupt index in     |     0      |
 *      |       63:48 for interrupt-remapping faults    |            |
 *      +-----------------------------------------------+------------+
 *       63 62 61 60 59          40 39     32 31 30  29   28 27 16 15        0
 *      +--+--+-----+--------------+---------+--+---+----+--+-----+-----------+
 * high |F |T1| AT  |  PV (PASID)  |   FR    |PP|EXE|PRIV|T2|  0  |    SID    |
 *      +--+--+-----+--------------+---------+--+---+----+--+-----+-----------+
 * </pre>
 *
 * <p>T1 and T2 together: write 00, page request 01, read 10, AtomicOp 11 (T1 first).
 */
public final class FaultRecordingLayout {

    /** Bytes of a register. */
    public static final int LENGTH = 16;
    /** Offset of the high word. */
    public static final int HIGH = 8;

    /** Low word: the address of the page. */
    public static final long FAULT_INFO = ~0xFFFL;
    /** Place of the interrupt index in the low word. */
    public static final int INTERRUPT_INDEX_SHIFT = 48;

    /** High word: the requester. */
    public static final long SOURCE_ID = 0xFFFF;
    /** High word: second type bit. */
    public static final long T2 = 1L << 28;
    /** High word: the request sought supervisor privilege. */
    public static final long PRIVILEGED = 1L << 29;
    /** High word: the request sought execute permission. */
    public static final long EXECUTE = 1L << 30;
    /** High word: the request had a PASID. */
    public static final long PASID_PRESENT = 1L << 31;
    /** High word: the fault reason. */
    public static final long REASON = 0xFFL << 32;
    /** Place of the fault reason. */
    public static final int REASON_SHIFT = 32;
    /** High word: the PASID. */
    public static final long PASID = 0xF_FFFFL << 40;
    /** Place of the PASID. */
    public static final int PASID_SHIFT = 40;
    /** High word: the address type of the request. */
    public static final long ADDRESS_TYPE = 3L << 60;
    /** Place of the address type. */
    public static final int ADDRESS_TYPE_SHIFT = 60;
    /** Address type: untranslated. */
    public static final int AT_UNTRANSLATED = 0;
    /** Address type: a translation request. */
    public static final int AT_TRANSLATION = 1;
    /** Address type: translated. */
    public static final int AT_TRANSLATED = 2;
    /** High word: first type bit. */
    public static final long T1 = 1L << 62;
    /** High word: the register holds a fault. W1C. */
    public static final long FAULT = 1L << 63;

    /** All fields of the high word except F; the rest reads 0. */
    public static final long HIGH_FIELDS = SOURCE_ID | T2 | PRIVILEGED | EXECUTE | PASID_PRESENT | REASON | PASID
            | ADDRESS_TYPE | T1;

    private FaultRecordingLayout() {
    }

    /**
     * The fault reason of a record.
     *
     * @param high the high word.
     * @return 0 to 255.
     */
    public static int reason(final long high) {
        return (int) (high >>> REASON_SHIFT) & 0xFF;
    }

    /**
     * The requester of a record.
     *
     * @param high the high word.
     * @return bus, device and function in 16 bits.
     */
    public static int sourceId(final long high) {
        return (int) (high & SOURCE_ID);
    }

    /**
     * The PASID of a record.
     *
     * @param high the high word.
     * @return 20 bits; they mean something if {@link #PASID_PRESENT} is set.
     */
    public static int pasid(final long high) {
        return (int) (high >>> PASID_SHIFT) & 0xF_FFFF;
    }
}
