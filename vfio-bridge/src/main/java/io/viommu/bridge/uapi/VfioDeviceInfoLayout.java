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
public final class VfioDeviceInfoLayout {

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
