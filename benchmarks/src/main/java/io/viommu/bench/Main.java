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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import io.viommu.bench.reference.CReference;
import io.viommu.bench.reference.ReferenceUnavailable;
import io.viommu.bench.road.RoadSuite;
import io.viommu.bench.translate.Regime;
import io.viommu.pipeline.InjectorMode;

/** Runs a named suite; {@code benchmarks/run} builds and starts it. */
public final class Main {

    private static final String USAGE = """
            usage: benchmarks/run [SUITE...] [ROUNDS]
              road-run-to-completion, road-blocking, road-yielding, road-busy-spin
                        the whole road beside the classic design in C, with one mode of the pipeline
              stations  JMH: the stations of the road
              smmu-hit, smmu-miss, smmu-queues
              vtd-hit, vtd-miss, vtd-queues
                        JMH: translations in the cache, walks, commands and faults of a model
              NAME      JMH: the classes of benchmarks whose name matches
            Without a suite, all but road-yielding and road-busy-spin, one after the other.
            ROUNDS (default 15) is how often C and Java take turns on the road.""";
    private static final int FORKS = 1;
    private static final List<JmhSuite> SUITES = List.of(
            new JmhSuite("stations", "TrafficBench|RouterBench|RegisterBench|InjectionBench|StageBench"),
            new JmhSuite("smmu-hit", "HitBench", Regime.SMMU_STAGE_1),
            new JmhSuite("smmu-miss", "MissBench", Regime.SMMU_STAGE_1, Regime.SMMU_NESTED),
            new JmhSuite("smmu-queues", "SmmuCommandBench|FaultBench", Regime.SMMU_STAGE_1),
            new JmhSuite("vtd-hit", "HitBench", Regime.VTD_LEGACY, Regime.VTD_FIRST_STAGE),
            new JmhSuite("vtd-miss", "MissBench", Regime.VTD_LEGACY, Regime.VTD_FIRST_STAGE, Regime.VTD_NESTED),
            new JmhSuite("vtd-queues", "VtdInvalidationBench|FaultBench|VtdPageRequestBench", Regime.VTD_LEGACY,
                    Regime.VTD_FIRST_STAGE));

    private Main() {
    }

    /**
     * Runs one suite.
     *
     * @param arguments name of the suite, rounds, folder for the JSON.
     * @throws Exception what a suite died of.
     */
    public static void main(final String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println(USAGE);
            System.exit(2);
        }
        final Path folder = Files.createDirectories(Path.of(arguments[2]));
        final String suite = arguments[0];
        if (suite.startsWith("road-")) {
            road(suite.substring("road-".length()), arguments[1], folder);
            return;
        }
        final JmhSuite jmh = SUITES.stream().filter(known -> known.name().equals(suite)).findFirst()
                .orElse(suite.matches("[\\w|]+") ? new JmhSuite(suite, suite) : null);
        if (jmh != null) {
            jmh.run(FORKS, folder, System.out);
        } else {
            System.err.println(USAGE);
            System.exit(2);
        }
    }

    private static void road(final String mode, final String rounds, final Path folder)
            throws IOException, InterruptedException {
        try {
            final InjectorMode injector = InjectorMode.valueOf(mode.toUpperCase(Locale.ROOT).replace('-', '_'));
            final int count = Integer.parseInt(rounds);
            new RoadSuite(injector, count, folder, System.out).run(CReference.build());
        } catch (final ReferenceUnavailable skipped) {
            System.out.println(skipped.getMessage());
        } catch (final IllegalArgumentException unknown) {
            System.err.println(USAGE);
            System.exit(2);
        }
    }
}
