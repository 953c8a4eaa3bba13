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

package io.viommu.vmm.guest;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import io.viommu.interrupt.InterruptSink;

/**
 * The interrupt controller of a guest, as much as one driver needs of it: 32 interrupts, each with a pending bit, and
 * one thread that waits for any of them, which stands for the guest's threaded interrupt handlers.
 *
 * <p>A device reaches it by a wire, whose number is that of the interrupt, or by a message to the doorbell, whose data
 * is {@link #FIRST_DATA} plus the number. A pending bit that is set again before the handler ran stays one bit, as in
 * any interrupt controller. Any thread may raise; {@link #take} belongs to one thread.
 */
public final class GuestInterrupts implements InterruptSink {

    /** The data of a message that raises interrupt 0. */
    public static final int FIRST_DATA = 0x40;

    private static final int COUNT = 32;

    private final long doorbell;
    private final AtomicInteger pending = new AtomicInteger();
    private final LongAdder raised = new LongAdder();
    private volatile Thread waiter;
    private volatile int requested;
    private int wires;

    /**
     * Makes a controller with nothing pending.
     *
     * @param doorbell guest physical address that takes messages.
     */
    public GuestInterrupts(final long doorbell) {
        this.doorbell = doorbell;
    }

    /**
     * Where messages go.
     *
     * @return guest physical address.
     */
    public long doorbell() {
        return doorbell;
    }

    /**
     * Makes wires interrupt, as a driver does that requests them. One that nobody requested interrupts nobody: a device
     * may well drive it beside its messages.
     *
     * @param bits one for each wire.
     */
    public void requestWires(final int bits) {
        requested = bits;
    }

    @Override
    public boolean message(final long address, final int data) {
        if (address != doorbell) {
            return false;
        }
        if (data >= FIRST_DATA && data < FIRST_DATA + COUNT) {
            raise(data - FIRST_DATA);
        }
        return true;
    }

    /** An edge to high is an interrupt; a wire that stays high is not one again. */
    @Override
    public void line(final int line, final boolean level) {
        if (line < 0 || line >= COUNT) {
            return;
        }
        final int bit = 1 << line;
        final boolean edge;
        synchronized (this) {
            edge = level && (wires & bit) == 0;
            wires = level ? wires | bit : wires & ~bit;
        }
        if (edge && (requested & bit) != 0) {
            raise(line);
        }
    }

    private void raise(final int number) {
        raised.increment();
        int before;
        do {
            before = pending.get();
        } while (!pending.compareAndSet(before, before | 1 << number));
        if (before == 0) {
            LockSupport.unpark(waiter);
        }
    }

    /**
     * Waits until an interrupt is pending and takes all that are.
     *
     * @param nanos how long to wait at most.
     * @return a bit for each interrupt, 0 if the time is over or the thread was interrupted.
     */
    public int take(final long nanos) {
        waiter = Thread.currentThread();
        final long end = System.nanoTime() + nanos;
        int bits = pending.getAndSet(0);
        while (bits == 0) {
            final long left = end - System.nanoTime();
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return 0;
            }
            LockSupport.parkNanos(this, left);
            bits = pending.getAndSet(0);
        }
        return bits;
    }

    /**
     * How often a device interrupted, whether or not a handler ran for each.
     *
     * @return since the start.
     */
    public long raised() {
        return raised.sum();
    }
}
