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

/** Arguments of linux/vfio.h about a device: how it is bound and attached, and what it is. */
public final class VfioDevices {

    private VfioDevices() {
    }

    /**
     * {@code struct vfio_device_bind_iommufd} of linux/vfio.h: the argument of VFIO_DEVICE_BIND_IOMMUFD on a device
     * node, since Linux 6.6. Newer kernels know a token behind it, which needs a flag. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | iommufd                                                       |   8
     * +---------------------------------------------------------------+
     * | out_devid                                                     |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioBindLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, 0, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the descriptor of /dev/iommu, four bytes. */
        public static final int IOMMUFD = 8;
        /** Offset of the device's iommufd id, written by the kernel, four bytes. */
        public static final int OUT_DEVID = 12;

        private VfioBindLayout() {
        }
    }

    /**
     * {@code struct vfio_device_attach_iommufd_pt} of linux/vfio.h: the argument of VFIO_DEVICE_ATTACH_IOMMUFD_PT,
     * since Linux 6.6. Without the PASID flag a kernel takes the first 12 bytes. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | pt_id                                                         |   8
     * +---------------------------------------------------------------+
     * | pasid                                                         |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioAttachLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the id of the IOAS or page table, four bytes. */
        public static final int PT_ID = 8;
        /** Offset of the PASID, valid with its flag, four bytes. */
        public static final int PASID = 12;

        /** Attach the PASID, not the whole device. */
        public static final int FLAG_PASID = 1;
        /** Bytes that every kernel knows. */
        public static final int LENGTH_WITHOUT_PASID = 12;

        private VfioAttachLayout() {
        }
    }

    /**
     * {@code struct vfio_device_detach_iommufd_pt} of linux/vfio.h: the argument of VFIO_DEVICE_DETACH_IOMMUFD_PT,
     * since Linux 6.6. Without the PASID flag a kernel takes the first 8 bytes. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | pasid                                                         |   8
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioDetachLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 12;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the PASID, valid with its flag, four bytes. */
        public static final int PASID = 8;

        /** Detach the PASID, not the whole device. */
        public static final int FLAG_PASID = 1;
        /** Bytes that every kernel knows. */
        public static final int LENGTH_WITHOUT_PASID = 8;

        private VfioDetachLayout() {
        }
    }

    /**
     * {@code struct vfio_device_info} of linux/vfio.h: the argument of VFIO_DEVICE_GET_INFO. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | num_regions                                                   |   8
     * +---------------------------------------------------------------+
     * | num_irqs                                                      |  12
     * +---------------------------------------------------------------+
     * | cap_offset                                                    |  16
     * +---------------------------------------------------------------+
     * | pad                                                           |  20
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioDeviceInfoLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 24;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the number of regions, four bytes. */
        public static final int NUM_REGIONS = 8;
        /** Offset of the number of interrupt indexes, four bytes. */
        public static final int NUM_IRQS = 12;
        /** Offset of the offset of the first capability, valid with its flag, four bytes. */
        public static final int CAP_OFFSET = 16;

        /** The device can be reset. */
        public static final int FLAG_RESET = 1;
        /** A PCI device. */
        public static final int FLAG_PCI = 2;
        /** A platform device. */
        public static final int FLAG_PLATFORM = 4;
        /** An AMBA device. */
        public static final int FLAG_AMBA = 8;
        /** There are capabilities. */
        public static final int FLAG_CAPS = 1 << 7;

        private VfioDeviceInfoLayout() {
        }
    }

    /**
     * {@code struct vfio_info_cap_header} of linux/vfio.h: what each capability of an info begins with. Host byte
     * order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | id                            | version                       |   0
     * +---------------------------------------------------------------+
     * | next                                                          |   4
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioCapHeaderLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 8;

        /** Offset of the id, two bytes. */
        public static final int ID = 0;
        /** Offset of the version, two bytes. */
        public static final int VERSION = 2;
        /** Offset of the offset of the next one from the start of the info, 0 at the end, four bytes. */
        public static final int NEXT = 4;

        /** Region: {@link VfioRegions.VfioSparseMmapLayout}. */
        public static final int ID_SPARSE_MMAP = 1;
        /** Region: {@link VfioRegions.VfioRegionTypeLayout}. */
        public static final int ID_TYPE = 2;
        /** Interrupt, in the fault series of 2021: {@link VfioRegions.VfioRegionTypeLayout} too. */
        public static final int ID_IRQ_TYPE = 3;
        /** Region, in the fault series of 2021: the version of a DMA-fault region's entries follows, four bytes. */
        public static final int ID_DMA_FAULT = 6;

        private VfioCapHeaderLayout() {
        }
    }

    /**
     * {@code struct vfio_group_status} of linux/vfio.h: the argument of VFIO_GROUP_GET_STATUS. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioGroupStatusLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 8;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;

        /** All devices of the group are bound to VFIO or to nothing. */
        public static final int FLAG_VIABLE = 1;
        /** The group has a container. */
        public static final int FLAG_CONTAINER_SET = 2;

        private VfioGroupStatusLayout() {
        }
    }

    /**
     * {@code struct vfio_iommu_type1_dma_map} of linux/vfio.h: the argument of VFIO_IOMMU_MAP_DMA. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | vaddr                                                         |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | iova                                                          |  20
     * +---------------------------------------------------------------+
     * |                                                               |  24
     * | size                                                          |  28
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioDmaMapLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 32;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the address in this process, eight bytes. */
        public static final int VADDR = 8;
        /** Offset of the guest physical address, eight bytes. */
        public static final int IOVA = 16;
        /** Offset of the length, eight bytes. */
        public static final int SIZE = 24;

        /** Devices may read. */
        public static final int FLAG_READ = 1;
        /** Devices may write. */
        public static final int FLAG_WRITE = 2;

        private VfioDmaMapLayout() {
        }
    }

    /**
     * {@code struct vfio_iommu_type1_dma_unmap} of linux/vfio.h: the argument of VFIO_IOMMU_UNMAP_DMA. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * |                                                               |   8
     * | iova                                                          |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | size                                                          |  20
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioDmaUnmapLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 24;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, 0, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the guest physical address, eight bytes. */
        public static final int IOVA = 8;
        /** Offset of the length; the kernel writes how much it unmapped, eight bytes. */
        public static final int SIZE = 16;

        private VfioDmaUnmapLayout() {
        }
    }
}
