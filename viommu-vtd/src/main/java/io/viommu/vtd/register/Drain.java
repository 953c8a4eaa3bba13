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
package io.viommu.vtd.register;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

import io.viommu.pipeline.DeferredWork;

/**
 * How the unit waits for what is under way: DMA that may use an old translation, interrupts that may use an old entry.
 *
 * <p>One rule for all places. What a command changes takes effect at once. Then the thread of the guest's access waits
 * for a short while at most, and not at all if it injects, sends a message or is in a DMA, since others wait for it
 * then. Whatever has not ended by then is waited for by a thread of the unit's own. Nobody holds a lock while he waits.
 * The status that the guest polls (GSTS, CCMD.ICC, IOTLB.IVT, PMEN.PRS, IQH) shows the end, whoever saw it.
 */
public final class Drain {

    /** What is under way. */
    @FunctionalInterface
    public interface Traffic {
        /**
         * Waits until all that was under way has ended.
         *
         * @param nanos how long at most; 0 to look only, {@link Long#MAX_VALUE} for ever.
         * @return false if some of it may not have ended.
         */
        boolean quiesce(long nanos);
    }

    /** Most DMA has ended by then; longer than that, no vCPU is kept from its work. */
    private static final long SHORT_NANOS = 500_000;

    private final Traffic traffic;
    private final BooleanSupplier mayNotWait;
    private final DeferredWork deferred = new DeferredWork("intel-iommu-drain", this::work);
    private final List<Ending> endings = new ArrayList<>();
    private final List<Runnable> retries = new ArrayList<>();
    private volatile Thread worker;
    private long era;

    /**
     * Makes it.
     *
     * @param traffic    what is waited for.
     * @param mayNotWait tells whether others may be waiting for the calling thread.
     */
    public Drain(final Traffic traffic, final BooleanSupplier mayNotWait) {
        this.traffic = traffic;
        this.mayNotWait = mayNotWait;
    }

    /** One status that shows the guest that a command is done. */
    public final class Ending {
        private final LongConsumer show;
        private final AtomicLong owed = new AtomicLong();

        private Ending(final LongConsumer show) {
            this.show = show;
        }

        /**
         * Has something shown as soon as all that is under way now has ended: before this returns, or soon after.
         *
         * @param what bits that say what was done, not 0.
         */
        public void showWhenDrained(final long what) {
            final long now = era();
            if (drained()) {
                show(what, now);
            } else {
                owed.accumulateAndGet(what, (before, more) -> before | more);
                deferred.ask();
            }
        }

        private void show(final long what, final long begun) {
            synchronized (Drain.this) {
                if (begun == era) {
                    show.accept(what);
                }
            }
        }
    }

    /**
     * Adds a status. Called while the unit is made.
     *
     * @param show shows that what its argument names is done; neither waits nor calls out.
     * @return to be called for each command.
     */
    public Ending ending(final LongConsumer show) {
        final Ending ending = new Ending(show);
        endings.add(ending);
        return ending;
    }

    /**
     * Adds work that may have to be done by a thread that may wait. Called while the unit is made.
     *
     * @param work looks for what there is to do, and does it; any thread may be in it already.
     * @return has it done soon, by the unit's own thread; doesn't wait.
     */
    public Runnable retry(final Runnable work) {
        retries.add(work);
        return deferred::ask;
    }

    /**
     * Whether all that was under way when this was called has ended, as far as the calling thread can wait for it.
     *
     * @return false if the unit's own thread has to wait for it.
     */
    public boolean drained() {
        if (traffic.quiesce(0)) {
            return true; // nearly always: DMA is short
        }
        if (Thread.currentThread() == worker) {
            return traffic.quiesce(Long.MAX_VALUE);
        }
        return !mayNotWait.getAsBoolean() && traffic.quiesce(SHORT_NANOS);
    }

    /**
     * Waits until all that is under way has ended, unless others may be waiting for the calling thread. For a reset,
     * which no vCPU runs beside.
     */
    public void await() {
        traffic.quiesce(mayNotWait.getAsBoolean() ? 0 : Long.MAX_VALUE);
    }

    /**
     * Whether others may be waiting for the calling thread.
     *
     * @return true if it must not wait for anybody.
     */
    public boolean mayNotWait() {
        return mayNotWait.getAsBoolean();
    }

    private synchronized long era() {
        return era;
    }

    /** Forgets what is still to be shown: the commands were those of a guest that is gone. */
    public synchronized void reset() {
        era++;
        for (final Ending ending : endings) {
            ending.owed.set(0);
        }
    }

    private void work() {
        worker = Thread.currentThread();
        try {
            showOwed();
            for (final Runnable retry : retries) {
                retry.run();
            }
        } finally {
            worker = null;
        }
    }

    private void showOwed() {
        final long now = era();
        final long[] taken = new long[endings.size()];
        long any = 0;
        for (int i = 0; i < taken.length; i++) {
            taken[i] = endings.get(i).owed.getAndSet(0);
            any |= taken[i];
        }
        if (any == 0) {
            return;
        }
        drained();
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] != 0) {
                endings.get(i).show(taken[i], now);
            }
        }
    }
}
