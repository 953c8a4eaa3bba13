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
package io.viommu.bridge.dmafault;

/**
 * Our entry of 128 bytes: the 2021 structure, so that a plain consumer still understands it, and beside it the record
 * as the hardware wrote it, which the generic structure can't carry (fault class, IPA, stall tag, StreamID). Host byte
 * order.
 *
 * <pre>
 *   0  +---------------------------------------------------------------+
 *      |           struct iommu_fault (IommuFault2021)                 |
 *  64  +-------------------------------+-------------------------------+
 *      | raw format: 0 or 0x56490001   | kind of the raw record        |
 *  72  +-------------------------------+-------------------------------+
 *      | device: host StreamID or RID  | reserved, 0                   |
 *  80  +-------------------------------+-------------------------------+
 *      | tag: opaque, comes back with the record                       |
 *  88  +---------------------------------------------------------------+
 *      | time: CLOCK_MONOTONIC ns of the producer, 0 if unknown        |
 *  96  +---------------------------------------------------------------+
 *      | raw words 0 to 3: SMMUv3 event words, or FRCD low and high    |
 * 128  +---------------------------------------------------------------+
 * </pre>
 *
 * <p>With raw format 0 everything from byte 64 on is absent. A larger entry may follow this with fields that a reader
 * of this version ignores.
 */
public final class ExtendedFaultEntry {

    /** Bytes of the entry. */
    public static final int LENGTH = 128;

    /** Offset of the raw format, 4 bytes. */
    public static final int RAW_FORMAT = 64;
    /** Offset of the kind, 4 bytes. */
    public static final int KIND = 68;
    /** Offset of the host's name of the device, 4 bytes. */
    public static final int DEVICE = 72;
    /** Offset of the tag, 8 bytes. */
    public static final int TAG = 80;
    /** Offset of the time, 8 bytes. */
    public static final int TIME = 88;
    /** Offset of the first raw word; the others follow. */
    public static final int WORDS = 96;

    /** Raw format: there is nothing beside the 2021 structure. */
    public static final int FORMAT_NONE = 0;
    /** Raw format: as drawn above; also the version that the region's capability announces ("VI", 1). */
    public static final int FORMAT_1 = 0x5649_0001;

    /** Kind: no raw words; device, tag and time are valid, the 2021 structure says the rest. */
    public static final int KIND_GENERIC = 0;
    /** Kind: four words of an SMMUv3 event record (IHI 0070, 7.3). */
    public static final int KIND_SMMU_EVENT = 1;
    /** Kind: low and high word of a VT-d fault recording register (11.4.14). */
    public static final int KIND_VTD_FAULT = 2;

    private ExtendedFaultEntry() {
    }
}
