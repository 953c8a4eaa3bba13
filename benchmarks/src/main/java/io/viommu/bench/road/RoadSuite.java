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

package io.viommu.bench.road;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.viommu.bench.reference.CReference;
import io.viommu.bench.reference.Cpus;
import io.viommu.pipeline.InjectorMode;

/**
 * The suite of one pipeline mode: C and Java take turns, round by round, with producer and consumer each on a processor
 * of its own. One JVM runs one mode, as a VMM does, so that the modes don't spoil each other's compiled code.
 */
public final class RoadSuite {

    private static final int PER_FAULT = 200_000;
    private static final int COALESCED = 1_000_000;
    private static final int PACED = 5_000;
    private static final long PACE_NANOS = 100_000;
    private static final int WARM_UP = 6;

    private final InjectorMode mode;
    private final int rounds;
    private final Path folder;
    private final PrintStream out;

    /**
     * Plans a run.
     *
     * @param mode   how the pipeline injects.
     * @param rounds how often each consumer has its turn in each table.
     * @param folder where the JSON goes.
     * @param out    where the tables go.
     */
    public RoadSuite(final InjectorMode mode, final int rounds, final Path folder, final PrintStream out) {
        this.mode = mode;
        this.rounds = rounds;
        this.folder = folder;
        this.out = out;
    }

    /**
     * Runs it.
     *
     * @param reference the C side: the producer, and what Java is measured against.
     * @throws IOException          if the JSON can't be written.
     * @throws InterruptedException if the calling thread is interrupted.
     */
    public void run(final CReference reference) throws IOException, InterruptedException {
        final int[] cpus = Cpus.allowed();
        if (cpus.length < 2) {
            out.println("The road suite is skipped: producer and consumer need a processor each, and this process may"
                    + " use only one.");
            return;
        }
        final int consumerCpu = cpus[1];
        final RoundRunner runner = new RoundRunner(reference, cpus[0]);
        final List<Consumer> consumers = new ArrayList<>();
        for (final ClassicConsumer.Form form : ClassicConsumer.Form.values()) {
            consumers.add(new ClassicConsumer(form, reference, consumerCpu));
        }
        consumers.add(1, new ViommuConsumer(mode, consumerCpu));
        try {
            measure(runner, consumers);
        } finally {
            consumers.forEach(Consumer::close);
        }
    }

    private void measure(final RoundRunner runner, final List<Consumer> consumers)
            throws IOException, InterruptedException {
        final List<RoundPlan> plans = List.of(new RoundPlan(Signalling.PER_FAULT, PER_FAULT, 0),
                new RoundPlan(Signalling.COALESCED, COALESCED, 0),
                new RoundPlan(Signalling.PER_FAULT, PACED, PACE_NANOS));
        for (int i = 0; i < WARM_UP; i++) {
            for (final Consumer consumer : consumers) {
                runner.run(consumer, plans.get(0));
                runner.run(consumer, plans.get(1));
            }
        }
        final RoadReport report = new RoadReport(out);
        final List<List<Series>> tables = new ArrayList<>();
        for (final RoundPlan plan : plans) {
            final List<Series> table = interleaved(runner, consumers, plan);
            tables.add(table);
            if (plan.paced()) {
                report.latency(plan.paceNanos(), table);
            } else {
                report.cost(plan.signalling(), table);
            }
        }
        final String suite = "road-" + mode.name().toLowerCase().replace('_', '-');
        RoadReport.json(folder.resolve(suite + ".json"), suite, tables, plans);
    }

    private List<Series> interleaved(final RoundRunner runner, final List<Consumer> consumers, final RoundPlan plan)
            throws InterruptedException {
        final List<Series> table = consumers.stream().map(consumer -> new Series(consumer.name())).toList();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < consumers.size(); i++) {
                table.get(i).add(runner.run(consumers.get(i), plan));
            }
        }
        return table;
    }
}
