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
 * {@code struct iommu_hw_info_vtd} of linux/iommufd.h: the registers of the VT-d unit behind a device. Host byte order.
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
 * | cap_reg                                                       |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * | ecap_reg                                                      |  20
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwInfoVtdLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 24;

    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 0;
    /** Offset of the capability register (11.4.2), eight bytes. */
    public static final int CAP_REG = 8;
    /** Offset of the extended capability register (11.4.3), eight bytes. */
    public static final int ECAP_REG = 16;

    /** The nesting parent must have no read-only mappings. */
    public static final int FLAG_ERRATA_772415_SPR17 = 1;

    private HwInfoVtdLayout() {
    }
}
