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
import io.viommu.vtd.layout.CapabilityFields;
import io.viommu.vtd.layout.GlobalFields;
import io.viommu.vtd.layout.VtdRegisters;

/**
 * GCMD_REG (VT-d 11.4.4.1): one-shots act whenever they are written as 1, levels when they differ from GSTS.
 *
 * <p>Software should change one thing at a time, but one write may carry several: then the table pointers come first,
 * so that nothing goes on with an old table. Software that writes back GSTS with the one-shots still in it repeats
 * them, which is harmless. Each level changes by one atomic step, so two vCPUs that race can't have a change acted on
 * twice; GSTS shows it when what it sets in motion is done.
 */
public final class GlobalCommand {

    private final RegisterFile registers;
    private final RemappingState state;
    private final FrameListener listener;
    private final long supported;

    /**
     * Takes charge of the register.
     *
     * @param registers    of the unit.
     * @param capabilities what the unit has; commands of other features are reserved and ignored.
     * @param state        what the one-shots latch into.
     * @param listener     does the rest.
     */
    public GlobalCommand(final RegisterFile registers, final VtdCapabilities capabilities, final RemappingState state,
            final FrameListener listener) {
        this.registers = registers;
        this.state = state;
        this.listener = listener;
        this.supported = supported(capabilities);
        registers.onWrite(VtdRegisters.GCMD, (before, after, written, lanes) -> execute(written & supported));
    }

    private static long supported(final VtdCapabilities capabilities) {
        long commands = GlobalFields.ROOT_TABLE | GlobalFields.WRITE_BUFFER;
        if ((capabilities.cap() >>> CapabilityFields.SAGAW & 0x1F) != 0
                || capabilities.hasExtended(CapabilityFields.SMTS)) {
            commands |= GlobalFields.TRANSLATION; // a unit without any table depth only remaps interrupts
        }
        if (capabilities.hasExtended(CapabilityFields.QI)) {
            commands |= GlobalFields.QUEUED_INVALIDATION;
        }
        if (capabilities.hasExtended(CapabilityFields.IR)) {
            commands |= GlobalFields.INTERRUPT_REMAPPING | GlobalFields.INTERRUPT_TABLE
                    | GlobalFields.COMPATIBILITY_INTERRUPTS;
        }
        return commands;
    }

    private void execute(final long command) {
        if ((command & GlobalFields.ROOT_TABLE) != 0) {
            registers.update(VtdRegisters.GSTS, GlobalFields.ROOT_TABLE, 0);
            state.latchRootTable();
            listener.rootTableSet();
            registers.update(VtdRegisters.GSTS, 0, GlobalFields.ROOT_TABLE);
        }
        if ((command & GlobalFields.INTERRUPT_TABLE) != 0) {
            registers.update(VtdRegisters.GSTS, GlobalFields.INTERRUPT_TABLE, 0);
            state.latchInterruptTable();
            listener.interruptTableSet();
            registers.update(VtdRegisters.GSTS, 0, GlobalFields.INTERRUPT_TABLE);
        }
        // WBF needs nothing: walks read guest memory itself, and WBFS is seen clear when the write has returned.
        switchLevel(command, GlobalFields.COMPATIBILITY_INTERRUPTS, listener::compatibilityInterruptsSwitched);
        switchLevel(command, GlobalFields.QUEUED_INVALIDATION, listener::queuedInvalidationSwitched);
        switchLevel(command, GlobalFields.TRANSLATION, listener::translationSwitched);
        switchLevel(command, GlobalFields.INTERRUPT_REMAPPING, listener::interruptRemappingSwitched);
    }

    private void switchLevel(final long command, final long level, final Switch change) {
        if ((supported & level) == 0) {
            return;
        }
        final long wanted = command & level;
        if (state.switchTo(level, wanted)) {
            change.switched(wanted != 0);
        }
        registers.update(VtdRegisters.GSTS, level, state.levels() & level);
    }

    /** What a change of one level sets in motion. */
    @FunctionalInterface
    private interface Switch {
        void switched(boolean on);
    }
}
