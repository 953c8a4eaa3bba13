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
 * {@code struct vfio_region_info_cap_sparse_mmap} of linux/vfio.h: the capability that lists the parts of a region
 * which can be mapped; each area is an offset and a size of eight bytes. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | header                                                        |   4
 * +---------------------------------------------------------------+
 * | nr_areas                                                      |   8
 * +---------------------------------------------------------------+
 * | reserved, 0                                                   |  12
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VfioSparseMmapLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 16;

    /** Offset of the number of areas, four bytes. */
    public static final int NR_AREAS = 8;

    /** Offset of the first area. */
    public static final int AREAS = 16;
    /** Bytes of an area. */
    public static final int AREA_LENGTH = 16;

    private VfioSparseMmapLayout() {
    }
}
