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
 * {@code struct iommu_hwpt_vtd_s1} of linux/iommufd.h: a first-stage table of VT-d (scalable mode, 9.6). Host byte
 * order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | flags                                                         |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | pgtbl_addr                                                    |  12
 * +---------------------------------------------------------------+
 * | addr_width                                                    |  16
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  20
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwptVtdS1Layout {

    /** Bytes of the structure. */
    public static final int LENGTH = 24;

    /** Offset of the flags, eight bytes. */
    public static final int FLAGS = 0;
    /** Offset of the guest physical address of the table, eight bytes. */
    public static final int PGTBL_ADDR = 8;
    /** Offset of the address width in bits, four bytes. */
    public static final int ADDR_WIDTH = 16;

    /** Supervisor requests are allowed, the PASID entry's SRE. */
    public static final int FLAG_SRE = 1;
    /** Extended accessed flags, the PASID entry's EAFE. */
    public static final int FLAG_EAFE = 2;
    /** Writes of supervisors are checked, the PASID entry's WPE. */
    public static final int FLAG_WPE = 4;

    private HwptVtdS1Layout() {
    }
}
