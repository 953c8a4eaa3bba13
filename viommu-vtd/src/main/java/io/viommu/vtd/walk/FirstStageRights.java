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

package io.viommu.vtd.walk;

import io.viommu.vtd.config.DeviceConfiguration;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PagingEntryLayout;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * What the entries of a first-stage walk grant together (VT-d 3.6.1): U/S and R/W must be set in all of them, XD in
 * none. One instance belongs to one thread.
 */
final class FirstStageRights {

    private static final int PRIVILEGED_EXECUTE = Permission.USER_EXECUTE << Permission.PRIVILEGED_SHIFT;

    /** U/S and R/W as in the entries, XD turned round: what is set is granted. */
    private long rights;

    void begin() {
        rights = PagingEntryLayout.FIRST_US | PagingEntryLayout.FIRST_RW | PagingEntryLayout.FIRST_XD;
    }

    /** Takes an entry into account; false if it takes nothing away. */
    boolean narrow(final DeviceConfiguration device, final long entry) {
        final long before = rights;
        final long ignored = device.firstStageFlag(PasidEntryLayout.NXE) ? 0 : PagingEntryLayout.FIRST_XD;
        rights = before & (entry ^ PagingEntryLayout.FIRST_XD | ignored);
        return rights != before;
    }

    private boolean user() {
        return (rights & PagingEntryLayout.FIRST_US) != 0;
    }

    private boolean writable() {
        return (rights & PagingEntryLayout.FIRST_RW) != 0;
    }

    private boolean executable() {
        return (rights & PagingEntryLayout.FIRST_XD) != 0;
    }

    /** What can be done with the page if this is the last entry. */
    int granted(final DeviceConfiguration device) {
        int granted = 0;
        if (user()) {
            granted |= Permission.USER_READ | (writable() ? Permission.USER_WRITE : 0)
                    | (executable() ? Permission.USER_EXECUTE : 0);
        }
        if (device.firstStageFlag(PasidEntryLayout.SRE)) {
            int privileged = Permission.USER_READ;
            if (writable() || !device.firstStageFlag(PasidEntryLayout.WPE)) {
                privileged |= Permission.USER_WRITE;
            }
            if (executable() && !(user() && device.firstStageFlag(PasidEntryLayout.SMEP))) {
                privileged |= Permission.USER_EXECUTE;
            }
            granted |= privileged << Permission.PRIVILEGED_SHIFT;
        }
        return device.firstStageFlag(PasidEntryLayout.ERE)
                ? granted
                : granted & ~(Permission.USER_EXECUTE | PRIVILEGED_EXECUTE);
    }

    /**
     * Why what is wanted can't be had, as far as the entries seen so far tell.
     *
     * @param device the configuration.
     * @param wanted flags of {@link Permission}, of users or of the privileged.
     * @param all    whether the leaf was seen: only then is it certain that a page is the users'.
     * @return null if nothing speaks against it.
     */
    FaultReason refusal(final DeviceConfiguration device, final int wanted, final boolean all) {
        if ((wanted & Permission.USER) != 0 && !user()) {
            return FaultReason.SGN_2;
        }
        final int missing = wanted & ~granted(device);
        if ((missing & Permission.WRITES) != 0) {
            return FaultReason.SGN_6;
        }
        final boolean fetch = (missing & (Permission.USER_EXECUTE | PRIVILEGED_EXECUTE)) != 0;
        return fetch && (all || !executable()) ? FaultReason.SGN_3 : null;
    }
}
