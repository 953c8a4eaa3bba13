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

package io.viommu.fault;

/**
 * Where a source puts the faults it read. Each is claimed, filled in place and published; between the two calls the
 * record lies in the slot of the vIOMMU that the route leads to, or in a waste slot if none does. Used by one thread.
 *
 * <pre>{@code
 * FaultRecord record = sink.claim(deviceId, FaultSink.NO_PASID);
 * record.kind(FaultKind.SMMU_EVENT).word(0, w0)...;
 * sink.publish();
 * }</pre>
 */
public interface FaultSink extends AutoCloseable {

    /** Stands for a fault without PASID. */
    int NO_PASID = -1;

    /**
     * Finds the route and claims a slot of its pipeline, waiting while that is full: a pipeline pushes back on its
     * sources, which then keep the fault where it is. The record comes cleared, with source, host device, guest
     * device, PASID and time set.
     *
     * @param source     number of the source, as the routes know it.
     * @param hostDevice the host's name of the device.
     * @param pasid      20 bits, or {@link #NO_PASID}.
     * @return the record to fill; valid until {@link #publish}.
     */
    FaultRecord claim(int source, int hostDevice, int pasid);

    /** Hands the claimed record over. */
    void publish();

    /**
     * Counts a fault that was read but can't be put in a record.
     *
     * @param source      number of the source.
     * @param disposition why; its outcome is REJECTED.
     */
    void reject(int source, FaultDisposition disposition);

    /** Says that the source has nothing more just now: what was published is brought to its guests. */
    void flush();

    /**
     * Lets go of what the sink keeps for itself, such as its counters; not of the pipelines behind it. Called by the
     * reader that was given the sink, when it is closed and its thread has ended.
     */
    @Override
    default void close() {
    }
}
