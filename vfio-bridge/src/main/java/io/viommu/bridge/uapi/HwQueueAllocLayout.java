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
 * {@code struct iommu_hw_queue_alloc} of linux/iommufd.h: the argument of IOMMU_HW_QUEUE_ALLOC, known since Linux 6.17.
 * Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | flags                                                         |   4
 * +---------------------------------------------------------------+
 * | viommu_id                                                     |   8
 * +---------------------------------------------------------------+
 * | type                                                          |  12
 * +---------------------------------------------------------------+
 * | index                                                         |  16
 * +---------------------------------------------------------------+
 * | out_hw_queue_id                                               |  20
 * +---------------------------------------------------------------+
 * |                                                               |  24
 * | nesting_parent_iova                                           |  28
 * +---------------------------------------------------------------+
 * |                                                               |  32
 * | length                                                        |  36
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class HwQueueAllocLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 40;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the flags, 0, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the vIOMMU's id, four bytes. */
    public static final int VIOMMU_ID = 8;
    /** Offset of the type, four bytes. */
    public static final int TYPE = 12;
    /** Offset of the queue's number in the vIOMMU, four bytes. */
    public static final int INDEX = 16;
    /** Offset of the new queue's id, written by the kernel, four bytes. */
    public static final int OUT_HW_QUEUE_ID = 20;
    /** Offset of the queue's guest physical address, eight bytes. */
    public static final int NESTING_PARENT_IOVA = 24;
    /** Offset of the length in bytes, eight bytes. */
    public static final int LENGTH_OF_QUEUE = 32;

    private HwQueueAllocLayout() {
    }
}
