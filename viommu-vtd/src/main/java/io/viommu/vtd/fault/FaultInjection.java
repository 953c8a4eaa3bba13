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

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.LostEventPolicy;
import io.viommu.vtd.page.PageRequestQueue;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.GlobalFields;

/**
 * Takes each fault that the pipeline brings and ends it: in the fault recording registers, in the page request queue,
 * with an automatic answer, or with a reason why the guest doesn't see it. Runs on the injector only.
 */
public final class FaultInjection {

    private final FaultRecordingRegisters faults;
    private final PhysicalFaultPolicy policy;
    private final PageRequestQueue pageRequests;
    private final LostEventPolicy lostEvents;
    private final RemappingState state;
    private final GuestFault fault = new GuestFault();

    /**
     * Makes the intake.
     *
     * @param faults       the fault recording registers.
     * @param policy       says what a guest sees of physical faults.
     * @param pageRequests takes page requests.
     * @param lostEvents   what the guest learns of losses of the host.
     * @param state        tells which mode of tables the guest uses.
     */
    public FaultInjection(final FaultRecordingRegisters faults, final PhysicalFaultPolicy policy,
            final PageRequestQueue pageRequests, final LostEventPolicy lostEvents, final RemappingState state) {
        this.faults = faults;
        this.policy = policy;
        this.pageRequests = pageRequests;
        this.lostEvents = lostEvents;
        this.state = state;
    }

    /**
     * Ends one fault.
     *
     * @param record the fault; it is left as it is.
     * @return how it ended.
     */
    public FaultDisposition inject(final FaultRecord record) {
        return switch (record.kind()) {
            case FaultKind.VTD_FAULT -> record.emulated()
                    ? faults.record(record.word(0), record.word(1))
                    : physical(record);
            case FaultKind.GENERIC -> generic(record);
            case FaultKind.PAGE_REQUEST -> pageRequest(record);
            case FaultKind.LOST_EVENTS -> lost();
            case FaultKind.SMMU_EVENT -> FaultDisposition.WRONG_ARCHITECTURE;
            default -> FaultDisposition.MALFORMED;
        };
    }

    private FaultDisposition physical(final FaultRecord record) {
        fault.set(record.word(0), record.word(1));
        return own(record);
    }

    private FaultDisposition generic(final FaultRecord record) {
        final FaultReason reason = GenericFaults.reasonFor(record,
                state.translationMode() == GlobalFields.TTM_SCALABLE);
        if (reason == null) {
            return FaultDisposition.NOT_REPRESENTABLE;
        }
        GenericFaults.rebuild(record, reason, fault);
        return own(record);
    }

    private FaultDisposition pageRequest(final FaultRecord record) {
        if (pageRequests.offered()) {
            final int requester = PageRequestQueue.requester(record);
            final int refusal = policy.pageRefusal(requester, PageRequestQueue.pasid(record));
            if (refusal > 0) {
                GenericFaults.ofPageRequest(record, refusal, fault);
                faults.record(fault.low, fault.high);
            }
            if (refusal != GuestTables.ALLOWED) {
                return pageRequests.refuse(record);
            }
        }
        return pageRequests.inject(record);
    }

    /** Lets the policy decide whose the fault is, and records it if it is the guest's. */
    private FaultDisposition own(final FaultRecord record) {
        final FaultDisposition verdict = policy.apply(record, fault);
        return verdict == FaultDisposition.DELIVERED ? faults.record(fault.low, fault.high) : verdict;
    }

    /** The guest can be told of a loss only by PFO, and only while a fault is pending. */
    private FaultDisposition lost() {
        return lostEvents == LostEventPolicy.GUEST_OVERFLOW && faults.recordLoss()
                ? FaultDisposition.DELIVERED
                : FaultDisposition.HOST_EVENT;
    }
}
