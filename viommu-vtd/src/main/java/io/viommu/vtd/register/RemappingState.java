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

import java.util.concurrent.atomic.AtomicLong;

import io.viommu.device.RegisterFile;
import io.viommu.vtd.spec.GlobalFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * What is in force, as opposed to what software last wrote: table addresses take effect only with SRTP and SIRTP
 * (VT-d 6.6, 6.7), and GSTS shows an enable only when what it changes is done. Written by {@link GlobalCommand}, read
 * by any thread.
 */
public final class RemappingState {

    private final RegisterFile registers;
    private final AtomicLong levels = new AtomicLong();
    private volatile long rootTable;
    private volatile long interruptTable;

    /**
     * Makes the state after reset: nothing latched.
     *
     * @param registers holds what software wrote.
     */
    public RemappingState(final RegisterFile registers) {
        this.registers = registers;
    }

    void latchRootTable() {
        rootTable = registers.get(VtdRegisters.RTADDR);
    }

    void latchInterruptTable() {
        interruptTable = registers.get(VtdRegisters.IRTA);
    }

    /** Brings some levels to what a command wants; true if that was a change. */
    boolean switchTo(final long mask, final long wanted) {
        long before;
        do {
            before = levels.get();
        } while (!levels.compareAndSet(before, before & ~mask | wanted));
        return (before & mask) != wanted;
    }

    /** The levels in force, at their places in GSTS. */
    long levels() {
        return levels.get();
    }

    /** Forgets what was latched and switches everything off. */
    public void reset() {
        levels.set(0);
        rootTable = 0;
        interruptTable = 0;
    }

    /**
     * RTADDR as it was at the last SRTP: address and TTM belong together, so whoever needs both reads this once.
     *
     * @return the register's value, 0 before the first SRTP.
     */
    public long rootTable() {
        return rootTable;
    }

    /**
     * IRTA as it was at the last SIRTP: address, size and EIME.
     *
     * @return the register's value, 0 before the first SIRTP.
     */
    public long interruptTable() {
        return interruptTable;
    }

    /**
     * The translation table mode in force.
     *
     * @return one of the TTM values of {@link GlobalFields}.
     */
    public int translationMode() {
        return translationMode(rootTable);
    }

    /**
     * The translation table mode of a latched root table register.
     *
     * @param rootTable what {@link #rootTable()} gave.
     * @return one of the TTM values of {@link GlobalFields}.
     */
    public static int translationMode(final long rootTable) {
        return (int) (rootTable >>> GlobalFields.TTM_SHIFT) & GlobalFields.TTM_MASK;
    }

    /**
     * Whether DMA is remapped.
     *
     * @return what GSTS.TES shows, or is about to.
     */
    public boolean translationEnabled() {
        return status(GlobalFields.TRANSLATION);
    }

    /**
     * Whether interrupts are remapped.
     *
     * @return what GSTS.IRES shows, or is about to.
     */
    public boolean interruptRemappingEnabled() {
        return status(GlobalFields.INTERRUPT_REMAPPING);
    }

    /**
     * Whether the invalidation queue is on.
     *
     * @return what GSTS.QIES shows, or is about to.
     */
    public boolean queuedInvalidationEnabled() {
        return status(GlobalFields.QUEUED_INVALIDATION);
    }

    /**
     * Whether compatibility-format interrupts bypass remapping (VT-d 5.1.2.1): CFIS, which extended interrupt mode
     * overrides.
     *
     * @return false if they are blocked.
     */
    public boolean compatibilityInterruptsPass() {
        return status(GlobalFields.COMPATIBILITY_INTERRUPTS)
                && (interruptTable & GlobalFields.EXTENDED_INTERRUPT_MODE) == 0;
    }

    private boolean status(final long bit) {
        return (levels.get() & bit) != 0;
    }
}
