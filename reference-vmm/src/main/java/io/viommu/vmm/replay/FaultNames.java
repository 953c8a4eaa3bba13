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

import io.viommu.smmu.SmmuEventText;
import io.viommu.smmu.fault.EventType;
import io.viommu.vtd.spec.FaultReason;

/** What the architectures call their events and reasons. */
final class FaultNames {

    private FaultNames() {
    }

    /** The name of an SMMUv3 event. */
    static String event(final int number) {
        return new SmmuEventText(number, 0, 0, 0).name();
    }

    /** Whether word 2 of an SMMUv3 event is the address at fault; taken for granted of events without a name. */
    static boolean hasAddress(final int number) {
        final EventType type = EventType.of(number);
        return type == null || type.word2() != 0;
    }

    /** A VT-d fault reason, as Linux puts it where it has words for it. */
    static String reason(final int code) {
        final FaultReason reason = FaultReason.of(code);
        return reason == null ? "reserved" : reason.conditionCode() + " " + reason.condition();
    }
}
