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
package io.viommu.bridge.dmafault;

import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.HEAD;
import static io.viommu.bridge.dmafault.DmaFaultRegionLayout.TAIL;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.EventFd;

/**
 * The producer's end of a DMA-fault region; does what the kernel series' fault handler did: if the ring is full the
 * record is dropped without a signal, else it is copied, the head moves on, and the eventfd is signalled.
 *
 * <p>One thread produces. The tail is the consumer's to write: one outside the ring, which the kernel would not have
 * accepted, is passed over and the last sound one stands.
 */
public final class DmaFaultProducer {

    private final DmaFaultMemory memory;
    private final UnsafeBuffer region;
    private final EventFd event;
    private final RingGeometry ring;
    private final int copied;
    private final boolean stamped;
    private int head;
    private int lastTail;
    private long produced;
    private long dropped;
    private long unsignalled;

    /**
     * Attaches to a region, going on at its head.
     *
     * @param memory the region; stays the caller's.
     * @param event  the eventfd to signal; stays the caller's.
     * @throws IllegalArgumentException in one sentence naming the field, if the header is not sound.
     */
    public DmaFaultProducer(final DmaFaultMemory memory, final EventFd event) {
        this.memory = memory;
        this.region = memory.buffer();
        this.event = event;
        this.ring = RingGeometry.read(region, EntryFormat.PLAIN);
        this.stamped = ring.entrySize() >= ExtendedFaultEntry.LENGTH;
        this.copied = stamped ? ExtendedFaultEntry.LENGTH : IommuFault2021.LENGTH;
        this.head = region.getInt(HEAD);
        this.lastTail = 0;
        if (!ring.valid(head)) {
            throw new IllegalArgumentException("The DMA-fault region's head is " + Integer.toUnsignedString(head)
                    + "; it must be below nb_entries, " + ring.entries() + ".");
        }
    }

    /**
     * Whether the next record would find room.
     *
     * @return false if it would be dropped.
     */
    public boolean hasSpace() {
        enter();
        try {
            return space();
        } finally {
            memory.producing().exit();
        }
    }

    private void enter() {
        if (!memory.producing().enter()) {
            memory.producing().check();
            throw new IllegalStateException("One thread produces into a DMA-fault region, and doesn't nest.");
        }
    }

    private boolean space() {
        final int tail = region.getIntAcquire(TAIL);
        if (ring.valid(tail)) {
            lastTail = tail;
        }
        return (lastTail - head - 1 & ring.mask()) >= 1;
    }

    /**
     * Whether the consumer has taken all there was.
     *
     * @return true if the ring is empty.
     */
    public boolean isDrained() {
        enter();
        try {
            return region.getIntAcquire(TAIL) == head;
        } finally {
            memory.producing().exit();
        }
    }

    /**
     * Produces one record, as the kernel does, or drops it. The signal is left to {@link #signal}.
     *
     * @param source where the entry is, 128 bytes; the ring takes as many of them as its entries hold.
     * @param offset the entry's first byte.
     * @param tag    written over the entry's tag.
     * @return false if it was dropped.
     * @throws IllegalStateException in one sentence, if the region's memory is closed.
     */
    public boolean produce(final DirectBuffer source, final int offset, final long tag) {
        enter();
        try {
            return put(source, offset, tag);
        } finally {
            memory.producing().exit();
        }
    }

    private boolean put(final DirectBuffer source, final int offset, final long tag) {
        if (!space()) {
            dropped++;
            return false;
        }
        final int slot = ring.at(head);
        region.putBytes(slot, source, offset, copied);
        if (stamped) {
            region.putLong(slot + ExtendedFaultEntry.TAG, tag);
            region.putLong(slot + ExtendedFaultEntry.TIME, System.nanoTime());
        }
        head = head + 1 & ring.mask();
        region.putIntRelease(HEAD, head);
        produced++;
        unsignalled++;
        return true;
    }

    /**
     * Signals the records produced since the last signal: after each as the kernel does, or after several at once.
     */
    public void signal() {
        if (unsignalled != 0) {
            // An overflow can be ignored: it means that the consumer has not looked yet, and still will.
            event.signal(unsignalled);
            unsignalled = 0;
        }
    }

    /**
     * Records that went into the ring.
     *
     * @return since the start.
     */
    public long produced() {
        return produced;
    }

    /**
     * Records that found the ring full.
     *
     * @return since the start.
     */
    public long dropped() {
        return dropped;
    }
}
