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

package io.viommu.interrupt;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The interrupts that a device is sending just now, so that a guest that switches something off is told when none of
 * the old ones is left. Senders never wait for each other. Any thread may call any method.
 *
 * <pre>{@code
 * final int period = messages.enter();
 * try {
 *     look at the registers, send
 * } finally {
 *     messages.leave(period);
 * }
 * }</pre>
 */
public final class MessagesUnderWay {

    private static final long NAP_NANOS = 20_000;

    /** Messages of each thread that are under way, by period; a thread that only waits has none. */
    private final ThreadLocal<int[]> own = ThreadLocal.withInitial(() -> new int[2]);
    /** Messages under way, of two periods in turn; {@link #period} tells which counts now. */
    private final AtomicInteger[] underWay = { new AtomicInteger(), new AtomicInteger() };
    private volatile int period;
    /** Held by who waits; nobody who sends takes it. */
    private final ReentrantLock waiting = new ReentrantLock();

    /** Makes a count of nothing. */
    public MessagesUnderWay() {
    }

    /**
     * Begins a message, before it is looked up what becomes of it.
     *
     * @return to be given to {@link #leave}.
     */
    public int enter() {
        final int counted = count();
        own.get()[counted]++;
        return counted;
    }

    /** Counts a message in the period that is current when it is counted. */
    private int count() {
        while (true) {
            final int now = period;
            final AtomicInteger counter = underWay[now & 1];
            counter.getAndIncrement();
            if (period == now) {
                return now & 1;
            }
            counter.getAndDecrement();
        }
    }

    /**
     * Ends a message: it was delivered, or went nowhere.
     *
     * @param counted what {@link #enter} gave.
     */
    public void leave(final int counted) {
        own.get()[counted]--;
        underWay[counted].getAndDecrement();
    }

    /**
     * Whether the calling thread sends a message just now, so that this is the guest's handler of it.
     *
     * @return true between {@link #enter} and {@link #leave}.
     */
    public boolean sending() {
        final int[] mine = own.get();
        return mine[0] + mine[1] > 0;
    }

    /**
     * As {@link #quiesce}, for a thread that others wait for: it doesn't wait itself.
     *
     * @return false if a message of another thread is under way, which may not have ended.
     */
    public boolean tryQuiesce() {
        final int[] mine = own.get();
        return underWay[0].get() <= mine[0] && underWay[1].get() <= mine[1];
    }

    /**
     * Waits until the messages that are under way have ended; not for those of the calling thread: what makes the guest
     * write a register at once has been looked up already.
     */
    public void quiesce() {
        quiesce(Long.MAX_VALUE);
    }

    /**
     * As {@link #quiesce()}, but not for longer than some time. Those who wait take turns, and no sender waits for
     * them.
     *
     * @param nanos how long to wait at most, from 0; {@link Long#MAX_VALUE} for ever.
     * @return false if a message that was under way when this was called may not have ended.
     */
    public boolean quiesce(final long nanos) {
        if (tryQuiesce()) {
            return true;
        }
        if (nanos == 0) {
            return false;
        }
        final long since = System.nanoTime();
        while (!waiting.tryLock()) {
            if (System.nanoTime() - since >= nanos) {
                return false;
            }
            LockSupport.parkNanos(NAP_NANOS);
        }
        try {
            // Nothing is added to the period before this one, unless somebody gave up waiting for it.
            final int now = period & 1;
            if (!ended(now ^ 1, since, nanos)) {
                return false;
            }
            period = period + 1;
            return ended(now, since, nanos);
        } finally {
            waiting.unlock();
        }
    }

    private boolean ended(final int index, final long since, final long nanos) {
        final int mine = own.get()[index];
        while (underWay[index].get() > mine) {
            if (System.nanoTime() - since >= nanos) {
                return false;
            }
            LockSupport.parkNanos(NAP_NANOS);
        }
        return true;
    }
}
