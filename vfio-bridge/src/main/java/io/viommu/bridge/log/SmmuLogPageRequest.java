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
package io.viommu.bridge.log;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A page request that the SMMUv3 driver did not expect (IHI 0070 section 8.1), rebuilt from the driver's sentence.
 *
 * @param line
 *            number of the line on which the request starts, from 1
 * @param device
 *            the SMMU as the log names it, or null
 * @param words
 *            the two words of the PRI queue entry; none when rejected
 * @param streamId
 *            StreamID, 32 bits unsigned
 * @param substreamId
 *            SubstreamID, 20 bits; empty when printed as 0, because the driver prints 0 for "none"
 * @param address
 *            page address
 * @param group
 *            page request group index, 9 bits
 * @param last
 *            last request of its group
 * @param rejection
 *            why the request can't be injected, or null
 */
public record SmmuLogPageRequest(long line, String device, RawWords words, OptionalLong streamId,
        OptionalInt substreamId, OptionalLong address, OptionalInt group, boolean last,
        String rejection) implements LogFault {
    @Override
    public Kind kind() {
        return Kind.SMMU_PAGE_REQUEST;
    }
}
