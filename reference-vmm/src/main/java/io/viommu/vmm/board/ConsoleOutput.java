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

package io.viommu.vmm.board;

import java.io.IOException;
import java.io.OutputStream;

/**
 * What the guest's serial port says, on its way to a terminal that may be slow: a thread of its own writes it, so no
 * vCPU ever waits for the terminal. When the buffer is full, the port says so to the guest's driver.
 */
final class ConsoleOutput implements AutoCloseable {

    private static final int SIZE = 1 << 16;

    private final byte[] ring = new byte[SIZE];
    private final OutputStream out;
    private final Thread writer;
    private long put;
    private long taken;
    private boolean closed;
    private Runnable whenReady = () -> {
    };

    ConsoleOutput(final OutputStream out) {
        this.out = out;
        writer = Thread.ofPlatform().name("console").daemon().start(this::write);
    }

    /** What is called by the writer when there is room again; set before the guest runs. */
    void whenReady(final Runnable action) {
        whenReady = action;
    }

    /** Takes a byte; one for which there is no room is lost, as on a wire. */
    synchronized void put(final int value) {
        if (put - taken < SIZE) {
            ring[(int) (put++ % SIZE)] = (byte) value;
            notifyAll();
        }
    }

    /** Whether there is room. */
    synchronized boolean ready() {
        return put - taken < SIZE / 2;
    }

    private void write() {
        final byte[] chunk = new byte[SIZE];
        try {
            while (true) {
                final int length;
                synchronized (this) {
                    while (put == taken && !closed) {
                        wait();
                    }
                    if (put == taken) {
                        return;
                    }
                    length = (int) (put - taken);
                    for (int i = 0; i < length; i++) {
                        chunk[i] = ring[(int) ((taken + i) % SIZE)];
                    }
                }
                out.write(chunk, 0, length);
                out.flush();
                final boolean wasFull = !ready();
                synchronized (this) {
                    taken += length;
                }
                if (wasFull) {
                    whenReady.run();
                }
            }
        } catch (final IOException | InterruptedException gone) {
            drop();
        }
    }

    /** Nobody listens any more; the guest goes on. */
    private synchronized void drop() {
        while (!closed) {
            taken = put;
            try {
                wait();
            } catch (final InterruptedException ending) {
                return;
            }
        }
    }

    /** Waits until all is written, but for a terminal that takes nothing only a moment. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            writer.join(1000);
            if (writer.isAlive()) {
                writer.interrupt();
                writer.join(1000);
            }
        } catch (final InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }
}
