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
 * {@code struct iommu_hwpt_alloc} of linux/iommufd.h: the argument of IOMMU_HWPT_ALLOC, known since Linux 6.6. Kernels
 * before 6.11 end at byte 40 and take a longer structure if its tail is 0. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | flags                                                         |   4
 * +---------------------------------------------------------------+
 * | dev_id                                                        |   8
 * +---------------------------------------------------------------+
 * | pt_id                                                         |  12
 * +---------------------------------------------------------------+
 * | out_hwpt_id                                                   |  16
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  20
 * +---------------------------------------------------------------+
 * | data_type                                                     |  24
 * +---------------------------------------------------------------+
 * | data_len                                                      |  28
 * +---------------------------------------------------------------+
 * |                                                               |  32
 * | data_uptr                                                     |  36
 * +---------------------------------------------------------------+
 * | fault_id                                                      |  40
 * +---------------------------------------------------------------+
 * | reserved2, 0                                                  |  44
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwptAllocLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 48;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the device's id, four bytes. */
    public static final int DEV_ID = 8;
    /** Offset of the id of the IOAS, the nesting parent or the vIOMMU beneath, four bytes. */
    public static final int PT_ID = 12;
    /** Offset of the new page table's id, written by the kernel, four bytes. */
    public static final int OUT_HWPT_ID = 16;
    /** Offset of the type of the data, four bytes. */
    public static final int DATA_TYPE = 24;
    /** Offset of the length of the data, 0 exactly with type NONE, four bytes. */
    public static final int DATA_LEN = 28;
    /** Offset of the address of the data, eight bytes. */
    public static final int DATA_UPTR = 32;
    /** Offset of the fault queue's id, valid with its flag, four bytes. */
    public static final int FAULT_ID = 40;

    /** The table can be the parent of nested ones. */
    public static final int FLAG_NEST_PARENT = 1;
    /** Devices without dirty tracking are refused. */
    public static final int FLAG_DIRTY_TRACKING = 2;
    /** A fault queue is named. */
    public static final int FLAG_FAULT_ID_VALID = 4;
    /** The table can be attached to a PASID. */
    public static final int FLAG_PASID = 8;
    /** Type of the data: none, the kernel owns the table. */
    public static final int DATA_NONE = 0;
    /** Type of the data: {@link HwptVtdS1Layout}. */
    public static final int DATA_VTD_S1 = 1;
    /** Type of the data: {@link HwptArmSmmuv3Layout}. */
    public static final int DATA_ARM_SMMUV3 = 2;

    private HwptAllocLayout() {
    }
}
