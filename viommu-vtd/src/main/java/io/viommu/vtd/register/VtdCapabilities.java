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

package io.viommu.vtd.register;

import io.viommu.vtd.spec.CapabilityFields;

/**
 * What one unit can do, read from the two words that also tell the guest (VT-d 11.4.2, 11.4.3), so that the model never
 * does what it does not announce, nor the reverse.
 *
 * @param cap  CAP_REG.
 * @param ecap ECAP_REG.
 */
public record VtdCapabilities(long cap, long ecap) {

    /**
     * Whether a capability bit is set.
     *
     * @param bit a mask of {@link CapabilityFields} that belongs to CAP_REG.
     * @return true if set.
     */
    public boolean has(final long bit) {
        return (cap & bit) != 0;
    }

    /**
     * Whether an extended capability bit is set.
     *
     * @param bit a mask of {@link CapabilityFields} that belongs to ECAP_REG.
     * @return true if set.
     */
    public boolean hasExtended(final long bit) {
        return (ecap & bit) != 0;
    }

    /**
     * Bits of a domain id.
     *
     * @return 4 to 16.
     */
    public int domainBits() {
        return 4 + 2 * field(cap, CapabilityFields.ND, 3);
    }

    /**
     * Number of fault recording registers.
     *
     * @return 1 to 256.
     */
    public int faultRecords() {
        return field(cap, CapabilityFields.NFR, 8) + 1;
    }

    /**
     * Where the fault recording registers begin.
     *
     * @return bytes from the start of the frame.
     */
    public int faultRecordOffset() {
        return field(cap, CapabilityFields.FRO, 10) * 16;
    }

    /**
     * Where the IOTLB registers begin.
     *
     * @return bytes from the start of the frame.
     */
    public int iotlbOffset() {
        return field(ecap, CapabilityFields.IRO, 10) * 16;
    }

    /**
     * Width of an input address of second-stage translation (MGAW).
     *
     * @return bits.
     */
    public int guestAddressWidth() {
        return field(cap, CapabilityFields.MGAW, 6) + 1;
    }

    /**
     * Whether tables of that many levels work (SAGAW).
     *
     * @param levels 2 to 6.
     * @return true if they do.
     */
    public boolean secondStageLevels(final int levels) {
        return levels >= 2 && levels <= 6 && (field(cap, CapabilityFields.SAGAW, 5) >>> levels - 2 & 1) != 0;
    }

    /**
     * Levels of the deepest second-stage tables (SAGAW).
     *
     * @return 2 to 6, or 0 without second-stage tables.
     */
    public int deepestSecondStage() {
        final int depths = field(cap, CapabilityFields.SAGAW, 5);
        return depths == 0 ? 0 : Integer.SIZE + 1 - Integer.numberOfLeadingZeros(depths);
    }

    /**
     * Whether second-stage entries of a level can be leaves (SSLPS).
     *
     * @param level 2 for 2 MiB, 3 for 1 GiB; higher ones never are.
     * @return true if they can.
     */
    public boolean secondStageLargePages(final int level) {
        return level >= 2 && level <= 3 && (field(cap, CapabilityFields.SSLPS, 4) >>> level - 2 & 1) != 0;
    }

    /**
     * Greatest address mask of a page-selective invalidation (MAMV).
     *
     * @return a power of two of pages.
     */
    public int maxAddressMask() {
        return field(cap, CapabilityFields.MAMV, 6);
    }

    /**
     * Greatest index mask of an interrupt entry cache invalidation (MHMV).
     *
     * @return a power of two of entries.
     */
    public int maxHandleMask() {
        return field(ecap, CapabilityFields.MHMV, 4);
    }

    /**
     * Bits of a PASID.
     *
     * @return 1 to 20, or 0 without PASID support.
     */
    public int pasidBits() {
        return hasExtended(CapabilityFields.PASID) ? field(ecap, CapabilityFields.PSS, 5) + 1 : 0;
    }

    private static int field(final long word, final int place, final int bits) {
        return (int) (word >>> place) & (1 << bits) - 1;
    }
}
