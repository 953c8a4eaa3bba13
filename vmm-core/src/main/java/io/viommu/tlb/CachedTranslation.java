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
package io.viommu.tlb;

/**
 * One translation outside the cache: what a look-up found, or what a walk found and the cache is to keep. A thread has
 * one and uses it over and over.
 */
public final class CachedTranslation {

    int device;
    int pasid;
    long input;
    int shift;
    int matchShift;
    long output;
    int rights;
    boolean global;
    int kind;
    int group;
    int domain;
    int turn;

    /** Makes a translation of nothing. */
    public CachedTranslation() {
    }

    /**
     * Names what is translated.
     *
     * @param deviceId StreamID or requester id.
     * @param pasidId  20 bits, or a negative number for none; as the device gave it.
     * @param address  any address of the block.
     * @return this.
     */
    public CachedTranslation of(final int deviceId, final int pasidId, final long address) {
        device = deviceId;
        pasid = pasidId;
        input = address;
        return this;
    }

    /**
     * Names what it is translated to.
     *
     * @param address       where that input address goes, 56 bits.
     * @param blockShift    log2 of the aligned block that is translated alike, 12 to 56.
     * @param softwareShift log2 of the block by which software invalidates it, at least {@code blockShift}.
     * @param allowed       rights, 7 bits that only the model understands.
     * @return this.
     */
    public CachedTranslation to(final long address, final int blockShift, final int softwareShift,
            final int allowed) {
        output = address;
        shift = blockShift;
        matchShift = softwareShift;
        rights = allowed;
        return this;
    }

    /**
     * Names what invalidations find it by.
     *
     * @param regime    the kind of translation, 3 bits that only the model understands.
     * @param groupId   ASID or PASID, 20 bits.
     * @param domainId  VMID or domain id, 16 bits.
     * @param allGroups it belongs to every group of the domain.
     * @return this.
     */
    public CachedTranslation tagged(final int regime, final int groupId, final int domainId,
            final boolean allGroups) {
        kind = regime;
        group = groupId;
        domain = domainId;
        global = allGroups;
        return this;
    }

    /**
     * Where the address goes that was looked up.
     *
     * @return the output address, offset in the block included.
     */
    public long output() {
        return output;
    }

    /**
     * log2 of the block.
     *
     * @return 12 to 56.
     */
    public int shift() {
        return shift;
    }

    /**
     * The rights.
     *
     * @return 7 bits.
     */
    public int rights() {
        return rights;
    }

    /**
     * How far the block reaches from the output address on.
     *
     * @return at least 1.
     */
    public long span() {
        return (1L << shift) - (output & (1L << shift) - 1);
    }
}
