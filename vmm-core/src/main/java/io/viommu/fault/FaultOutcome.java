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

/** The five ways a fault can end; every fault that was read ends in exactly one of them. */
public enum FaultOutcome {
    /** The guest's queue holds it. */
    DELIVERED("delivered"),
    /** It was dropped as the architecture says, and the guest was told so (OVFLG, PFO, a global error). */
    OVERFLOW("overflow"),
    /** It concerns the host only and was never the guest's to see. */
    HOST_ONLY("host-only"),
    /** A recoverable fault that the guest can't take; the source was answered in its place. */
    AUTO_ANSWERED("auto-answered"),
    /** It can't be given to a guest, for the reason that the disposition names. */
    REJECTED("rejected");

    private final String text;

    FaultOutcome(final String text) {
        this.text = text;
    }

    /**
     * The word used in reports.
     *
     * @return lower case, stable.
     */
    public String text() {
        return text;
    }
}
