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
 * {@code struct iommu_viommu_alloc} of linux/iommufd.h: the argument of IOMMU_VIOMMU_ALLOC, known since Linux 6.13.
 * Kernels before 6.17 end at byte 24; there is no vIOMMU of type VT-d. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | flags                                                         |   4
 * +---------------------------------------------------------------+
 * | type                                                          |   8
 * +---------------------------------------------------------------+
 * | dev_id                                                        |  12
 * +---------------------------------------------------------------+
 * | hwpt_id                                                       |  16
 * +---------------------------------------------------------------+
 * | out_viommu_id                                                 |  20
 * +---------------------------------------------------------------+
 * | data_len                                                      |  24
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  28
 * +---------------------------------------------------------------+
 * |                                                               |  32
 * | data_uptr                                                     |  36
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class ViommuAllocLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 40;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the flags, 0, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the type, four bytes. */
    public static final int TYPE = 8;
    /** Offset of the id of a device behind the same hardware, four bytes. */
    public static final int DEV_ID = 12;
    /** Offset of the nesting parent's id, four bytes. */
    public static final int HWPT_ID = 16;
    /** Offset of the new vIOMMU's id, written by the kernel, four bytes. */
    public static final int OUT_VIOMMU_ID = 20;
    /** Offset of the length of data of the type, four bytes. */
    public static final int DATA_LEN = 24;
    /** Offset of the address of data of the type, eight bytes. */
    public static final int DATA_UPTR = 32;

    /** Type: Arm SMMUv3. */
    public static final int TYPE_ARM_SMMUV3 = 1;
    /** Type: SMMUv3 with virtual command queues of Tegra241. */
    public static final int TYPE_TEGRA241_CMDQV = 2;

    private ViommuAllocLayout() {
    }
}
