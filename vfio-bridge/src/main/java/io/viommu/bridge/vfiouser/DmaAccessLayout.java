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
 * Request and reply of DMA_READ and DMA_WRITE, after the head. These go from the server to the client.
 *
 * <pre>
 * +---------------------------------------------------------------+
 * | DMA address                                            (u64)  |   0
 * +---------------------------------------------------------------+
 * | count: bytes of data                                   (u64)  |   8
 * +---------------------------------------------------------------+
 * | data: in a read's reply and in a write's request              |  16
 * +---------------------------------------------------------------+
 * </pre>
 */
final class DmaAccessLayout {

    /** Bytes before the data. */
    static final int LENGTH = 16;

    /** Offset of the DMA address, eight bytes. */
    static final int ADDRESS = 0;
    /** Offset of the byte count, eight bytes: QEMU before 11 had four bytes here, and data after them. */
    static final int COUNT = 8;
    /** Offset of the data. */
    static final int DATA = 16;

    private DmaAccessLayout() {
    }
}
