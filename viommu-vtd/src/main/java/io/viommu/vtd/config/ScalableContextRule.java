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
import io.viommu.vtd.spec.ScalableContextEntryLayout;

/**
 * What makes a context entry of scalable mode wrong whatever is asked, in the architecture's order (VT-d 9.4, 7.1.3).
 */
enum ScalableContextRule {

    /** P is 0. */
    NOT_PRESENT(FaultReason.SCT_2, (entry, _) -> (entry.word(0) & ScalableContextEntryLayout.P) == 0),
    /** A reserved field is not 0. */
    RESERVED(FaultReason.SCT_3, (entry, _) -> (entry.word(0) & ScalableContextEntryLayout.RESERVED_0
            | entry.word(1) & ScalableContextEntryLayout.RESERVED_1 | entry.word(2) | entry.word(3)) != 0),
    /** PASIDDIRPTR is beyond the host's width. */
    POINTER_TOO_WIDE(FaultReason.SCT_3, (entry, context) -> (entry.word(0) & context.beyondHost()) != 0),
    /** RID_PRIV is set without ECAP.RPRIVS. */
    RID_PRIV_NOT_OFFERED(FaultReason.SCT_3, (entry, context) -> (entry.word(1)
            & context.reservedWithout(CapabilityFields.RPRIVS, ScalableContextEntryLayout.RID_PRIV)) != 0),
    /** RID_PASID is not 0 without ECAP.RPS; QEMU ignores it. */
    RID_PASID_NOT_OFFERED(FaultReason.SCT_3, (entry, context) -> !context.likeQemu() && (entry.word(1)
            & context.reservedWithout(CapabilityFields.RPS, ScalableContextEntryLayout.RID_PASID)) != 0);

    private static final ScalableContextRule[] ALL = values();

    private final FaultReason reason;
    private final Check check;

    ScalableContextRule(final FaultReason reason, final Check check) {
        this.reason = reason;
        this.check = check;
    }

    /** The reason of the first rule that an entry breaks, or null. */
    static FaultReason firstBroken(final ScalableContextEntry entry, final VtdContext context) {
        for (final ScalableContextRule rule : ALL) {
            if (rule.check.broken(entry, context)) {
                return rule.reason;
            }
        }
        return null;
    }

    /** Tells whether an entry breaks the rule. */
    @FunctionalInterface
    private interface Check {
        boolean broken(ScalableContextEntry entry, VtdContext context);
    }
}
