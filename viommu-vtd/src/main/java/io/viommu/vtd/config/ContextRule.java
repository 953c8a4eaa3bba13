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
import io.viommu.vtd.spec.ContextEntryLayout;
import io.viommu.vtd.spec.FaultReason;

/** What makes a context entry of legacy mode wrong, in the architecture's order (VT-d 9.3, 7.1.3). */
enum ContextRule {

    /** P is 0. */
    NOT_PRESENT(FaultReason.LCT_2, (entry, _) -> (entry.low() & ContextEntryLayout.P) == 0),
    /** A reserved field is not 0. */
    RESERVED(FaultReason.LCT_3, (entry, _) -> (entry.low() & ContextEntryLayout.RESERVED_0) != 0
            || (entry.high() & ContextEntryLayout.RESERVED_1) != 0),
    /** SSPTPTR is beyond the host's width; pass-through ignores it. */
    POINTER_TOO_WIDE(FaultReason.LCT_3, (entry, context) -> !entry.passThrough()
            && (entry.low() & ContextEntryLayout.SSPTPTR & context.beyondHost()) != 0),
    /** TT chooses a translation type that is not offered. */
    TYPE_NOT_OFFERED(FaultReason.LCT_4, (entry, context) -> !offered(entry.type(), context)),
    /** AW chooses tables that are not offered. */
    WIDTH_NOT_OFFERED(FaultReason.LCT_4, (entry, context) -> !entry.passThrough()
            && !context.capabilities().secondStageLevels(entry.levels())),
    /** Pass-through has no table, but its AW must be the largest there is. */
    PASS_THROUGH_WIDTH(FaultReason.LCT_4, (entry, context) -> entry.passThrough()
            && entry.levels() != context.capabilities().deepestSecondStage());

    private static final ContextRule[] ALL = values();

    private final FaultReason reason;
    private final Check check;

    ContextRule(final FaultReason reason, final Check check) {
        this.reason = reason;
        this.check = check;
    }

    private static boolean offered(final int type, final VtdContext context) {
        return switch (type) {
            case ContextEntryLayout.TT_UNTRANSLATED_ONLY -> true;
            case ContextEntryLayout.TT_DEVICE_TLB -> context.has(CapabilityFields.DT);
            case ContextEntryLayout.TT_PASS_THROUGH -> context.has(CapabilityFields.PT);
            default -> false;
        };
    }

    /** The reason of the first rule that an entry breaks, or null. */
    static FaultReason firstBroken(final ContextEntry entry, final VtdContext context) {
        for (final ContextRule rule : ALL) {
            if (rule.check.broken(entry, context)) {
                return rule.reason;
            }
        }
        return null;
    }

    /** Tells whether an entry breaks the rule. */
    @FunctionalInterface
    private interface Check {
        boolean broken(ContextEntry entry, VtdContext context);
    }
}
