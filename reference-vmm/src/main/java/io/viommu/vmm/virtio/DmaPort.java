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

package io.viommu.vmm.virtio;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The way of an endpoint to memory: through a vIOMMU, or past it. Neither method throws on what a guest did. */
public interface DmaPort {

    /**
     * Reads memory.
     *
     * @param address bus address of the first byte.
     * @param target  takes the bytes from its offset 0 on.
     * @param length  number of bytes, at most the target's capacity.
     * @return false if the read was aborted; the target's bytes are then undefined.
     */
    boolean read(long address, MutableDirectBuffer target, int length);

    /**
     * Writes memory.
     *
     * @param address bus address of the first byte.
     * @param source  gives the bytes from its offset 0 on.
     * @param length  number of bytes, at most the source's capacity.
     * @return false if the write was aborted.
     */
    boolean write(long address, DirectBuffer source, int length);
}
