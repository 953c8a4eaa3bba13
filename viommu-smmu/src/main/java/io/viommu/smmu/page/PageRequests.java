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

package io.viommu.smmu.page;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.PageRequestLayout;

/**
 * Page requests on their way to the guest and the answers on their way back (IHI 0070, 8 and 4.5.2). A group is
 * answered once, by the guest's CMD_PRI_RESP or in its place: with success at the last request for an overflow, so
 * that the device asks again, with failure at any request where the guest takes none. The host may use the mark of a
 * group again as soon as it has the answer, so whoever takes the group out of the table gives the answer, nobody else;
 * a group stays known as answered until its last request has come.
 *
 * <p>A group keeps the host's index where that fits into the 9 bits of PRGIndex and is free; else it gets another one.
 *
 * <p>Requests come on the injector, answers on vCPU threads.
 */
public final class PageRequests {

    private static final int SIZE = 512;
    private static final int NO_GROUP = -1;
    private static final byte FREE = 0;
    /** More requests are to come. */
    private static final byte OPEN = 1;
    /** The last request has come. */
    private static final byte COMPLETE = 2;
    /** The guest answered before the last request came; what remains is for it to see, but needs no answer. */
    private static final byte ANSWERED = 3;
    /** Answered in the guest's place before the last request came; what remains is discarded. */
    private static final byte REFUSED = 4;

    private final PageRequestQueue queue;
    private final PageResponder host;
    private final boolean substreams;
    private final byte[] states = new byte[SIZE];
    private final int[] streams = new int[SIZE];
    private final int[] indexes = new int[SIZE];
    private final int[] sources = new int[SIZE];
    private final long[] cookies = new long[SIZE];

    /**
     * Makes the table of groups, empty.
     *
     * @param queue   the guest's PRI queue, or null if none is offered.
     * @param capabilities what the device offers.
     * @param host    takes the answers.
     */
    public PageRequests(final PageRequestQueue queue, final SmmuCapabilities capabilities, final PageResponder host) {
        this.queue = queue;
        this.host = host;
        this.substreams = capabilities.substreamIdBits() > 0;
    }

    /**
     * Ends one request.
     *
     * @param record of kind PAGE_REQUEST.
     * @return how it ended.
     */
    public FaultDisposition inject(final FaultRecord record) {
        final boolean last = (record.word(0) & GenericFault.REQUEST_LAST_PAGE) != 0;
        if (discard(record, last)) {
            return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
        }
        final long flags = word0(record, last);
        if (queue != null && isStopMarker(flags)) {
            return queue.append(flags, 0);
        }
        final int slot = admit(record, last);
        if (queue == null) {
            return refuse(record, slot, last);
        }
        if (slot == NO_GROUP) {
            return overflow(record, slot, last, FaultDisposition.OVERFLOW_PENDING);
        }
        // What an answer frees in the meantime stays as it is: only this thread puts a new group there.
        final FaultDisposition written = queue.append(flags, record.word(2) & PageRequestLayout.ADDR | indexes[slot]);
        switch (written) {
            case DELIVERED :
                return written;
            case QUEUE_FULL, OVERFLOW_PENDING :
                return overflow(record, slot, last, written);
            case QUEUE_ABORTED :
                refuse(record, slot, last);
                return written;
            default :
                return refuse(record, slot, last);
        }
    }

    /**
     * The guest takes no requests: response failure to each (8.2). Where the requests of a group share one answer, the
     * first gets it; of those that there is no room to remember, the last.
     */
    private FaultDisposition refuse(final FaultRecord record, final int slot, final boolean last) {
        if (slot == NO_GROUP ? last : settle(slot, last ? FREE : REFUSED)) {
            host.respond(record.source(), record.cookie(), PageResponder.FAILURE);
        }
        return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
    }

    /** The guest lost the request: success, and nothing for requests that are not the last (8.1). */
    private FaultDisposition overflow(final FaultRecord record, final int slot, final boolean last,
            final FaultDisposition why) {
        if (!last) {
            return why;
        }
        if (slot == NO_GROUP || settle(slot, FREE)) {
            host.respond(record.source(), record.cookie(), PageResponder.SUCCESS);
        }
        return FaultDisposition.PAGE_REQUEST_OVERFLOW;
    }

    /** Takes a group for an answer; false if somebody else has. */
    private synchronized boolean settle(final int slot, final byte then) {
        final boolean owed = owed(slot);
        if (owed) {
            states[slot] = then;
        }
        return owed;
    }

    private boolean owed(final int slot) {
        return states[slot] == OPEN || states[slot] == COMPLETE;
    }

    /** Whether the request is of a group that was refused; the last one ends it. */
    private synchronized boolean discard(final FaultRecord record, final boolean last) {
        final int slot = find(record);
        if (slot == NO_GROUP || states[slot] != REFUSED) {
            return false;
        }
        if (last) {
            states[slot] = FREE;
        }
        return true;
    }

