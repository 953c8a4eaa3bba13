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
 * The way into one vIOMMU's pipeline, for many producers at once: readers of physical faults and the DMA threads of
 * emulated devices alike. Everything that ends up in a guest's event or fault queue passes here, so that queue has one
 * writer.
 */
public interface FaultPort {

    /** Returned by {@link #claim} when the pipeline is closed. */
    long CLOSED = -1;
    /** Returned by {@link #claim} when the pipeline is full and nobody but the calling thread could make room. */
    long FULL = -2;

    /**
     * Claims the next slot, waiting while the pipeline is full, and clears it.
     *
     * @param record moved to the slot; the caller's own.
     * @return the claim to publish; or, below 0, {@link #CLOSED} or {@link #FULL}, in which case the record was not
     *         moved and nothing is owed.
     */
    long claim(FaultRecord record);

    /**
     * How a fault ends that got no slot.
     *
     * @param claim what {@link #claim} returned, below 0.
     * @return what to {@link #account} for.
     */
    static FaultDisposition refusal(final long claim) {
        return claim == FULL ? FaultDisposition.INJECTOR_FULL : FaultDisposition.CLOSED;
    }

    /**
     * Publishes a claimed slot. Every claim must be published, else those behind it wait for ever.
     *
     * @param claim what {@link #claim} returned.
     */
    void publish(long claim);

    /**
     * Brings what was published to the guest, interrupt and all, where no injector thread does so; otherwise does
     * nothing. Call it after the last of a few publications, and before waiting for anything else: without an injector
     * thread others may be waiting for the turn that it ends.
     */
    void flush();

    /**
     * Waits until every fault that was published before this call has been injected: what makes a guest's CMD_SYNC or
     * VT-d wait descriptor mean that no event about the past comes after it. Bounded: the ring is finite and the
     * injector never waits for a guest. Called by the injector itself it returns at once, since the record at hand is
     * the one being injected.
     */
    void awaitInjected();

    /**
     * Counts a fault that was read for this vIOMMU but never got a slot.
     *
     * @param disposition why.
     */
    void account(FaultDisposition disposition);
}
