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
public final class VfioDmaMapLayout {

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
