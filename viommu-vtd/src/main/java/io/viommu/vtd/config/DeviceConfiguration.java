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

import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * The checked configuration of one requester and PASID: what {@link RootTable} found, completed by {@link PasidTable}
 * in scalable mode. Legacy tables are expressed in the terms of scalable mode: second stage only, or pass-through. One
 * instance belongs to one thread and is used over and over.
 */
public final class DeviceConfiguration {

    private boolean scalable;
    private int type;
    private int domainId;
    private int pasid;
    private boolean ridPrivileged;
    private long contextWord0;
    private long ridWord;
    private long firstStageFlags;
    private final StageTable firstStage = new StageTable();
    private final StageTable secondStage = new StageTable();

    /** Makes an empty configuration. */
    public DeviceConfiguration() {
    }

    void legacy(final int translationType, final int domain) {
        scalable = false;
        type = translationType;
        domainId = domain;
        pasid = 0;
        ridPrivileged = false;
    }

    void scalable(final long word0, final long word1) {
        scalable = true;
        contextWord0 = word0;
        ridWord = word1;
    }

    void pasid(final int number, final boolean privileged) {
        pasid = number;
        ridPrivileged = privileged;
    }

    void translation(final int translationType, final int domain, final long flags) {
        type = translationType;
        domainId = domain;
        firstStageFlags = flags;
    }

    long contextWord0() {
        return contextWord0;
    }

    long ridWord() {
        return ridWord;
    }

    /**
     * Whether the tables are those of scalable mode, which decides the reasons of faults.
     *
     * @return false in legacy mode.
     */
    public boolean scalable() {
        return scalable;
    }

    /**
     * How requests are translated.
     *
     * @return a PGTT value of {@link PasidEntryLayout}; legacy mode has second stage and pass-through only.
     */
    public int type() {
        return type;
    }

    /**
     * Whether a first stage translates.
     *
     * @return true for first stage only and nested.
     */
    public boolean firstStageUsed() {
        return type == PasidEntryLayout.PGTT_FIRST_STAGE || type == PasidEntryLayout.PGTT_NESTED;
    }

    /**
     * Whether a second stage translates.
     *
     * @return true for second stage only and nested.
     */
    public boolean secondStageUsed() {
        return type == PasidEntryLayout.PGTT_SECOND_STAGE || type == PasidEntryLayout.PGTT_NESTED;
    }

    /**
     * The domain that translations are tagged with.
     *
     * @return 16 bits.
     */
    public int domainId() {
        return domainId;
    }

    /**
     * The PASID that translations are tagged with: the request's, or RID_PASID.
     *
     * @return 20 bits; 0 in legacy mode.
     */
    public int pasid() {
        return pasid;
    }

    /**
     * Whether the entry makes requests without PASID privileged.
     *
     * @return RID_PRIV in effect.
     */
    public boolean ridPrivileged() {
        return ridPrivileged;
    }

    /**
     * A flag of the first stage.
     *
     * @param mask of word 2 of {@link PasidEntryLayout}, in effect: what the unit lacks is 0.
     * @return true if set.
     */
    public boolean firstStageFlag(final long mask) {
        return (firstStageFlags & mask) != 0;
    }

    /**
     * The first stage.
     *
     * @return meaningful if {@link #firstStageUsed()}.
     */
    public StageTable firstStage() {
        return firstStage;
    }

    /**
     * The second stage.
     *
     * @return meaningful if {@link #secondStageUsed()}.
     */
    public StageTable secondStage() {
        return secondStage;
    }
}
