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

import io.viommu.vtd.spec.PagingEntryLayout;

/**
 * A checked translation table of one stage: where its walk begins and how deep it is. Filled once for a configuration
 * and used over and over; belongs to one thread.
 */
public final class StageTable {

    private long base;
    private int levels;
    private boolean updatesFlags;
    private boolean snooped;

    StageTable() {
    }

    void set(final long table, final int depth, final boolean flags, final boolean coherent) {
        base = table;
        levels = depth;
        updatesFlags = flags;
        snooped = coherent;
    }

    /**
     * The top table.
     *
     * @return its address; in nested translation that of a first stage is an input address of the second.
     */
    public long base() {
        return base;
    }

    /**
     * Number of levels.
     *
     * @return 3 to 5.
     */
    public int levels() {
        return levels;
    }

    /**
     * Width of an input address that the levels can tell apart (AGAW).
     *
     * @return 39, 48 or 57 bits.
     */
    public int inputBits() {
        return PagingEntryLayout.indexShift(levels + 1);
    }

    /**
     * Whether accessed and dirty flags are kept.
     *
     * @return true for every first stage, and with SSADE for a second stage.
     */
    public boolean updatesFlags() {
        return updatesFlags;
    }

    /**
     * Whether table accesses are coherent, so that flags can be set.
     *
     * @return false if a flag that would have to be set is a fault.
     */
    public boolean snooped() {
        return snooped;
    }
}
