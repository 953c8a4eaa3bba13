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
 * {@code struct iommu_hw_info_arm_smmuv3} of linux/iommufd.h: the raw registers of the SMMUv3 behind a device. Of these
 * a guest may be told of IDR0 ST_LEVEL, TERM_MODEL, STALL_MODEL, TTENDIAN, CD2L, ASID16, TTF; IDR1 SIDSIZE, SSIDSIZE;
 * IDR3 BBML, RIL; IDR5 VAX, GRAN64K, GRAN16K, GRAN4K, DS (IHI 0070, 6.3). Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | flags                                                         |   0
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | idr[0] to idr[5]                                              |
 * |                                                               |
 * +---------------------------------------------------------------+
 * | iidr                                                          |  32
 * +---------------------------------------------------------------+
 * | aidr                                                          |  36
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwInfoArmSmmuv3Layout {

    /** Bytes of the structure. */
    public static final int LENGTH = 40;

    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 0;
    /** Offset of IDR0; IDR1 to IDR5 follow, 24 bytes. */
    public static final int IDR = 8;
    /** Offset of IIDR, four bytes. */
    public static final int IIDR = 32;
    /** Offset of AIDR, four bytes. */
    public static final int AIDR = 36;

    /** Invalidations must be issued twice. */
    public static final int FLAG_ERRATA_REPEAT_TLBI_CFGI = 1;

    private HwInfoArmSmmuv3Layout() {
    }
}
