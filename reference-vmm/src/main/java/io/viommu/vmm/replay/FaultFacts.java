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

package io.viommu.vmm.replay;

import io.viommu.bridge.log.LogAccess;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.SmmuLogEvent;
import io.viommu.bridge.log.SmmuLogPageRequest;
import io.viommu.bridge.log.VtdLogFault;

/**
 * A fault of a log in the words of a report; what a kind of fault doesn't have is null.
 *
 * @param architecture   {@code smmuv3} or {@code vtd}.
 * @param event          number of an SMMUv3 event.
 * @param reasonCode     VT-d fault reason.
 * @param name           the architecture's name of event or reason.
 * @param streamId       SMMUv3.
 * @param substreamId    SMMUv3.
 * @param requester      VT-d: bus, device and function.
 * @param pasid          VT-d.
 * @param address        the address at fault.
 * @param interruptIndex VT-d interrupt remapping: index of the table entry.
 * @param access         {@code R}, {@code W} or {@code X}.
 */
record FaultFacts(String architecture, String event, String reasonCode, String name, String streamId,
        String substreamId, String requester, String pasid, String address, String interruptIndex, String access) {

    static FaultFacts of(final LogFault fault) {
        return switch (fault) {
            case final SmmuLogEvent event -> smmu(event);
            case final SmmuLogPageRequest request -> new FaultFacts("smmuv3", null, null, "PAGE_REQUEST",
                    request.streamId().isPresent() ? hex(request.streamId().getAsLong()) : null,
                    request.substreamId().isPresent() ? hex(request.substreamId().getAsInt()) : null, null, null,
                    request.address().isPresent() ? hex(request.address().getAsLong()) : null, null, null);
            case final VtdLogFault vtd -> vtd(vtd);
        };
    }

    private static FaultFacts smmu(final SmmuLogEvent fault) {
        final boolean hasId = fault.id().isPresent();
        final boolean hasAddress = fault.inputAddress().isPresent()
                && (!hasId || FaultNames.hasAddress(fault.id().getAsInt()));
        return new FaultFacts("smmuv3", hasId ? "0x%02x".formatted(fault.id().getAsInt()) : null, null,
                hasId ? FaultNames.event(fault.id().getAsInt()) : null,
                fault.streamId().isPresent() ? hex(fault.streamId().getAsLong()) : null,
                fault.substreamId().isPresent() ? hex(fault.substreamId().getAsInt()) : null, null, null,
                hasAddress ? hex(fault.inputAddress().getAsLong()) : null, null, access(fault.access()));
    }

    private static FaultFacts vtd(final VtdLogFault fault) {
        final boolean isInterrupt = fault.kind() == LogFault.Kind.VTD_INTERRUPT_FAULT;
        final String info = fault.info().isPresent() ? hex(fault.info().getAsLong()) : null;
        return new FaultFacts("vtd", null,
                fault.reason().isPresent() ? "0x%02x".formatted(fault.reason().getAsInt()) : null,
                fault.reason().isPresent() ? FaultNames.reason(fault.reason().getAsInt()) : null, null, null,
                fault.sourceId().isPresent()
                        ? bdf(fault.segment().orElse(0) << 16 | fault.sourceId().getAsInt())
                        : fault.requester(),
                fault.pasid().isPresent() ? hex(fault.pasid().getAsInt()) : null, isInterrupt ? null : info,
                isInterrupt ? info : null, access(fault.access()));
    }

    private static String access(final LogAccess access) {
        return switch (access) {
            case READ -> "R";
            case WRITE -> "W";
            case EXECUTE -> "X";
            case UNKNOWN -> null;
        };
    }

    /** A PCI requester id as people write it, with the segment in front if it isn't 0. */
    static String bdf(final int device) {
        final String function = "%02x:%02x.%x".formatted(device >>> 8 & 0xFF, device >>> 3 & 0x1F, device & 7);
        return device >>> 16 == 0 ? function : "%04x:%s".formatted(device >>> 16, function);
    }

    private static String hex(final long value) {
        return "0x" + Long.toHexString(value);
    }
}
