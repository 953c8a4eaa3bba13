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
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatCommandTest {

    @TempDir
    private Path folder;

    @Test
    void theCountersOfARunCanBeReadFromItsFile() {
        final Path file = folder.resolve("run.counters");
        final CommandRun run = CommandRun.of("replay", "--counters", file.toString(),
                CommandRun.example("gh-smmu-bdy-g98-r8125"));
        assertThat(run.status()).isZero();
        final CommandRun stat = CommandRun.of("stat", "--file", file.toString());
        assertThat(stat.status()).isZero();
        assertThat(stat.out()).containsPattern("(?m)^ +3 .*virt delivered$").containsPattern("replay faults read")
                .contains("process " + ProcessHandle.current().pid());
        assertThat(CommandRun.of("stat", "--all", "--file", file.toString()).out()).contains("overflow: queue full");
    }

    @Test
    void aFileOfSomethingElseIsRefusedInOneSentence() throws IOException {
        final Path file = Files.writeString(folder.resolve("other"), "x".repeat(500));
        final CommandRun stat = CommandRun.of("stat", "--file", file.toString());
        assertThat(stat.status()).isEqualTo(1);
        assertThat(stat.complaints()).singleElement().asString().contains("not a file of viommu counters");
    }

    @Test
    void aPeriodMustBeSensible() {
        final CommandRun stat = CommandRun.of("stat", "--watch", "0");
        assertThat(stat.status()).isEqualTo(2);
        assertThat(stat.complaints()).singleElement().asString().contains("--watch");
    }
}
