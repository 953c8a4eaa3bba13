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

import io.viommu.device.RegisterFile;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * The protected memory regions (VT-d 11.4.8): DMA to them is blocked while they are on, even if translation is off; DMA
 * that was under way is drained before their status shows them on. Their limits are decoded with the reserved low bits
 * as ones; a limit below its base makes a region empty.
 */
public final class ProtectedMemory {

    private static final long ENABLE = 1L << 31;
    private static final long ENABLED = 1;
    private static final long GRANULE = 0xF_FFFF;

    private final RegisterFile registers;
    private final boolean offered;

    /**
     * Takes charge of the registers.
     *
     * @param frame of the unit. Without protected memory there is nothing to take charge of.
     * @param drain waits for what is under way.
     */
    public ProtectedMemory(final RegisterFrame frame, final Drain drain) {
        this.registers = frame.registers();
        this.offered = frame.capabilities().has(CapabilityFields.PLMR | CapabilityFields.PHMR);
        if (!offered) {
            return;
        }
        final Drain.Ending enabled = drain.ending(this::showStatus);
        registers.onWrite(VtdRegisters.PMEN, (_, after, _, _) -> {
            if ((after & ENABLE) != 0) {
                enabled.showWhenDrained(ENABLED);
            } else {
                showStatus(0);
            }
        });
    }

    private void showStatus(final long drained) {
        long before;
        long after;
        do {
            before = registers.get(VtdRegisters.PMEN);
            after = before & ~ENABLED | ((before & ENABLE) != 0 ? drained : 0);
        } while (!registers.compareAndSet(VtdRegisters.PMEN, before, after));
    }

    /**
     * Whether there are such regions at all.
     *
     * @return false if {@link #blocks} is not to be asked.
     */
    public boolean offered() {
        return offered;
    }

    /**
     * Whether DMA to an address is blocked.
     *
     * @param address a physical address.
     * @return true if it lies in a region that is on.
     */
    public boolean blocks(final long address) {
        return (registers.get(VtdRegisters.PMEN) & ENABLE) != 0
                && (within(address, registers.get(VtdRegisters.PLMBASE), registers.get(VtdRegisters.PLMLIMIT))
                        || within(address, registers.get(VtdRegisters.PHMBASE),
                                registers.get(VtdRegisters.PHMLIMIT)));
    }

    private static boolean within(final long address, final long base, final long limit) {
        return Long.compareUnsigned(base, limit) <= 0 && Long.compareUnsigned(address, base) >= 0
                && Long.compareUnsigned(address, limit | GRANULE) <= 0;
    }
}
