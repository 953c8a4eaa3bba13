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

package io.viommu.fault;

/** What a {@link FaultRecord} carries; the codes stand in the record's first byte. */
public final class FaultKind {

    /** An empty slot; never injected. */
    public static final int NONE = 0;
    /** A raw SMMUv3 event record of four words. */
    public static final int SMMU_EVENT = 1;
    /** A raw VT-d fault recording register of two words. */
    public static final int VTD_FAULT = 2;
    /** An unrecoverable fault in the architecture-neutral form of {@code struct iommu_fault}. */
    public static final int GENERIC = 3;
    /** A recoverable page request, to be answered through its source by cookie. */
    public static final int PAGE_REQUEST = 4;
    /** The host says that it lost events. */
    public static final int LOST_EVENTS = 5;

    private FaultKind() {
    }
}
