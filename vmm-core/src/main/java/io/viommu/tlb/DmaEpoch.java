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
package io.viommu.tlb;

import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;

/**
 * Whether one DMA session is in a transaction: a counter of its own cache lines, odd inside. {@link #enter} and
 * {@link #leave} are for the thread that uses the session.
 */
public final class DmaEpoch {

    private static final int LINE = 128;
    private static final int SPINS = 1_000;
    private static final int YIELDS = 1_000;
    private static final long NAP_NANOS = 20_000;

    /** Keeps the counter reachable. */
    private final ByteBuffer memory = BufferUtil.allocateDirectAligned(3 * LINE, LINE);
    private final long count = BufferUtil.address(memory) + LINE;
    private Thread user;

    DmaEpoch() {
    }

    /** Begins a transaction; within one it does nothing. What is looked up after it is waited for. */
    public void enter() {
        final long value = UnsafeApi.getLong(null, count);
        if ((value & 1) == 0) {
            final Thread self = Thread.currentThread();
            if (user != self) { // seldom; to store a reference each time costs a barrier of the collector
                user = self;
            }
            UnsafeApi.putLongVolatile(null, count, value + 1);
        }
    }

    /** Ends the transaction; outside of one it does nothing. */
    public void leave() {
        final long value = UnsafeApi.getLong(null, count);
        if ((value & 1) != 0) {
            UnsafeApi.putLongRelease(null, count, value + 1);
        }
    }

    private long current() {
        return UnsafeApi.getLongVolatile(null, count);
    }

    /** Whether nobody but the calling thread is in a transaction. */
    boolean quiet() {
        return (current() & 1) == 0 || user == Thread.currentThread();
    }

    /** Whether the calling thread is in a transaction. */
    boolean ofThisThread() {
        return (current() & 1) != 0 && user == Thread.currentThread();
    }

    /** Waits until the transaction that is under way, if any, has ended; not for one of the calling thread. */
    void await() {
        await(System.nanoTime(), Long.MAX_VALUE);
    }

    /**
     * As {@link #await()}, but only until some time after a beginning.
     *
     * @param since beginning, in the scale of {@link System#nanoTime}.
     * @param nanos how long after it.
     * @return false if the transaction is still under way.
     */
    boolean await(final long since, final long nanos) {
        final long value = current();
        if ((value & 1) == 0 || user == Thread.currentThread()) {
            return true;
        }
        for (int turn = 0; current() == value; turn++) {
            if (turn < SPINS) {
                Thread.onSpinWait();
            } else if (System.nanoTime() - since >= nanos) {
                return false;
            } else if (turn < SPINS + YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
        return true;
    }
}
