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

package io.viommu.bench.reference;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** {@code struct road} of road.h: what both ends of one road share, every field of 8 bytes. */
public final class RoadState {

    /** A field; its place in this list is its place in the structure. */
    public enum Field {
        /** Address of the DMA-fault region. */
        REGION,
        /** Address of the guest's event queue. */
        QUEUE,
        /** Entries of that queue, a power of two. */
        QUEUE_ENTRIES,
        /** The eventfd from the producer to the consumer. */
        FAULT_FD,
        /** The eventfd from the consumer to the guest. */
        IRQ_FD,
        /** StreamID written into the events. */
        GUEST_DEVICE,
        /** Faults of the round. */
        FAULTS,
        /** Number of the round's first fault; address = number * 4096. */
        FIRST,
        /** 1 = signal only a consumer that had emptied the ring. */
        COALESCED,
        /** One fault each so many nanoseconds; 0 = as fast as the ring takes them. */
        PACE_NANOS,
        /** 1 = an interrupt for each fault instead of one for each batch. */
        IRQ_PER_FAULT,
        /** Faults taken before the interrupt goes, at most. */
        BATCH,
        /** Address of the times before each fault was written, when paced. */
        SENT,
        /** Address of the times after each fault's interrupt, when paced. */
        DONE,
        /** Result: time before the first fault. */
        BEGUN,
        /** Result: time after the last interrupt. */
        ENDED,
        /** Result: writes of the eventfd to the consumer. */
        SIGNALS,
        /** Result: returns of the consumer's poll. */
        WAKES,
        /** Result: writes of the eventfd to the guest. */
        IRQS,
        /** The guest's EVENTQ_PROD, index and wrap bit. */
        PROD,
        /** The guest's EVENTQ_CONS. */
        CONS
    }

    private final MemorySegment segment;

    /**
     * Makes a structure of zeros.
     *
     * @param arena owns it.
     */
    public RoadState(final Arena arena) {
        segment = arena.allocate((long) Field.values().length * Long.BYTES, 64);
    }

    /**
     * Reads a field.
     *
     * @param field which.
     * @return its value.
     */
    public long get(final Field field) {
        return segment.getAtIndex(JAVA_LONG, field.ordinal());
    }

    /**
     * Sets a field.
     *
     * @param field which.
     * @param value its value.
     * @return this.
     */
    public RoadState set(final Field field, final long value) {
        segment.setAtIndex(JAVA_LONG, field.ordinal(), value);
        return this;
    }

    MemorySegment segment() {
        return segment;
    }
}
