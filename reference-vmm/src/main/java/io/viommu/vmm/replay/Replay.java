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

import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.HdrHistogram.Histogram;

import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.journal.FaultJournal;
import io.viommu.bridge.log.LogFault;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;

/** One run of {@code viommu replay}: reads the logs, plays their faults, reports. */
public final class Replay {

    /** All was well. */
    public static final int DONE = 0;
    /** Some input was rejected, the producer died, or the counts don't agree. */
    public static final int REJECTED = 1;

    private static final long LONG_RUN = 100_000;

    private final ReplayOptions options;
    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final CounterFile counters;
    private final boolean terminal;
    private final Histogram latencies = new Histogram(3);
    private RegionPlan plan;
    private Report report;
    /** The figures of the parts that have been played, or null. */
    private RunSummary played;
    private String failure;

    /** Nobody takes what is printed any more. */
    private static final class AbandonedException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Prepares a run.
     *
     * @param options     what the user asked for.
     * @param in          standard input.
     * @param out         takes the report.
     * @param err         takes complaints and the progress bar.
     * @param counters    where everybody counts; stays the caller's.
     * @param terminal    whether somebody watches.
     */
    public Replay(final ReplayOptions options, final InputStream in, final PrintStream out, final PrintStream err,
            final CounterFile counters, final boolean terminal) {
        this.options = options;
        this.in = in;
        this.out = out;
        this.err = err;
        this.counters = counters;
        this.terminal = terminal;
    }

    /**
     * Runs. The input is played in parts of at most {@link RegionPlan#MAX_FAULTS} faults, each on machines of its own,
     * so that a log of any length takes the same memory.
     *
     * @return the exit status.
     */
    public int run() {
        final LogReader logs = new LogReader(in, this::complain);
        plan = newPlan();
        try {
            options.files().forEach(file -> logs.read(file, this::take));
            if (played == null || !plan.faults().isEmpty()) {
                play();
            }
        } catch (final AbandonedException nobodyReads) {
            return DONE; // as if killed by the closed pipe, but without a mess
        } catch (final IllegalStateException | IllegalArgumentException refused) {
            complain(refused.getMessage());
            return REJECTED;
        }
        return conclude(logs);
    }

    private RegionPlan newPlan() {
        return new RegionPlan(EntryFormat.ofEntrySize(options.entrySize()));
    }

    private void take(final String file, final LogFault fault) {
        plan.add(file, fault);
        if (plan.isFull()) {
            play();
            plan = newPlan();
        }
    }

    private Consumer<String> kernelOutput() {
        return options.dmesg() && !options.json() ? out::println : null;
    }

    /** Plays what has been gathered. */
    private void play() {
        final boolean first = played == null;
        if (first) {
            report = options.json()
                    ? new JsonReport(out)
                    : new TableReport(out, options.repeat(), plan.faults().size());
        }
        try (Road road = new Road(options, plan, report, counters,
                kind -> new GuestConsole(KernelTexts.of(kind), kernelOutput()))) {
            final Thread rehearsal = first ? Rehearsal.start(options, plan) : null;
            road.prepare(ProcessProduction::new);
            if (rehearsal != null) {
                join(rehearsal);
            }
            final long total = plan.faults().size() * options.repeat();
            final long start = System.nanoTime();
            final String broken;
            try (ProgressLine progress = ProgressLine.start(terminal && total >= LONG_RUN && !options.dmesg(), total)) {
                broken = road.run(progress);
            }
            failure = failure == null ? broken : failure;
            final RunSummary part = road.summary(System.nanoTime() - start);
            latencies.add(road.latencies());
            played = first ? part : played.plus(part, RunSummary.Latency.of(latencies));
        }
        if (report.abandoned()) {
            throw new AbandonedException();
        }
    }

    private int conclude(final LogReader logs) {
        final RunSummary summary = played.of(logs.files(), logs.lines());
        report.summary(summary);
        out.flush();
        if (report.abandoned()) {
            return DONE;
        }
        if (failure != null) {
            complain(failure);
        }
        if (!summary.conserved()) {
            complain("The counts of the run don't agree: a fault was lost or counted twice.");
        }
        final FaultJournal journal = options.journal();
        if (journal != null && journal.missed() > 0) {
            complain("The journal " + (journal.failure() == null ? "is full: it " : "") + "has " + journal.recorded()
                    + " faults, and " + journal.missed() + " more came.");
        }
        final boolean kept = keptAll(journal);
        final boolean clean = kept && logs.badFiles() == 0 && summary.rejected() == 0 && failure == null
                && summary.conserved();
        return clean ? DONE : REJECTED;
    }

    /** Complains of each file that couldn't be written to its end. */
    private boolean keptAll(final FaultJournal journal) {
        final DistinctFaultLog distinct = options.distinct();
        if (distinct != null) {
            distinct.flush();
        }
        counters.publish();
        final List<String> failures = Stream.of(journal == null ? null : journal.failure(),
                distinct == null ? null : distinct.failure(), counters.failure()).filter(Objects::nonNull).toList();
        failures.forEach(this::complain);
        return failures.isEmpty();
    }

    private static void join(final Thread thread) {
        try {
            thread.join();
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void complain(final String sentence) {
        err.println("viommu: " + sentence);
    }
}
