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
 * {@code struct vfio_device_bind_iommufd} of linux/vfio.h: the argument of VFIO_DEVICE_BIND_IOMMUFD on a device node,
 * since Linux 6.6. Newer kernels know a token behind it, which needs a flag. Host byte order.
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
public final class VfioBindLayout {

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
