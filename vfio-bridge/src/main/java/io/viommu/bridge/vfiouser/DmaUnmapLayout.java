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
 * Request and reply of DMA_UNMAP, after the head.
 *
 * <pre>
 * +---------------------------------------------------------------+
 * | argsz = 24                                                    |   0
 * +-----------------------------------------------------------+-+-+
 * | 0                                                         |A|D|   4
 * +-----------------------------------------------------------+-+-+
 * | DMA address                                            (u64)  |   8
 * +---------------------------------------------------------------+
 * | size in bytes                                          (u64)  |  16
 * +---------------------------------------------------------------+
 * A all mappings, address and size are 0; D wants a bitmap of dirty pages (not offered)
 * </pre>
 */
final class DmaUnmapLayout {

    /** Bytes of the structure. */
    static final int LENGTH = 24;

    /** Offset of the flags, four bytes. */
    static final int FLAGS = 4;
    /** Offset of the DMA address, eight bytes. */
    static final int ADDRESS = 8;
    /** Offset of the size, eight bytes. */
    static final int SIZE = 16;

    /** Flag: a bitmap of dirty pages is wanted. */
    static final int DIRTY_PAGES = 1;
    /** Flag: all mappings. */
    static final int ALL = 2;

    private DmaUnmapLayout() {
    }
}
