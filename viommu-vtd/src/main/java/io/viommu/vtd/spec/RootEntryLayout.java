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
 * A root table entry, 16 bytes, one for each bus (VT-d 9.1, 9.2). In legacy mode word 0 leads to the context table of
 * the bus and word 1 is reserved; in scalable mode word 0 serves devices 0 to 15 and word 1 devices 16 to 31.
 *
 * <pre>
 *  63                                          12 11         1  0
 * +----------------------------------------------+------------+---+
 * |            context table pointer             |     0      | P |
 * +----------------------------------------------+------------+---+
 * </pre>
 */
public final class RootEntryLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 4;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;

    /** The entry, or in scalable mode this half of it, is present. */
    public static final long P = 1;
    /** Bits 11 to 1, reserved. */
    public static final long RESERVED = 0xFFE;
    /** Address of the context table. */
    public static final long TABLE = ~0xFFFL;

    /** Devices and functions from here on belong to word 1 in scalable mode. */
    public static final int UPPER_HALF = 0x80;

    private RootEntryLayout() {
    }
}
