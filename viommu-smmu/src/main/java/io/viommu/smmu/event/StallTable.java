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

package io.viommu.smmu.event;

import io.viommu.fault.PageResponder;
import io.viommu.smmu.register.SmmuOptions;
import io.viommu.smmu.translate.StallPort;

/**
 * The transactions that wait for the guest (IHI 0070, 3.12.2, 4.7.1, 4.7.2). Each has a tag that no other one of its
 * stream has until it is answered. A record that found the Event queue not writable waits here, since records of
 * stalled transactions are never dropped; tags of such records are unknown to the guest and can't be answered by it.
 *
 * <p>Tags are given out in turn, so that one is not soon used again. A replayed log brings its own tags; if it brings
 * more than there is room for, the oldest of them is ended: nothing real waits for it.
 *
 * <p>DMA threads park transactions, the injector records them, vCPU threads answer them: all under one lock, since
 * stalls are slow by nature. Answers are given without it.
 */
public final class StallTable implements StallPort {

    private static final int SIZE = SmmuOptions.STALL_MAX;
    private static final byte FREE = 0;
    /** Parked by a DMA thread; its record is on its way. */
    private static final byte PARKED = 1;
    /** Its record waits for room in the queue. */
    private static final byte WAITING = 2;
    /** Its record is in the guest's queue. */
    private static final byte RECORDED = 3;
    /** Stands in place of a source for transactions of emulated devices. */
    private static final int EMULATED = -1;

    private final boolean offered;
    private final boolean abortOnly;
    private final PageResponder host;
    private final byte[] states = new byte[SIZE];
    private final int[] streams = new int[SIZE];
    private final int[] tags = new int[SIZE];
    /** Source of a physical fault, or {@link #EMULATED}. */
    private final int[] sources = new int[SIZE];
    private final long[] cookies = new long[SIZE];
    private final long[] births = new long[SIZE];
    private final long[] words = new long[SIZE * 4];
    private volatile StallListener listener = StallListener.NONE;
    private volatile int waiting;
    private int nextSlot;
    private long clock;

