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
 * Request of DMA_MAP, after the head; the file that holds the memory may come as a descriptor. The reply is a head.
 *
 * <pre>
 * +---------------------------------------------------------------+
 * | argsz = 32                                                    |   0
 * +-----------------------------------------------------------+-+-+
 * | 0                                                         |W|R|   4
 * +-----------------------------------------------------------+-+-+
 * | offset in the file                                     (u64)  |   8
 * +---------------------------------------------------------------+
 * | DMA address: without an IOMMU a guest physical address (u64)  |  16
 * +---------------------------------------------------------------+
 * | size in bytes                                          (u64)  |  24
 * +---------------------------------------------------------------+
 * </pre>
 */
final class DmaMapLayout {

    /** Bytes of the structure. */
    static final int LENGTH = 32;

    /** Offset of the flags, four bytes. */
    static final int FLAGS = 4;
    /** Offset of the place in the file, eight bytes. */
    static final int OFFSET = 8;
    /** Offset of the DMA address, eight bytes. */
    static final int ADDRESS = 16;
    /** Offset of the size, eight bytes. */
    static final int SIZE = 24;

    /** Flag: the device may read. */
    static final int READ = 1;
    /** Flag: the device may write. */
    static final int WRITE = 2;

    private DmaMapLayout() {
    }
}
