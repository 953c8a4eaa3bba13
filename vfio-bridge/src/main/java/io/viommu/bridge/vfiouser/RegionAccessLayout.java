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

package io.viommu.bridge.vfiouser;

/**
 * Request and reply of REGION_READ and REGION_WRITE, after the head.
 *
 * <pre>
 * +---------------------------------------------------------------+
 * | offset in the region                                   (u64)  |   0
 * +---------------------------------------------------------------+
 * | region                                                        |   8
 * +---------------------------------------------------------------+
 * | count: bytes of data                                          |  12
 * +---------------------------------------------------------------+
 * | data: in a read's reply and in a write's request              |  16
 * +---------------------------------------------------------------+
 * </pre>
 *
 * A message of REGION_WRITE_MULTI has {@link #MULTI_COUNT a number of writes} and then for each this structure with
 * eight bytes of data, whatever its count.
 */
final class RegionAccessLayout {

    /** Bytes before the data. */
    static final int LENGTH = 16;

    /** Offset of the offset, eight bytes. */
    static final int OFFSET = 0;
    /** Offset of the region's number, four bytes. */
    static final int REGION = 8;
    /** Offset of the byte count, four bytes. */
    static final int COUNT = 12;
    /** Offset of the data. */
    static final int DATA = 16;

    /** REGION_WRITE_MULTI: offset of the number of writes, eight bytes. */
    static final int MULTI_COUNT = 0;
    /** REGION_WRITE_MULTI: offset of the first write. */
    static final int MULTI_FIRST = 8;
    /** REGION_WRITE_MULTI: the most bytes of data that one write has. */
    static final int MULTI_DATA = 8;
    /** REGION_WRITE_MULTI: bytes from one write to the next. */
    static final int MULTI_STRIDE = DATA + MULTI_DATA;

    private RegionAccessLayout() {
    }
}
