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
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecodeCommandTest {

    static Stream<Path> logs() {
        return Stream.of(CommandRun.logs()).map(Path.class::cast);
    }

    @ParameterizedTest
    @MethodSource("logs")
    void everyFaultOfEveryLogIsExplainedWithItsSection(final Path log) {
        final CommandRun run = CommandRun.of("decode", log.toString());
        final boolean hasBroken = run.out().contains("not whole: ");
        assertThat(run.status()).isEqualTo(hasBroken ? 1 : 0);
        assertThat(run.err()).isEmpty();
        final String[] faults = run.out().split("\\R\\R");
        assertThat(faults).isNotEmpty().allSatisfy(fault -> {
            assertThat(fault).startsWith(log + ":");
            if (!fault.contains("not whole: ")) {
                assertThat(fault).containsPattern("\\((IHI 0070|VT-d) [0-9.]+\\)").contains("likely");
            }
        });
    }

    @Test
    void aPipedLogIsReadFromStandardInput() throws IOException {
        final String log = Files.readString(Path.of(CommandRun.example("gh-smmu-orion-o6-rtx3080ti")));
        final CommandRun run = CommandRun.withInput(log, "decode");
        assertThat(run.status()).isZero();
        assertThat(run.out()).startsWith("-:").contains("F_TRANSLATION").contains("0xc100");
    }

    @Test
    void aLogWithoutFaultsIsSaidToHaveNone() {
        final CommandRun run = CommandRun.withInput("nothing here\n", "decode");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.complaints()).singleElement().asString().contains("no IOMMU fault");
    }
}
