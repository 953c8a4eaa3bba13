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

package io.viommu.bench;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

import io.viommu.bench.translate.Regime;

/**
 * A suite of JMH benchmarks, and their ratios to C in the same run: to the method {@code c} of the same class with the
 * same parameters, or where a class has none to the bare memory traffic, {@link TrafficBench#c}.
 */
final class JmhSuite {

    private static final String BASELINE = TrafficBench.class.getName() + ".c";
    private static final String HEADER = "%n| benchmark | ns/op | best | C ns/op | best | / C | best / best | B/op |%n"
            + "| --- | --- | --- | --- | --- | --- | --- | --- |%n";
    private static final String ROW = "| %s | %.1f | %.1f | %s | %s | %s | %s | %s |%n";

    private final String name;
    private final String classes;
    private final Regime[] regimes;

    /**
     * Describes a suite.
     *
     * @param name    names its JSON.
     * @param classes names of classes, as a regular expression.
     * @param regimes of those that benchmarks of translation have, only these; none for all.
     */
    JmhSuite(final String name, final String classes, final Regime... regimes) {
        this.name = name;
        this.classes = classes;
        this.regimes = regimes;
    }

    String name() {
        return name;
    }

    void run(final int forks, final Path folder, final PrintStream out) throws RunnerException {
        final ChainedOptionsBuilder options = new OptionsBuilder()
                .include("\\.(" + classes + ")\\.").forks(forks).warmupIterations(5)
                .warmupTime(TimeValue.milliseconds(400)).measurementIterations(6)
                .measurementTime(TimeValue.milliseconds(250)).addProfiler(GCProfiler.class)
                .resultFormat(ResultFormatType.JSON).result(folder.resolve(name + ".json").toString());
        if (regimes.length != 0) {
            options.param("regime", Arrays.stream(regimes).map(Regime::name).toArray(String[]::new));
        }
        final Collection<RunResult> results = new Runner(options.build()).run();
        out.printf(HEADER);
        for (final RunResult result : results) {
            final BenchmarkParams params = result.getParams();
            if (!isReference(params)) {
                final RunResult c = reference(results, params);
                out.printf(Locale.ROOT, ROW, describe(params), median(result), best(result),
                        c == null ? "-" : format(median(c)), c == null ? "-" : format(best(c)),
                        c == null ? "-" : format(median(result) / median(c)),
                        c == null ? "-" : format(best(result) / best(c)), allocated(result));
            }
        }
    }

    private static boolean isReference(final BenchmarkParams params) {
        return params.getBenchmark().endsWith(".c");
    }

    /** Without a C compiler there is no C figure, and no ratio to it. */
    private static RunResult reference(final Collection<RunResult> results, final BenchmarkParams params) {
        final String benchmark = params.getBenchmark();
        final String own = benchmark.substring(0, benchmark.lastIndexOf('.')) + ".c";
        RunResult fallback = null;
        for (final RunResult result : results) {
            final BenchmarkParams other = result.getParams();
            if (other.getBenchmark().equals(own) && values(other).equals(values(params))) {
                return result;
            }
            if (other.getBenchmark().equals(BASELINE)) {
                fallback = result;
            }
        }
        return fallback;
    }

    private static double median(final RunResult result) {
        return result.getPrimaryResult().getStatistics().getPercentile(50);
    }

    /** On a shared machine the least disturbed iteration is the one that repeats. */
    private static double best(final RunResult result) {
        return result.getPrimaryResult().getStatistics().getMin();
    }

    private static String format(final double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
    }

    private static String allocated(final RunResult result) {
        final Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return bytes == null ? "-" : String.format(Locale.ROOT, "%.3f", bytes.getScore());
    }

    private static String describe(final BenchmarkParams params) {
        final String[] parts = params.getBenchmark().split("\\.");
        return (parts[parts.length - 2] + '.' + parts[parts.length - 1] + ' ' + values(params)).trim();
    }

    private static String values(final BenchmarkParams params) {
        return params.getParamsKeys().stream().sorted().map(params::getParam).collect(Collectors.joining(" "));
    }
}
