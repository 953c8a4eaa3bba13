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

package io.viommu.vmm.replay;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;

/**
 * How a fault ended.
 *
 * @param outcome    which of the five ways.
 * @param reason     why, or null for a plain delivery.
 * @param guestWords the record as the guest fetched it, or null.
 * @param count      how many times the same, 1 or more.
 */
record Ending(FaultOutcome outcome, String reason, long[] guestWords, long count) {

    private static final Ending[] BY_DISPOSITION = new Ending[FaultDisposition.values().length];

    static {
        for (final FaultDisposition disposition : FaultDisposition.values()) {
            BY_DISPOSITION[disposition.ordinal()] = new Ending(disposition.outcome(), disposition.reason(), null, 1);
        }
    }

    static Ending of(final FaultDisposition disposition) {
        return BY_DISPOSITION[disposition.ordinal()];
    }

    static Ending delivered(final long[] guestWords) {
        return new Ending(FaultOutcome.DELIVERED, null, guestWords, 1);
    }

    static Ending rejected(final String reason, final long count) {
        return new Ending(FaultOutcome.REJECTED, reason, null, count);
    }
}
