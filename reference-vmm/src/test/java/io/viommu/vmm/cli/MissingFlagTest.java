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
package io.viommu.vmm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** JVMs that lack one of the flags of config/jvm.flags. */
@Timeout(300)
class MissingFlagTest {

    private static final String SENTENCE = "The JVM was started without what viommu needs; add to its command line: ";

    private static List<String> flags() throws IOException {
        return Files.readAllLines(Path.of("..", "config", "jvm.flags"));
    }

    private record Ended(int status, String output) {
    }

    private static Ended java(final List<String> flags, final String... mainAndArguments)
            throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(flags);
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path")));
        command.addAll(List.of(mainAndArguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output.strip());
    }

    @ParameterizedTest
    @MethodSource("flags")
    void theProgramNamesTheMissingFlagInOneSentence(final String flag) throws Exception {
        final List<String> others = new ArrayList<>(flags());
        others.remove(flag);
        final Ended ended = java(others, "io.viommu.vmm.cli.Viommu", "stat", "--file", "/nowhere");
        assertThat(ended.output).isEqualTo("viommu: " + SENTENCE + flag);
        assertThat(ended.status).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({ "record,1", "ram,1", "counters,1", "model,1", "eventfd,5", "region,1", "region,2", "region,3",
        "region,4", "region,5", "region,6" })
    void theLibraryNamesTheMissingFlagAtTheFirstUseOfWhatNeedsIt(final String what, final int line) throws Exception {
        final List<String> others = new ArrayList<>(flags());
        final String flag = others.remove(line - 1);
        final Ended ended = java(others, "io.viommu.vmm.cli.FlagProbe", what);
        assertThat(ended.output).isEqualTo(SENTENCE + flag);
    }

    @ParameterizedTest
    @CsvSource({ "record", "ram", "counters", "model", "eventfd", "region" })
    void withAllFlagsNothingIsSaid(final String what) throws Exception {
        assertThat(java(flags(), "io.viommu.vmm.cli.FlagProbe", what).output).isEqualTo("fine");
    }
}
