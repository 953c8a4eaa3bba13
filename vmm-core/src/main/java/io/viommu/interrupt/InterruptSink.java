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

package io.viommu.interrupt;

/**
 * The way from a device model to the guest's interrupt controller.
 *
 * <p>A device numbers its own wires from 0; the VMM knows which input of its controller each is soldered to. Called
 * from the injector thread and from vCPU threads, possibly at once. Implementations neither block nor throw: an eventfd
 * write, a KVM irqfd, a volatile flag. A device never holds a lock while it calls.
 *
 * <p>A sink may let the guest's handler access the device's registers before it returns. What of that would have to
 * wait, such as a command that waits for DMA, is then done soon after, by another thread. A sink must not wait for a
 * lock that a vCPU holds while it accesses a device.
 */
public interface InterruptSink {

    /**
     * Sends a message-signalled interrupt: a 32-bit write of {@code data} to {@code address}, not remapped again.
     *
     * @param address doorbell address.
     * @param data    the 32 bits written.
     * @return false if the write was aborted because nothing takes it there, which a device may have to report.
     */
    boolean message(long address, int data);

    /**
     * Drives a wire.
     *
     * @param line  the device's own number of the wire, from 0.
     * @param level true to assert.
     */
    void line(int line, boolean level);

    /**
     * Makes an edge on a wire: asserts it and lets it fall.
     *
     * @param line the device's own number of the wire, from 0.
     */
    default void pulse(final int line) {
        line(line, true);
        line(line, false);
    }
}
