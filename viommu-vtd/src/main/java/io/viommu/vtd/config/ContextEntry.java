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

import static io.viommu.vtd.spec.ContextEntryLayout.AW_MASK;
import static io.viommu.vtd.spec.ContextEntryLayout.DID_SHIFT;
import static io.viommu.vtd.spec.ContextEntryLayout.P;
import static io.viommu.vtd.spec.ContextEntryLayout.RESERVED_0;
import static io.viommu.vtd.spec.ContextEntryLayout.RESERVED_1;
import static io.viommu.vtd.spec.ContextEntryLayout.SSPTPTR;
import static io.viommu.vtd.spec.ContextEntryLayout.TT_DEVICE_TLB;
import static io.viommu.vtd.spec.ContextEntryLayout.TT_PASS_THROUGH;
import static io.viommu.vtd.spec.ContextEntryLayout.TT_SHIFT;
import static io.viommu.vtd.spec.ContextEntryLayout.TT_UNTRANSLATED_ONLY;

import java.nio.ByteOrder;

import org.agrona.DirectBuffer;

import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.ContextEntryLayout;
import io.viommu.vtd.spec.PasidEntryLayout;

/** The rules of a context entry of legacy mode (VT-d 9.3). */
final class ContextEntry {

    static final int LENGTH_SHIFT = ContextEntryLayout.LENGTH_SHIFT;
    static final int LENGTH = ContextEntryLayout.LENGTH;

    private ContextEntry() {
    }

    /** Checks what depends on the entry and the registers alone; once is enough for an entry that is kept. */
    static int check(final VtdContext context, final DirectBuffer bytes, final VtdFault fault) {
        final long low = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long high = bytes.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        if ((low & P) == 0) {
            return fault.raise(FaultReason.LCT_2);
        }
        final int type = type(low);
        final boolean passThrough = type == TT_PASS_THROUGH;
        // The pointer is ignored with pass-through, its bits beyond the host's width included.
        final long reserved = RESERVED_0 | (passThrough ? 0 : context.beyondHost());
        if ((low & reserved) != 0 || (high & RESERVED_1) != 0) {
            return fault.raise(FaultReason.LCT_3);
        }
        // Pass-through has no table, but its width must be the largest there is.
        final boolean widthFits = passThrough
                ? levels(high) == context.capabilities().deepestSecondStage()
                : context.capabilities().secondStageLevels(levels(high));
        return supported(context, type) && widthFits ? VtdFault.NONE : fault.raise(FaultReason.LCT_4);
    }

    /** Fills the configuration from a checked entry, if the request is let through. */
    static int decode(final DmaRequest request, final DirectBuffer bytes, final DeviceConfiguration into,
            final VtdFault fault) {
        final long low = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long high = bytes.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        final int type = type(low);
        if ((request.translated() || request.translation()) && type != TT_DEVICE_TLB) {
            return fault.raise(FaultReason.LCT_5);
        }
        into.legacy(type == TT_PASS_THROUGH ? PasidEntryLayout.PGTT_PASS_THROUGH : PasidEntryLayout.PGTT_SECOND_STAGE,
                (int) (high >>> DID_SHIFT) & 0xFFFF);
        into.secondStage().set(low & SSPTPTR, levels(high), false, true);
        return VtdFault.NONE;
    }

    private static int type(final long low) {
        return (int) (low >>> TT_SHIFT) & 3;
    }

    private static int levels(final long high) {
        return (int) (high & AW_MASK) + 2;
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
