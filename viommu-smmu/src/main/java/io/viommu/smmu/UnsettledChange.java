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
package io.viommu.smmu;

/** Changes of CR0 that have not been acknowledged yet. */
final class UnsettledChange {

    private int cleared;
    private int set;

    /** Adds a change; what goes one way and back again has gone both ways. */
    synchronized void add(final int newlyCleared, final int newlySet) {
        cleared |= newlyCleared;
        set |= newlySet;
    }

    /** Takes all: the bits cleared in the upper half, those set in the lower; 0 if there is nothing. */
    synchronized long take() {
        final long change = (long) cleared << Integer.SIZE | Integer.toUnsignedLong(set);
        cleared = 0;
        set = 0;
        return change;
    }
}
