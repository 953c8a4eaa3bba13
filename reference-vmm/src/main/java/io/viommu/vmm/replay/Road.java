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

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToLongFunction;

import org.HdrHistogram.Histogram;
import org.agrona.concurrent.SystemNanoClock;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.dmafault.FaultScript;
import io.viommu.bridge.dmafault.ProducerSettings;
import io.viommu.bridge.journal.JournalingSink;
import io.viommu.counters.CounterFile;
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;
import io.viommu.pipeline.FaultBudget;
import io.viommu.pipeline.FaultIngress;

/**
 * The whole road, put together for one run: regions and their producer in another process, the reader, the pipelines,
 * the machines and their guests. The thread that calls {@link #run} reports.
 */
final class Road implements AutoCloseable {

    /** Faults that may have been read and not been reported yet. */
    private static final int REPORT_ROOM = 1 << 15;
    private static final long REPORT_NAP_NANOS = 200_000;
    private static final long QUIET_NANOS = 20_000_000;
    private static final long MAX_UNREPORTED = 10_000;
    private static final long GUEST_PATIENCE_NANOS = 10_000_000_000L;
    /** So few faults come one by one, as devices make them: their latency is the road's and not that of a burst. */
    private static final long FEW_FAULTS = 4096;
    private static final long RATE_OF_FEW = 4096;

    private final ReplayOptions options;
    private final RegionPlan plan;
    private final int[] steps;
    private final Report report;
    private final Outcomes outcomes;
    private final GuestRoom reportRoom = new GuestRoom(REPORT_ROOM);
    private final SettlementLane ingressLane = new SettlementLane(REPORT_ROOM, null);
    private final Map<MachineKind, ReplayMachine> machines = new EnumMap<>(MachineKind.class);
    private final List<DmaFaultRegion> regions = new ArrayList<>();
    private final FaultIngress ingress;
    private final FaultReader reader;
    private FaultScript script;
    private Production producer;
    private String refusal;
    private volatile boolean wound;
    private final Closing closing = new Closing("replay");

    /**
     * Boots the machines and maps the regions; nothing moves before {@link #run}.
     *
     * @param options  the user's.
     * @param plan     the input.
     * @param report   takes how each fault ended.
     * @param counters where everybody counts.
     * @param consoles makes the console of a machine's guest.
     * @throws RuntimeException in one sentence, if a machine can't boot or the kernel refuses a region.
     */
    Road(final ReplayOptions options, final RegionPlan plan, final Report report, final CounterFile counters,
            final Function<MachineKind, GuestConsole> consoles) {
        this.options = options;
        this.plan = plan;
        this.report = report;
        this.steps = plan.stepFaults();
        this.outcomes = new Outcomes(plan, steps, options.repeat(), report, reportRoom, ingressLane);
        final FaultRouter router = new FaultRouter();
        final MachineSetup setup = new MachineSetup(options.paced(), options.guestQueue(), options.injector(),
                REPORT_ROOM);
        for (int region = 0; region < plan.regionCount(); region++) {
            final MachineKind kind = machineOf(region);
            final ReplayMachine machine = machines.computeIfAbsent(kind,
                    wanted -> new ReplayMachine(wanted, setup, counters, consoles.apply(wanted)));
            final int device = plan.hostDevice(region);
            final int guestDevice = options.map().getOrDefault(device,
                    plan.machine(region) == MachineKind.Q35 ? device & 0xFFFF : device);
            router.add(region, device, new FaultRoute(machine.port(), guestDevice));
        }
        machines.values().forEach(outcomes::add);
        this.ingress = new FaultIngress("replay", router, counters, ingressLane, FaultBudget.unlimited(),
                options.distinct(), SystemNanoClock.INSTANCE);
        final EntryFormat format = EntryFormat.ofEntrySize(options.entrySize());
        final FaultSink sink = options.journal() == null ? ingress : new JournalingSink(ingress, options.journal());
        this.reader = new FaultReader("replay", format == EntryFormat.PLAIN ? plainTags(sink) : sink,
                ReaderSettings.DEFAULT, broken -> producer.kill());
        for (int region = 0; region < plan.regionCount(); region++) {
            final DmaFaultRegion made = DmaFaultRegion.create(plan.device(region), format);
            regions.add(made);
            reader.add(new MeteredSource(made, machines.get(machineOf(region)).room(), reportRoom));
        }
    }

    private MachineKind machineOf(final int region) {
        return options.machine() == null ? plan.machine(region) : options.machine();
    }

    private FaultSink plainTags(final FaultSink sink) {
        final HostReport[] reports = new HostReport[steps.length];
        final int[] regionOf = new int[steps.length];
        for (int step = 0; step < steps.length; step++) {
            final ReplayFault fault = plan.faults().get(steps[step]);
            reports[step] = HostReport.of(fault.log());
            regionOf[step] = fault.region();
        }
        return new PlainTags(sink, reports, regionOf, plan.regionCount(), !options.paced());
    }

    /**
     * Gets a producer ready, which may take a while. What keeps it from that is told by {@link #run}.
     *
     * @param maker makes it.
     */
    void prepare(final Production.Maker maker) {
        if (steps.length == 0) {
            return;
        }
        script = plan.script();
        try {
            producer = maker.make(regions, script,
                    new ProducerSettings(options.repeat(), rate(), options.paced(), false));
        } catch (final IllegalStateException | UncheckedIOException refused) {
            refusal = refused.getMessage();
        }
    }

