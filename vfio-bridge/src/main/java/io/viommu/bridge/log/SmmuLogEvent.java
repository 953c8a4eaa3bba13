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
 * An SMMUv3 event (IHI 0070 section 7.3): the kernel's dump of four words, or the kernel's decoded lines where the dump
 * is not in the log.
 *
 * @param line
 *            number of the line on which the event starts, from 1
 * @param device
 *            the SMMU as the log names it ({@code arm-smmu-v3.0.auto}, {@code fc900000.iommu}), or null
 * @param id
 *            event number, 8 bits; empty when the log has only a name that is not known
 * @param words
 *            the four words verbatim, or those that were read
 * @param rebuilt
 *            true when the words were not printed but put together from the kernel's decoded lines
 * @param streamId
 *            StreamID, 32 bits unsigned; empty when not printed
 * @param substreamId
 *            SubstreamID, 20 bits; empty when not printed or not valid
 * @param inputAddress
 *            word 2 of the record, whether or not this kind of event has an address there; empty when not printed
 * @param access
 *            from RnW and InD for the kinds of event that have them
 * @param rejection
 *            why the event can't be injected, or null
 */
public record SmmuLogEvent(long line, String device, OptionalInt id, RawWords words, boolean rebuilt,
        OptionalLong streamId, OptionalInt substreamId, OptionalLong inputAddress, LogAccess access,
        String rejection) implements LogFault {
    @Override
    public Kind kind() {
        return Kind.SMMU_EVENT;
    }
}
