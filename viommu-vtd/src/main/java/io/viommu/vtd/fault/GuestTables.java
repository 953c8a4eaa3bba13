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

/**
 * What the guest's own tables say about a request: the re-walk by which a physical fault gets the reason that the guest
 * expects, whatever the host's tables looked like. Called by the injector; must neither block, allocate, throw nor
 * change the tables (no access or dirty flags).
 */
public interface GuestTables {

    /** The tables allow the access: the guest repaired them meanwhile, or the fault was of the host's making. */
    int ALLOWED = 0;
    /** The tables forbid the access, but an FPD bit on the way suppresses the report. */
    int SUPPRESSED = -1;

    /** Stands for a request without PASID. */
    int NO_PASID = DmaSession.NO_PASID;

    /**
     * Walks the guest's tables for a request.
     *
     * @param sourceId the requester id that the guest knows.
     * @param pasid    20 bits, or {@link #NO_PASID}.
     * @param address  the input address.
     * @param access   flags as in {@link DmaSession}.
     * @return the code of the fault reason, {@link #ALLOWED} or {@link #SUPPRESSED}.
     */
    int reasonFor(int sourceId, int pasid, long address, int access);

    /**
     * Looks up context entry and PASID table entry of a page request (VT-d 7.4.1, remapping table errors).
     *
     * @param sourceId requester id.
     * @param pasid    20 bits, or {@link #NO_PASID}.
     * @return the code of the fault reason, {@link #ALLOWED} or {@link #SUPPRESSED}.
     */
    int reasonFor(int sourceId, int pasid);

    /**
     * Whether an FPD bit suppresses qualified faults of a requester.
     *
     * @param sourceId the requester id that the guest knows.
     * @param pasid    20 bits, or {@link #NO_PASID}.
     * @return true if the guest wants no report.
     */
    boolean faultProcessingDisabled(int sourceId, int pasid);
}
