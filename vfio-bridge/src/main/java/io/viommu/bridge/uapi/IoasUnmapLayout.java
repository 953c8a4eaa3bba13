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
 * {@code struct iommu_ioas_unmap} of linux/iommufd.h: the argument of IOMMU_IOAS_UNMAP, known since Linux 6.2. Host
 * byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | ioas_id                                                       |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | iova                                                          |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * | length                                                        |  20
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class IoasUnmapLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 24;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the IOAS's id, four bytes. */
    public static final int IOAS_ID = 4;
    /** Offset of the first IO address, eight bytes. */
    public static final int IOVA = 8;
    /** Offset of the length in bytes; the kernel writes back how many it unmapped, eight bytes. */
    public static final int LENGTH_OF_RANGE = 16;

    private IoasUnmapLayout() {
    }
}
