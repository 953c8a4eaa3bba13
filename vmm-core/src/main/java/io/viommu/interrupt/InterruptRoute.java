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
 * A device's interrupt message whose way to the guest the VMM keeps outside of the vIOMMU, such as the route in the
 * kernel behind an irqfd. The VMM implements it and gives it to {@link InterruptRoutes}.
 *
 * <p>The first three methods say what the device would write. The other two are called with where that goes, one call
 * at a time for all routes of a vIOMMU: by {@link InterruptRoutes#add}, and by the vCPU thread whose command made the
 * vIOMMU forget, before that command completes. They neither throw nor wait for a guest, and they don't call back into
 * the vIOMMU.
 */
public interface InterruptRoute {

    /**
     * Who sends.
     *
     * @return a StreamID or requester id, as the vIOMMU's tables know it.
     */
    int requesterId();

    /**
     * Where the device writes.
     *
     * @return the address in its message.
     */
    long address();

    /**
     * What the device writes.
     *
     * @return the 32 bits of its message.
     */
    int data();

    /**
     * From now on the message goes there.
     *
     * @param to   the doorbell's guest physical address, as {@link InterruptSink#message} has it.
     * @param what the 32 bits written there.
     */
    void resolved(long to, int what);

    /**
     * From now on each message must go through the vIOMMU by itself: it is blocked there, which a fault tells the
     * guest, or more than a message comes of it.
     */
    void unresolved();

    /** All routes that changed have been told so: what they changed takes effect now, before the command completes. */
    void settled();
}
