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
 * {@code struct vfio_device_attach_iommufd_pt} of linux/vfio.h: the argument of VFIO_DEVICE_ATTACH_IOMMUFD_PT, since
 * Linux 6.6. Without the PASID flag a kernel takes the first 12 bytes. Host byte order.
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
public final class VfioAttachLayout {

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
