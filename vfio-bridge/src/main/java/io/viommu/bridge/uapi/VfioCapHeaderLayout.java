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
 * {@code struct vfio_info_cap_header} of linux/vfio.h: what each capability of an info begins with. Host byte order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * | id                            | version                       |   0
 * +---------------------------------------------------------------+
 * | next                                                          |   4
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class VfioCapHeaderLayout {

    /** Bytes of the structure. */
    public static final int LENGTH = 8;

    /** Offset of the id, two bytes. */
    public static final int ID = 0;
    /** Offset of the version, two bytes. */
    public static final int VERSION = 2;
    /** Offset of the offset of the next one from the start of the info, 0 at the end, four bytes. */
    public static final int NEXT = 4;

    /** Region: {@link VfioSparseMmapLayout}. */
    public static final int ID_SPARSE_MMAP = 1;
    /** Region: {@link VfioRegionTypeLayout}. */
    public static final int ID_TYPE = 2;
    /** Interrupt, in the fault series of 2021: {@link VfioRegionTypeLayout} too. */
    public static final int ID_IRQ_TYPE = 3;
    /** Region, in the fault series of 2021: the version of a DMA-fault region's entries follows, four bytes. */
    public static final int ID_DMA_FAULT = 6;

    private VfioCapHeaderLayout() {
    }
}
