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
 * Arguments of linux/iommufd.h about objects and the address space: destroy, IOAS, hardware information, vIOMMU and
 * vDEVICE.
 */
public final class IommufdObjects {

    private IommufdObjects() {
    }

    /**
     * {@code struct iommu_destroy} of linux/iommufd.h: the argument of IOMMU_DESTROY, known since Linux 6.2. Host byte
     * order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | id                                                            |   4
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class DestroyLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 8;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the id of the object to destroy, four bytes. */
        public static final int ID = 4;

        private DestroyLayout() {
        }
    }

    /**
     * {@code struct iommu_ioas_alloc} of linux/iommufd.h: the argument of IOMMU_IOAS_ALLOC, known since Linux 6.2. Host
     * byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | out_ioas_id                                                   |   8
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class IoasAllocLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 12;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the flags, 0, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the new IOAS's id, written by the kernel, four bytes. */
        public static final int OUT_IOAS_ID = 8;

        private IoasAllocLayout() {
        }
    }

    /**
     * {@code struct iommu_ioas_map} of linux/iommufd.h: the argument of IOMMU_IOAS_MAP, known since Linux 6.2. Host
     * byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | ioas_id                                                       |   8
     * +---------------------------------------------------------------+
     * | reserved, 0                                                   |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | user_va                                                       |  20
     * +---------------------------------------------------------------+
     * |                                                               |  24
     * | length                                                        |  28
     * +---------------------------------------------------------------+
     * |                                                               |  32
     * | iova                                                          |  36
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class IoasMapLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 40;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the IOAS's id, four bytes. */
        public static final int IOAS_ID = 8;
        /** Offset of the address in this process, eight bytes. */
        public static final int USER_VA = 16;
        /** Offset of the length in bytes, eight bytes. */
        public static final int LENGTH_OF_RANGE = 24;
        /** Offset of the IO address, eight bytes. */
        public static final int IOVA = 32;

        /** Map at the IO address given; without it the kernel chooses. */
        public static final int FLAG_FIXED_IOVA = 1;
        /** Devices may write. */
        public static final int FLAG_WRITEABLE = 2;
        /** Devices may read. */
        public static final int FLAG_READABLE = 4;

        private IoasMapLayout() {
        }
    }

    /**
     * {@code struct iommu_ioas_unmap} of linux/iommufd.h: the argument of IOMMU_IOAS_UNMAP, known since Linux 6.2. Host
     * byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | ioas_id                                                       |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | iova                                                          |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | length                                                        |  20
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class IoasUnmapLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 24;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the IOAS's id, four bytes. */
        public static final int IOAS_ID = 4;
        /** Offset of the first IO address, eight bytes. */
        public static final int IOVA = 8;
        /** Offset of the length in bytes; the kernel writes back how many it unmapped, eight bytes. */
        public static final int LENGTH_OF_RANGE = 16;

        private IoasUnmapLayout() {
        }
    }

    /**
     * {@code struct iommu_hw_info} of linux/iommufd.h: the argument of IOMMU_GET_HW_INFO, known since Linux 6.6. Host
     * byte order.
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
    public static final class HwInfoLayout {

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

    /**
     * {@code struct iommu_hw_info_arm_smmuv3} of linux/iommufd.h: the raw registers of the SMMUv3 behind a device. Of
     * these a guest may be told of IDR0 ST_LEVEL, TERM_MODEL, STALL_MODEL, TTENDIAN, CD2L, ASID16, TTF; IDR1 SIDSIZE,
     * SSIDSIZE; IDR3 BBML, RIL; IDR5 VAX, GRAN64K, GRAN16K, GRAN4K, DS (IHI 0070, 6.3). Host byte order.
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
    public static final class HwInfoArmSmmuv3Layout {

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

    /**
     * {@code struct iommu_hw_info_vtd} of linux/iommufd.h: the registers of the VT-d unit behind a device. Host byte
     * order.
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
    public static final class HwInfoVtdLayout {

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
    public static final class ViommuAllocLayout {

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

    /**
     * {@code struct iommu_vdevice_alloc} of linux/iommufd.h: the argument of IOMMU_VDEVICE_ALLOC, known since Linux
     * 6.13. A device has at most one, and a virtual id is used once in a vIOMMU: EEXIST. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | size                                                          |   0
     * +---------------------------------------------------------------+
     * | viommu_id                                                     |   4
     * +---------------------------------------------------------------+
     * | dev_id                                                        |   8
     * +---------------------------------------------------------------+
     * | out_vdevice_id                                                |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | virt_id                                                       |  20
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VdeviceAllocLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 24;

        /** Offset of the size of this structure, four bytes. */
        public static final int SIZE = 0;
        /** Offset of the vIOMMU's id, four bytes. */
        public static final int VIOMMU_ID = 4;
        /** Offset of the device's id, four bytes. */
        public static final int DEV_ID = 8;
        /** Offset of the new object's id, written by the kernel, four bytes. */
        public static final int OUT_VDEVICE_ID = 12;
        /** Offset of the guest's name of the device: StreamID or requester id, eight bytes. */
        public static final int VIRT_ID = 16;

        private VdeviceAllocLayout() {
        }
    }
}
