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
 * An entry of a PASID table, 64 bytes (VT-d 9.6). Words 3 to 7 are reserved.
 *
 * <pre>
 *  63                                     12 11 10   9   8    6   5   4   2  1   0
 * +-----------------------------------------+-----+-----+------+-----+-----+---+---+
 * |                 SSPTPTR                 |  0  |SSADE| PGTT | -   | AW  |FPD| P |  word 0
 * +-----------------------------------------+-----+-----+------+-----+-----+---+---+
 *  63                 32 31  27  26   25   24    23   22    16 15                 0
 * +---------------------+------+----+----+-----+-----+--------+--------------------+
 * |         PAT         |  -   |EMTE| CD |PGSNP|PWSNP|   0    |        DID         |  word 1
 * +---------------------+------+----+----+-----+-----+--------+--------------------+
 *  63                                 12 11    8   7    6    5   4  3    2   1   0
 * +-------------------------------------+-------+----+----+---+---+------+---+---+
 * |               FSPTPTR               |   0   |EAFE|SMEP|NXE|WPE| FSPM |ERE|SRE|  word 2
 * +-------------------------------------+-------+----+----+---+---+------+---+---+
 * </pre>
 *
 * <p>SMEP, NXE and ERE belong to execute requests (ECAP.ERS), which revision 4.0 withdrew: without them ERE is reserved
 * and the other two are ignored.
 */
public final class PasidEntryLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 6;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;
    /** Number of 64-bit words. */
    public static final int WORDS = LENGTH / Long.BYTES;

    /** Word 0: the entry is present. */
    public static final long P = 1;
    /** Word 0: qualified faults are not recorded; holds even if the entry is not present. */
    public static final long FPD = 1 << 1;
    /** Word 0: place of AW, 3 bits: levels of the second-stage tables less 2. */
    public static final int AW_SHIFT = 2;
    /** Word 0: place of PGTT, 3 bits. */
    public static final int PGTT_SHIFT = 6;
    /** PGTT: first stage only. */
    public static final int PGTT_FIRST_STAGE = 1;
    /** PGTT: second stage only. */
    public static final int PGTT_SECOND_STAGE = 2;
    /** PGTT: first stage, its tables and its output through the second stage. */
    public static final int PGTT_NESTED = 3;
    /** PGTT: no translation. */
    public static final int PGTT_PASS_THROUGH = 4;
    /** Word 0: accessed and dirty flags in the second stage. */
    public static final long SSADE = 1 << 9;
    /** Word 0: bits 11, 10 and 5, reserved. */
    public static final long RESERVED_0 = 0xC20;
    /** Word 0: SSPTPTR, address of the top second-stage table. */
    public static final long SSPTPTR = ~0xFFFL;

    /** Word 1: DID, 16 bits from bit 0. */
    public static final long DID = 0xFFFF;
    /** Word 1: table walks are snooped. */
    public static final long PWSNP = 1L << 23;
    /** Word 1: requests are snooped. */
    public static final long PGSNP = 1L << 24;
    /** Word 1: bits 22 to 16, reserved. Bits 31 to 27 were, before revision 4.0, and are, memory types. */
    public static final long RESERVED_1 = 0x7F_0000;

    /** Word 2: privileged requests are let through. */
    public static final long SRE = 1;
    /** Word 2: requests to execute are let through. */
    public static final long ERE = 1 << 1;
    /** Word 2: place of FSPM, 2 bits. */
    public static final int FSPM_SHIFT = 2;
    /** FSPM: 4 levels. */
    public static final int FSPM_4_LEVELS = 0;
    /** FSPM: 5 levels. */
    public static final int FSPM_5_LEVELS = 1;
    /** Word 2: R/W of the first stage binds privileged requests too. */
    public static final long WPE = 1 << 4;
    /** Word 2: XD of the first stage counts. */
    public static final long NXE = 1 << 5;
    /** Word 2: privileged requests may not execute from user pages. */
    public static final long SMEP = 1 << 6;
    /** Word 2: extended-accessed flags in the first stage. */
    public static final long EAFE = 1 << 7;
    /** Word 2: bits 11 to 8, reserved. */
    public static final long RESERVED_2 = 0xF00;
    /** Word 2: FSPTPTR, address of the top first-stage table. */
    public static final long FSPTPTR = ~0xFFFL;

    private PasidEntryLayout() {
    }
}
