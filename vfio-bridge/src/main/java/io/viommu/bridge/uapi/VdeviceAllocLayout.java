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
 * {@code struct iommu_vdevice_alloc} of linux/iommufd.h: the argument of IOMMU_VDEVICE_ALLOC, known since Linux 6.13. A
 * device has at most one, and a virtual id is used once in a vIOMMU: EEXIST. Host byte order.
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
public final class VdeviceAllocLayout {

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
