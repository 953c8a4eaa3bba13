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

/** Arguments of linux/vfio.h about a device's regions and interrupts. */
public final class VfioRegions {

    private VfioRegions() {
    }

    /**
     * {@code struct vfio_region_info} of linux/vfio.h: the argument of VFIO_DEVICE_GET_REGION_INFO. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | index                                                         |   8
     * +---------------------------------------------------------------+
     * | cap_offset                                                    |  12
     * +---------------------------------------------------------------+
     * |                                                               |  16
     * | size                                                          |  20
     * +---------------------------------------------------------------+
     * |                                                               |  24
     * | offset                                                        |  28
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioRegionInfoLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 32;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the region's index, four bytes. */
        public static final int INDEX = 8;
        /** Offset of the offset of the first capability, valid with its flag, four bytes. */
        public static final int CAP_OFFSET = 12;
        /** Offset of the size in bytes, eight bytes. */
        public static final int SIZE = 16;
        /** Offset of the place in the device file, for pread, pwrite and mmap, eight bytes. */
        public static final int OFFSET = 24;

        /** It can be read. */
        public static final int FLAG_READ = 1;
        /** It can be written. */
        public static final int FLAG_WRITE = 2;
        /** It can be mapped. */
        public static final int FLAG_MMAP = 4;
        /** There are capabilities. */
        public static final int FLAG_CAPS = 8;

        private VfioRegionInfoLayout() {
        }
    }

    /**
     * {@code struct vfio_region_info_cap_type} of linux/vfio.h: the capability that says what a region beyond the fixed
     * ones is. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * |                                                               |   0
     * | header                                                        |   4
     * +---------------------------------------------------------------+
     * | type                                                          |   8
     * +---------------------------------------------------------------+
     * | subtype                                                       |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioRegionTypeLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of the type, four bytes. */
        public static final int TYPE = 8;
        /** Offset of the subtype, four bytes. */
        public static final int SUBTYPE = 12;

        private VfioRegionTypeLayout() {
        }
    }

    /**
     * {@code struct vfio_region_info_cap_sparse_mmap} of linux/vfio.h: the capability that lists the parts of a region
     * which can be mapped; each area is an offset and a size of eight bytes. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * |                                                               |   0
     * | header                                                        |   4
     * +---------------------------------------------------------------+
     * | nr_areas                                                      |   8
     * +---------------------------------------------------------------+
     * | reserved, 0                                                   |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioSparseMmapLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of the number of areas, four bytes. */
        public static final int NR_AREAS = 8;

        /** Offset of the first area. */
        public static final int AREAS = 16;
        /** Bytes of an area. */
        public static final int AREA_LENGTH = 16;

        private VfioSparseMmapLayout() {
        }
    }

    /**
     * {@code struct vfio_irq_info} of linux/vfio.h: the argument of VFIO_DEVICE_GET_IRQ_INFO. Kernels of the 2021 fault
     * series append cap_offset, four bytes. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | index                                                         |   8
     * +---------------------------------------------------------------+
     * | count                                                         |  12
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioIrqInfoLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 16;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the index, four bytes. */
        public static final int INDEX = 8;
        /** Offset of the number of interrupts of this index, four bytes. */
        public static final int COUNT = 12;
        /** Offset, behind the structure, of the offset of the first capability, valid with its flag, four bytes. */
        public static final int CAP_OFFSET = 16;

        /** It signals eventfds. */
        public static final int FLAG_EVENTFD = 1;
        /** It can be masked. */
        public static final int FLAG_MASKABLE = 2;
        /** It masks itself. */
        public static final int FLAG_AUTOMASKED = 4;
        /** It can not grow while in use. */
        public static final int FLAG_NORESIZE = 8;
        /** There are capabilities. */
        public static final int FLAG_CAPS = 1 << 4;

        private VfioIrqInfoLayout() {
        }
    }

    /**
     * {@code struct vfio_irq_set} of linux/vfio.h: the argument of VFIO_DEVICE_SET_IRQS. The data follows at once; the
     * whole is not padded. Host byte order.
     *
     * <pre>
     *  0                   1                   2                   3
     *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
     * +---------------------------------------------------------------+
     * | argsz                                                         |   0
     * +---------------------------------------------------------------+
     * | flags                                                         |   4
     * +---------------------------------------------------------------+
     * | index                                                         |   8
     * +---------------------------------------------------------------+
     * | start                                                         |  12
     * +---------------------------------------------------------------+
     * | count                                                         |  16
     * +---------------------------------------------------------------+
     * </pre>
     */
    public static final class VfioIrqSetLayout {

        /** Bytes of the structure. */
        public static final int LENGTH = 20;

        /** Offset of the size of the argument, four bytes. */
        public static final int ARGSZ = 0;
        /** Offset of the flags, four bytes. */
        public static final int FLAGS = 4;
        /** Offset of the index, four bytes. */
        public static final int INDEX = 8;
        /** Offset of the first interrupt, four bytes. */
        public static final int START = 12;
        /** Offset of the number of interrupts, four bytes. */
        public static final int COUNT = 16;

        /** Offset of the data: for eventfds four bytes each, -1 to disarm. */
        public static final int DATA = 20;
        /** No data. */
        public static final int FLAG_DATA_NONE = 1;
        /** Data: a byte for each. */
        public static final int FLAG_DATA_BOOL = 2;
        /** Data: an eventfd for each. */
        public static final int FLAG_DATA_EVENTFD = 4;
        /** Mask. */
        public static final int FLAG_ACTION_MASK = 8;
        /** Unmask. */
        public static final int FLAG_ACTION_UNMASK = 1 << 4;
        /** Trigger, or with eventfds: signal them from now on. */
        public static final int FLAG_ACTION_TRIGGER = 1 << 5;

        private VfioIrqSetLayout() {
        }
    }
}
