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

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultOutlet;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.OutgoingFault;
import io.viommu.iommu.DmaSession;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.FaultRecordingLayout;

/**
 * Turns a fault of the unit's own walks into the two words of a fault recording register, and hands them to the one
 * injector that records (VT-d 7.2.1). Belongs to one thread.
 */
public final class FaultReporter {

    private final OutgoingFault outgoing;

    /**
     * Makes the reporter of one thread.
     *
     * @param outlet leads to the pipeline.
     */
    public FaultReporter(final FaultOutlet outlet) {
        this.outgoing = new OutgoingFault(outlet);
    }

    /**
     * Reports an address translation fault.
     *
     * @param address where the request went; its page is recorded.
     * @param high    requester, PASID and kind of the request, laid out as in the high word.
     * @param reason  why it was blocked.
     */
    public void report(final long address, final long high, final FaultReason reason) {
        publish(address & FaultRecordingLayout.FAULT_INFO, high, reason);
    }

    /**
     * Reports an interrupt remapping fault.
     *
     * @param index    interrupt index, 16 bits.
     * @param sourceId requester, 16 bits.
     * @param reason   why it was blocked.
     */
    public void reportInterrupt(final int index, final int sourceId, final FaultReason reason) {
        publish((long) index << FaultRecordingLayout.INTERRUPT_INDEX_SHIFT, sourceId & FaultRecordingLayout.SOURCE_ID,
                reason);
    }

    private void publish(final long low, final long kind, final FaultReason reason) {
        final long high = kind | (long) reason.code() << FaultRecordingLayout.REASON_SHIFT;
        final int pasid = (high & FaultRecordingLayout.PASID_PRESENT) != 0
                ? FaultRecordingLayout.pasid(high)
                : DmaSession.NO_PASID;
        final FaultRecord record = outgoing.open(FaultKind.VTD_FAULT, FaultRecordingLayout.sourceId(high), pasid);
        if (record != null) {
            record.word(0, low).word(1, high);
            outgoing.send();
        }
    }
}
