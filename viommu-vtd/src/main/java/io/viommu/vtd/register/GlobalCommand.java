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
import io.viommu.vtd.spec.GlobalFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * GCMD_REG (VT-d 11.4.4.1): one-shots act whenever they are written as 1, levels when they differ from GSTS.
 *
 * <p>Software should change one thing at a time, but one write may carry several: then the table pointers come first,
 * so that nothing goes on with an old table. Software that writes back GSTS with the one-shots still in it repeats
 * them, which is harmless. Each level changes by one atomic step, so two vCPUs that race can't have a change acted on
 * twice; GSTS shows it when what was under way before has been drained. QIES is shown by the invalidation queue itself,
 * when nobody is in it any more.
 */
public final class GlobalCommand {

    private static final long ONE_SHOTS = GlobalFields.ROOT_TABLE | GlobalFields.INTERRUPT_TABLE;
    private static final long LEVELS = GlobalFields.TRANSLATION | GlobalFields.INTERRUPT_REMAPPING
            | GlobalFields.COMPATIBILITY_INTERRUPTS;

    private final RegisterFile registers;
    private final RemappingState state;
    private final FrameListener listener;
    private final Drain.Ending ending;
    private final long supported;

    /**
     * Takes charge of the register.
     *
     * @param frame    of the unit; commands of features that it lacks are reserved and ignored.
     * @param state    what the one-shots latch into.
     * @param listener does the rest.
     * @param drain    waits for what is under way before GSTS shows the end.
     */
    public GlobalCommand(final RegisterFrame frame, final RemappingState state, final FrameListener listener,
            final Drain drain) {
        this.registers = frame.registers();
        this.state = state;
        this.listener = listener;
        this.ending = drain.ending(this::show);
        this.supported = supported(frame.capabilities());
        registers.onWrite(VtdRegisters.GCMD, (_, _, written, _) -> execute(written & supported));
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
            ending.showWhenDrained(GlobalFields.ROOT_TABLE);
        }
        if ((command & GlobalFields.INTERRUPT_TABLE) != 0) {
            registers.update(VtdRegisters.GSTS, GlobalFields.INTERRUPT_TABLE, 0);
            state.latchInterruptTable();
            listener.interruptTableSet();
            ending.showWhenDrained(GlobalFields.INTERRUPT_TABLE);
        }
        // WBF needs nothing: walks read guest memory itself, and WBFS is seen clear when the write has returned.
        if (changed(command, GlobalFields.COMPATIBILITY_INTERRUPTS)) {
            listener.compatibilityInterruptsSwitched((command & GlobalFields.COMPATIBILITY_INTERRUPTS) != 0);
            ending.showWhenDrained(GlobalFields.COMPATIBILITY_INTERRUPTS);
        }
        if (changed(command, GlobalFields.QUEUED_INVALIDATION)) {
            listener.queuedInvalidationSwitched((command & GlobalFields.QUEUED_INVALIDATION) != 0);
        }
        if (changed(command, GlobalFields.TRANSLATION)) {
            listener.translationSwitched((command & GlobalFields.TRANSLATION) != 0);
            ending.showWhenDrained(GlobalFields.TRANSLATION);
        }
        if (changed(command, GlobalFields.INTERRUPT_REMAPPING)) {
            listener.interruptRemappingSwitched((command & GlobalFields.INTERRUPT_REMAPPING) != 0);
            ending.showWhenDrained(GlobalFields.INTERRUPT_REMAPPING);
        }
    }

    private boolean changed(final long command, final long level) {
        return (supported & level) != 0 && state.switchTo(level, command & level);
    }

    /** Shows one-shots as done, and levels as they are. */
    private void show(final long done) {
        registers.update(VtdRegisters.GSTS, done & LEVELS, done & ONE_SHOTS | done & LEVELS & state.levels());
        if ((done & (GlobalFields.TRANSLATION | GlobalFields.INTERRUPT_REMAPPING)) != 0) {
            listener.remappingSwitched();
        }
    }
}
