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
import io.viommu.iommu.DmaSession;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.spec.FaultRecordingLayout;
import io.viommu.vtd.spec.GlobalFields;

/**
 * What a guest gets to see of a physical fault. The record names the physical unit's reason for the physical unit's
 * tables; the guest must get a reason that its own tables explain, for the requester id it knows, and nothing that
 * tells of the host.
 *
 * <p>Two modes, by {@link FaultRecord#asReported()}:
 * <ul>
 * <li><em>As reported</em>, for replayed logs and tests: the recorded reason stands, under the ownership table of
 * {@link PhysicalOwner}.
 * <li><em>Live</em>: with {@link GuestTables} to walk, the reason is what the guest's tables say now, and a fault that
 * they don't explain is not reported: a second-stage fault ends as the host's, any other as not reproduced. Without
 * such tables a live fault is treated as a reported one.
 * </ul>
 *
 * <p>A reason of interrupt remapping is the host's in live mode: the guest's devices send by the host's entries, whose
 * numbers tell it nothing, and the guest's own messages are remapped by the model itself. As reported it is shown to a
 * guest that has interrupt remapping on, whose own unit then records just that.
 *
 * <p>Faults that a guest's FPD bits suppress are not reported in either mode, as far as there are tables to ask.
 */
public final class PhysicalFaultPolicy {

    private final RemappingState state;
    private final FaultRecordingRegisters target;
    private GuestTables tables;

    /**
     * Makes the policy of one unit.
     *
     * @param state  tells which mode of tables the guest uses.
     * @param target where reported faults go.
     */
    public PhysicalFaultPolicy(final RemappingState state, final FaultRecordingRegisters target) {
        this.state = state;
        this.target = target;
    }

    /**
     * Gives the policy tables to walk. Called before the first fault.
     *
     * @param guestTables the guest's tables.
     */
    public void use(final GuestTables guestTables) {
        this.tables = guestTables;
    }

    /**
     * Injects a raw fault recording register.
     *
     * @param record of kind VTD_FAULT.
     * @return how it ended.
     */
    public FaultDisposition injectRaw(final FaultRecord record) {
        final long low = record.word(0);
        final long high = record.word(1);
        final FaultReason recorded = FaultReason.of(FaultRecordingLayout.reason(high));
        if (recorded == null) {
            return FaultDisposition.NOT_REPRESENTABLE;
        }
        return decide(record, recorded, low, high);
    }

    /**
     * Injects a fault in the architecture-neutral form.
     *
     * @param record of kind GENERIC.
     * @return how it ended.
     */
    public FaultDisposition injectGeneric(final FaultRecord record) {
        final FaultReason reason = GenericReasons.reasonFor(record,
                state.translationMode() == GlobalFields.TTM_SCALABLE);
        if (reason == null) {
            return FaultDisposition.NOT_REPRESENTABLE;
        }
        return decide(record, reason, GenericReasons.lowWord(record), GenericReasons.highWord(record));
    }

    private FaultDisposition decide(final FaultRecord record, final FaultReason recorded, final long low,
            final long high) {
        final PhysicalOwner owner = recorded.owner();
        if (recorded.interrupt() && record.asReported() && state.interruptRemappingEnabled()) {
            return report(record, recorded.code(), low, high);
        }
        if (!state.translationEnabled()) {
            return FaultDisposition.TRANSLATION_DISABLED;
        }
        if (tables != null && !record.asReported() && owner != PhysicalOwner.HOST_INTERRUPT) {
            return rewalk(record, owner, low, high);
        }
        if (owner.refusal() != null) {
            return owner.refusal();
        }
        final FaultReason shown = owner.shown(recorded);
        if (tables != null && shown.qualified()
                && tables.faultProcessingDisabled(requester(record), pasid(high))) {
            return FaultDisposition.FAULT_PROCESSING_DISABLED;
        }
        return report(record, shown.code(), low, high);
    }

    private FaultDisposition rewalk(final FaultRecord record, final PhysicalOwner owner, final long low,
            final long high) {
        final int reason = tables.reasonFor(requester(record), pasid(high), low, access(high));
        return switch (reason) {
            case GuestTables.ALLOWED -> owner == PhysicalOwner.HOST_STAGE_2
                    ? FaultDisposition.HOST_STAGE_2
                    : FaultDisposition.NOT_REPRODUCED;
            case GuestTables.SUPPRESSED -> FaultDisposition.FAULT_PROCESSING_DISABLED;
            default -> report(record, reason, low, high);
        };
    }

    /** PASID, type and address stay; requester and reason become the guest's. */
    private FaultDisposition report(final FaultRecord record, final int reason, final long low, final long high) {
        final long kept = high & ~(FaultRecordingLayout.SOURCE_ID | FaultRecordingLayout.REASON);
        return target.record(low,
                kept | requester(record) | (long) reason << FaultRecordingLayout.REASON_SHIFT);
    }

    private static int requester(final FaultRecord record) {
        return record.guestDevice() & 0xFFFF;
    }

    private static int pasid(final long high) {
        return (high & FaultRecordingLayout.PASID_PRESENT) == 0
                ? GuestTables.NO_PASID
                : FaultRecordingLayout.pasid(high);
    }

    private static int access(final long high) {
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
