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

package io.viommu.bridge.vfiouser;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;

/**
 * DMA by messages: for memory that the client does not share, and for message-signalled interrupts. Any thread; a
 * caller waits for the client's answer, but not for ever; and while an answer is overdue, nobody waits for another, so
 * that a client that never answers holds a walk of many tables, or a storm of faults, no longer than a single access.
 */
final class DmaMessages {

    /** After that an access counts as aborted. QEMU waits 5 seconds for what may in turn wait for this. */
    private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final class Pending {
        private final int command;
        private final MutableDirectBuffer target;
        private final int offset;
        private final int length;
        private final Thread waiting = Thread.currentThread();
        private int result = WAITING;

        Pending(final int command, final MutableDirectBuffer target, final int offset, final int length) {
            this.command = command;
            this.target = target;
            this.offset = offset;
            this.length = length;
        }

        /** Whether a reply is to this, and tells of all of it. A reply to a write need not have a body. */
        boolean fits(final Message reply) {
            final boolean counted = reply.bodyLength() >= DmaAccessLayout.LENGTH;
            return reply.errno() == 0 && reply.command() == command
                    && (counted ? reply.body().getLong(DmaAccessLayout.COUNT) == length : target == null)
                    && (target == null || reply.bodyLength() >= DmaAccessLayout.DATA + length);
        }
    }

    private static final int WAITING = -1;
    private static final System.Logger LOG = System.getLogger(DmaMessages.class.getName());
    /** Transfers of all servers of this process that wait for an answer. */
    private static final AtomicInteger UNDER_WAY = new AtomicInteger();

    private final Map<Integer, Pending> pending = new HashMap<>();
    /** What the client was asked and has not answered in time: until it does, it isn't waited for again. */
    private final Set<Integer> owed = new HashSet<>();
    private Connection connection;
    private int maxTransfer = 1;
    private int nextId;

    /** Whether anybody waits for a client of this process. */
    static boolean anyUnderWay() {
        return UNDER_WAY.get() > 0;
    }

    /** Uses a connection from now on. */
    synchronized void attach(final Connection to, final int transfer) {
        connection = to;
        maxTransfer = Math.max(1, transfer);
    }

    /** Ends what is under way: those transfers are aborted. */
    synchronized void detach() {
        connection = null;
        owed.clear();
        pending.values().forEach(transfer -> transfer.result = GuestMemory.UNMAPPED);
        pending.clear();
        notifyAll();
    }

    /** Reads; {@link GuestMemory#OK}, or {@link GuestMemory#UNMAPPED} if the client refuses or does not answer. */
    int read(final long address, final MutableDirectBuffer target, final int offset, final int length) {
        final long end = System.nanoTime() + TIMEOUT_NANOS;
        int result = GuestMemory.OK;
        for (int done = 0; done < length && result == GuestMemory.OK;) {
            final int part = Math.min(length - done, limit());
            result = transfer(address + done, new Pending(Command.DMA_READ, target, offset + done, part), null, 0,
                    end);
            done += part;
        }
        return result;
    }

    /** Writes, and waits until it is done. */
    int write(final long address, final DirectBuffer source, final int offset, final int length) {
        final long end = System.nanoTime() + TIMEOUT_NANOS;
        int result = GuestMemory.OK;
        for (int done = 0; done < length && result == GuestMemory.OK;) {
            final int part = Math.min(length - done, limit());
            result = transfer(address + done, new Pending(Command.DMA_WRITE, null, 0, part), source, offset + done,
                    end);
            done += part;
        }
        return result;
    }

    /** Writes four bytes without waiting: an interrupt. False if there is no client. */
    boolean post(final long address, final int data) {
        final UnsafeBuffer bytes = new UnsafeBuffer(new byte[Integer.BYTES]);
        bytes.putInt(0, data);
        final Connection to;
        final int id;
        synchronized (this) {
            to = connection;
            id = nextId++ & 0xFFFF;
        }
        return to != null && to.request(id, Command.DMA_WRITE, false, structure(address, Integer.BYTES),
                DmaAccessLayout.LENGTH, bytes, 0, Integer.BYTES);
    }

    private synchronized int limit() {
        return maxTransfer;
    }

    private static UnsafeBuffer structure(final long address, final int count) {
        final UnsafeBuffer structure = new UnsafeBuffer(new byte[DmaAccessLayout.LENGTH]);
        structure.putLong(DmaAccessLayout.ADDRESS, address);
        structure.putLong(DmaAccessLayout.COUNT, count);
        return structure;
    }

    private int transfer(final long address, final Pending transfer, final DirectBuffer data, final int offset,
            final long end) {
        final Connection to;
        final int id;
        synchronized (this) {
            to = connection;
            id = nextId++ & 0xFFFF;
            if (to == null || !owed.isEmpty() || pending.putIfAbsent(id, transfer) != null) {
                return GuestMemory.UNMAPPED;
            }
        }
        if (!to.request(id, transfer.command, true, structure(address, transfer.length), DmaAccessLayout.LENGTH, data,
                offset, data == null ? 0 : transfer.length)) {
            forget(id, transfer);
            return GuestMemory.UNMAPPED;
        }
        UNDER_WAY.incrementAndGet();
        RegionWrites.waitingForClient(this);
        try {
            return await(id, transfer, end);
        } finally {
            RegionWrites.waitingForClient(null);
            UNDER_WAY.decrementAndGet();
        }
    }

    private synchronized int await(final int id, final Pending transfer, final long end) {
        long left = millisTo(end);
        try {
            while (transfer.result == WAITING && left > 0) {
                wait(left);
                left = millisTo(end);
            }
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        forget(id, transfer);
        if (transfer.result != WAITING) {
            return transfer.result;
        }
        if (left <= 0 && owed.add(id)) {
            LOG.log(System.Logger.Level.WARNING, "a vfio-user client did not answer a DMA message in 3 seconds; until"
                    + " it does, the memory that it doesn't share is not there");
        }
        return GuestMemory.UNMAPPED;
    }

    private static long millisTo(final long end) {
        return TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }

    /** Aborts what a thread waits for: the answer is behind writes for which there is no room. */
    synchronized void abandon(final Thread thread) {
        for (final Pending transfer : pending.values()) {
            if (transfer.waiting == thread) {
                transfer.result = GuestMemory.UNMAPPED;
            }
        }
        notifyAll();
    }

    private synchronized void forget(final int id, final Pending transfer) {
        pending.remove(id, transfer);
    }

    /** Takes a reply; one that nobody waits for any more, such as to an interrupt, is nothing to complain of. */
    synchronized void complete(final Message reply) {
        owed.remove(reply.id());
        final Pending transfer = pending.remove(reply.id());
        if (transfer == null) {
            return;
        }
        if (transfer.fits(reply)) {
            if (transfer.target != null) {
                transfer.target.putBytes(transfer.offset, reply.body(), DmaAccessLayout.DATA, transfer.length);
            }
            transfer.result = GuestMemory.OK;
        } else {
            transfer.result = GuestMemory.UNMAPPED;
        }
        notifyAll();
    }
}
