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

import io.viommu.memory.GuestMemory;

/**
 * Sets accessed and dirty flags in a translation table entry, atomically, since the guest's CPUs write there too (VT-d
 * 3.6.2, 3.7.2).
 */
final class EntryFlags {

    static final int DONE = 0;
    /** Somebody changed the entry since it was read: what was concluded from it no longer holds. */
    static final int CHANGED = 1;
    /** The entry can't be written. */
    static final int FAILED = 2;

    private EntryFlags() {
    }

    static int set(final GuestMemory memory, final long place, final long entry, final long flags) {
        final int outcome = memory.compareAndSetLong(place, entry, entry | flags);
        if (outcome == GuestMemory.OK) {
            return DONE;
        }
        return outcome == GuestMemory.MISMATCH ? CHANGED : FAILED;
    }
}
