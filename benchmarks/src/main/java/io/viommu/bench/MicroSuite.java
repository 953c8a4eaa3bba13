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
import java.util.Collection;
import java.util.Locale;

import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The JMH benchmarks of this package, and their ratios to the bare memory traffic of the same run. */
final class MicroSuite {

    private static final String BASELINE_JAVA = "TrafficBench.java";
    private static final String BASELINE_C = "TrafficBench.c";
    private static final int WARM_UPS = 4;
    private static final int ITERATIONS = 6;
    private static final int FORKS = 2;
    private static final String ROW = "| %s | %.1f | %s | %s | %s |%n";

    private MicroSuite() {
    }

    static void run(final Path folder, final PrintStream out) throws RunnerException {
        final Collection<RunResult> results = new Runner(new OptionsBuilder()
                .include("io\\.viommu\\.bench\\..*Bench\\.")
                .forks(FORKS).warmupIterations(WARM_UPS).warmupTime(TimeValue.seconds(1))
                .measurementIterations(ITERATIONS).measurementTime(TimeValue.seconds(1)).addProfiler(GCProfiler.class)
                .resultFormat(ResultFormatType.JSON).result(folder.resolve("micro.json").toString()).build()).run();
        out.printf("%n| benchmark | ns/op, best iteration | / bare traffic in Java | / bare traffic in C | B/op |%n");
        out.printf("| --- | --- | --- | --- | --- |%n");
        final double inJava = best(results, BASELINE_JAVA);
        final double inC = best(results, BASELINE_C);
        for (final RunResult result : results) {
            final double nanos = best(result);
            out.printf(Locale.ROOT, ROW, name(result.getParams()), nanos, ratio(nanos, inJava), ratio(nanos, inC),
                    allocated(result));
        }
    }

    /** Without a C compiler there is no C figure, and no ratio to it. */
    private static String ratio(final double nanos, final double baseline) {
        return Double.isNaN(baseline) ? "-" : String.format(Locale.ROOT, "%.2f", nanos / baseline);
    }

    private static double best(final Collection<RunResult> results, final String benchmark) {
        return results.stream().filter(result -> result.getParams().getBenchmark().endsWith(benchmark)).findFirst()
                .map(MicroSuite::best).orElse(Double.NaN);
    }

    /** On a shared machine the least disturbed iteration is the one that repeats. */
    private static double best(final RunResult result) {
        return result.getPrimaryResult().getStatistics().getMin();
    }

    private static String allocated(final RunResult result) {
        final Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return bytes == null ? "-" : String.format(Locale.ROOT, "%.3f", bytes.getScore());
    }

    private static String name(final BenchmarkParams params) {
        final String[] parts = params.getBenchmark().split("\\.");
        final StringBuilder name = new StringBuilder(parts[parts.length - 2]).append('.')
                .append(parts[parts.length - 1]);
        for (final String key : params.getParamsKeys()) {
            name.append(' ').append(key).append('=').append(params.getParam(key));
        }
        return name.toString();
    }
}
