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

package io.viommu.vmm.replay;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * How many faults may be on their way to something that takes only so many: a guest's queue, or the report. The reader
 * takes room before it reads, and whoever sees a fault leave gives it back. One thread takes, any may give.
 */
final class GuestRoom {

    private static final int SPINS = 100;
    private static final long NAP_NANOS = 1_000_000;

    private final AtomicLong free;
    private volatile Thread waiter;

    GuestRoom(final long free) {
        this.free = new AtomicLong(free);
    }

    /** Takes up to that much room, or none; doesn't wait. */
    int tryTake(final int wanted) {
        final long there = free.get();
        final int taken = (int) Math.min(wanted, Math.max(there, 0));
        if (taken > 0) {
            free.getAndAdd(-taken);
        }
        return taken;
    }

    /** Waits for a little while until there is some room; the caller looks whether to go on waiting. */
    void await() {
        for (int i = 0; i < SPINS && free.get() <= 0; i++) {
            Thread.onSpinWait();
        }
        if (free.get() <= 0) {
            waiter = Thread.currentThread();
            if (free.get() <= 0) {
                LockSupport.parkNanos(this, NAP_NANOS);
            }
            waiter = null;
        }
    }

    void give(final long count) {
        free.getAndAdd(count);
        final Thread waiting = waiter;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }
}
