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

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.Worker;

/**
 * Carries out region writes in their order on a thread of its own, so that the receiving thread stays free for the
 * answers to DMA messages that a write may send. Everything else that a client asks for waits for the writes before
 * it, except while the write at hand waits for the client itself: the client may be unable to answer before its
 * next request is done (QEMU serves DMA messages under the lock that a virtual CPU holds during a register read).
 */
final class RegionWrites {

    /** Writes that may wait; then the client does. Each has at most {@link Capabilities#MAX_TRANSFER} bytes. */
    private static final int LIMIT = 256;

    private static final System.Logger LOG = System.getLogger(RegionWrites.class.getName());

    /** How long other requests wait for a write that may wait, by way of another thread, for a client to be heard. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LOOK_MILLIS = 20;

    /** The thread, which a write may have wait for any server's client: that of an endpoint waits for its IOMMU's. */
    private static final class Writer extends Worker {
        private final RegionWrites owner;
        private volatile DmaMessages waitingIn;

        Writer(final String name, final RegionWrites owner) {
            super(name, owner::run);
            this.owner = owner;
        }
    }

    private record Write(int region, long offset, UnsafeBuffer data) {
    }

    private final VfioUserFunction function;
    private final ArrayDeque<Write> queue = new ArrayDeque<>(LIMIT);
    private final Writer thread;
    private boolean told;
    private boolean busy;
    private boolean waitingForClient;
    private boolean stopped;

    RegionWrites(final String name, final VfioUserFunction function) {
        this.function = function;
        thread = new Writer("vfio-user-writes-" + name, this);
    }

    void start() {
        thread.start();
    }

    /**
     * Takes a copy of a write, when there is room. The caller receives all that the client sends: if there is no room
     * while this thread waits for the client, the wait is in vain.
     */
    void submit(final int region, final long offset, final DirectBuffer from, final int at, final int count) {
        while (!hasRoom()) {
            final DmaMessages vain = thread.waitingIn;
            if (vain != null) {
                vain.abandon(thread);
            }
            Thread.yield(); // the waiting one has to see it
        }
        add(region, offset, from, at, count);
    }

    /** Waits for room; false if it can't come before the client is heard. */
    private synchronized boolean hasRoom() {
        while (queue.size() >= LIMIT && !waitingForClient && !stopped) {
            await(0);
        }
        return queue.size() < LIMIT || stopped;
    }

    private synchronized void add(final int region, final long offset, final DirectBuffer from, final int at,
            final int count) {
        final byte[] data = new byte[count];
        from.getBytes(at, data);
        queue.add(new Write(region, offset, new UnsafeBuffer(data)));
        notifyAll();
    }

    /**
     * Waits until what was submitted is done, or can't go on before the client has had an answer: the writing thread
     * waits for a client itself, or it takes so long while somebody does that it may wait for that one.
     */
    synchronized void settle() {
        final long start = System.nanoTime();
        while ((busy || !queue.isEmpty()) && !waitingForClient && !stopped
                && !(DmaMessages.anyUnderWay() && System.nanoTime() - start > PATIENCE_NANOS)) {
            await(LOOK_MILLIS);
        }
    }

    /** Waits until what was submitted is done. */
    synchronized void finish() {
        while ((busy || !queue.isEmpty()) && !stopped) {
            await(0);
        }
    }

    /** Says that the calling thread begins to wait for a client, or ends with null; matters for those that write. */
    static void waitingForClient(final DmaMessages in) {
        if (Thread.currentThread() instanceof final Writer writer) {
            writer.waitingIn = in;
            writer.owner.waiting(in != null);
        }
    }

    private synchronized void waiting(final boolean now) {
        waitingForClient = now;
        notifyAll();
    }

    private void run() {
        for (Write write = next(); write != null; write = next()) {
            carryOut(write);
        }
    }

    /** Whatever a write throws, the next one is carried out: many wait for this thread. */
    private void carryOut(final Write write) {
        try {
            Pieces.write(function, write.region, write.offset, write.data, 0, write.data.capacity());
        } catch (final Throwable failed) {
            if (!told) {
                told = true; // a guest can repeat what made it fail
                LOG.log(System.Logger.Level.ERROR, thread.getName() + ": a write failed; later ones are not told",
                        failed);
            }
        }
    }

    private synchronized Write next() {
        busy = false;
        notifyAll();
        while (queue.isEmpty() && !stopped) {
            await(0);
        }
        busy = !stopped;
        return stopped ? null : queue.poll();
    }

    /** Ends the thread after the write at hand. */
    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    private void await(final long millis) {
        try {
            wait(millis);
        } catch (final InterruptedException stop) {
            stopped = true; // nobody interrupts these threads but to end them
        }
    }
}
