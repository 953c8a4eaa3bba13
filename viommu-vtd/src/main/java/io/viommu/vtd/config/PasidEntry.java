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

import static io.viommu.vtd.spec.PasidEntryLayout.AW_SHIFT;
import static io.viommu.vtd.spec.PasidEntryLayout.DID;
import static io.viommu.vtd.spec.PasidEntryLayout.EAFE;
import static io.viommu.vtd.spec.PasidEntryLayout.ERE;
import static io.viommu.vtd.spec.PasidEntryLayout.FPD;
import static io.viommu.vtd.spec.PasidEntryLayout.FSPM_5_LEVELS;
import static io.viommu.vtd.spec.PasidEntryLayout.FSPM_SHIFT;
import static io.viommu.vtd.spec.PasidEntryLayout.FSPTPTR;
import static io.viommu.vtd.spec.PasidEntryLayout.LENGTH;
import static io.viommu.vtd.spec.PasidEntryLayout.NXE;
import static io.viommu.vtd.spec.PasidEntryLayout.P;
import static io.viommu.vtd.spec.PasidEntryLayout.PGSNP;
import static io.viommu.vtd.spec.PasidEntryLayout.PGTT_FIRST_STAGE;
import static io.viommu.vtd.spec.PasidEntryLayout.PGTT_NESTED;
import static io.viommu.vtd.spec.PasidEntryLayout.PGTT_PASS_THROUGH;
import static io.viommu.vtd.spec.PasidEntryLayout.PGTT_SECOND_STAGE;
import static io.viommu.vtd.spec.PasidEntryLayout.PGTT_SHIFT;
import static io.viommu.vtd.spec.PasidEntryLayout.PWSNP;
import static io.viommu.vtd.spec.PasidEntryLayout.RESERVED_0;
import static io.viommu.vtd.spec.PasidEntryLayout.RESERVED_1;
import static io.viommu.vtd.spec.PasidEntryLayout.RESERVED_2;
import static io.viommu.vtd.spec.PasidEntryLayout.SMEP;
import static io.viommu.vtd.spec.PasidEntryLayout.SRE;
import static io.viommu.vtd.spec.PasidEntryLayout.SSADE;
import static io.viommu.vtd.spec.PasidEntryLayout.SSPTPTR;
import static io.viommu.vtd.spec.PasidEntryLayout.WORDS;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.spec.CapabilityFields;

/**
 * A private copy of one PASID table entry, read once, since the guest may change the original at any time, and its
 * rules (VT-d 9.6). One instance belongs to one thread.
 *
 * <p>A switch of a feature that the unit lacks is reserved. The pointer and the width of a stage that the unit lacks
 * are not, so that PGTT is what gets the blame; Linux fills AW for first-stage entries too.
 */
final class PasidEntry {

    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH));

    private boolean directoryDisabled;

    UnsafeBuffer bytes() {
        return bytes;
    }

    /** Takes note of FPD in the directory entry that leads here, which belongs to what is kept. */
    void disabledByDirectory(final boolean fpd) {
        directoryDisabled = fpd;
    }

    private long word(final int index) {
        return bytes.getLong(index * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** Notes FPD, which counts whether the entry is valid or not. */
    void disable(final VtdFault fault) {
        fault.disableIf(directoryDisabled || (word(0) & FPD) != 0);
    }

    /** Checks what depends on the entry and the registers alone; once is enough for an entry that is kept. */
    int check(final VtdContext context, final VtdFault fault) {
        if ((word(0) & P) == 0) {
            return fault.raise(FaultReason.SPT_2);
        }
        if (reservedBits(context) != 0) {
            return fault.raise(FaultReason.SPT_3);
        }
        return programmed(context, type(), secondLevels(), paging())
                ? VtdFault.NONE
                : fault.raise(FaultReason.SPT_4);
    }

    /** Completes the configuration by a checked entry, if the request is let through. */
    int decode(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        final long word1 = word(1);
        into.translation(type(), (int) (word1 & DID), effectiveFlags(context));
        if (into.firstStageUsed()) {
            if (request.executes() && !into.firstStageFlag(ERE)) {
                return fault.raise(FaultReason.SPT_5);
            }
            if ((request.privileged() || into.ridPrivileged()) && !into.firstStageFlag(SRE)) {
                return fault.raise(FaultReason.SPT_6);
            }
        }
        final long word0 = word(0);
        final boolean coherent = (word1 & PWSNP) != 0;
        into.secondStage().set(word0 & SSPTPTR, secondLevels(), (word0 & SSADE) != 0, coherent);
        // A unit that can't be told whether to snoop always keeps the flags of a first stage.
        into.firstStage().set(word(2) & FSPTPTR, paging() == FSPM_5_LEVELS ? 5 : 4, true,
                coherent || !context.has(CapabilityFields.SMPWCS));
        return VtdFault.NONE;
    }

    private int type() {
        return (int) (word(0) >>> PGTT_SHIFT) & 7;
    }

    private int secondLevels() {
        return ((int) (word(0) >>> AW_SHIFT) & 7) + 2;
    }

    private int paging() {
        return (int) (word(2) >>> FSPM_SHIFT) & 3;
    }

    private long reservedBits(final VtdContext context) {
        final long beyond = context.beyondHost();
        long bits = word(0) & (RESERVED_0 | beyond | context.reservedWithout(CapabilityFields.SSADS, SSADE));
        bits |= word(1) & (RESERVED_1 | context.reservedWithout(CapabilityFields.SMPWCS, PWSNP)
                | context.reservedWithout(CapabilityFields.SC, PGSNP));
        bits |= word(2) & (RESERVED_2 | beyond | context.reservedWithout(CapabilityFields.SRS, SRE)
                | context.reservedWithout(CapabilityFields.ERS, ERE)
                | context.reservedWithout(CapabilityFields.EAFS, EAFE));
        for (int i = 3; i < WORDS; i++) {
            bits |= word(i);
        }
        return bits;
    }

    private static boolean programmed(final VtdContext context, final int type, final int secondLevels,
            final int paging) {
        final boolean first = context.has(CapabilityFields.FSTS) && (paging == 0
                || paging == FSPM_5_LEVELS && context.capabilities().has(CapabilityFields.FS5LP));
        final boolean second = context.has(CapabilityFields.SSTS)
                && context.capabilities().secondStageLevels(secondLevels);
        return switch (type) {
            case PGTT_FIRST_STAGE -> first;
            case PGTT_SECOND_STAGE -> second;
            case PGTT_NESTED -> first && second && context.has(CapabilityFields.NEST);
            case PGTT_PASS_THROUGH -> context.has(CapabilityFields.PT);
            default -> false;
        };
    }

    /** Without execute requests NXE and SMEP are ignored. */
    private long effectiveFlags(final VtdContext context) {
        return word(2) & ~context.reservedWithout(CapabilityFields.ERS, NXE | SMEP);
    }
}
