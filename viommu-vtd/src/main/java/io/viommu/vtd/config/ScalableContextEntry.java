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

import static io.viommu.vtd.spec.ScalableContextEntryLayout.DTE;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.P;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.PASIDE;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.PDTS_SHIFT;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.PRE;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.RESERVED_0;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.RESERVED_1;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.RID_PASID;
import static io.viommu.vtd.spec.ScalableContextEntryLayout.RID_PRIV;

import java.nio.ByteOrder;

import org.agrona.DirectBuffer;

import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.PasidDirectoryEntryLayout;

/**
 * The rules of a context entry of scalable mode (VT-d 9.4). DTE, PASIDE and PRE of a unit that lacks their feature are
 * not checked: they let through what can't come. RID_PASID matters to requests without PASID only; without ECAP.RPS
 * they use PASID 0, and the field is reserved, or ignored where QEMU does so.
 */
final class ScalableContextEntry {

    private ScalableContextEntry() {
    }

    /** Checks what depends on the entry and the registers alone; once is enough for an entry that is kept. */
    static int check(final VtdContext context, final DirectBuffer bytes, final VtdFault fault) {
        final long word0 = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        if ((word0 & P) == 0) {
            return fault.raise(FaultReason.SCT_2);
        }
        final long reserved1 = RESERVED_1 | context.reservedWithout(CapabilityFields.RPRIVS, RID_PRIV)
                | (context.likeQemu() ? 0 : context.reservedWithout(CapabilityFields.RPS, RID_PASID));
        final long reserved = word0 & (RESERVED_0 | context.beyondHost())
                | bytes.getLong(8, ByteOrder.LITTLE_ENDIAN) & reserved1 | bytes.getLong(16) | bytes.getLong(24);
        return reserved == 0 ? VtdFault.NONE : fault.raise(FaultReason.SCT_3);
    }

    /** Fills the configuration from a checked entry, if the request is let through. */
    static int decode(final VtdContext context, final DmaRequest request, final DirectBuffer bytes,
            final DeviceConfiguration into, final VtdFault fault) {
        final long word0 = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long word1 = bytes.getLong(8, ByteOrder.LITTLE_ENDIAN);
        final int ridPasid = context.has(CapabilityFields.RPS) ? (int) (word1 & RID_PASID) : 0;
        final int limit = pasidLimit(word0);
        into.scalable(word0, word1);
        into.pasid(request.hasPasid() ? request.pasid() : ridPasid, (word1 & RID_PRIV) != 0 && !request.hasPasid());
        return admit(context, request, word0, ridPasid, limit, fault);
    }

    private static int admit(final VtdContext context, final DmaRequest request, final long word0, final int ridPasid,
            final int limit, final VtdFault fault) {
        if (!request.hasPasid() && ridPasid >= limit) {
            return fault.raise(FaultReason.SCT_4);
        }
        if ((request.translated() || request.translation())
                && !((word0 & DTE) != 0 && context.has(CapabilityFields.DT))) {
            return fault.raise(FaultReason.SCT_5);
        }
        if (request.pageRequest() && (word0 & PRE) == 0) {
            return fault.raise(FaultReason.SCT_8);
        }
        if (!request.hasPasid()) {
            return VtdFault.NONE;
        }
        final int bits = context.capabilities().pasidBits();
        if ((word0 & PASIDE) == 0 || bits == 0) {
            return fault.raise(FaultReason.SCT_6);
        }
        if (request.pasid() >>> bits != 0) {
            return fault.raise(FaultReason.SGN_10);
        }
        return request.pasid() < limit ? VtdFault.NONE : fault.raise(FaultReason.SCT_7);
    }

    /** One more than the greatest PASID that the directory has a place for: 2^13 to 2^20. */
    static int pasidLimit(final long word0) {
        return 1 << ((int) (word0 >>> PDTS_SHIFT) & 7) + 7 + PasidDirectoryEntryLayout.PASIDS_SHIFT;
    }
}
