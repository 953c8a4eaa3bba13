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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

/** Prints the series as tables for people and writes them as JSON. The first series of each is the reference. */
final class RoadReport {

    private static final ToDoubleFunction<RoundResult> NANOS = RoundResult::nanos;
    private static final ToDoubleFunction<RoundResult> CPU = RoundResult::cpu;
    private static final double[] PERCENTILES = { 50, 99, 99.9 };
    private static final String COST_HEADER = "%n%s, closed loop; median of %d rounds (best); CPU: of the consumer%n%n"
            + "| consumer | ns/fault | / C | best / best | CPU ns/fault | / C | signals/fault | wakes/fault |"
            + " irqs/fault |%n| --- | --- | --- | --- | --- | --- | --- | --- | --- |%n";
    private static final String COST_ROW = "| %s | %.0f (%.0f) | %.2f | %.2f | %.0f (%.0f) | %.2f | %.3f | %.3f |"
            + " %.3f |%n";
    private static final String LATENCY_HEADER = "%nlatency, one fault each %d us; median of %d rounds (best)%n%n"
            + "| consumer | p50 us | p99 us | p99.9 us | p50 / C | p99 / C | p99.9 / C |%n"
            + "| --- | --- | --- | --- | --- | --- | --- |%n";
    private static final String LATENCY_ROW = "| %s | %.1f (%.1f) | %.1f (%.1f) | %.1f (%.1f) | %.2f | %.2f | %.2f |%n";
    private static final double MICRO = 1000;

    private final PrintStream out;

    RoadReport(final PrintStream out) {
        this.out = out;
    }

    void cost(final Signalling signalling, final List<Series> all) {
        final Series reference = all.getFirst();
        out.printf(Locale.ROOT, COST_HEADER, signalling.text(), reference.rounds().size());
        for (final Series series : all) {
            out.printf(Locale.ROOT, COST_ROW, series.consumer(), series.median(NANOS), series.best(NANOS),
                    series.ratioTo(reference, NANOS), series.best(NANOS) / reference.best(NANOS),
                    series.median(CPU), series.best(CPU), series.ratioTo(reference, CPU),
                    series.median(RoundResult::signals), series.median(RoundResult::wakes),
                    series.median(RoundResult::irqs));
        }
    }

    void latency(final long paceNanos, final List<Series> all) {
        final Series reference = all.getFirst();
        out.printf(Locale.ROOT, LATENCY_HEADER, paceNanos / 1000, reference.rounds().size());
        for (final Series series : all) {
            final Object[] cells = new Object[1 + 3 * PERCENTILES.length];
            cells[0] = series.consumer();
            for (int i = 0; i < PERCENTILES.length; i++) {
                final ToDoubleFunction<RoundResult> figure = Series.percentile(PERCENTILES[i]);
                cells[1 + 2 * i] = series.median(figure) / MICRO;
                cells[2 + 2 * i] = series.best(figure) / MICRO;
                cells[1 + 2 * PERCENTILES.length + i] = series.ratioTo(reference, figure);
            }
            out.printf(Locale.ROOT, LATENCY_ROW, cells);
        }
    }

    /** Every round of every series. */
    static void json(final Path file, final String suite, final List<List<Series>> tables, final List<RoundPlan> plans)
            throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("suite", suite);
            json.writeStringField("jdk", Runtime.version().toString());
            json.writeNumberField("processors", Runtime.getRuntime().availableProcessors());
            json.writeArrayFieldStart("series");
            for (int i = 0; i < tables.size(); i++) {
                for (final Series series : tables.get(i)) {
                    series(json, series, plans.get(i));
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private static void series(final JsonGenerator json, final Series series, final RoundPlan plan)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("consumer", series.consumer());
        json.writeStringField("signalling", plan.signalling().text());
        json.writeNumberField("faults", plan.faults());
        json.writeNumberField("pace_ns", plan.paceNanos());
        json.writeArrayFieldStart("rounds");
        for (final RoundResult round : series.rounds()) {
            json.writeStartObject();
            json.writeNumberField("ns_per_fault", round.nanos());
            json.writeNumberField("consumer_cpu_ns_per_fault", round.cpu());
            json.writeNumberField("signals_per_fault", round.signals());
            json.writeNumberField("wakes_per_fault", round.wakes());
            json.writeNumberField("irqs_per_fault", round.irqs());
            if (plan.paced()) {
                for (final double percentile : PERCENTILES) {
                    json.writeNumberField("p" + String.valueOf(percentile).replace(".0", "").replace(".", "") + "_ns",
                            round.latency().getValueAtPercentile(percentile));
                }
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
