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

package io.viommu.bridge.vfiouser;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.StrangersDescriptor;

/**
 * The interrupts that a client wants to hear of: an eventfd for each. Any thread; signalling neither blocks nor
 * throws.
 *
 * <p>INTx is level-triggered and masks itself when it fires, as VFIO has it: the client unmasks it when its guest may
 * have served the device, and it fires again if the pin is still up. An edge that comes meanwhile is kept until then.
 */
public final class InterruptInputs {

    private final EventFd[][] inputs = new EventFd[VfioUserFunction.INTERRUPT_KINDS][];
    private boolean level;
    private boolean edge;
    private boolean masked;

    InterruptInputs(final VfioUserFunction function) {
        for (int kind = 0; kind < inputs.length; kind++) {
            inputs[kind] = new EventFd[function.interrupts(kind)];
        }
    }

    /**
     * Fires an MSI or MSI-X interrupt.
     *
     * @param kind   {@link VfioUserFunction#MSI} or {@link VfioUserFunction#MSIX}.
     * @param vector its number.
     * @return false if the client doesn't listen to it.
     */
    public synchronized boolean trigger(final int kind, final int vector) {
        final EventFd input = vector >= 0 && vector < inputs[kind].length ? inputs[kind][vector] : null;
        return input != null && input.signalStranger() == 0;
    }

    /**
     * Drives the INTx pin.
     *
     * @param up true to assert it.
     */
    public synchronized void pin(final boolean up) {
        level = up;
        fire();
    }

    /** Makes an edge on the INTx pin, for a device whose guest takes it as edge-triggered. */
    public synchronized void pulse() {
        edge = true;
        fire();
    }

    private void fire() {
        if ((level || edge) && !masked && inputs[VfioUserFunction.INTX].length > 0
                && inputs[VfioUserFunction.INTX][0] != null) {
            edge = false;
            masked = true;
            inputs[VfioUserFunction.INTX][0].signalStranger();
        }
    }

    /** How many interrupts of a kind there are. */
    int count(final int kind) {
        return inputs[kind].length;
    }

    /** Masks or unmasks INTx. */
    synchronized void mask(final boolean on) {
        masked = on;
        fire();
    }

    /** Takes a descriptor over for an interrupt; false if it is no eventfd. */
    synchronized boolean arm(final int kind, final int vector, final int fd) {
        try {
            replace(kind, vector, EventFd.adopt(fd));
        } catch (final LinuxException refused) {
            StrangersDescriptor.close(fd);
            return false;
        }
        if (kind == VfioUserFunction.INTX) {
            masked = false;
            fire();
        }
        return true;
    }

    /** Signals no more. */
    synchronized void disarm(final int kind, final int first, final int count) {
        for (int vector = first; vector < first + count; vector++) {
            replace(kind, vector, null);
        }
    }

    private void replace(final int kind, final int vector, final EventFd with) {
        if (inputs[kind][vector] != null) {
            inputs[kind][vector].close();
        }
        inputs[kind][vector] = with;
    }

    /** Signals nothing any more: the client has gone. */
    synchronized void clear() {
        for (int kind = 0; kind < inputs.length; kind++) {
            disarm(kind, 0, inputs[kind].length);
        }
        masked = false;
        edge = false;
    }
}
