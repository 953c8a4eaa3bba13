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
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.GlobalFields;

/**
 * What a guest gets to see of a physical fault. The record names the physical unit's reason for the physical unit's
 * tables; the guest must get a reason that its own tables explain, for the requester id it knows, and nothing that
 * tells of the host.
 *
 * <p>Two modes, by {@link FaultRecord#asReported()}:
 * <ul>
 * <li><em>As reported</em>, for replayed logs and tests: the recorded reason stands, under the ownership table of
 * {@link Owner}.
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

    /**
     * Whose a fault of the physical unit is, if the device was given to a guest: its first stage, or its legacy tables,
     * are the guest's; the second stage beneath and interrupt remapping are the host's.
     */
    enum Owner {
        /** The guest's own tables are at fault; it gets the reason as recorded. */
        GUEST(null),
        /**
         * The guest keeps a table where it has no memory: to the guest, an access to that table failed, since it knows
         * of no second stage.
         */
        GUEST_TABLE(null),
        /** The same of its top table. */
        GUEST_TOP_TABLE(null),
        /** The host's second stage is at fault. */
        HOST_STAGE_2(FaultDisposition.HOST_STAGE_2),
        /** The host's interrupt remapping is at fault. */
        HOST_INTERRUPT(FaultDisposition.HOST_INTERRUPT),
        /** No unit like the guest's can have this fault. */
        UNKNOWN(FaultDisposition.NOT_REPRESENTABLE);

        private final FaultDisposition refusal;

        Owner(final FaultDisposition refusal) {
            this.refusal = refusal;
        }

        /** Whose a fault with a reason is. */
        static Owner of(final FaultReason reason) {
            return switch (reason) {
                case SFS_5, SFS_7, SFS_8 -> GUEST_TABLE;
                case SFS_6 -> GUEST_TOP_TABLE;
                case SSS_1, SSS_2, SSS_3, SSS_4, SSS_5, SSS_6, SGN_5 -> HOST_STAGE_2;
                case SGN_10 -> UNKNOWN;
                default -> reason.interrupt() ? HOST_INTERRUPT : GUEST;
            };
        }

        /** How a fault ends that is not the guest's; null if the guest gets to see it. */
        FaultDisposition refusal() {
            return refusal;
        }

        /** The reason that the guest sees instead of the physical one. */
        FaultReason shown(final FaultReason recorded) {
            return switch (this) {
                case GUEST_TABLE -> FaultReason.SFS_1;
                case GUEST_TOP_TABLE -> FaultReason.SFS_4;
                default -> recorded;
            };
        }
    }

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
     * Whether a guest whose device a physical unit recorded a reason for gets to see it as it is.
     *
     * @param reason of the physical unit.
     * @return true if it is the guest's own tables that can be wrong so.
     */
    public static boolean shownAsRecorded(final FaultReason reason) {
        return Owner.of(reason) == Owner.GUEST;
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
        final Owner owner = Owner.of(recorded);
        if (!record.asReported() && owner != Owner.HOST_INTERRUPT) {
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

    private FaultDisposition rewalk(final FaultRecord record, final GuestFault fault, final Owner owner) {
        final int reason = tables.reasonFor(requester(record), fault.pasid(), fault.low, fault.access());
        return switch (reason) {
            case GuestTables.ALLOWED -> owner == Owner.HOST_STAGE_2
                    ? FaultDisposition.HOST_STAGE_2
                    : FaultDisposition.NOT_REPRODUCED;
            case GuestTables.SUPPRESSED -> FaultDisposition.FAULT_PROCESSING_DISABLED;
            default -> show(record, fault, reason);
        };
    }

    /**
     * Why the guest's configuration forbids a page request: 7.1.3 as far as page requests are concerned.
     *
     * @return the code of the reason, {@link GuestTables#ALLOWED} or {@link GuestTables#SUPPRESSED}.
     */
    int pageRefusal(final int requester, final int pasid) {
        if (!state.translationEnabled()) {
            return GuestTables.SUPPRESSED; // no unit that could report it
        }
        return switch (state.translationMode()) {
            case GlobalFields.TTM_LEGACY -> FaultReason.RTA_3.code();
            case GlobalFields.TTM_RESERVED -> FaultReason.RTA_1.code();
            case GlobalFields.TTM_ABORT -> FaultReason.RTA_4.code();
            default -> tables.reasonFor(requester, pasid);
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
