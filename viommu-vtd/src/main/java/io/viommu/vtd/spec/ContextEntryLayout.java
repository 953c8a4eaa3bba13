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
 * A context table entry of legacy mode, 16 bytes, one for each device and function (VT-d 9.3).
 *
 * <pre>
 *  63                                          12 11         4 3   2  1   0
 * +----------------------------------------------+------------+-----+---+---+
 * |                   SSPTPTR                    |     0      | TT  |FPD| P |  word 0
 * +----------------------------------------------+------------+-----+---+---+
 *  63                          24 23             8  7  6       3 2         0
 * +------------------------------+----------------+---+---------+-----------+
 * |              0               |      DID       | 0 |    -    |    AW     |  word 1
 * +------------------------------+----------------+---+---------+-----------+
 * </pre>
 */
public final class ContextEntryLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 4;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;

    /** Word 0: the entry is present. */
    public static final long P = 1;
    /** Word 0: qualified faults are not recorded; holds even if the entry is not present. */
    public static final long FPD = 1 << 1;
    /** Word 0: place of TT, 2 bits. */
    public static final int TT_SHIFT = 2;
    /** TT: only untranslated requests are let through, and translated. */
    public static final int TT_UNTRANSLATED_ONLY = 0;
    /** TT: all kinds of requests are let through. */
    public static final int TT_DEVICE_TLB = 1;
    /** TT: untranslated requests pass through untranslated. */
    public static final int TT_PASS_THROUGH = 2;
    /** Word 0: bits 11 to 4, reserved. */
    public static final long RESERVED_0 = 0xFF0;
    /** Word 0: SSPTPTR, address of the top second-stage table. */
    public static final long SSPTPTR = ~0xFFFL;

    /** Word 1: AW, 3 bits from bit 0: levels of the tables less 2. */
    public static final int AW_MASK = 7;
    /** Word 1: place of DID, 16 bits. */
    public static final int DID_SHIFT = 8;
    /** Word 1: bits 7 and 63 to 24, reserved; bits 6 to 3 are software's. */
    public static final long RESERVED_1 = 0xFFFF_FFFF_FF00_0080L;

    private ContextEntryLayout() {
    }
}
