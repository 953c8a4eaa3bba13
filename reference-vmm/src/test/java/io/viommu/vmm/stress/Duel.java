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
package io.viommu.vmm.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Two actors on one device, over and over: both are let go at once, each shifted by a few spins so that one meets every
 * step of the other, and when both are done a judge names the outcome. Outcomes are counted; one that is not among the
 * acceptable ones fails the run, and so does a round that doesn't end.
 */
final class Duel {

    private static final long ROUNDS = Long.getLong("viommu.stress.rounds", 1_000);
    private static final long PATIENCE_SECONDS = 60;
    private static final int MOST_SPINS_LOG2 = 14;

    private final String name;
    private final Set<String> acceptable;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile long round;

    Duel(final String name, final String... acceptable) {
        this.name = name;
        this.acceptable = Set.of(acceptable);
    }

    /** What a round begins with, and how its outcome is named, both on the thread that calls {@link #fight}. */
    interface Referee {
        void prepare(long round);

        String judge();
    }

    void fight(final Referee referee, final Runnable first, final Runnable second) {
        final Map<String, Long> outcomes = new TreeMap<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
            for (long i = 1; i <= ROUNDS; i++) {
                referee.prepare(i);
                waiting.set(2);
                final SplittableRandom random = new SplittableRandom(i);
                final boolean swapped = random.nextBoolean(); // on a busy machine, who is started last runs first
                final Future<?> one = executor.submit(actor(swapped ? second : first, spins(random)));
                final Future<?> other = executor.submit(actor(swapped ? first : second, spins(random)));
                try {
                    one.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    other.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                } catch (final InterruptedException | ExecutionException | TimeoutException stuck) {
                    executor.shutdownNow();
                    throw new AssertionError(name + ": round " + i + " did not end: " + stuck, stuck);
                }
                outcomes.merge(referee.judge(), 1L, Long::sum);
            }
        }
        outcomes.forEach((outcome, count) -> System.out.printf("stress %-44s %-36s %,12d %s%n", name, outcome, count,
                acceptable.contains(outcome) ? "ACCEPTABLE" : "FORBIDDEN"));
        assertThat(acceptable).as(name).containsAll(outcomes.keySet());
    }

    /** Lets the other go on, maybe: what a hypervisor that takes the core away does, at the worst place. */
    static void falter() {
        final int choice = ThreadLocalRandom.current().nextInt(8);
        if (choice == 0) {
            Thread.yield();
        } else if (choice == 1) {
            LockSupport.parkNanos(20_000);
        }
    }

    /** Short delays as likely as long ones. */
    private static int spins(final SplittableRandom random) {
        return random.nextInt(1 << random.nextInt(MOST_SPINS_LOG2));
    }

    private Runnable actor(final Runnable act, final int spins) {
        return () -> {
            waiting.getAndDecrement();
            while (waiting.get() > 0) {
                Thread.onSpinWait();
                if (++round % 100 == 0) {
                    Thread.yield();
                }
            }
            for (int i = 0; i < spins; i++) {
                Thread.onSpinWait();
            }
            act.run();
        };
    }
}
