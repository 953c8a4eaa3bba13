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

package io.viommu.vmm.qtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Replays what was recorded from QEMU 11.1. A scenario in which QEMU departs from the architecture has our own
 * expectations beside it, in the folder {@code ours}; where there are none yet it is named in {@code pending.txt}, as
 * is one that the models can't pass yet. A scenario that is named there and passes fails the build, so the list only
 * shrinks; {@code -Dviommu.scenarios.relist=true} writes it anew.
 */
class ScenarioTest {

    private static final Path VECTORS = Path.of("src/test/vectors");
    private static final boolean RELIST = Boolean.getBoolean("viommu.scenarios.relist");
    private static final Map<String, String> LISTED = new TreeMap<>();

    private static List<Path> files(final Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
        }
    }

    /** What the models can't pass yet. */
    static Set<String> pending() throws IOException {
        try (Stream<String> lines = Files.lines(VECTORS.resolve("pending.txt"))) {
            return lines.filter(line -> !line.startsWith("#") && !line.isBlank())
                    .map(line -> line.split("\\s", 2)[0]).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String key(final Path file) {
        final Path relative = VECTORS.relativize(file);
        return relative.toString().replace(".jsonl", "");
    }

    private static Path ours(final Path recorded) {
        final Path ours = VECTORS.resolve("ours").resolve(VECTORS.relativize(recorded));
        return Files.exists(ours) ? ours : null;
    }

    @TestFactory
    Stream<DynamicTest> scenariosGiveWhatTheyGaveWhenRecorded() throws IOException {
        final Set<String> pending = pending();
        return Stream.of("smmuv3", "vtd").flatMap(family -> {
            try {
                return files(VECTORS.resolve(family)).stream();
            } catch (final IOException missing) {
                throw new IllegalStateException(missing);
            }
        }).map(file -> DynamicTest.dynamicTest(key(file), () -> replay(file, pending.contains(key(file)))));
    }

    private static void replay(final Path file, final boolean isPending) {
        final Scenario scenario = new Scenario(file, ours(file));
        try (TestDoor door = new TestDoor()) {
            final List<String> misses = scenario.replay(door);
            if (RELIST) {
                list(file, scenario, misses);
            } else if (!isPending) {
                assertThat(misses).as(scenario.name()).isEmpty();
            } else if (scenario.deviation() == null || ours(file) != null) {
                assertThat(misses).as("%s passes: take it out of pending.txt", key(file)).isNotEmpty();
            }
        }
    }

    private static void list(final Path file, final Scenario scenario, final List<String> misses) {
        if (scenario.deviation() != null && ours(file) == null) {
            LISTED.put(key(file), "no expectations of our own yet");
        } else if (!misses.isEmpty()) {
            LISTED.put(key(file), misses.get(0));
        }
    }

    @AfterAll
    static void writePending() throws IOException {
        if (RELIST) {
            final StringBuilder text = new StringBuilder(
                    "# Scenarios that are not passed yet, each with its first difference; see ScenarioTest.\n");
            LISTED.forEach((name, miss) -> text.append(name).append("  ").append(miss).append('\n'));
            Files.writeString(VECTORS.resolve("pending.txt"), text);
        }
    }

    @Test
    void everyPendingScenarioExists() throws IOException {
        final Set<String> known = Stream.concat(files(VECTORS.resolve("smmuv3")).stream(),
                files(VECTORS.resolve("vtd")).stream()).map(ScenarioTest::key).collect(Collectors.toSet());
        assertThat(known).containsAll(pending());
    }
}
