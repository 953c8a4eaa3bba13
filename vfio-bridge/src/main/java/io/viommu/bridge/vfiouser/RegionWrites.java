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

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

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

    private record Write(int region, long offset, UnsafeBuffer data) {
    }

    private final VfioUserFunction function;
    private final ArrayDeque<Write> queue = new ArrayDeque<>(LIMIT);
    private final Thread thread;
    private Runnable starvation = () -> {
    };
    private boolean told;
    private boolean busy;
    private boolean waitingForClient;
    private boolean stopped;

    RegionWrites(final String name, final VfioUserFunction function) {
        this.function = function;
        thread = Thread.ofPlatform().name("vfio-user-writes-" + name).daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** What ends the wait for a client that can't be heard; before the thread starts. */
    void starvation(final Runnable relief) {
        starvation = relief;
    }

    /**
     * Takes a copy of a write, when there is room. The caller receives all that the client sends: if there is no room
     * while this thread waits for the client, the wait is in vain.
     */
    void submit(final int region, final long offset, final DirectBuffer from, final int at, final int count) {
        while (!hasRoom()) {
            starvation.run();
            Thread.yield(); // the waiting one has to see it
        }
        add(region, offset, from, at, count);
    }

    /** Waits for room; false if it can't come before the client is heard. */
    private synchronized boolean hasRoom() {
        while (queue.size() >= LIMIT && !waitingForClient && !stopped) {
            await();
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

    /** Waits until what was submitted is done, or can't go on before the client has had an answer. */
    synchronized void settle() {
        while ((busy || !queue.isEmpty()) && !waitingForClient && !stopped) {
            await();
        }
    }

    /** Waits until what was submitted is done. */
    synchronized void finish() {
        while ((busy || !queue.isEmpty()) && !stopped) {
            await();
        }
    }

    boolean isWriter(final Thread other) {
        return other == thread;
    }

    /** Says that this thread begins or ends to wait for the client; matters when it is the writing one. */
    void waitingForClient(final boolean waiting) {
        if (isWriter(Thread.currentThread())) {
            synchronized (this) {
                waitingForClient = waiting;
                notifyAll();
            }
        }
    }

    private void run() {
        for (Write write = next(); write != null; write = next()) {
            carryOut(write);
        }
    }

    /** The JVM tells of memory that a client has cut short by an error, and maybe only later than where it was. */
    private void carryOut(final Write write) {
        try {
            Pieces.write(function, write.region, write.offset, write.data, 0, write.data.capacity());
        } catch (final RuntimeException | InternalError failed) {
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
            await();
        }
        busy = !stopped;
        return stopped ? null : queue.poll();
    }

    /** Ends the thread after the write at hand. */
    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    private void await() {
        try {
            wait();
        } catch (final InterruptedException stop) {
            stopped = true; // nobody interrupts these threads but to end them
        }
    }
}
