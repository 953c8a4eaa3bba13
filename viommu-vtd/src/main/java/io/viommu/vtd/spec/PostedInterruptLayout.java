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
 * A posted-interrupt descriptor, 64 bytes (VT-d 9.11): words 0 to 3 are the requests, a bit for each vector; words 5 to
 * 7 are software's.
 *
 * <pre>
 *  63                 32 31       24 23     16 15        2  1   0
 * +---------------------+-----------+---------+-----------+---+---+
 * |        NDST         |     0     |   NV    |     0     |SN |ON |  word 4
 * +---------------------+-----------+---------+-----------+---+---+
 * </pre>
 */
public final class PostedInterruptLayout {

    /** Bytes of a descriptor. */
    public static final int LENGTH = 64;
    /** Offset of the word that says whom to notify. */
    public static final int CONTROL = 32;

    /** A notification is outstanding. */
    public static final long ON = 1;
    /** Notifications of interrupts that are not urgent are suppressed. */
    public static final long SN = 1 << 1;
    /** Place of the notification vector, 8 bits. */
    public static final int NV_SHIFT = 16;
    /** Place of the notification destination, 32 bits. */
    public static final int NDST_SHIFT = 32;
    /** Reserved. */
    public static final long RESERVED = 0xFF00_FFFCL;
    /** Bits of NDST that are reserved unless destinations have 32 bits. */
    public static final long NDST_RESERVED_8_BIT = 0xFFFF_00FFL << NDST_SHIFT;

    private PostedInterruptLayout() {
    }
}