    /** Without a PASID there is neither X nor Priv (8). */
    private long word0(final FaultRecord record, final boolean last) {
        final long permissions = record.word(1);
        final boolean pasid = substreams
                && (record.hasPasid() || (record.word(0) & GenericFault.REQUEST_PASID_VALID) != 0);
        long word = Integer.toUnsignedLong(record.guestDevice()) | (last ? PageRequestLayout.LAST : 0)
                | ((permissions & GenericFault.PERM_READ) != 0 ? PageRequestLayout.R : 0)
                | ((permissions & GenericFault.PERM_WRITE) != 0 ? PageRequestLayout.W : 0);
        if (pasid) {
            word |= PageRequestLayout.SSV
                    | (long) (record.pasid() & CommandLayout.SUBSTREAM_MASK) << PageRequestLayout.SUBSTREAM_SHIFT
                    | ((permissions & GenericFault.PERM_EXEC) != 0 ? PageRequestLayout.X : 0)
                    | ((permissions & GenericFault.PERM_PRIV) != 0 ? PageRequestLayout.PRIV : 0);
        }
        return word;
    }

    /** LWR = 0b100 with a PASID: nothing is asked for, and nothing is ever answered. */
    private static boolean isStopMarker(final long word0) {
        final long kind = PageRequestLayout.SSV | PageRequestLayout.LAST | PageRequestLayout.R | PageRequestLayout.W;
        return (word0 & kind) == (PageRequestLayout.SSV | PageRequestLayout.LAST);
    }

    /** Where the group is, or {@link #NO_GROUP} if it is new and there is no room. */
    private synchronized int admit(final FaultRecord record, final boolean last) {
        int slot = find(record);
        if (slot == NO_GROUP) {
            slot = vacant();
            if (slot == NO_GROUP) {
                return slot;
            }
            states[slot] = FREE;
            indexes[slot] = index(record.guestDevice(), (int) (record.word(0) >>> 32));
            streams[slot] = record.guestDevice();
            sources[slot] = record.source();
            cookies[slot] = record.cookie();
            states[slot] = OPEN;
        }
        if (last) {
            states[slot] = states[slot] == ANSWERED ? FREE : COMPLETE;
        }
        return slot;
    }

    /** A free slot, else one of a group that has its answer, whose last request may never come. */
    private int vacant() {
        int found = NO_GROUP;
        for (int slot = 0; slot < SIZE; slot++) {
            if (states[slot] == FREE) {
                return slot;
            }
            if (!owed(slot)) {
                found = slot;
            }
        }
        return found;
    }

    private int find(final FaultRecord record) {
        for (int slot = 0; slot < SIZE; slot++) {
            if (states[slot] != FREE && cookies[slot] == record.cookie() && sources[slot] == record.source()
                    && streams[slot] == record.guestDevice()) {
                return slot;
            }
        }
        return NO_GROUP;
    }

    /** There are as many indexes as groups, so one is free. */
    private int index(final int stream, final int wanted) {
        if (Integer.compareUnsigned(wanted, SIZE) < 0 && find(stream, wanted) == NO_GROUP) {
            return wanted;
        }
        int index = 0;
        while (find(stream, index) != NO_GROUP) {
            index++;
        }
        return index;
    }

    /** The group that the guest knows by an index; a group that was refused it knows no more. */
    private int find(final int stream, final int index) {
        for (int slot = 0; slot < SIZE; slot++) {
            if (states[slot] != FREE && states[slot] != REFUSED && indexes[slot] == index
                    && streams[slot] == stream) {
                return slot;
            }
        }
        return NO_GROUP;
    }

    /**
     * CMD_PRI_RESP: no effect if there is no such group, or it has its answer.
     *
     * @param stream StreamID.
     * @param index  PRGIndex.
     * @param resp   Resp, not reserved.
     */
    public void respond(final int stream, final int index, final int resp) {
        final int source;
        final long cookie;
        synchronized (this) {
            final int slot = find(stream, index);
            if (slot == NO_GROUP || !owed(slot)) {
                return;
            }
            states[slot] = states[slot] == OPEN ? ANSWERED : FREE;
            source = sources[slot];
            cookie = cookies[slot];
        }
        host.respond(source, cookie, switch (resp) {
            case CommandLayout.RESP_SUCCESS -> PageResponder.SUCCESS;
            case CommandLayout.RESP_INVALID -> PageResponder.INVALID;
            default -> PageResponder.FAILURE;
        });
    }

    /** Ends the interrupt batch of the queue. */
    public void endOfBatch() {
        if (queue != null) {
            queue.endOfBatch();
        }
    }

    /**
     * Answers every group in the guest's place: the device is reset. What remains of them is not for the next guest.
     */
    public void reset() {
        for (int slot = 0; slot < SIZE; slot++) {
            final int source;
            final long cookie;
            synchronized (this) {
                final boolean owed = owed(slot);
                states[slot] = states[slot] == FREE || states[slot] == COMPLETE ? FREE : REFUSED;
                if (!owed) {
                    continue;
                }
                source = sources[slot];
                cookie = cookies[slot];
            }
            host.respond(source, cookie, PageResponder.FAILURE);
        }
        if (queue != null) {
            queue.reset();
        }
    }
}
