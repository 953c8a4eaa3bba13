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

    private record Write(int region, long offset, UnsafeBuffer data) {
    }

    private final VfioUserFunction function;
    private final ArrayDeque<Write> queue = new ArrayDeque<>(LIMIT);
    private final Thread thread;
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

    /** Takes a copy of a write, when there is room. */
    synchronized void submit(final int region, final long offset, final DirectBuffer from, final int at,
            final int count) {
        while (queue.size() >= LIMIT && !stopped) {
            await();
        }
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

    /** Says that this thread begins or ends to wait for the client; matters when it is the writing one. */
    void waitingForClient(final boolean waiting) {
        if (Thread.currentThread() == thread) {
            synchronized (this) {
                waitingForClient = waiting;
                notifyAll();
            }
        }
    }

    private void run() {
        for (Write write = next(); write != null; write = next()) {
            Pieces.write(function, write.region, write.offset, write.data, 0, write.data.capacity());
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
