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
 * A VT-d fault, with its fault recording register rebuilt from the text.
 *
 * @param line
 *            number of the line on which the fault starts, from 1
 * @param kind
 *            {@link LogFault.Kind#VTD_DMA_FAULT} or {@link LogFault.Kind#VTD_INTERRUPT_FAULT}
 * @param words
 *            low and high half of the fault recording register, F set; none when rejected
 * @param requester
 *            the device as printed between the brackets, or null
 * @param segment
 *            PCI segment, 16 bits; only Xen prints one
 * @param sourceId
 *            requester id: bus in bits 15:8, device in 7:3, function in 2:0; empty when not readable
 * @param pasid
 *            PASID, 20 bits; empty when the request had none
 * @param info
 *            fault address as printed, or interrupt index; empty when not readable
 * @param access
 *            direction of a DMA fault
 * @param reason
 *            fault reason, 8 bits; empty when not printed
 * @param reasonText
 *            the reason in words as printed, or null; never to be relied on
 * @param rejection
 *            why the fault can't be injected, or null
 */
public record VtdLogFault(long line, Kind kind, RawWords words, String requester, OptionalInt segment,
        OptionalInt sourceId, OptionalInt pasid, OptionalLong info, LogAccess access, OptionalInt reason,
        String reasonText, String rejection) implements LogFault {
    /** The same fault of a device in a PCI segment. */
    VtdLogFault in(final int pciSegment) {
        return new VtdLogFault(line, kind, words, requester, OptionalInt.of(pciSegment), sourceId, pasid, info, access,
                reason, reasonText, rejection);
    }
}
