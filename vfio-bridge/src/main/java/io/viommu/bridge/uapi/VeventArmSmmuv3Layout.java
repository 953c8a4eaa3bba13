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
package io.viommu.bridge.uapi;

/**
 * {@code struct iommu_vevent_arm_smmuv3} of linux/iommufd.h: an SMMUv3 event record (IHI 0070, 7.3), little-endian,
 * whose StreamID is the virtual one. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | evt[0]                                                        |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | evt[1]                                                        |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * | evt[2]                                                        |  20
 * +---------------------------------------------------------------+
 * |                                                               |  24
 * | evt[3]                                                        |  28
 * +---------------------------------------------------------------+
 *
 * evt[0]:  63:32 StreamID   31:12 SubstreamID   11 SSV   7:0 type
 * </pre>
 */
public final class VeventArmSmmuv3Layout {

    /** Bytes of the structure. */
    public static final int LENGTH = 32;

    /** Offset of word 0 of the record; words 1 to 3 follow, eight bytes. */
    public static final int EVT = 0;

    /** Word 0: the event's number. */
    public static final long TYPE = 0xFF;
    /** Word 0: the SubstreamID is valid. */
    public static final long SSV = 1L << 11;
    /** Word 0: place of the SubstreamID. */
    public static final int SUBSTREAM_SHIFT = 12;
    /** The 20 bits of a SubstreamID. */
    public static final int SUBSTREAM_MASK = 0xF_FFFF;
    /** The type that has a SubstreamID without SSV (7.3.9). */
    public static final long C_BAD_SUBSTREAMID = 0x08;

    private VeventArmSmmuv3Layout() {
    }
}
