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
package io.viommu.smmu.config;

import org.agrona.MutableDirectBuffer;

/**
 * Reads context descriptors and their level-1 descriptors: from IPAs where the stream has a stage 2, else from physical
 * addresses (IHI 0070, 5.2, S1ContextPtr).
 */
@FunctionalInterface
public interface ContextMemory {

    /**
     * Reads a structure; it never crosses a page.
     *
     * @param stream  whose stage 2 applies.
     * @param address of the structure.
     * @param target  where its bytes go, from offset 0.
     * @param length  8 or 64.
     * @param fault   filled if it can't be read: a stage-2 fault with CLASS CD, or F_CD_FETCH.
     * @return {@link SmmuFault#NONE} or the number of the event.
     */
    int read(StreamConfiguration stream, long address, MutableDirectBuffer target, int length, SmmuFault fault);
}
