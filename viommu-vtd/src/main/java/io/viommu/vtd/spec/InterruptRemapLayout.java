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
 * An interrupt remapping table entry, 16 bytes (VT-d 9.9, 9.10): of the remapped kind, or of the posted kind with IM.
 *
 * <pre>
 *           63                 32 31   24 23     16  15  14  12 11  8 7    5  4  3  2   1   0
 *          +---------------------+-------+---------+---+------+-----+------+--+--+--+---+---+
 * remapped |         DST         |   0   |    V    |IM |  0   |  -  | DLM  |TM|RH|DM|FPD| P |  word 0
 *          +---------------------+-------+---------+---+---+--+-----+------+--+--+--+---+---+
 * posted   |  PDA[31:6]  |       0       |    V    |IM |URG|0 |  -  |        0      |FPD| P |  word 0
 *          +-------------+---------------+---------+---+---+--+-----+---------------+---+---+
 *           63         38 37           24
 *           63                 32 31           20 19 18 17 16 15                           0
 *          +---------------------+---------------+-----+-----+------------------------------+
 * remapped |                   0                 | SVT | SQ  |             SID              |  word 1
 *          +---------------------+---------------+-----+-----+------------------------------+
 * posted   |     PDA[63:32]      |       0       | SVT | SQ  |             SID              |  word 1
 *          +---------------------+---------------+-----+-----+------------------------------+
 * </pre>
 */
public final class InterruptRemapLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 4;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;

    /** Word 0: the entry is present. */
    public static final long P = 1;
    /** Word 0: qualified faults are not recorded; holds even if the entry is not present. */
    public static final long FPD = 1 << 1;
    /** Word 0, remapped: destination mode, logical if set. */
    public static final long DM = 1 << 2;
    /** Word 0, remapped: redirection hint. */
    public static final long RH = 1 << 3;
    /** Word 0, remapped: trigger mode, level if set. */
    public static final long TM = 1 << 4;
    /** Word 0, remapped: place of DLM, delivery mode, 3 bits. */
    public static final int DLM_SHIFT = 5;
    /** Word 0, posted: urgent. */
    public static final long URG = 1 << 14;
    /** Word 0: the entry is of the posted kind. */
    public static final long IM = 1 << 15;
    /** Word 0: place of the vector, 8 bits. */
    public static final int VECTOR_SHIFT = 16;
    /** Word 0, remapped: place of DST, 32 bits. */
    public static final int DST_SHIFT = 32;
    /** Word 0, remapped: bits of DST that are reserved unless destinations have 32 bits (IRTA.EIME). */
    public static final long DST_RESERVED_8_BIT = 0xFFFF_00FFL << DST_SHIFT;
    /** Place of an 8-bit destination in DST. */
    public static final int DST_8_BIT_SHIFT = 8;
    /** Word 0, remapped: reserved. */
    public static final long REMAPPED_RESERVED_0 = 0xFF00_7000L;
    /** Word 0, posted: reserved. */
    public static final long POSTED_RESERVED_0 = 0x3F_FF00_30FCL;
    /** Word 0, posted: low half of the descriptor's address; its bits 31 to 6 stand in bits 63 to 38. */
    public static final long PDA_LOW = -1L << 38;
    /** Word 1, posted: high half of the descriptor's address. */
    public static final long PDA_HIGH = -1L << 32;

    /** Word 1: SID, who may use the entry, 16 bits from bit 0. */
    public static final long SID = 0xFFFF;
    /** Word 1: place of SQ, 2 bits: how many low bits of the function number don't count. */
    public static final int SQ_SHIFT = 16;
    /** Word 1: place of SVT, 2 bits. */
    public static final int SVT_SHIFT = 18;
    /** SVT: anybody may use the entry. */
    public static final int SVT_NONE = 0;
    /** SVT: SID names the requester, as SQ says. */
    public static final int SVT_REQUESTER = 1;
    /** SVT: SID holds the first bus (15:8) and the last (7:0). */
    public static final int SVT_BUS = 2;
    /** Word 1, remapped: reserved. */
    public static final long REMAPPED_RESERVED_1 = -1L << 20;
    /** Word 1, posted: reserved. */
    public static final long POSTED_RESERVED_1 = 0xFFF0_0000L;

    private InterruptRemapLayout() {
    }
}
