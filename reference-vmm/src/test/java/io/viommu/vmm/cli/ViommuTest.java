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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViommuTest {

    @ParameterizedTest
    @ValueSource(strings = { "", "replay ", "decode ", "stat " })
    void helpAndVersionWorkEverywhere(final String command) {
        final CommandRun help = CommandRun.of((command + "--help").split(" "));
        assertThat(help.status()).isZero();
        assertThat(help.out()).contains("Usage: viommu");
        assertThat(help.err()).isEmpty();
        final CommandRun version = CommandRun.of((command + "--version").split(" "));
        assertThat(version.status()).isZero();
        assertThat(version.out()).startsWith("viommu ");
    }

    @Test
    void theQtestDoorHasAVersionLikeEveryCommand() {
        final CommandRun version = CommandRun.of("qtest", "--version");
        assertThat(version.status()).isZero();
        assertThat(version.out()).startsWith("viommu ");
    }

    @Test
    void withoutACommandTheCommandsAreNamed() {
        final CommandRun run = CommandRun.of();
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("replay").contains("decode").contains("stat");
    }

    @Test
    void anUnknownCommandIsAUsageError() {
        final CommandRun run = CommandRun.of("repaly");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("repaly", "replay", "decode", "stat", "qtest");
    }
}
