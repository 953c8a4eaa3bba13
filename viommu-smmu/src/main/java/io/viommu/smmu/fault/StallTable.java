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

package io.viommu.smmu.fault;

import io.viommu.fault.PageResponder;
import io.viommu.smmu.register.SmmuCapabilities;

/**
 * The transactions that wait for the guest (IHI 0070, 3.12.2, 4.7.1, 4.7.2). Each has a tag that no other one of its
 * stream has until it is answered. A record that found the Event queue not writable waits here, since records of
 * stalled transactions are never dropped; tags of such records are unknown to the guest and can't be answered by it.
 *
 * <p>Tags are given out in turn, so that one is not soon used again; still, records of several holders of a tag may be
 * on their way at once. So a record names its transaction by a ticket, which is given once: the table's clock in the
 * upper 48 bits, the place in the lower 16. A record whose ticket no place holds any more is about the past.
 *
 * <p>A replayed log brings its own tags; if it brings more than there is room for, the oldest of the log is ended:
 * nothing real waits for it.
 *
 * <p>DMA threads park transactions, the injector records them, vCPU threads answer them: all under one lock, since
 * stalls are slow by nature. Answers are given without it, but before the tag can be used again.
 */
public final class StallTable implements StallPort {

    private static final int SIZE = SmmuCapabilities.STALL_MAX;
    private static final byte FREE = 0;
    /** Its record is on its way. */
    private static final byte PARKED = 1;
    /** Its record waits for room in the queue. */
    private static final byte WAITING = 2;
    /** Its record is in the guest's queue, or is being written there. */
    private static final byte RECORDED = 3;
    /** Its answer is being given. */
    private static final byte ENDING = 4;
    /** Stands in place of a source for transactions of emulated devices. */
    private static final int EMULATED = -1;
    private static final int SLOT_BITS = 16;
    private static final int SLOT = (1 << SLOT_BITS) - 1;

    /** Of which transactions something is meant. */
    private enum Which {
        ALL, ALL_WAITING, OF_STREAM
    }

    private final boolean offered;
    private final boolean abortOnly;
    private final PageResponder host;
    /** Changed by {@link #become} alone. */
    private final byte[] states = new byte[SIZE];
    private final int[] streams = new int[SIZE];
    private final int[] tags = new int[SIZE];
    private final long[] tickets = new long[SIZE];
    /** Source of a physical fault, or {@link #EMULATED}. */
    private final int[] sources = new int[SIZE];
    private final long[] cookies = new long[SIZE];
    private final boolean[] reported = new boolean[SIZE];
    private final long[] words = new long[SIZE * 4];
    private volatile StallListener listener = StallListener.NONE;
    /** How many are {@link #WAITING}. */
    private volatile int waiting;
    private int nextSlot;
    private long clock;

    /**
     * Makes an empty table.
     *
     * @param capabilities what the device offers.
     * @param host    takes answers to physical stalls.
     */
    public StallTable(final SmmuCapabilities capabilities, final PageResponder host) {
        this.offered = capabilities.stalls();
        this.abortOnly = capabilities.abortsOnly();
        this.host = host;
    }

    /**
     * Sets who learns of answers to emulated stalls.
     *
     * @param newListener called from then on.
     */
    public void listener(final StallListener newListener) {
        listener = newListener;
    }

    @Override
    public synchronized long stall(final int stream, final int substream, final long address, final int access) {
        final int slot = offered ? freeSlot(stream) : -1;
        return slot < 0 ? NO_TICKET : take(slot, stream, slot, EMULATED, 0);
    }

    @Override
    public synchronized void withdraw(final long ticket) {
        final int slot = slot(ticket);
        if (slot >= 0) {
            become(slot, FREE);
        }
    }

    /**
     * Ends a physical transaction that is not stalled.
     *
     * @param source where the answer goes.
     * @param cookie the source's mark.
     */
    void refuse(final int source, final long cookie) {
        host.respond(source, cookie, PageResponder.INVALID);
    }

