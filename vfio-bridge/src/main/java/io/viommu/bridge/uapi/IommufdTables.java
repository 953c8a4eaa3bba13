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

/** Arguments of linux/iommufd.h about page tables that the hardware walks, and their invalidation. */
public final class IommufdTables {

    private IommufdTables() {
    }

    /**
     * {@code struct iommu_hwpt_alloc} of linux/iommufd.h: the argument of IOMMU_HWPT_ALLOC, known since Linux 6.6.
     * Kernels before 6.11 end at byte 40 and take a longer structure if its tail is 0. Host byte order.
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
    public static final class HwptAllocLayout {

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

    /**
     * {@code struct iommu_hwpt_arm_smmuv3} of linux/iommufd.h: the first two words of a guest stream table entry (IHI
     * 0070, 5.2), little-endian. Word 0 may hold V, Config (abort, bypass or stage 1), S1Fmt, S1ContextPtr and
     * S1CDMax, word 1 S1DSS, S1CIR, S1COR, S1CSH, S1STALLD and EATS (0 or 1); the kernel answers EIO to anything else.
     * Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * |                                                               |   0
     * | ste[0]                                                        |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | ste[1]                                                        |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class HwptArmSmmuv3Layout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of word 0 of the entry; word 1 follows, eight bytes. */
        public static final int STE = 0;

        /** Word 0: V. */
        public static final long VALID = 1;
        /** Word 0: Config. */
        public static final long CONFIG_MASK = 7 << 1;
        /** Config: neither stage translates; what lies below aborts. */
        public static final long CONFIG_BYPASS = 4 << 1;
        /** All that word 0 may hold: V, Config, S1Fmt [5:4], S1ContextPtr [51:6], S1CDMax [63:59]. */
        public static final long WORD0_MASK = VALID | CONFIG_MASK | 3 << 4 | 0xF_FFFF_FFFF_FFC0L | 0x1FL << 59;
        /**
         * All that word 1 may hold: S1DSS [1:0], S1CIR [3:2], S1COR [5:4], S1CSH [7:6], S1STALLD [27], EATS [29:28].
         */
        public static final long WORD1_MASK = 0xFF | 1 << 27 | 3 << 28;

        private HwptArmSmmuv3Layout() {
        }
    }

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
    public static final class HwptVtdS1Layout {

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
    public static final class HwptInvalidateLayout {

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

    /**
     * {@code struct iommu_viommu_arm_smmuv3_invalidate} of linux/iommufd.h: one command of the guest as it stands in
     * its queue (IHI 0070, 4), little-endian. Taken are TLBI_NSNH_ALL, TLBI_NH_ALL, NH_ASID, NH_VA, NH_VAA, ATC_INV,
     * CFGI_CD and CFGI_CD_ALL, with the StreamID of the guest; any other gives EIO. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * |                                                               |   0
     * | cmd[0]                                                        |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | cmd[1]                                                        |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class ArmSmmuv3InvalidateLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of word 0 of the command; word 1 follows, eight bytes. */
        public static final int CMD = 0;

        private ArmSmmuv3InvalidateLayout() {
        }
    }

    /**
     * {@code struct iommu_hwpt_vtd_s1_invalidate} of linux/iommufd.h: one invalidation of a nested VT-d table. Address
     * 0 with all ones in npages means all of it. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * |                                                               |   0
     * | addr                                                          |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | npages                                                        |  12
     * +---------------------------------------------------------------+
     * | flags                                                         |  16
     * +---------------------------------------------------------------+
     * | reserved, 0                                                   |  20
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VtdS1InvalidateLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 24;

        /** Offset of the first address, 4 KiB aligned, eight bytes. */
        public static final int ADDR = 0;
        /** Offset of the number of 4 KiB pages, eight bytes. */
        public static final int NPAGES = 8;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 16;

        /** Only leaf entries were changed (the invalidation hint). */
        public static final int FLAG_LEAF = 1;

        private VtdS1InvalidateLayout() {
        }
    }
}
