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
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with the input is said before anything is fetched or booted. */
class RealGuestCommandTest {

    private static final String SMMU = "gh-smmu-bdy-g98-r8125";
    private static final String DMAR = "fs-dmar-i915-39bit";

    private static void refuses(final String sentence, final String... arguments) {
        final CommandRun run = CommandRun.of(arguments);
        assertThat(run.status()).isEqualTo(Viommu.USAGE);
        assertThat(run.complaints()).singleElement().asString().startsWith("viommu: " + sentence);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--guest=riscv | --guest must be arm64 or x86_64, not 'riscv'",
        "--guest=x86_64 | --guest must be arm64 for these logs",
        "--most=0 | --most must be 1 to 1000 faults, not 0" })
    void anOptionThatCannotBeIsNamed(final String option, final String sentence) {
        refuses(sentence, "real-guest", option, CommandRun.example(SMMU));
    }

    @Test
    void logsForBothGuestsNeedADecision() {
        refuses("--guest must be arm64 or x86_64: the logs have faults for both", "real-guest",
                CommandRun.example(SMMU), CommandRun.example(DMAR));
    }

    @Test
    void aFileOfNoUseIsRefused() {
        refuses("pom.xml: no IOMMU fault was found", "real-guest", CommandRun.example(SMMU), "pom.xml");
        refuses("nowhere.log: there is no such file", "real-guest", "nowhere.log");
        refuses("Missing required parameter: 'FILE'", "real-guest");
    }
}