    /**
     * Admits a physical stall under a tag of the table's own.
     *
     * @param stream the guest's StreamID.
     * @param source where the answer goes.
     * @param cookie the source's mark.
     * @return the ticket, or {@link #NO_TICKET} if there is no room.
     */
    synchronized long admit(final int stream, final int source, final long cookie) {
        final int slot = freeSlot(stream);
        return slot < 0 ? NO_TICKET : take(slot, stream, slot, source, cookie);
    }

    /**
     * Admits a stall of a log under the tag it was reported with. An older one of a log with that tag is ended, and the
     * oldest one if there is no room.
     *
     * @param stream the guest's StreamID.
     * @param tag    the tag in the record.
     * @param source where the answer goes.
     * @param cookie the source's mark.
     * @return the ticket, or {@link #NO_TICKET} if only real transactions are in the way.
     */
    long admitReported(final int stream, final int tag, final int source, final long cookie) {
        final int endedSource;
        final long endedCookie;
        final long ticket;
        synchronized (this) {
            final int slot = slotForReported(stream, tag);
            if (slot < 0) {
                return NO_TICKET;
            }
            endedSource = states[slot] == FREE ? EMULATED : sources[slot];
            endedCookie = cookies[slot];
            become(slot, FREE);
            ticket = take(slot, stream, tag, source, cookie);
            reported[slot] = true;
        }
        if (endedSource != EMULATED) {
            host.respond(endedSource, endedCookie, PageResponder.INVALID);
        }
        return ticket;
    }

    private int slotForReported(final int stream, final int tag) {
        final int holder = find(stream, tag);
        if (holder >= 0) {
            return reported[holder] ? holder : -1;
        }
        int oldest = -1;
        for (int i = 0; i < SIZE; i++) {
            if (states[i] == FREE) {
                return i;
            }
            if (reported[i] && states[i] != ENDING && (oldest < 0 || tickets[i] < tickets[oldest])) {
                oldest = i;
            }
        }
        return oldest;
    }

    private long take(final int slot, final int stream, final int tag, final int source, final long cookie) {
        become(slot, PARKED);
        streams[slot] = stream;
        tags[slot] = tag;
        sources[slot] = source;
        cookies[slot] = cookie;
        reported[slot] = false;
        tickets[slot] = ++clock << SLOT_BITS | slot;
        return tickets[slot];
    }

    /** The next free slot whose own number is not in use as a tag of the stream. */
    private int freeSlot(final int stream) {
        for (int i = 0; i < SIZE; i++) {
            final int slot = (nextSlot + i) % SIZE;
            if (states[slot] == FREE && find(stream, slot) < 0) {
                nextSlot = (slot + 1) % SIZE;
                return slot;
            }
        }
        return -1;
    }

    private int find(final int stream, final int tag) {
        for (int i = 0; i < SIZE; i++) {
            if (held(i) && tags[i] == tag && streams[i] == stream) {
                return i;
            }
        }
        return -1;
    }

    private boolean held(final int slot) {
        return states[slot] != FREE && states[slot] != ENDING;
    }

    /** Where the transaction of a ticket is, or -1 if it has ended. A guest has no say in tickets. */
    private int slot(final long ticket) {
        final int slot = (int) ticket & SLOT;
        return slot < SIZE && tickets[slot] == ticket && held(slot) ? slot : -1;
    }

    private void become(final int slot, final byte state) {
        waiting += (state == WAITING ? 1 : 0) - (states[slot] == WAITING ? 1 : 0);
        states[slot] = state;
    }

    /**
     * The record of a transaction is about to be written: as soon as PROD moves the guest may answer it.
     *
     * @param ticket the transaction.
     * @return false if it was ended before its record came.
     */
    synchronized boolean record(final long ticket) {
        final int slot = slot(ticket);
        if (slot >= 0) {
            become(slot, RECORDED);
        }
        return slot >= 0;
    }

