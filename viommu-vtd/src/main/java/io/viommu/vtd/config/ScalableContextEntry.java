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
package io.viommu.vtd.config;

import java.nio.ByteOrder;

import org.agrona.DirectBuffer;

import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PasidDirectoryEntryLayout;
import io.viommu.vtd.spec.ScalableContextEntryLayout;

/**
 * A context entry of scalable mode (VT-d 9.4), and what it lets through; what makes it wrong stands in
 * {@link ScalableContextRule}. DTE, PASIDE and PRE of a unit that lacks their feature are not checked: they let through
 * what can't come. RID_PASID matters to requests without PASID only; without ECAP.RPS they use PASID 0. One instance
 * belongs to one thread and is used over and over.
 */
final class ScalableContextEntry {

    private DirectBuffer bytes;

    /** Moves to an entry. */
    ScalableContextEntry of(final DirectBuffer entry) {
        bytes = entry;
        return this;
    }

    long word(final int index) {
        return bytes.getLong(index * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    private boolean flag(final long bit) {
        return (word(0) & bit) != 0;
    }

    /** Fills the configuration from a checked entry, if the request is let through. */
    int decode(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        final long word1 = word(1);
        final int ridPasid = context.has(CapabilityFields.RPS)
                ? (int) (word1 & ScalableContextEntryLayout.RID_PASID)
                : 0;
        into.scalable(word(0), word1);
        into.pasid(request.hasPasid() ? request.pasid() : ridPasid,
                (word1 & ScalableContextEntryLayout.RID_PRIV) != 0 && !request.hasPasid());
        final FaultReason refusal = refusal(context, request, ridPasid);
        return refusal == null ? VtdFault.NONE : fault.raise(refusal);
    }

    /** Why the request is not let through, in the architecture's order (7.1.3), or null. */
    private FaultReason refusal(final VtdContext context, final DmaRequest request, final int ridPasid) {
        if (!request.hasPasid() && ridPasid >= pasidLimit()) {
            return FaultReason.SCT_4;
        }
        if ((request.translated() || request.translation())
                && !(flag(ScalableContextEntryLayout.DTE) && context.has(CapabilityFields.DT))) {
            return FaultReason.SCT_5;
        }
        if (request.pageRequest() && !flag(ScalableContextEntryLayout.PRE)) {
            return FaultReason.SCT_8;
        }
        return request.hasPasid() ? pasidRefusal(context, request.pasid()) : null;
    }

    private FaultReason pasidRefusal(final VtdContext context, final int pasid) {
        final int bits = context.capabilities().pasidBits();
        if (!flag(ScalableContextEntryLayout.PASIDE) || bits == 0) {
            return FaultReason.SCT_6;
        }
        if (pasid >>> bits != 0) {
            return FaultReason.SGN_10;
        }
        return pasid < pasidLimit() ? null : FaultReason.SCT_7;
    }

    /** One more than the greatest PASID that the directory has a place for: 2^13 to 2^20. */
    private int pasidLimit() {
        final int entriesLog2 = ((int) (word(0) >>> ScalableContextEntryLayout.PDTS_SHIFT) & 7) + 7;
        return 1 << entriesLog2 + PasidDirectoryEntryLayout.PASIDS_SHIFT;
    }
}
