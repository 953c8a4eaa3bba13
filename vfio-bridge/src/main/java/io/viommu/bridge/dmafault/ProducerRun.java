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
package io.viommu.bridge.dmafault;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One run of a script through its regions' producers: repetition, pace, what to do when a ring is full, when to signal.
 * The tag of an entry is repetition times script length plus its index in the script.
 *
 * <p>One thread runs; others may look at the totals.
 */
public final class ProducerRun implements Runnable {

    private static final int COALESCED = 64;
    private static final int SPINS = 200;
    private static final int YIELDS = 20;
    private static final long NAP_NANOS = 20_000;

    private final FaultScript script;
    private final DmaFaultProducer[] producers;
    private final ProducerSettings settings;
    private final Pace pace;
    private final int[] unsignalled;
    private int unsignalledCount;
    private int sinceSignal;
    private final AtomicLong produced = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();

    /**
     * Prepares a run.
     *
     * @param script    the faults; stays the caller's.
     * @param producers one for each region that the script names.
     * @param settings  how.
     */
    public ProducerRun(final FaultScript script, final List<DmaFaultProducer> producers,
            final ProducerSettings settings) {
        this(script, producers, settings, Pace.CLOCK);
    }

    ProducerRun(final FaultScript script, final List<DmaFaultProducer> producers, final ProducerSettings settings,
            final Pace pace) {
        this.pace = pace;
        this.script = script;
        this.producers = producers.toArray(DmaFaultProducer[]::new);
        this.settings = settings;
        this.unsignalled = new int[COALESCED];
    }

    /** Produces everything; with {@code waitForSpace} it ends when the consumer has taken all but a ring's rest. */
    @Override
    public void run() {
        final int length = script.length();
        final long start = pace.nanos();
        long tag = 0;
        for (long repetition = 0; repetition < settings.repeat() && length > 0; repetition++) {
            for (int step = 0; step < length; step++) {
                if (settings.rate() != ProducerSettings.UNLIMITED) {
                    awaitTurn(start, tag);
                }
                produce(step, tag);
                tag++;
            }
        }
        signalAll();
    }

    private void produce(final int step, final long tag) {
        final int region = script.region(step);
        final DmaFaultProducer producer = producers[region];
        if (settings.waitForSpace() && !producer.hasSpace()) {
            signalAll();
            awaitSpace(producer);
        }
        if (!producer.produce(script.buffer(), script.entryAt(step), tag)) {
            dropped.lazySet(dropped.getPlain() + 1);
            return;
        }
        produced.lazySet(produced.getPlain() + 1);
        if (!settings.coalesce()) {
            producer.signal();
            return;
        }
        if (unsignalledCount == 0 || unsignalled[unsignalledCount - 1] != region) {
            unsignalled[unsignalledCount++] = region;
        }
        if (++sinceSignal == COALESCED) {
            signalAll();
        }
    }

    private void signalAll() {
        for (int i = 0; i < unsignalledCount; i++) {
            producers[unsignalled[i]].signal();
        }
        unsignalledCount = 0;
        sinceSignal = 0;
    }

    /** Waits for the time of one fault; behind schedule it catches up at full speed. */
    private void awaitTurn(final long start, final long index) {
        // Split, since index * 10^9 leaves a long after nine thousand million faults.
        final long seconds = index / settings.rate();
        final long due = start + TimeUnit.SECONDS.toNanos(seconds)
                + index % settings.rate() * TimeUnit.SECONDS.toNanos(1) / settings.rate();
        if (due > pace.nanos()) {
            signalAll();
            pace.await(due);
        }
    }

    private static void awaitSpace(final DmaFaultProducer producer) {
        for (int tries = 0; !producer.hasSpace(); tries++) {
            if (tries < SPINS) {
                Thread.onSpinWait();
            } else if (tries < SPINS + YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
                tries = SPINS + YIELDS;
            }
        }
    }

    /**
     * Records that went into a ring so far.
     *
     * @return over all regions.
     */
    public long produced() {
        return produced.get();
    }

    /**
     * Records that found their ring full so far.
     *
     * @return over all regions.
     */
    public long dropped() {
        return dropped.get();
    }
}
