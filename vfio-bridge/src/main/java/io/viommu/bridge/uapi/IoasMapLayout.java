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
 * {@code struct iommu_ioas_map} of linux/iommufd.h: the argument of IOMMU_IOAS_MAP, known since Linux 6.2. Host byte
 * order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | size                                                          |   0
 * +---------------------------------------------------------------+
 * | flags                                                         |   4
 * +---------------------------------------------------------------+
 * | ioas_id                                                       |   8
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  12
 * +---------------------------------------------------------------+
 * |                                                               |  16
 * | user_va                                                       |  20
 * +---------------------------------------------------------------+
 * |                                                               |  24
 * | length                                                        |  28
 * +---------------------------------------------------------------+
 * |                                                               |  32
 * | iova                                                          |  36
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class IoasMapLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 40;

    /** Offset of the size of this structure, four bytes. */
    public static final int SIZE = 0;
    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 4;
    /** Offset of the IOAS's id, four bytes. */
    public static final int IOAS_ID = 8;
    /** Offset of the address in this process, eight bytes. */
    public static final int USER_VA = 16;
    /** Offset of the length in bytes, eight bytes. */
    public static final int LENGTH_OF_RANGE = 24;
    /** Offset of the IO address, eight bytes. */
    public static final int IOVA = 32;

    /** Map at the IO address given; without it the kernel chooses. */
    public static final int FLAG_FIXED_IOVA = 1;
    /** Devices may write. */
    public static final int FLAG_WRITEABLE = 2;
    /** Devices may read. */
    public static final int FLAG_READABLE = 4;

    private IoasMapLayout() {
    }
}