    private long rate() {
        if (options.paced()) {
            return played() <= FEW_FAULTS ? RATE_OF_FEW : ReplayOptions.AS_FAST_AS_POSSIBLE;
        }
        return options.rate();
    }

    private long played() {
        return steps.length * options.repeat();
    }

    /**
     * Plays the input.
     *
     * @param progress told now and then how many faults have ended.
     * @return why not all of it was played, or null.
     */
    String run(final Progress progress) {
        if (producer == null) {
            outcomes.finish("no producer could be started");
            return refusal;
        }
        reader.start();
        producer.start();
        final Thread winding = Thread.ofPlatform().name("winding-down").daemon().start(this::windDown);
        drain(progress);
        try {
            winding.join();
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        outcomes.finish(producer.isFinished()
                ? "the region's ring was full, so the producer dropped it"
                : "the producer ended before it came to this fault");
        final String broken = regionFailure();
        return broken == null ? producer.failure() : broken;
    }

    /** A region that broke is why its producer, which would wait for it for ever, was ended. */
    private String regionFailure() {
        return regions.stream().map(DmaFaultRegion::failure).filter(Objects::nonNull).findFirst().orElse(null);
    }

    /** Everything that stands between the producer's end and the last fault's injection, in order. */
    private void windDown() {
        try {
            while (!producer.awaitEnd(Duration.ofHours(1))) {
                continue;
            }
            reader.stop();
            machines.values().forEach(ReplayMachine::settle);
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            wound = true;
        }
    }

    private void drain(final Progress progress) {
        long lastMove = System.nanoTime();
        long unreported = 0;
        while (true) {
            final boolean last = wound;
            final long taken = outcomes.drain();
            final long quiet = System.nanoTime() - lastMove;
            unreported += taken;
            if (taken > 0) {
                lastMove = System.nanoTime();
                progress.ended(outcomes.seen());
            } else if (last && (allFetched() || quiet > GUEST_PATIENCE_NANOS)) {
                return;
            } else {
                LockSupport.parkNanos(REPORT_NAP_NANOS);
            }
            if (unreported > MAX_UNREPORTED || unreported > 0 && quiet > QUIET_NANOS) {
                outcomes.reportInOrder();
                unreported = 0;
                if (report.abandoned()) {
                    producer.kill();
                }
            }
        }
    }

    private boolean allFetched() {
        return outcomes.seen() >= settled();
    }

    private long settled() {
        return ingress.account().settled() + sum(machine -> machine.account().settled());
    }

    private long sum(final ToLongFunction<ReplayMachine> figure) {
        return machines.values().stream().mapToLong(figure).sum();
    }

    /** The time that each fault took from the producer's write to the guest's fetch, in ns. */
    Histogram latencies() {
        return outcomes.latencies();
    }

    /** The guests' interrupts so far. */
    long interrupts() {
        return sum(ReplayMachine::interruptsRaised);
    }

    /**
     * Adds up the run.
     *
     * @param nanos how long the run took.
     * @return its figures; how many files and lines there were is not known here.
     */
    RunSummary summary(final long nanos) {
        final boolean finished = producer != null && producer.isFinished();
        final long dropped = producer == null || !finished ? 0 : producer.dropped();
        final List<RunSummary.Guest> guests = machines.values().stream().map(
                machine -> new RunSummary.Guest(machine.kind(), machine.driver().room(), machine.console().lines()))
                .toList();
        return new RunSummary(0, 0, plan.faults().size() * options.repeat(),
                outcomes.total(FaultOutcome.DELIVERED), outcomes.total(FaultOutcome.OVERFLOW),
                outcomes.total(FaultOutcome.HOST_ONLY), outcomes.total(FaultOutcome.AUTO_ANSWERED),
                outcomes.total(FaultOutcome.REJECTED), interrupts(), conserved(),
                RunSummary.Latency.of(outcomes.latencies()), dropped,
                finished ? 0 : played() - outcomes.seen(), sum(machine -> machine.driver().overflowsAcknowledged()),
                sum(ReplayMachine::answers), reader.wakeUps(), nanos, guests);
    }

    /**
     * Whether nothing was lost on any stretch of the road: each comparison is between counts that were kept by
     * different parts.
     */
    private boolean conserved() {
        final long regionsRead = regions.stream().mapToLong(DmaFaultRegion::read).sum();
        final long delivered = sum(machine -> machine.account().count(FaultOutcome.DELIVERED));
        final boolean producerAgrees = producer == null || !producer.isFinished()
                || producer.produced() == regionsRead
                        && producer.produced() + producer.dropped() == played();
        return producerAgrees
                && regionsRead == ingress.read()
                && ingress.read() == settled()
                && delivered == sum(machine -> machine.driver().fetched())
                && delivered == outcomes.total(FaultOutcome.DELIVERED)
                && outcomes.seen() == settled()
                && outcomes.reportedTotal() == plan.faults().size() * options.repeat();
    }

    @Override
    public void close() {
        closing.close(Worker.isCurrent(), () -> Closing.all(() -> close(producer), reader::close, () -> close(script),
                () -> machines.values().forEach(ReplayMachine::close), () -> regions.forEach(DmaFaultRegion::close)));
    }

    private static void close(final FaultScript made) {
        if (made != null) {
            made.close();
        }
    }

    private static void close(final Production made) {
        if (made != null) {
            made.close();
        }
    }
}
