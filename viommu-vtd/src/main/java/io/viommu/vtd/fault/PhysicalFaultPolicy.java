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
import io.viommu.fault.FaultRecord;
import io.viommu.vtd.register.RemappingState;

/**
 * What a guest gets to see of a physical fault. The record names the physical unit's reason for the physical unit's
 * tables; the guest must get a reason that its own tables explain, for the requester id it knows, and nothing that
 * tells of the host.
 *
 * <p>Two modes, by {@link FaultRecord#asReported()}:
 * <ul>
 * <li><em>As reported</em>, for replayed logs and tests: the recorded reason stands, under the ownership table of
 * {@link PhysicalOwner}.
 * <li><em>Live</em>: the reason is what the guest's tables say now, and a fault that they don't explain is not
 * reported: a second-stage fault ends as the host's, any other as not reproduced.
 * </ul>
 *
 * <p>A reason of interrupt remapping is the host's in live mode: the guest's devices send by the host's entries, whose
 * numbers tell it nothing, and the guest's own messages are remapped by the model itself. As reported it is shown to a
 * guest that has interrupt remapping on, whose own unit then records just that.
 *
 * <p>Faults that a guest's FPD bits suppress are not reported in either mode. Nothing is written here: the verdict goes
 * back to {@link FaultInjection}, with the fault changed to what the guest is to see.
 */
public final class PhysicalFaultPolicy {

    private final RemappingState state;
    private final GuestTables tables;

    /**
     * Makes the policy of one unit.
     *
     * @param state  tells what the guest has switched on.
     * @param tables the guest's tables.
     */
    public PhysicalFaultPolicy(final RemappingState state, final GuestTables tables) {
        this.state = state;
        this.tables = tables;
    }

    /**
     * Judges a physical fault.
     *
     * @param record where it comes from.
     * @param fault  what the physical unit recorded; changed to what the guest is to see.
     * @return DELIVERED if the guest is to see it, or how it ends.
     */
    FaultDisposition apply(final FaultRecord record, final GuestFault fault) {
        final FaultReason recorded = FaultReason.of(fault.reason());
        if (recorded == null) {
            return FaultDisposition.NOT_REPRESENTABLE;
        }
        if (recorded.interrupt() && record.asReported() && state.interruptRemappingEnabled()) {
            return show(record, fault, recorded.code());
        }
        if (!state.translationEnabled()) {
            return FaultDisposition.TRANSLATION_DISABLED;
        }
        final PhysicalOwner owner = recorded.owner();
        if (!record.asReported() && owner != PhysicalOwner.HOST_INTERRUPT) {
            return rewalk(record, fault, owner);
        }
        if (owner.refusal() != null) {
            return owner.refusal();
        }
        final FaultReason shown = owner.shown(recorded);
        if (shown.qualified() && tables.faultProcessingDisabled(requester(record), fault.pasid())) {
            return FaultDisposition.FAULT_PROCESSING_DISABLED;
        }
        return show(record, fault, shown.code());
    }

    private FaultDisposition rewalk(final FaultRecord record, final GuestFault fault, final PhysicalOwner owner) {
        final int reason = tables.reasonFor(requester(record), fault.pasid(), fault.low, fault.access());
        return switch (reason) {
            case GuestTables.ALLOWED -> owner == PhysicalOwner.HOST_STAGE_2
                    ? FaultDisposition.HOST_STAGE_2
                    : FaultDisposition.NOT_REPRODUCED;
            case GuestTables.SUPPRESSED -> FaultDisposition.FAULT_PROCESSING_DISABLED;
            default -> show(record, fault, reason);
        };
    }

    private static FaultDisposition show(final FaultRecord record, final GuestFault fault, final int reason) {
        fault.rewrite(requester(record), reason);
        return FaultDisposition.DELIVERED;
    }

    private static int requester(final FaultRecord record) {
        return record.guestDevice() & 0xFFFF;
    }
}
