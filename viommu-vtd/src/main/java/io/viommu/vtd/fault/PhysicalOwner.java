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

/**
 * Whose a fault of the physical unit is, if the device was given to a guest: its first stage, or its legacy tables, are
 * the guest's; the second stage beneath and interrupt remapping are the host's and never shown.
 */
public enum PhysicalOwner {
    /** The guest's own tables are at fault; it gets the reason as recorded. */
    GUEST(null),
    /**
     * The guest keeps a table where it has no memory: to the guest, an access to that table failed, since it knows of
     * no second stage.
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

    PhysicalOwner(final FaultDisposition refusal) {
        this.refusal = refusal;
    }

    /**
     * How a fault ends that is not the guest's.
     *
     * @return the disposition, or null if the guest gets to see it.
     */
    FaultDisposition refusal() {
        return refusal;
    }

    /**
     * What the guest sees instead of the physical reason.
     *
     * @param recorded the physical reason.
     * @return the guest's reason.
     */
    FaultReason shown(final FaultReason recorded) {
        return switch (this) {
            case GUEST_TABLE -> FaultReason.SFS_1;
            case GUEST_TOP_TABLE -> FaultReason.SFS_4;
            default -> recorded;
        };
    }
}
