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

package io.viommu.smmu.register;

import io.viommu.device.RegisterFile;
import io.viommu.interrupt.MessagesUnderWay;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * GERROR and GERRORN (IHI 0070, 7.5): the device makes an error active by letting its bit differ, the guest
 * acknowledges by making the bits equal again. What is active is kept here and not read off the registers, so that a
 * guest that toggles GERRORN for an inactive error (CONSTRAINED UNPREDICTABLE, 6.3.20) activates nothing.
 *
 * <p>Called by the injector and by vCPU threads, possibly at once. Errors are rare, so changes lock; asking doesn't.
 */
public final class GlobalErrors {

    private final RegisterFile registers;
    private final InterruptSource interrupt;
    private final MessagesUnderWay interrupting = new MessagesUnderWay();
    /** By the place of the error's bit; null where nobody goes on. */
    private final Runnable[] acknowledged = new Runnable[Integer.SIZE];
    private volatile int active;

    GlobalErrors(final RegisterFile registers, final MessagePort port) {
        this.registers = registers;
        this.interrupt = new InterruptSource(registers, port, InterruptSource.Kind.GERROR,
                () -> activate(SmmuRegisters.GERROR_MSI_GERROR_ABT));
        registers.onWrite(SmmuRegisters.GERRORN, (_, _, _, _) -> {
            for (int left = acknowledge(); left != 0; left &= left - 1) {
                final Runnable next = acknowledged[Integer.numberOfTrailingZeros(left)];
                if (next != null) {
                    next.run();
                }
            }
        });
    }

    /**
     * Sets what goes on when the guest has acknowledged an error; called while the device is made.
     *
     * @param error one bit of GERROR.
     * @param next  runs on the vCPU thread of the write.
     */
    public void onAcknowledge(final int error, final Runnable next) {
        acknowledged[Integer.numberOfTrailingZeros(error)] = next;
    }

    /**
     * Whether an error is active.
     *
     * @param error one bit of GERROR.
     * @return true until the guest acknowledges it.
     */
    public boolean isActive(final int error) {
        return (active & error) != 0;
    }

    /**
     * Makes an error active and interrupts; an error that is active already is not recorded again (6.3.19). The abort
     * of a GERROR MSI makes no interrupt of its own (7.5.1).
     *
     * @param error one bit of GERROR.
     */
    public void activate(final int error) {
        if (makeActive(error) && error != SmmuRegisters.GERROR_MSI_GERROR_ABT) {
            final int period = interrupting.enter();
            try {
                interrupt.raise();
            } finally {
                interrupting.leave(period);
            }
        }
    }

    /**
     * Waits for an interrupt that is on its way from another thread, and for its abort (3.18.1); not within a handler
     * of one, for whom others may be waiting.
     */
    void settle() {
        if (!interrupting.sending()) {
            interrupting.quiesce();
        }
    }

    private synchronized boolean makeActive(final int error) {
        if ((active & error) != 0) {
            return false;
        }
        active |= error;
        registers.update(SmmuRegisters.GERROR, error, ~registers.get(SmmuRegisters.GERRORN) & error);
        return true;
    }

    /**
     * The guest wrote GERRORN: errors whose bits are equal now are inactive.
     *
     * @return the errors that this acknowledged.
     */
    private synchronized int acknowledge() {
        final int before = active;
        active = before & (int) (registers.get(SmmuRegisters.GERROR) ^ registers.get(SmmuRegisters.GERRORN));
        return before & ~active;
    }

    synchronized void reset() {
        active = 0;
    }
}
