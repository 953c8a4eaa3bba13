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
 * {@code struct vfio_region_info_cap_type} of linux/vfio.h: the capability that says what a region beyond the fixed
 * ones is. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                                                               |   0
 * | header                                                        |   4
 * +---------------------------------------------------------------+
 * | type                                                          |   8
 * +---------------------------------------------------------------+
 * | subtype                                                       |  12
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VfioRegionTypeLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 16;

    /** Offset of the type, four bytes. */
    public static final int TYPE = 8;
    /** Offset of the subtype, four bytes. */
    public static final int SUBTYPE = 12;

    private VfioRegionTypeLayout() {
    }
}
