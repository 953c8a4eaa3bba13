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
 * {@code struct iommu_hwpt_invalidate} of linux/iommufd.h: the argument of IOMMU_HWPT_INVALIDATE, known since Linux
 * 6.8. The kernel stops at the first bad entry and says in entry_num how many were done. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | hwpt_id                                                       |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | data_uptr                                                     |  12
 * +---------------------------------------------------------------+
 * | data_type                                                     |  16
 * +---------------------------------------------------------------+
 * | entry_len                                                     |  20
 * +---------------------------------------------------------------+
 * | entry_num                                                     |  24
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  28
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwptInvalidateLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 32;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the id of the nested table or of the vIOMMU, four bytes. */
    public static final int HWPT_ID = 4;
    /** Offset of the address of the entries, eight bytes. */
    public static final int DATA_UPTR = 8;
    /** Offset of the type of the entries, four bytes. */
    public static final int DATA_TYPE = 16;
    /** Offset of the length of an entry, four bytes. */
    public static final int ENTRY_LEN = 20;
    /** Offset of the number of entries; the kernel writes how many it has done, four bytes. */
    public static final int ENTRY_NUM = 24;

    /** Type: {@link VtdS1InvalidateLayout}. */
    public static final int DATA_VTD_S1 = 0;
    /** Type: {@link ArmSmmuv3InvalidateLayout}. */
    public static final int DATA_ARM_SMMUV3 = 1;

    private HwptInvalidateLayout() {
    }
}
