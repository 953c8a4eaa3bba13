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

import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.journal.FaultJournal;
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
     * Runs.
     *
     * @return the exit status.
     */
    public int run() {
        final LogReader logs = new LogReader(in, this::complain);
        final RegionPlan plan = new RegionPlan(EntryFormat.ofEntrySize(options.entrySize()));
        try {
            options.files().forEach(file -> logs.read(file, plan::add));
        } catch (final IllegalArgumentException tooMany) {
            complain(tooMany.getMessage());
            return REJECTED;
        }
        final Report report = options.json()
                ? new JsonReport(out)
                : new TableReport(out, options.repeat(), plan.faults().size());
        try (Road road = new Road(options, plan, report, counters,
                kind -> new GuestConsole(KernelTexts.of(kind), kernelOutput()))) {
            return play(logs, plan, report, road);
        } catch (final IllegalStateException | IllegalArgumentException refused) {
            complain(refused.getMessage());
            return REJECTED;
        }
    }

    private Consumer<String> kernelOutput() {
        return options.dmesg() && !options.json() ? out::println : null;
    }

    private int play(final LogReader logs, final RegionPlan plan, final Report report, final Road road) {
        final long total = plan.faults().size() * options.repeat();
        final Thread rehearsal = Rehearsal.start(options, plan);
        road.prepare(ProcessProduction::new);
        join(rehearsal);
        final String failure;
        final long start = System.nanoTime();
        try (ProgressLine progress = ProgressLine.start(terminal && total >= LONG_RUN && !options.dmesg(), total)) {
            failure = road.run(progress);
        }
        final RunSummary summary = road.summary(logs.files(), logs.lines(), System.nanoTime() - start);
        report.summary(summary);
        out.flush();
        if (report.abandoned()) {
            return DONE; // as if killed by the closed pipe, but without a mess
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
