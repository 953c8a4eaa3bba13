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

import static io.viommu.tlb.TranslationSlotLayout.DEVICE_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.DOMAIN;
import static io.viommu.tlb.TranslationSlotLayout.GROUP;
import static io.viommu.tlb.TranslationSlotLayout.GROUP_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.KIND_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.PASID;
import static io.viommu.tlb.TranslationSlotLayout.PASID_SHIFT;
import static io.viommu.tlb.TranslationSlotLayout.PASID_VALID;

/**
 * Which translations an invalidation drops: all that fulfil every condition set since {@link #all}. A thread has one
 * and uses it over and over.
 */
public final class InvalidationScope {

    long deviceMask;
    long deviceValue;
    long tagMask;
    long tagValue;
    long first;
    long last;

    /** Makes a scope that covers everything. */
    public InvalidationScope() {
        all();
    }

    /**
     * Takes back every condition.
     *
     * @return this.
     */
    public InvalidationScope all() {
        deviceMask = 0;
        deviceValue = 0;
        tagMask = 0;
        tagValue = 0;
        first = 0;
        last = -1L;
        return this;
    }

    /**
     * Only translations of one device, or of an aligned block of them.
     *
     * @param device      StreamID or requester id.
     * @param ignoredBits bits of the id that don't count.
     * @return this.
     */
    public InvalidationScope device(final int device, final int ignoredBits) {
        final long mask = (long) ~ignoredBits << DEVICE_SHIFT;
        deviceMask |= mask;
        deviceValue |= (long) device << DEVICE_SHIFT & mask;
        return this;
    }

    /**
     * Only translations of accesses with this PASID, or of accesses without one.
     *
     * @param pasid 20 bits, or a negative number for none.
     * @return this.
     */
    public InvalidationScope pasid(final int pasid) {
        deviceMask |= PASID | PASID_VALID;
        deviceValue |= pasid < 0 ? 0 : (long) pasid << PASID_SHIFT & PASID | PASID_VALID;
        return this;
    }

    /**
     * Only translations of some kinds.
     *
     * @param kind        3 bits.
     * @param ignoredBits bits of it that don't count.
     * @return this.
     */
    public InvalidationScope kind(final int kind, final int ignoredBits) {
        final long mask = (long) (7 & ~ignoredBits) << KIND_SHIFT;
        deviceMask |= mask;
        deviceValue |= (long) kind << KIND_SHIFT & mask;
        return this;
    }

    /**
     * Only translations of one group, and those that belong to every group.
     *
     * @param group ASID or PASID, 20 bits.
     * @return this.
     */
    public InvalidationScope group(final int group) {
        tagMask |= GROUP;
        tagValue |= (long) group << GROUP_SHIFT & GROUP;
        return this;
    }

    /**
     * Only translations of one domain, or of an aligned block of them.
     *
     * @param domain      VMID or domain id.
     * @param ignoredBits bits of it that don't count.
     * @return this.
     */
    public InvalidationScope domain(final int domain, final int ignoredBits) {
        final long mask = DOMAIN & ~(long) ignoredBits;
        tagMask |= mask;
        tagValue |= domain & mask;
        return this;
    }

    /**
     * Only translations whose block (as software made it) touches a range of input addresses.
     *
     * @param lowest  its first byte, unsigned.
     * @param highest its last byte, unsigned, not below the first.
     * @return this.
     */
    public InvalidationScope range(final long lowest, final long highest) {
        first = lowest;
        last = highest;
        return this;
    }

    boolean everything() {
        return deviceMask == 0 && tagMask == 0 && first == 0 && last == -1L;
    }
}
