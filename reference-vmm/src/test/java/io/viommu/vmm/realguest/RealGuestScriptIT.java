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

package io.viommu.vmm.realguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code examples/real-guest.sh}, as a stranger starts it. */
class RealGuestScriptIT {

    @TempDir
    private Path folder;

    private ProcessBuilder script(final String... arguments) {
        final List<String> command = new ArrayList<>(List.of(Path.of("examples", "real-guest.sh").toString()));
        command.addAll(List.of(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("VIOMMU_CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put("VIOMMU_JAVA_OPTIONS", "-Djava.io.tmpdir=" + folder);
        return builder;
    }

    private List<String> run(final String... arguments) throws Exception {
        final Process script = script(arguments).start();
        final List<String> lines = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
                .map(line -> line.replaceFirst("^\\[ *\\d+\\.\\d+\\] ", "")).toList();
        assertThat(script.waitFor()).as(String.join("\n", lines)).isZero();
        return lines;
    }

    @Test
    void withoutALogAnArmGuestPrintsTheFaultsOfOneOfOurs() throws Exception {
        assertThat(run())
                .contains("arm-smmu-v3 3e000000.iommu: event: F_TRANSLATION client: (unassigned sid) sid: 0x2100"
                        + " ssid: 0x0 iova: 0x100 ipa: 0x0", "viommu: the guest printed 3 of 3 faults");
    }

    @Test
    void aLogOfVtdIsForAnX86Guest() throws Exception {
        assertThat(run("examples/faults/ml-dmar-013-vt-d-large-page-quirk-on-haswell.log"))
                .anyMatch(line -> line.startsWith("DMAR: [DMA "))
                .last().asString().matches("viommu: the guest printed ([1-9]\\d*) of \\1 faults");
    }

    /** By its death signal if the launcher could do nothing any more. */
    @ParameterizedTest
    @ValueSource(booleans = { false, true })
    void noQemuOutlivesTheScript(final boolean killed) throws Exception {
        final Process script = script().redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        ProcessHandle qemu = null;
        for (int i = 0; qemu == null && i < 1200; i++) {
            Thread.sleep(50);
            qemu = script.descendants().filter(child -> child.info().commandLine().orElse("").contains("-serial"))
                    .findFirst().orElse(null);
        }
        assertThat(qemu).as("the guest's QEMU").isNotNull();
        if (killed) {
            script.destroyForcibly();
        } else {
            script.destroy();
        }
        assertThat(qemu.onExit()).succeedsWithin(Duration.ofSeconds(60));
        assertThat(script.onExit()).succeedsWithin(Duration.ofSeconds(60));
        if (!killed) {
            assertThat(folder).as("its files").isDirectoryNotContaining("glob:**viommu*");
        }
    }
}
