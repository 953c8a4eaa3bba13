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
 * {@code struct iommu_veventq_alloc} of linux/iommufd.h: the argument of IOMMU_VEVENTQ_ALLOC, known since Linux 6.15. A
 * vIOMMU has at most one queue of a type: EEXIST. Host byte order.
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
 * | veventq_depth                                                 |  16
 * +---------------------------------------------------------------+
 * | out_veventq_id                                                |  20
 * +---------------------------------------------------------------+
 * | out_veventq_fd                                                |  24
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  28
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VeventqAllocLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 32;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the flags, 0, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the vIOMMU's id, four bytes. */
    public static final int VIOMMU_ID = 8;
    /** Offset of the type, four bytes. */
    public static final int TYPE = 12;
    /** Offset of the number of events it holds, 1 to 524288, four bytes. */
    public static final int VEVENTQ_DEPTH = 16;
    /** Offset of the new queue's id, written by the kernel, four bytes. */
    public static final int OUT_VEVENTQ_ID = 20;
    /** Offset of the new queue's descriptor, written by the kernel, four bytes. */
    public static final int OUT_VEVENTQ_FD = 24;

    /** Type: events of Arm SMMUv3. */
    public static final int TYPE_ARM_SMMUV3 = 1;
    /** The deepest queue. */
    public static final int MAX_DEPTH = 1 << 19;

    private VeventqAllocLayout() {
    }
}