    /**
     * The record of a transaction has to wait.
     *
     * @param ticket the transaction.
     * @param event  the record.
     * @return false if it was ended before.
     */
    synchronized boolean await(final long ticket, final GuestEvent event) {
        final int slot = slot(ticket);
        if (slot >= 0) {
            become(slot, WAITING);
            for (int i = 0; i < 4; i++) {
                words[slot * 4 + i] = event.word(i);
            }
        }
        return slot >= 0;
    }

    /**
     * Whether records wait for room.
     *
     * @return true if the injector has something to do as soon as the queue is writable.
     */
    public boolean hasWaiting() {
        return waiting > 0;
    }

    /**
     * Takes the record that has waited longest: it is about to be written, as for {@link #record}.
     *
     * @param event becomes the record.
     * @return its ticket, or {@link #NO_TICKET} if none waits.
     */
    synchronized long recordNext(final GuestEvent event) {
        int first = -1;
        for (int i = 0; i < SIZE; i++) {
            if (states[i] == WAITING && (first < 0 || tickets[i] < tickets[first])) {
                first = i;
            }
        }
        if (first < 0) {
            return NO_TICKET;
        }
        event.set(words[first * 4], words[first * 4 + 1], words[first * 4 + 2], words[first * 4 + 3]);
        become(first, RECORDED);
        return tickets[first];
    }

    /**
     * CMD_RESUME: no effect unless both StreamID and tag are those of a transaction whose record the guest could see.
     *
     * @param stream StreamID.
     * @param tag    STAG.
     * @param action {@link StallListener#RETRY}, {@link StallListener#ABORT} or, where RAZ/WI is offered,
     *               {@link StallListener#IGNORE}.
     */
    public void resume(final int stream, final int tag, final int action) {
        final int slot;
        synchronized (this) {
            slot = find(stream, tag);
            if (slot < 0 || states[slot] != RECORDED) {
                return;
            }
            become(slot, ENDING);
        }
        answer(slot, abortOnly && action == StallListener.IGNORE ? StallListener.ABORT : action);
    }

    /**
     * Ends one transaction with an abort.
     *
     * @param ticket the transaction; one that has ended is left alone.
     */
    void abort(final long ticket) {
        final int slot;
        synchronized (this) {
            slot = slot(ticket);
            if (slot < 0) {
                return;
            }
            become(slot, ENDING);
        }
        answer(slot, StallListener.ABORT);
    }

    /**
     * CMD_STALL_TERM: ends all stalled transactions of a stream with an abort.
     *
     * @param stream StreamID.
     */
    public void terminate(final int stream) {
        endAll(Which.OF_STREAM, stream, StallListener.ABORT);
    }

    /** Ends all stalled transactions with an abort: SMMUEN was cleared (6.3.9.6), or the device is reset. */
    public void terminateAll() {
        endAll(Which.ALL, 0, StallListener.ABORT);
    }

    /**
     * Retries the transactions whose records wait: a CMD_SYNC has completed invalidations, and a record about what was
     * invalidated must not come after it (4.7.3).
     */
    public void retryWaiting() {
        if (hasWaiting()) {
            endAll(Which.ALL_WAITING, 0, StallListener.RETRY);
        }
    }

    private void endAll(final Which which, final int stream, final int action) {
        for (int slot = 0; slot < SIZE; slot++) {
            synchronized (this) {
                final boolean meant = switch (which) {
                    case ALL -> held(slot);
                    case ALL_WAITING -> states[slot] == WAITING;
                    case OF_STREAM -> held(slot) && streams[slot] == stream;
                };
                if (!meant) {
                    continue;
                }
                become(slot, ENDING);
            }
            answer(slot, action);
        }
    }

    /**
     * Gives the answer of a slot that is ending, whose contents nobody else changes. A host has no RAZ/WI: a physical
     * transaction that is not retried is refused.
     */
    private void answer(final int slot, final int action) {
        try {
            if (sources[slot] == EMULATED) {
                listener.answered(streams[slot], tags[slot], action);
            } else {
                host.respond(sources[slot], cookies[slot],
                        action == StallListener.RETRY ? PageResponder.SUCCESS : PageResponder.INVALID);
            }
        } finally {
            synchronized (this) {
                become(slot, FREE);
            }
        }
    }
}
