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

package io.viommu.bench.road;

import org.agrona.DirectBuffer;

import io.viommu.bench.reference.RoadState;

/**
 * One consumer of a road of its own, in C or in Java. Its {@link #road} is set up for a round, then {@link #start} is
 * called, then the producer runs, then {@link #await} is called, which leaves the results in the road.
 */
interface Consumer extends AutoCloseable {

    String name();

    RoadState road();

    /** The guest's event queue as it lies in memory. */
    DirectBuffer queue();

    /** Begins to consume the round's faults. */
    void start();

    /** Waits until the interrupt of the round's last fault has been raised. */
    void await() throws InterruptedException;

    /** Processor time that the consumer's threads have used so far; read it between rounds. */
    long cpuNanos();

    @Override
    void close();
}
