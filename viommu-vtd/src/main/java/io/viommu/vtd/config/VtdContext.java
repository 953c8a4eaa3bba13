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

import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.CapabilityFields;

/**
 * What decides about a request besides the tables in memory, at one moment: made by the register side whenever a global
 * command takes effect, so that no request sees half of a change (VT-d 6.6).
 *
 * @param capabilities      what the unit can do.
 * @param translating       GSTS.TES.
 * @param rootTable         RTADDR as latched by SRTP: address and TTM.
 * @param hostAddressWidth  bits of a physical address; higher ones are reserved in every pointer.
 * @param transientMappings whether bit 62 of second-stage leaves is ignored, as before revision 3.0 with device-TLBs.
 * @param likeQemu          whether QEMU's choices are made: a first-stage entry that refuses an access and also has
 *                          reserved bits is reported for the refusal (a CPU would tell of the reserved bits), and no
 *                          read of the interrupt range is.
 */
public record VtdContext(VtdCapabilities capabilities, boolean translating, long rootTable, int hostAddressWidth,
        boolean transientMappings, boolean likeQemu) {

    /**
     * The state after reset: nothing translated.
     *
     * @param capabilities      what the unit can do.
     * @param hostAddressWidth  bits of a physical address.
     * @param transientMappings whether bit 62 of second-stage leaves is ignored.
     * @param likeQemu          whether QEMU's choices are made.
     * @return a context that lets everything through.
     */
    public static VtdContext reset(final VtdCapabilities capabilities, final int hostAddressWidth,
            final boolean transientMappings, final boolean likeQemu) {
        return new VtdContext(capabilities, false, 0, hostAddressWidth, transientMappings, likeQemu);
    }

    /**
     * The same unit after a global command.
     *
     * @param enabled   GSTS.TES.
     * @param rootValue RTADDR as latched.
     * @return the context from then on.
     */
    public VtdContext with(final boolean enabled, final long rootValue) {
        return new VtdContext(capabilities, enabled, rootValue, hostAddressWidth, transientMappings, likeQemu);
    }

    /**
     * The mode of the tables.
     *
     * @return a TTM value of {@link io.viommu.vtd.spec.GlobalFields}.
     */
    public int mode() {
        return RemappingState.translationMode(rootTable);
    }

    /**
     * Address bits that no physical address has.
     *
     * @return a mask of the bits from the host address width up.
     */
    public long beyondHost() {
        return -1L << hostAddressWidth;
    }

    /**
     * Whether an extended capability is there.
     *
     * @param bit a mask of {@link CapabilityFields} that belongs to ECAP_REG.
     * @return true if so.
     */
    public boolean has(final long bit) {
        return capabilities.hasExtended(bit);
    }

    /**
     * The bits of a word that belong to a feature, if the unit lacks it.
     *
     * @param feature a mask of {@link CapabilityFields} that belongs to ECAP_REG.
     * @param bits    reserved without the feature.
     * @return {@code bits} or 0.
     */
    long reservedWithout(final long feature, final long bits) {
        return has(feature) ? 0 : bits;
    }
}
