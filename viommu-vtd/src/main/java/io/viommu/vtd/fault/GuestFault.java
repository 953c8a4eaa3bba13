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
package io.viommu.vtd.fault;

import io.viommu.iommu.DmaSession;
import io.viommu.vtd.spec.FaultRecordingLayout;

/**
 * A fault on its way into the guest's fault recording registers: the intake fills it from what came in, the policy
 * changes it to what the guest may see, and the intake writes it. Belongs to the injector and is used over and over.
 */
final class GuestFault {

    /** The two words of a fault recording register. */
    long low;
    long high;

    void set(final long lowWord, final long highWord) {
        low = lowWord;
        high = highWord;
    }

    /** Gives it the requester id and the reason that the guest knows; PASID, type and address stay. */
    void rewrite(final int requester, final int reason) {
        high = high & ~(FaultRecordingLayout.SOURCE_ID | FaultRecordingLayout.REASON) | requester
                | (long) reason << FaultRecordingLayout.REASON_SHIFT;
    }

    int reason() {
        return FaultRecordingLayout.reason(high);
    }

    int pasid() {
        return (high & FaultRecordingLayout.PASID_PRESENT) == 0
                ? DmaSession.NO_PASID
                : FaultRecordingLayout.pasid(high);
    }

    /** The access that was blocked, as flags of {@link DmaSession}. */
    int access() {
        int access = (high & FaultRecordingLayout.T1) == 0 ? DmaSession.WRITE : DmaSession.READ;
        if ((high & FaultRecordingLayout.EXECUTE) != 0) {
            access |= DmaSession.EXECUTE;
        }
        if ((high & FaultRecordingLayout.PRIVILEGED) != 0) {
            access |= DmaSession.PRIVILEGED;
        }
        if ((high >>> FaultRecordingLayout.ADDRESS_TYPE_SHIFT & 3) == FaultRecordingLayout.AT_TRANSLATED) {
            access |= DmaSession.TRANSLATED;
        }
        return access;
    }
}
