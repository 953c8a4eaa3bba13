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

package io.viommu.vtd.page;

/**
 * Whether the guest's tables let a device make page requests (VT-d 7.4.1, remapping table errors). Called by the
 * injector; must neither block, allocate, throw nor change the tables.
 */
@FunctionalInterface
public interface PageRequestCheck {

    /** The tables allow it. */
    int ALLOWED = 0;
    /** The tables forbid it, but an FPD bit on the way suppresses the report. */
    int SUPPRESSED = -1;

    /** Allows whatever the root table address register allows. */
    PageRequestCheck NONE = (sourceId, pasid) -> ALLOWED;

    /**
     * Looks up context entry and PASID table entry of a page request.
     *
     * @param sourceId requester id.
     * @param pasid    20 bits, or -1 for a request without PASID.
     * @return the code of the fault reason, {@link #ALLOWED} or {@link #SUPPRESSED}.
     */
    int reasonFor(int sourceId, int pasid);
}
