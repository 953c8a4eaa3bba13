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

import io.viommu.vtd.spec.ContextEntryLayout;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * A context entry of legacy mode (VT-d 9.3); what makes it wrong stands in {@link ContextRule}. One instance belongs to
 * one thread and is used over and over.
 */
final class ContextEntry {

    private long low;
    private long high;

    /** Takes a copy of an entry. */
    ContextEntry of(final DirectBuffer bytes) {
        low = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
        high = bytes.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        return this;
    }

    long low() {
        return low;
    }

    long high() {
        return high;
    }

    int type() {
        return (int) (low >>> ContextEntryLayout.TT_SHIFT) & 3;
    }

    boolean passThrough() {
        return type() == ContextEntryLayout.TT_PASS_THROUGH;
    }

    int levels() {
        return (int) (high & ContextEntryLayout.AW_MASK) + 2;
    }

    /** Fills the configuration from a checked entry, if the request is let through. */
    int decode(final DmaRequest request, final DeviceConfiguration into, final VtdFault fault) {
        if ((request.translated() || request.translation()) && type() != ContextEntryLayout.TT_DEVICE_TLB) {
            return fault.raise(FaultReason.LCT_5);
        }
        into.legacy(passThrough() ? PasidEntryLayout.PGTT_PASS_THROUGH : PasidEntryLayout.PGTT_SECOND_STAGE,
                (int) (high >>> ContextEntryLayout.DID_SHIFT) & 0xFFFF);
        into.secondStage().set(low & ContextEntryLayout.SSPTPTR, levels(), false, true);
        return VtdFault.NONE;
    }
}
