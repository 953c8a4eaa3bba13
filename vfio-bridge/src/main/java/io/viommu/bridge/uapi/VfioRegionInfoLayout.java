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
public final class VfioRegionInfoLayout {

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
