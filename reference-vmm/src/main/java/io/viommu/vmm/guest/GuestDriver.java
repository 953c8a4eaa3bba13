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

package io.viommu.vmm.guest;

/** A guest's driver of one vIOMMU: it has its own thread, as the threaded interrupt handler of a kernel has. */
public interface GuestDriver extends AutoCloseable {

    /**
     * Finds out what the device can do, sets it up and starts to handle its interrupts.
     *
     * @throws IllegalStateException in one sentence, if the device doesn't answer as its specification says.
     */
    void start();

    /**
     * How many faults the guest can be told of before it must have fetched one.
     *
     * @return records of the queue, known after {@link #start}.
     */
    int room();

    /**
     * How many records the driver has fetched.
     *
     * @return since the start.
     */
    long fetched();

    /**
     * How often the driver saw, and acknowledged, that the device had to drop faults.
     *
     * @return since the start.
     */
    long overflowsAcknowledged();

    /**
     * How many stalled transactions the driver answered.
     *
     * @return since the start.
     */
    default long stallsAnswered() {
        return 0;
    }

    /** Stops handling interrupts; the device stays as it is. */
    @Override
    void close();
}
