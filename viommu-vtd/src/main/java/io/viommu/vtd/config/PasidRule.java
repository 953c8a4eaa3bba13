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

import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * What makes a PASID table entry wrong whatever is asked, in the architecture's order (VT-d 9.6, 7.1.3). A switch of a
 * feature that the unit lacks is reserved. The pointer and the width of a stage that the unit lacks are not, so that
 * PGTT is what gets the blame; Linux fills AW for first-stage entries too.
 */
enum PasidRule {

    /** P is 0. */
    NOT_PRESENT(FaultReason.SPT_2, (entry, _) -> (entry.word(0) & PasidEntryLayout.P) == 0),
    /** A reserved field is not 0. */
    RESERVED(FaultReason.SPT_3, (entry, _) -> entry.reservedFields()),
    /** SSPTPTR or FSPTPTR is beyond the host's width. */
    POINTER_TOO_WIDE(FaultReason.SPT_3, (entry, context) -> ((entry.word(0) | entry.word(2))
            & context.beyondHost()) != 0),
    /** SSADE is set without ECAP.SSADS. */
    SECOND_STAGE_FLAGS_NOT_OFFERED(FaultReason.SPT_3, set(0, PasidEntryLayout.SSADE, CapabilityFields.SSADS)),
    /** PWSNP is set without ECAP.SMPWCS. */
    SNOOPED_WALKS_NOT_OFFERED(FaultReason.SPT_3, set(1, PasidEntryLayout.PWSNP, CapabilityFields.SMPWCS)),
    /** PGSNP is set without ECAP.SC. */
    SNOOPED_PAGES_NOT_OFFERED(FaultReason.SPT_3, set(1, PasidEntryLayout.PGSNP, CapabilityFields.SC)),
    /** SRE is set without ECAP.SRS. */
    SUPERVISOR_REQUESTS_NOT_OFFERED(FaultReason.SPT_3, set(2, PasidEntryLayout.SRE, CapabilityFields.SRS)),
    /** ERE is set without ECAP.ERS. */
    EXECUTE_REQUESTS_NOT_OFFERED(FaultReason.SPT_3, set(2, PasidEntryLayout.ERE, CapabilityFields.ERS)),
    /** EAFE is set without ECAP.EAFS. */
    EXTENDED_ACCESSED_FLAG_NOT_OFFERED(FaultReason.SPT_3, set(2, PasidEntryLayout.EAFE, CapabilityFields.EAFS)),
    /** PGTT chooses a type that is not offered. */
    TYPE_NOT_OFFERED(FaultReason.SPT_4, (entry, context) -> !offered(entry.type(), context)),
    /** FSPM chooses a paging mode that is not offered, and a first stage translates. */
    PAGING_MODE_NOT_OFFERED(FaultReason.SPT_4, (entry, context) -> entry.firstStage()
            && entry.pagingMode() != PasidEntryLayout.FSPM_4_LEVELS
            && !(entry.pagingMode() == PasidEntryLayout.FSPM_5_LEVELS
                    && context.capabilities().has(CapabilityFields.FS5LP))),
    /** AW chooses tables that are not offered, and a second stage translates. */
    WIDTH_NOT_OFFERED(FaultReason.SPT_4, (entry, context) -> entry.secondStage()
            && !context.capabilities().secondStageLevels(entry.secondLevels()));

    private static final PasidRule[] ALL = values();

    private final FaultReason reason;
    private final Check check;

    PasidRule(final FaultReason reason, final Check check) {
        this.reason = reason;
        this.check = check;
    }

    private static Check set(final int word, final long bit, final long feature) {
        return (entry, context) -> (entry.word(word) & bit) != 0 && !context.has(feature);
    }

    private static boolean offered(final int type, final VtdContext context) {
        return switch (type) {
            case PasidEntryLayout.PGTT_FIRST_STAGE -> context.has(CapabilityFields.FSTS);
            case PasidEntryLayout.PGTT_SECOND_STAGE -> context.has(CapabilityFields.SSTS);
            case PasidEntryLayout.PGTT_NESTED -> context.has(CapabilityFields.FSTS)
                    && context.has(CapabilityFields.SSTS) && context.has(CapabilityFields.NEST);
            case PasidEntryLayout.PGTT_PASS_THROUGH -> context.has(CapabilityFields.PT);
            default -> false;
        };
    }

    /** The reason of the first rule that an entry breaks, or null. */
    static FaultReason firstBroken(final PasidEntry entry, final VtdContext context) {
        for (final PasidRule rule : ALL) {
            if (rule.check.broken(entry, context)) {
                return rule.reason;
            }
        }
        return null;
    }

    /** Tells whether an entry breaks the rule. */
    @FunctionalInterface
    private interface Check {
        boolean broken(PasidEntry entry, VtdContext context);
    }
}
