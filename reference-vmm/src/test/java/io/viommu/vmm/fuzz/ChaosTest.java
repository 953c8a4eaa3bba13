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

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.viommu.pipeline.InjectorMode;

/**
 * {@link ChaosRound} after round, each with the next seed, for 2 seconds a model and mode or as long as the system
 * property {@code viommu.chaos.seconds} says (profile {@code chaos}). A failure names its seed, which
 * {@code viommu.chaos.seed} begins with; threads meet as they happen to, so it may take several attempts.
 */
class ChaosTest {

    private static final long SECONDS = Long.getLong("viommu.chaos.seconds", 2);
    private static final long SEED = Long.getLong("viommu.chaos.seed", 1);
    private static final long ROUND_MILLIS = 1_000;
    private static final List<String> SMMU = List.of("", "accel=on", "compat=qemu,stage=nested,ats=on,ssidsize=16",
            "lost-events=overflow");
    private static final List<String> VTD = List.of("", "accel=on", "scalable-mode=on,device-iotlb=on,svm=on",
            "compat=qemu", "lost-events=overflow,protected-memory=on");

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void smmuLivesWithEverythingAtOnce(final InjectorMode mode) {
        rounds("smmuv3", SMMU, mode);
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void vtdLivesWithEverythingAtOnce(final InjectorMode mode) {
        rounds("intel-iommu", VTD, mode);
    }

    private static void rounds(final String model, final List<String> rows, final InjectorMode mode) {
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        long seed = SEED;
        do {
            final Map<String, String> properties = FuzzTest.properties(rows.get((int) (seed % rows.size())));
            final String done = new ChaosRound(model, properties, mode, seed).run(ROUND_MILLIS);
            System.out.printf("chaos %s %s %s seed %d: %s%n", model, properties, mode, seed, done);
            seed++;
        } while (System.nanoTime() - end < 0);
    }
}
