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

import java.util.HashMap;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.fault.FaultDisposition;

/**
 * Random operations of a hostile guest, a hostile device and a host with anything to report, from fixed seeds: 100,000
 * for each row, or as many as the system property {@code viommu.fuzz.operations} says (profile {@code fuzz}).
 */
class FuzzTest {

    private static final long OPERATIONS = Long.getLong("viommu.fuzz.operations", 100_000);
    private static final boolean PRINT = Long.getLong("viommu.fuzz.operations") != null;

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "20261123 | lost-events=overflow",
        "42 | compat=qemu,stage=nested,ats=on,ssidsize=16" })
    void smmuTakesWhateverAGuestDoes(final long seed, final String properties) {
        final Random random = new Random(seed);
        final MeteredMemory memory = new MeteredMemory();
        final HostilePlatform platform = new HostilePlatform(new Random(seed));
        final Fuzzer fuzzer = new Fuzzer(new SmmuAttack(random, memory, platform, properties(properties)), memory,
                platform);
        run("smmuv3", properties, fuzzer);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = { "20261123 | lost-events=overflow,protected-memory=on",
        "42 | compat=qemu,scalable-mode=on,device-iotlb=on,svm=on,pasid-bits=20" })
    void vtdTakesWhateverAGuestDoes(final long seed, final String properties) {
        final Random random = new Random(seed);
        final MeteredMemory memory = new MeteredMemory();
        final HostilePlatform platform = new HostilePlatform(new Random(seed));
        final Fuzzer fuzzer = new Fuzzer(new VtdAttack(random, memory, platform, properties(properties)), memory,
                platform);
        run("intel-iommu", properties, fuzzer);
    }

    private static void run(final String model, final String properties, final Fuzzer fuzzer) {
        final long began = System.nanoTime();
        fuzzer.run(OPERATIONS);
        assertThat(fuzzer.count(FaultDisposition.DELIVERED)).as("got as far as the guest's queue")
                .isGreaterThan(OPERATIONS / 400);
        assertThat(fuzzer.translated()).as("got through the tables").isGreaterThan(OPERATIONS / 400);
        if (PRINT) {
            System.out.printf("fuzz %s %s: %,d operations in %.1f s; %s%n", model, properties, OPERATIONS,
                    (System.nanoTime() - began) / 1e9, fuzzer.report());
        }
    }

    static Map<String, String> properties(final String text) {
        final Map<String, String> properties = new HashMap<>();
        for (final String property : text.isEmpty() ? new String[0] : text.split(",")) {
            properties.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
        }
        return properties;
    }
}
