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

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * A private copy of one PASID table entry (VT-d 9.6), read once, since the guest may change the original at any time;
 * what makes it wrong stands in {@link PasidRule}. One instance belongs to one thread.
 */
final class PasidEntry {

    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(PasidEntryLayout.LENGTH));

    private boolean directoryDisabled;

    UnsafeBuffer bytes() {
        return bytes;
    }

    /** Takes note of FPD in the directory entry that leads here, which belongs to what is kept. */
    void disabledByDirectory(final boolean fpd) {
        directoryDisabled = fpd;
    }

    long word(final int index) {
        return bytes.getLong(index * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** Notes FPD, which counts whether the entry is valid or not. */
    void disable(final VtdFault fault) {
        fault.disableIf(directoryDisabled || (word(0) & PasidEntryLayout.FPD) != 0);
    }

    /** Checks what depends on the entry and the registers alone; once is enough for an entry that is kept. */
    int check(final VtdContext context, final VtdFault fault) {
        final FaultReason broken = PasidRule.firstBroken(this, context);
        return broken == null ? VtdFault.NONE : fault.raise(broken);
    }

    /** Completes the configuration by a checked entry, if the request is let through. */
    int decode(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        final long word1 = word(1);
        into.translation(type(), (int) (word1 & PasidEntryLayout.DID), effectiveFlags(context));
        if (into.firstStageUsed()) {
            if (request.executes() && !into.firstStageFlag(PasidEntryLayout.ERE)) {
                return fault.raise(FaultReason.SPT_5);
            }
            if ((request.privileged() || into.ridPrivileged()) && !into.firstStageFlag(PasidEntryLayout.SRE)) {
                return fault.raise(FaultReason.SPT_6);
            }
        }
        final long word0 = word(0);
        final boolean coherent = (word1 & PasidEntryLayout.PWSNP) != 0;
        into.secondStage().set(word0 & PasidEntryLayout.SSPTPTR, secondLevels(), (word0 & PasidEntryLayout.SSADE) != 0,
                coherent);
        // A unit that can't be told whether to snoop always keeps the flags of a first stage.
        into.firstStage().set(word(2) & PasidEntryLayout.FSPTPTR,
                pagingMode() == PasidEntryLayout.FSPM_5_LEVELS ? 5 : 4, true,
                coherent || !context.has(CapabilityFields.SMPWCS));
        return VtdFault.NONE;
    }

    int type() {
        return (int) (word(0) >>> PasidEntryLayout.PGTT_SHIFT) & 7;
    }

    boolean firstStage() {
        return type() == PasidEntryLayout.PGTT_FIRST_STAGE || type() == PasidEntryLayout.PGTT_NESTED;
    }

    boolean secondStage() {
        return type() == PasidEntryLayout.PGTT_SECOND_STAGE || type() == PasidEntryLayout.PGTT_NESTED;
    }

    int secondLevels() {
        return ((int) (word(0) >>> PasidEntryLayout.AW_SHIFT) & 7) + 2;
    }

    int pagingMode() {
        return (int) (word(2) >>> PasidEntryLayout.FSPM_SHIFT) & 3;
    }

    /** Whether a field is set that is reserved in every unit. */
    boolean reservedFields() {
        long bits = word(0) & PasidEntryLayout.RESERVED_0 | word(1) & PasidEntryLayout.RESERVED_1
                | word(2) & PasidEntryLayout.RESERVED_2;
        for (int i = 3; i < PasidEntryLayout.WORDS; i++) {
            bits |= word(i);
        }
        return bits != 0;
    }

    /** Without execute requests NXE and SMEP are ignored. */
    private long effectiveFlags(final VtdContext context) {
        return word(2) & ~context.reservedWithout(CapabilityFields.ERS, PasidEntryLayout.NXE | PasidEntryLayout.SMEP);
    }
}
