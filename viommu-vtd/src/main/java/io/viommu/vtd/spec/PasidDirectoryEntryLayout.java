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
 * An entry of a PASID directory, 8 bytes, one for each 64 PASIDs (VT-d 9.5).
 *
 * <pre>
 *  63                                          12 11         2   1   0
 * +----------------------------------------------+------------+---+---+
 * |                  SMPTBLPTR                   |     0      |FPD| P |
 * +----------------------------------------------+------------+---+---+
 * </pre>
 */
public final class PasidDirectoryEntryLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 3;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;
    /** Log2 of the PASIDs that an entry stands for. */
    public static final int PASIDS_SHIFT = 6;

    /** The entry is present. */
    public static final long P = 1;
    /** Qualified faults are not recorded; holds even if the entry is not present. */
    public static final long FPD = 1 << 1;
    /** Bits 11 to 2, reserved. */
    public static final long RESERVED = 0xFFC;
    /** SMPTBLPTR, address of the PASID table. */
    public static final long SMPTBLPTR = ~0xFFFL;

    private PasidDirectoryEntryLayout() {
    }
}
