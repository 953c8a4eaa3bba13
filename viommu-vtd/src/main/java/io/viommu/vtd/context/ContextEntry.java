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

package io.viommu.vtd.context;

import static io.viommu.vtd.layout.ContextEntryLayout.AW_MASK;
import static io.viommu.vtd.layout.ContextEntryLayout.DID_SHIFT;
import static io.viommu.vtd.layout.ContextEntryLayout.FPD;
import static io.viommu.vtd.layout.ContextEntryLayout.P;
import static io.viommu.vtd.layout.ContextEntryLayout.RESERVED_0;
import static io.viommu.vtd.layout.ContextEntryLayout.RESERVED_1;
import static io.viommu.vtd.layout.ContextEntryLayout.SSPTPTR;
import static io.viommu.vtd.layout.ContextEntryLayout.TT_DEVICE_TLB;
import static io.viommu.vtd.layout.ContextEntryLayout.TT_PASS_THROUGH;
import static io.viommu.vtd.layout.ContextEntryLayout.TT_SHIFT;
import static io.viommu.vtd.layout.ContextEntryLayout.TT_UNTRANSLATED_ONLY;

import java.nio.ByteOrder;

import org.agrona.DirectBuffer;

import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.layout.CapabilityFields;
import io.viommu.vtd.layout.ContextEntryLayout;
import io.viommu.vtd.layout.PasidEntryLayout;

/** The rules of a context entry of legacy mode (VT-d 9.3). */
final class ContextEntry {

    static final int LENGTH_SHIFT = ContextEntryLayout.LENGTH_SHIFT;
    static final int LENGTH = ContextEntryLayout.LENGTH;

    private ContextEntry() {
    }

    static int decode(final VtdContext context, final DmaRequest request, final DirectBuffer bytes,
            final DeviceConfiguration into, final VtdFault fault) {
        final long low = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long high = bytes.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        fault.disableIf((low & FPD) != 0);
        if ((low & P) == 0) {
            return fault.raise(FaultReason.LCT_2);
        }
        final int type = (int) (low >>> TT_SHIFT) & 3;
        // The pointer is ignored with pass-through, its bits beyond the host's width included.
        final long reserved = RESERVED_0 | (type == TT_PASS_THROUGH ? 0 : context.beyondHost());
        if ((low & reserved) != 0 || (high & RESERVED_1) != 0) {
            return fault.raise(FaultReason.LCT_3);
        }
        final int levels = (int) (high & AW_MASK) + 2;
        final boolean passThrough = type == TT_PASS_THROUGH;
        // Pass-through has no table, but its width must be the largest there is.
        final boolean widthFits = passThrough
                ? levels == context.capabilities().deepestSecondStage()
                : context.capabilities().secondStageLevels(levels);
        if (!supported(context, type) || !widthFits) {
            return fault.raise(FaultReason.LCT_4);
        }
        if ((request.translated() || request.translation()) && type != TT_DEVICE_TLB) {
            return fault.raise(FaultReason.LCT_5);
        }
        into.legacy(passThrough ? PasidEntryLayout.PGTT_PASS_THROUGH : PasidEntryLayout.PGTT_SECOND_STAGE,
                (int) (high >>> DID_SHIFT) & 0xFFFF);
        into.secondStage().set(low & SSPTPTR, levels, false, true);
        return VtdFault.NONE;
    }

    private static boolean supported(final VtdContext context, final int type) {
        return switch (type) {
            case TT_UNTRANSLATED_ONLY -> true;
            case TT_DEVICE_TLB -> context.has(CapabilityFields.DT);
            case TT_PASS_THROUGH -> context.has(CapabilityFields.PT);
            default -> false;
        };
    }
}
