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
package io.viommu.vmm.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * Everything at once on one vIOMMU for a while: vCPUs, DMA and ATS, producers of physical faults, resets, RAM that comes
 * and goes, interrupt handlers within the device's own calls, a host that fails. A thread that makes no step for
 * {@link #PATIENCE} is reported with a dump of who waits for whom. At the end, faults that went in = faults that ended.
 */
final class ChaosRound {

    /** Nothing here takes a second, even on a busy machine. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(Long.getLong("viommu.chaos.patience", 60));
    private static final int RING = 64;

    private final String name;
    private final ChaosRandom random;
    private final MeteredMemory memory = new MeteredMemory();
    private final boolean smmu;
    private final ChaosHost host;
    private final ChaosGuest guest;
    private final VirtualIommu model;
    private final CountedIommu iommu;
    private final CounterFile counters = CounterFile.inMemory();
    private final FaultAccount account = new FaultAccount(counters, "chaos");
    private final FaultPipeline pipeline;
    private final List<Actor> actors = new ArrayList<>();
    private final AtomicLong cookies = new AtomicLong();
    private final AtomicLong published = new AtomicLong();
    private volatile boolean stop;
    private volatile Throwable failure;

    ChaosRound(final String model, final Map<String, String> properties, final InjectorMode mode, final long seed) {
        this.name = model + " " + properties + " " + mode + " seed " + seed;
        this.smmu = model.equals("smmuv3");
        this.random = new ChaosRandom(seed);
        this.host = new ChaosHost(random);
        this.guest = new ChaosGuest(random, this::attack);
        this.model = IommuModels.create(model, properties, new IommuPlatform(memory, guest, host));
        this.iommu = new CountedIommu(this.model);
        this.pipeline = new FaultPipeline(new PipelineSettings("chaos", RING, mode), iommu, account,
                FaultObserver.NONE);
    }

    private Attack attack(final Random choices) {
        return smmu ? new SmmuAttack(choices, memory, model) : new VtdAttack(choices, memory, model);
    }

    /** A thread that does one thing over and over, with choices of its own. */
    private final class Actor extends Thread {
        private final Consumer<Attack> act;
        private volatile long steps;

        Actor(final String name, final Consumer<Attack> act) {
            super(name);
            this.act = act;
            setDaemon(true);
        }

        @Override
        public void run() {
            final Attack attack = attack(random.of(getName()));
            try {
                while (!stop) {
                    act.accept(attack);
                    steps++;
                }
            } catch (final RuntimeException | Error thrown) {
                failure = thrown;
                stop = true;
            }
        }
    }

    /** Runs for some time and checks; what it did, in a line. */
    String run(final long millis) {
        for (int i = 0; i < 3; i++) {
            actors.add(new Actor("vcpu-" + i, this::vcpu));
        }
        for (int i = 0; i < 2; i++) {
            actors.add(new Actor("dma-" + i, this::dma));
            actors.add(new Actor("producer-" + i, this::produce));
        }
        actors.add(new Actor("reset", this::reset));
        actors.add(new Actor("memory", this::plug));
        guest.vcpu(() -> attack(random.of("boot")).boot());
        actors.forEach(Thread::start);
        watch(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
        conserve();
        works();
        close();
        return "steps " + actors.stream().mapToLong(actor -> actor.steps).sum() + ", faults "
                + (published.get() + iommu.sent()) + ", delivered " + account.count(FaultDisposition.DELIVERED)
                + ", answers " + host.answers();
    }

    private void vcpu(final Attack attack) {
        final int choice = attack.random.nextInt(32);
        guest.vcpu(() -> {
            if (choice == 0 && attack.one(64)) {
                attack.boot();
            } else if (choice < 3) {
                attack.plantTables();
            } else if (choice < 6) {
                attack.configure();
            } else if (choice < 18) {
                attack.command();
            } else if (choice < 22) {
                attack.iommu().write(attack.register(), 1 << attack.random.nextInt(4), attack.value());
            } else if (choice < 27) {
                attack.iommu().read(attack.register(), 1 << attack.random.nextInt(4));
            } else {
                attack.handleInterrupt(attack.random);
            }
        });
    }

    private void dma(final Attack attack) {
        if (attack.one(8)) {
            attack.message();
        } else {
            attack.dma();
        }
        pipeline.flush();
    }

    private void produce(final Attack attack) {
        final FaultRecord record = new FaultRecord();
        for (int left = attack.one(16) ? 2 * RING : 1; left > 0; left--) {
            final long claim = pipeline.claim(record);
            published.incrementAndGet();
            if (claim < 0) {
                pipeline.account(FaultPort.refusal(claim));
            } else {
                attack.fault(record, cookies.getAndIncrement());
                pipeline.publish(claim);
            }
        }
        pipeline.flush();
    }

    private void reset(final Attack attack) {
        LockSupport.parkNanos(1 + attack.random.nextInt(20_000_000));
        guest.stopped(attack.iommu()::reset);
        guest.vcpu(attack::boot);
    }

    private void plug(final Attack attack) {
        LockSupport.parkNanos(1 + attack.random.nextInt(5_000_000));
        memory.plugged(false);
        LockSupport.parkNanos(1 + attack.random.nextInt(200_000));
        memory.plugged(true);
    }

    /** Lets all go on till then, and sees them end. */
    private void watch(final long end) {
        final long[] steps = new long[actors.size()];
        final long[] since = new long[actors.size()];
        Arrays.fill(since, System.nanoTime());
        while (actors.stream().anyMatch(Thread::isAlive)) {
            LockSupport.parkNanos(10_000_000);
            final long now = System.nanoTime();
            stop |= now - end > 0;
            for (int i = 0; i < actors.size(); i++) {
                final Actor actor = actors.get(i);
                if (steps[i] != actor.steps || !actor.isAlive()) {
                    steps[i] = actor.steps;
                    since[i] = now;
                } else if (now - since[i] > PATIENCE) {
                    throw stuck(actor.getName() + " makes no step");
                }
            }
        }
        if (failure != null) {
            throw new AssertionError(name + ": a thread failed", failure);
        }
    }

    private AssertionError stuck(final String what) {
        stop = true;
        final String dump = ThreadDump.take();
        System.out.println("chaos " + name + ": " + what + dump);
        return new AssertionError(name + ": " + what + "; who waits for whom:" + dump);
    }

    /** Waits for what is in the ring, on a thread that may be given up. */
    private void conserve() {
        ends("the injector", () -> {
            pipeline.flush();
            pipeline.awaitInjected();
            guest.beQuiet();
            model.reset();
            pipeline.awaitInjected();
        });
        assertThat(pipeline.inFlight()).as(name).isZero();
        assertThat(account.settled()).as(name).isEqualTo(published.get() + iommu.sent());
        assertThat(account.count(FaultDisposition.MODEL_FAILURE)).as(name).isZero();
    }

    /** The device is none the worse for it: a sane guest's tables translate. */
    private void works() {
        memory.clear();
        final Attack attack = attack(random.of("afterwards"));
        ends("a device of which nothing is wanted any more", () -> {
            for (int boots = 0; boots < 64 && attack.translated() == 0; boots++) { // not every device has each mode
                model.reset();
                attack.begin();
                attack.boot();
                for (int accesses = 0; accesses < 500; accesses++) {
                    attack.dma();
                }
            }
        });
        assertThat(attack.translated()).as(name).isPositive();
    }

    /** Two at once: each returns only when it is closed. */
    private void close() {
        final Thread other = Thread.ofPlatform().daemon().name("close").start(pipeline::close);
        ends("close", pipeline::close);
        ends("the second close", () -> {
            try {
                other.join();
            } catch (final InterruptedException givenUp) {
                Thread.currentThread().interrupt();
            }
        });
        counters.close();
    }

    private void ends(final String what, final Runnable action) {
        final Thread thread = Thread.ofPlatform().daemon().name(what).unstarted(() -> {
            try {
                action.run();
            } catch (final RuntimeException | Error thrown) {
                failure = thrown;
            }
        });
        thread.start();
        try {
            if (!thread.join(Duration.ofNanos(PATIENCE))) {
                throw stuck(what + " does not end");
            }
        } catch (final InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
        if (failure != null) {
            throw new AssertionError(name + ": " + what + " failed", failure);
        }
    }
}
