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

package io.viommu.vtd.config;

import io.viommu.vtd.spec.FaultReason;

/**
 * What stopped a request, and whether the guest is to be told. While tables are looked up it gathers their FPD bits: a
 * qualified fault is suppressed by any that was seen before it (VT-d 7.1.3). One instance belongs to one thread and is
 * used over and over.
 */
public final class VtdFault {

    /** Nothing stopped it. */
    public static final int NONE = 0;

    private FaultReason reason;
    private boolean disabled;

    /** Makes a fault that says nothing. */
    public VtdFault() {
    }

    /** Begins a look-up: no fault, no FPD bit seen. */
    public void clear() {
        reason = null;
        disabled = false;
    }

    /**
     * Notes the FPD bit of an entry on the way, present or not.
     *
     * @param fpd whether it is set.
     */
    public void disableIf(final boolean fpd) {
        disabled |= fpd;
    }

    /**
     * Stops the request.
     *
     * @param why the reason.
     * @return its code.
     */
    public int raise(final FaultReason why) {
        reason = why;
        return why.code();
    }

    /**
     * The reason.
     *
     * @return null if nothing stopped the request.
     */
    public FaultReason reason() {
        return reason;
    }

    /**
     * Whether FPD bits keep the guest from being told.
     *
     * @return true if the fault is not recorded; the request is blocked all the same.
     */
    public boolean suppressed() {
        return reason != null && disabled && reason.qualified();
    }

    /**
     * Whether an FPD bit was seen on the way, fault or not.
     *
     * @return true if qualified faults of this requester and PASID are suppressed.
     */
    public boolean disabled() {
        return disabled;
    }
}
