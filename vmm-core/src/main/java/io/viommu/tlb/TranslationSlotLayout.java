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
package io.viommu.tlb;

/**
 * One cached translation, 32 bytes, so that none straddles a cache line.
 *
 * <pre>
 *  63                                                   12 11        6 5       0
 * +-------------------------------------------------------+-----------+---------+
 * |                input address, bits 63 to 12           |match shift|  shift  |   0
 * +-----------------------------------+-------------------+--+----+--+----------+
 * |            device (32)            |      PASID (20)   |V |kind|G |  rights  |   8
 * +-----------------------------------+-------------------+--+----+--+----------+
 * |        output address, bits 55 to 12 (44)       |       version (20)        |  16
 * +-------------------------+-----------------------+---+-----------------------+
 * |        stamp (28)       |         group (20)        |      domain (16)      |  24
 * +-------------------------+---------------------------+-----------------------+  32
 *  second word: V [11] the PASID is valid, kind [10:8], G [7] of every group, rights [6:0]
 * </pre>
 *
 * <p>The version is odd while the slot is being written. A slot of zeros matches no key, since no block is that small.
 */
final class TranslationSlotLayout {

    static final int LENGTH = 32;
    static final int LENGTH_SHIFT = 5;
    static final int INPUT = 0;
    static final int DEVICE = 8;
    static final int OUTPUT = 16;
    static final int TAGS = 24;

    static final long INPUT_PAGE = ~0xFFFL;
    static final long SHIFT = 0x3F;
    static final int MATCH_SHIFT_SHIFT = 6;
    /** The part of the first word that is key. */
    static final long INPUT_KEY = INPUT_PAGE | SHIFT;

    static final int DEVICE_SHIFT = 32;
    static final int PASID_SHIFT = 12;
    static final long PASID = 0xF_FFFFL << PASID_SHIFT;
    static final long PASID_VALID = 1L << 11;
    static final int KIND_SHIFT = 8;
    static final long KIND = 7L << KIND_SHIFT;
    static final long GLOBAL = 1L << 7;
    static final long RIGHTS = 0x7F;
    /** The part of the second word that is key. */
    static final long DEVICE_KEY = -1L << DEVICE_SHIFT | PASID | PASID_VALID;

    /** The output page number stands this much higher than its address bit 12. */
    static final int OUTPUT_UP = 8;
    static final long VERSION = 0xF_FFFF;
    static final long BUSY = 1;

    static final int STAMP_SHIFT = 36;
    static final long STAMP = 0xFFF_FFFFL;
    static final int GROUP_SHIFT = 16;
    static final long GROUP = 0xF_FFFFL << GROUP_SHIFT;
    static final long DOMAIN = 0xFFFF;

    private TranslationSlotLayout() {
    }

    static long deviceKey(final int device, final int pasid) {
        final long named = pasid < 0 ? 0 : (long) pasid << PASID_SHIFT & PASID | PASID_VALID;
        return (long) device << DEVICE_SHIFT | named;
    }
}
