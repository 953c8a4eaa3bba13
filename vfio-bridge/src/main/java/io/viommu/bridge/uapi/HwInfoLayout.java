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
 * {@code struct iommu_hw_info} of linux/iommufd.h: the argument of IOMMU_GET_HW_INFO, known since Linux 6.6. Host byte
 * order.
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
 * | data_len                                                      |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * | data_uptr                                                     |  20
 * +---------------------------------------------------------------+
 * | out_data_type                                                 |  24
 * +---------------------------------------------------------------+
 * | pasid_log2    | reserved, 0                                   |  28
 * +---------------------------------------------------------------+
 * |                                                               |  32
 * | out_capabilities                                              |  36
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwInfoLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 40;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the device's id, four bytes. */
    public static final int DEV_ID = 8;
    /** Offset of the length of the buffer; the kernel writes the length that it knows, four bytes. */
    public static final int DATA_LEN = 12;
    /** Offset of the address of the buffer, eight bytes. */
    public static final int DATA_UPTR = 16;
    /** Offset of the type of what was written, four bytes. */
    public static final int OUT_DATA_TYPE = 24;
    /** Offset of the number of PASID bits, 0 without PASIDs, one byte. */
    public static final int OUT_MAX_PASID_LOG2 = 28;
    /** Offset of the capabilities, eight bytes. */
    public static final int OUT_CAPABILITIES = 32;

    /** The type field names the type asked for. */
    public static final int FLAG_INPUT_TYPE = 1;
    /** Type: the driver says nothing. */
    public static final int TYPE_NONE = 0;
    /** Type: {@link HwInfoVtdLayout}. */
    public static final int TYPE_INTEL_VTD = 1;
    /** Type: {@link HwInfoArmSmmuv3Layout}. */
    public static final int TYPE_ARM_SMMUV3 = 2;
    /** Capability: dirty tracking. */
    public static final int CAPABILITY_DIRTY_TRACKING = 1;
    /** Capability: the device may ask to execute with a PASID. */
    public static final int CAPABILITY_PASID_EXEC = 2;
    /** Capability: the device may use privileged mode with a PASID. */
    public static final int CAPABILITY_PASID_PRIV = 4;
    /** Capability, negative: ATS can not be used. */
    public static final int CAPABILITY_ATS_NOT_SUPPORTED = 8;

    private HwInfoLayout() {
    }
}
