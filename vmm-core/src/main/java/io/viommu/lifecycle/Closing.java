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
package io.viommu.lifecycle;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * How something of ours is closed, the same everywhere. The steps are done once, whoever calls and however often; each
 * caller returns when they are done, the second no sooner than the first; interrupts neither cut them short nor get
 * lost. Who calls from a callback that the steps would wait for only begins: a thread of its own does them then, and
 * all others wait for that one.
 *
 * <p>What is used by one thread and closed by another, such as mapped memory, is used between {@link #enter} and
 * {@link #exit}: the steps wait until it is out of use, and from then on nobody enters.
 */
public final class Closing {

    private static final System.Logger LOG = System.getLogger(Closing.class.getName());
    private static final long NOBODY = 0;
    private static final long NEVERMORE = -1;
    private static final long LOOK_MILLIS = 100;
    private static final long NAP_NANOS = 50_000;

    private final String name;
    private final AtomicReference<Thread> closer = new AtomicReference<>();
    private final CountDownLatch done = new CountDownLatch(1);
    /** The id of the thread that is using it now. */
    private final AtomicLong user = new AtomicLong();

    /**
     * Makes it, open.
     *
     * @param name what is closed, for people: "fault reader nic0".
     */
    public Closing(final String name) {
        this.name = name;
    }

    /**
     * Whether somebody has begun to close: nothing new may start.
     *
     * @return true from the first call of {@code close} on.
     */
    public boolean begun() {
        return closer.get() != null;
    }

    /**
     * Refuses what can't be done any more.
     *
     * @throws IllegalStateException in one sentence, if somebody has begun to close.
     */
    public void check() {
        if (begun()) {
            throw new IllegalStateException("The " + name + " is closed.");
        }
    }

    /**
     * Begins a use; one atomic operation if nobody else is at it. Uses don't nest.
     *
     * @return false once it is being closed, or if the calling thread is using it already.
     */
    public boolean enter() {
        final long self = Thread.currentThread().threadId();
        while (!begun()) {
            if (user.compareAndSet(NOBODY, self)) {
                return true;
            }
            if (user.get() == self) {
                return false;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    /** Ends the use that {@link #enter} began. */
    public void exit() {
        user.setRelease(NOBODY);
    }

    /**
     * Whether a close must not wait for the present use: the caller is in it, or is a callback for which the user may
     * be waiting.
     *
     * @return false if nobody is using it.
     */
    public boolean isWithin() {
        final long now = user.get();
        return now > NOBODY && (now == Thread.currentThread().threadId() || Worker.isCurrent());
    }

    /**
     * Closes what no thread has to end for: its use alone is waited for.
     *
     * @param steps what is to be done, once.
     */
    public void close(final Runnable steps) {
        close(isWithin(), steps);
    }

    /**
     * Closes.
     *
     * @param within whether the caller is called by what the steps wait for, so that it must not wait for them.
     * @param steps  what is to be done, once. What they throw reaches the caller that did them.
     */
    public void close(final boolean within, final Runnable steps) {
        if (within) {
            begin(steps);
            return;
        }
        final Thread self = Thread.currentThread();
        boolean interrupted = false;
        while (done.getCount() != 0 && closer.get() != self) {
            if (closer.compareAndSet(null, self)) {
                run(steps);
            } else {
                try {
                    done.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                } catch (final InterruptedException later) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            self.interrupt();
        }
    }

    private void begin(final Runnable steps) {
        if (begun()) {
            return;
        }
        final Thread helper = Thread.ofPlatform().daemon().name("closing " + name).unstarted(() -> {
            try {
                run(steps);
            } catch (final Throwable thrown) {
                Worker.log(LOG, "Closing the " + name + " failed", thrown);
            }
        });
        if (closer.compareAndSet(null, helper)) {
            try {
                helper.start();
            } catch (final Throwable refused) {
                closer.set(null); // who waits, or calls again, does it
                throw refused;
            }
        }
    }

    /** Without the interrupt flag, under which files close themselves. */
    private void run(final Runnable steps) {
        final boolean interrupted = Thread.interrupted();
        try {
            while (!user.compareAndSet(NOBODY, NEVERMORE)) {
                LockSupport.parkNanos(NAP_NANOS);
            }
            steps.run();
        } finally {
            done.countDown();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Waits for the end of a thread, however often the caller is interrupted; the interrupt is kept.
     *
     * @param thread started or not; not the calling one.
     */
    public static void join(final Thread thread) {
        join(thread, Long.MAX_VALUE);
    }

    /**
     * Waits for the end of a thread, not for ever.
     *
     * @param thread started or not; not the calling one.
     * @param millis how long at most.
     */
    public static void join(final Thread thread, final long millis) {
        final long start = System.nanoTime();
        boolean interrupted = false;
        long left = millis;
        while (thread.isAlive() && left > 0) {
            try {
                thread.join(left);
            } catch (final InterruptedException later) {
                interrupted = true;
            }
            left = millis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Does all of several steps, even if some of them fail.
     *
     * @param steps in order; what the first failing one threw is thrown at the end, with the others as suppressed.
     */
    public static void all(final Runnable... steps) {
        Throwable first = null;
        for (final Runnable step : steps) {
            try {
                step.run();
            } catch (final Throwable thrown) {
                if (first == null) {
                    first = thrown;
                } else if (first != thrown) {
                    first.addSuppressed(thrown);
                }
            }
        }
        if (first instanceof final RuntimeException failure) {
            throw failure;
        }
        if (first instanceof final Error failure) {
            throw failure;
        }
        if (first != null) {
            throw new IllegalStateException("closing failed", first);
        }
    }
}