    /**
     * Makes an empty table.
     *
     * @param options what the device offers.
     * @param host    takes answers to physical stalls.
     */
    public StallTable(final SmmuOptions options, final PageResponder host) {
        this.offered = options.stalls();
        this.abortOnly = options.abortOnly();
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
    public synchronized int stall(final int stream, final int substream, final long address, final int access) {
        final int slot = offered ? freeSlot(stream) : NO_TAG;
        return slot < 0 ? NO_TAG : take(slot, PARKED, stream, slot, EMULATED, 0);
    }

    /**
     * Admits a physical stall under a tag of the table's own.
     *
     * @param stream the guest's StreamID.
     * @param source where the answer goes.
     * @param cookie the source's mark.
     * @return the tag, or {@link #NO_TAG} if there is no room.
     */
    synchronized int admit(final int stream, final int source, final long cookie) {
        final int slot = freeSlot(stream);
        return slot < 0 ? NO_TAG : take(slot, PARKED, stream, slot, source, cookie);
    }

    /**
     * Admits a stall of a log under the tag it was reported with.
     *
     * @param stream the guest's StreamID.
     * @param tag    the tag in the record.
     * @param source where the answer goes.
     * @param cookie the source's mark.
     */
    void admitReported(final int stream, final int tag, final int source, final long cookie) {
        int endedSource = EMULATED;
        long endedCookie = 0;
        synchronized (this) {
            int slot = find(stream, tag);
            if (slot < 0) {
                slot = freeSlot(stream);
            }
            if (slot < 0) {
                slot = oldest();
            }
            if (states[slot] != FREE) {
                endedSource = sources[slot];
                endedCookie = cookies[slot];
                release(slot);
            }
            take(slot, PARKED, stream, tag, source, cookie);
        }
        if (endedSource != EMULATED) {
            host.respond(endedSource, endedCookie, PageResponder.INVALID);
        }
    }

    private int take(final int slot, final byte state, final int stream, final int tag, final int source,
            final long cookie) {
        states[slot] = state;
        streams[slot] = stream;
        tags[slot] = tag;
        sources[slot] = source;
        cookies[slot] = cookie;
        births[slot] = clock++;
        return tag;
    }

    /** The next free slot whose own number is not in use as a reported tag of the stream. */
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
            if (states[i] != FREE && tags[i] == tag && streams[i] == stream) {
                return i;
            }
        }
        return -1;
    }

    private int oldest() {
        int oldest = 0;
        for (int i = 1; i < SIZE; i++) {
            if (births[i] < births[oldest]) {
                oldest = i;
            }
        }
        return oldest;
    }

    private void release(final int slot) {
        if (states[slot] == WAITING) {
            waiting--;
        }
        states[slot] = FREE;
    }

    /**
     * Whether a transaction is still parked under a tag.
     *
     * @param stream its StreamID.
     * @param tag    its tag.
     * @return false if it was ended before its record came.
     */
    synchronized boolean holds(final int stream, final int tag) {
        return find(stream, tag) >= 0;
    }

    /** The record of a transaction is in the guest's queue. */
    synchronized void recorded(final int stream, final int tag) {
        final int slot = find(stream, tag);
        if (slot >= 0) {
            if (states[slot] == WAITING) {
                waiting--;
            }
            states[slot] = RECORDED;
        }
    }

    /** The record of a transaction has to wait. */
    synchronized void await(final int stream, final int tag, final GuestEvent event) {
        final int slot = find(stream, tag);
        if (slot >= 0) {
            states[slot] = WAITING;
            waiting++;
            for (int i = 0; i < 4; i++) {
                words[slot * 4 + i] = event.word(i);
            }
        }
    }

    /**
     * Whether records wait for room.
     *
     * @return true if the injector has something to do as soon as the queue is writable.
     */
    public boolean hasWaiting() {
        return waiting > 0;
    }

    /** The record that has waited longest; false if there is none. */
    synchronized boolean peek(final GuestEvent event) {
        int first = -1;
        for (int i = 0; i < SIZE; i++) {
            if (states[i] == WAITING && (first < 0 || births[i] < births[first])) {
                first = i;
            }
        }
        if (first < 0) {
            return false;
        }
        event.set(words[first * 4], words[first * 4 + 1], words[first * 4 + 2], words[first * 4 + 3]);
        return true;
    }

    /**
     * CMD_RESUME: no effect unless both StreamID and tag are those of a transaction whose record the guest could see.
     *
     * @param stream StreamID.
     * @param tag    STAG.
     * @param retry  retry the transaction, else end it.
     * @param abort  end it with an abort, else RAZ/WI where that is offered.
     */
    public void resume(final int stream, final int tag, final boolean retry, final boolean abort) {
        final int source;
        final long cookie;
        synchronized (this) {
            final int slot = find(stream, tag);
            if (slot < 0 || states[slot] != RECORDED) {
                return;
            }
            source = sources[slot];
            cookie = cookies[slot];
            release(slot);
        }
        final int ended = abort || abortOnly ? StallListener.ABORT : StallListener.IGNORE;
        answer(stream, tag, source, cookie, retry ? StallListener.RETRY : ended);
    }

    /**
     * CMD_STALL_TERM: ends all stalled transactions of a stream with an abort.
     *
     * @param stream StreamID.
     */
    public void terminate(final int stream) {
        endAll(stream, false, false, StallListener.ABORT);
    }

    /** Ends all stalled transactions with an abort: SMMUEN was cleared (6.3.9.6), or the device is reset. */
    public void terminateAll() {
        endAll(0, true, false, StallListener.ABORT);
    }

    /**
     * Retries the transactions whose records wait: a CMD_SYNC has completed invalidations, and a record about what was
     * invalidated must not come after it (4.7.3).
     */
    public void retryWaiting() {
        if (hasWaiting()) {
            endAll(0, true, true, StallListener.RETRY);
        }
    }

    private void endAll(final int stream, final boolean everyStream, final boolean onlyWaiting, final int action) {
        for (int slot = 0; slot < SIZE; slot++) {
            final int of;
            final int tag;
            final int source;
            final long cookie;
            synchronized (this) {
                if (states[slot] == FREE || onlyWaiting && states[slot] != WAITING
                        || !everyStream && streams[slot] != stream) {
                    continue;
                }
                of = streams[slot];
                tag = tags[slot];
                source = sources[slot];
                cookie = cookies[slot];
                release(slot);
            }
            answer(of, tag, source, cookie, action);
        }
    }

    /** A host has no RAZ/WI: a physical transaction that is not retried is refused. */
    private void answer(final int stream, final int tag, final int source, final long cookie, final int action) {
        if (source == EMULATED) {
            listener.answered(stream, tag, action);
        } else {
            host.respond(source, cookie,
                    action == StallListener.RETRY ? PageResponder.SUCCESS : PageResponder.INVALID);
        }
    }
}
