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
package io.viommu.smmu.spec;

/**
 * Context descriptor, 64 bytes (IHI 0070, 5.4). TTB1's half of word 0 repeats TTB0's 16 bits higher, except that bit 31
 * is V where bit 15 is ENDI, and that TG1 is encoded otherwise than TG0.
 *
 * <pre>
 *  63    48  47   46 45 44 43 42  41  40 39 38  37   36   35  34 32 31  30  29 24 23 22 21 16
 * +--------+----+---+--+--+--+--+----+---+-----+-----+---+----+-----+---+----+-----+-----+-----+
 * |  ASID  |ASET| A |R |S |HA|HD|AA64|PAN| TBI |UWXN |WXN|AFFD| IPS | V |EPD1|     | TG1 |T1SZ |  word 0, high
 * +--------+----+---+--+--+--+--+----+---+-----+-----+---+----+-----+---+----+-----+-----+-----+
 *   15   14  13   8 7   6 5    0
 * +----+----+------+-----+------+
 * |ENDI|EPD0|      | TG0 | T0SZ |                                                             word 0, low
 * +----+----+------+-----+------+
 *  63         52 51                                             4 3   2  1    0
 * +-------------+------------------------------------------------+-----+----+----+
 * |             |                  TTB0[51:4]                    |     |HAD0|    |  word 1
 * +-------------+------------------------------------------------+-----+----+----+
 * |             |                  TTB1[51:4]                    |     |HAD1|    |  word 2
 * +-------------+------------------------------------------------+-----+----+----+
 * |                                 MAIR                                         |  word 3
 * +------------------------------------------------------------------------------+
 * </pre>
 */
public final class ContextDescriptorLayout {

    /** Bytes of a descriptor. */
    public static final int LENGTH = 64;
    /** Log2 of {@link #LENGTH}. */
    public static final int LENGTH_SHIFT = 6;

    /** Word 0: place of T0SZ, 6 bits. */
    public static final int T0SZ_SHIFT = 0;
    /** Word 0: place of TG0, 2 bits: 0 is 4 KiB, 1 is 64 KiB, 2 is 16 KiB. */
    public static final int TG0_SHIFT = 6;
    /** Word 0: walks through TTB0 are disabled. */
    public static final long EPD0 = 1L << 14;
    /** Word 0: big-endian tables. */
    public static final long ENDI = 1L << 15;
    /** Word 0: place of T1SZ, 6 bits. */
    public static final int T1SZ_SHIFT = 16;
    /** Word 0: place of TG1, 2 bits: 2 is 4 KiB, 3 is 64 KiB, 1 is 16 KiB. */
    public static final int TG1_SHIFT = 22;
    /** Word 0: walks through TTB1 are disabled. */
    public static final long EPD1 = 1L << 30;
    /** Word 0: the descriptor is valid. */
    public static final long V = 1L << 31;
    /** Word 0: place of IPS, 3 bits. */
    public static final int IPS_SHIFT = 32;
    /** Word 0: a translation without access flag doesn't fault. */
    public static final long AFFD = 1L << 35;
    /** Word 0: what is writable isn't executable. */
    public static final long WXN = 1L << 36;
    /** Word 0: what users write, the privileged don't execute. */
    public static final long UWXN = 1L << 37;
    /** Word 0: TTB0's addresses ignore their top byte. */
    public static final long TBI0 = 1L << 38;
    /** Word 0: TTB1's addresses ignore their top byte. */
    public static final long TBI1 = 1L << 39;
    /** Word 0: the privileged may not access user data. */
    public static final long PAN = 1L << 40;
    /** Word 0: VMSAv8-64 tables. */
    public static final long AA64 = 1L << 41;
    /** Word 0: the SMMU keeps the dirty state. */
    public static final long HD = 1L << 42;
    /** Word 0: the SMMU sets access flags. */
    public static final long HA = 1L << 43;
    /** Word 0: translation-related faults stall. */
    public static final long S = 1L << 44;
    /** Word 0: translation-related faults are recorded. */
    public static final long R = 1L << 45;
    /** Word 0: a terminated access aborts; else it is read as zero, write ignored. */
    public static final long A = 1L << 46;
    /** Word 0: the ASID is not shared with the processors. */
    public static final long ASET = 1L << 47;
    /** Word 0: place of ASID, 16 bits. */
    public static final int ASID_SHIFT = 48;

    /** Words 1 and 2: hierarchical attributes of tables are ignored. */
    public static final long HAD = 1L << 1;
    /** Words 1 and 2: TTB0 or TTB1, address bits 51 to 4 in place. */
    public static final long TTB = 0x000F_FFFF_FFFF_FFF0L;

    private ContextDescriptorLayout() {
    }
}
