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
 * A context table entry of scalable mode, 32 bytes, one for each device and function (VT-d 9.4).
 *
 * <pre>
 *  63                                          12 11   9 8     5  4     3    2   1   0
 * +----------------------------------------------+------+-------+---+------+---+---+---+
 * |                 PASIDDIRPTR                  | PDTS |   0   |PRE|PASIDE|DTE|FPD| P |  word 0
 * +----------------------------------------------+------+-------+---+------+---+---+---+
 *  63                                           21    20    19                        0
 * +-----------------------------------------------+--------+---------------------------+
 * |                       0                       |RID_PRIV|         RID_PASID         |  word 1
 * +-----------------------------------------------+--------+---------------------------+
 * |                                         0                                          |  words 2 and 3
 * +------------------------------------------------------------------------------------+
 * </pre>
 */
public final class ScalableContextEntryLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 5;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;

    /** Word 0: the entry is present. */
    public static final long P = 1;
    /** Word 0: qualified faults are not recorded; holds even if the entry is not present. */
    public static final long FPD = 1 << 1;
    /** Word 0: translation requests and translated requests are let through. */
    public static final long DTE = 1 << 2;
    /** Word 0: requests with PASID are let through. */
    public static final long PASIDE = 1 << 3;
    /** Word 0: page requests are let through. */
    public static final long PRE = 1 << 4;
    /** Word 0: bits 8 to 5, reserved. */
    public static final long RESERVED_0 = 0x1E0;
    /** Word 0: place of PDTS, 3 bits: the PASID directory has 2^(PDTS + 7) entries. */
    public static final int PDTS_SHIFT = 9;
    /** Word 0: PASIDDIRPTR, address of the PASID directory. */
    public static final long PASIDDIRPTR = ~0xFFFL;

    /** Word 1: RID_PASID, the PASID that requests without one use. */
    public static final long RID_PASID = 0xF_FFFF;
    /** Word 1: requests without PASID are privileged. */
    public static final long RID_PRIV = 1 << 20;
    /** Word 1: bits 63 to 21, reserved. */
    public static final long RESERVED_1 = -1L << 21;

    private ScalableContextEntryLayout() {
    }
}
