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

package io.viommu.vtd.remap;

import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.GlobalFields;

/**
 * The registers that decide what becomes of an interrupt, at one moment.
 *
 * @param capabilities        what the unit can do.
 * @param remapping           GSTS.IRES.
 * @param table               IRTA as latched by SIRTP: address, size and EIME.
 * @param compatibilityPasses whether messages of the compatibility format bypass remapping.
 * @param hostAddressWidth    bits of a physical address.
 */
public record InterruptContext(VtdCapabilities capabilities, boolean remapping, long table,
        boolean compatibilityPasses, int hostAddressWidth) {

    /**
     * The state after reset: every message passes.
     *
     * @param capabilities     what the unit can do.
     * @param hostAddressWidth bits of a physical address.
     * @return a context that remaps nothing.
     */
    public static InterruptContext reset(final VtdCapabilities capabilities, final int hostAddressWidth) {
        return new InterruptContext(capabilities, false, 0, false, hostAddressWidth);
    }

    /**
     * The same unit after a global command.
     *
     * @param state what is in force.
     * @return the context from then on.
     */
    InterruptContext with(final RemappingState state) {
        return new InterruptContext(capabilities, state.interruptRemappingEnabled(), state.interruptTable(),
                state.compatibilityInterruptsPass(), hostAddressWidth);
    }

    /**
     * Where the entries lie.
     *
     * @return an address.
     */
    long tableAddress() {
        return table & GlobalFields.TABLE_ADDRESS;
    }

    /**
     * Number of entries.
     *
     * @return 2 to 65536.
     */
    int entries() {
        return 2 << (table & GlobalFields.INTERRUPT_TABLE_SIZE);
    }

    /**
     * Whether destinations have 32 bits.
     *
     * @return EIME.
     */
    boolean wideDestinations() {
        return (table & GlobalFields.EXTENDED_INTERRUPT_MODE) != 0;
    }

    /**
     * Whether entries may be of the posted kind.
     *
     * @return CAP.PI.
     */
    boolean posts() {
        return capabilities.has(CapabilityFields.PI);
    }
}
