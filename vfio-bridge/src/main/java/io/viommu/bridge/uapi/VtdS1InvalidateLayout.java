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
 * {@code struct iommu_hwpt_vtd_s1_invalidate} of linux/iommufd.h: one invalidation of a nested VT-d table. Address 0
 * with all ones in npages means all of it. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | addr                                                          |   4
 * +---------------------------------------------------------------+
 * |                                                               |   8
 * | npages                                                        |  12
 * +---------------------------------------------------------------+
 * | flags                                                         |  16
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  20
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VtdS1InvalidateLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 24;

    /** Offset of the first address, 4 KiB aligned, eight bytes. */
    public static final int ADDR = 0;
    /** Offset of the number of 4 KiB pages, eight bytes. */
    public static final int NPAGES = 8;
    /** Offset of the flags, four bytes. */
    public static final int FLAGS = 16;

    /** Only leaf entries were changed (the invalidation hint). */
    public static final int FLAG_LEAF = 1;

    private VtdS1InvalidateLayout() {
    }
}
