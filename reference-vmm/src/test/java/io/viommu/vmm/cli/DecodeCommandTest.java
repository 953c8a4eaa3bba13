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
        assertThat(run.complaints()).as("lines of other kinds of faults").allMatch(line -> line.contains(" of "));
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

    @Test
    void thePciSegmentIsKeptUnlessItIsZero() {
        final CommandRun run = CommandRun.withInput("""
                (XEN) [VT-D]DMAR:[DMA Read] Request device [0000:e1:00.0] fault addr 8c000
                (XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set
                (XEN) [VT-D]DMAR:[DMA Read] Request device [0001:e1:00.0] fault addr 9c000
                (XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set
                """, "decode");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("device e1:00.0, read at page 0x8c000")
                .contains("device 0001:e1:00.0, read at page 0x9c000");
    }

    @Test
    void faultsOfOtherKindsAreNamedAndCounted() {
        final CommandRun run = CommandRun.withInput("""
                [  893.004266] DMAR: VT-d detected Invalidation Time-out Error: SID 0
                [  893.004272] DMAR: Invalidation Time-out Error (ITE) cleared
                [  894.000001] AMD-Vi: Completion-Wait loop timed out
                """, "decode");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.complaints())
                .containsExactly("viommu: standard input: no record of SMMUv3 or VT-d that can be read"
                        + " is in its 3 lines, but 2 lines tell of VT-d invalidation errors (queue, completion, time-out), which"
                        + " can't be replayed; 1 line tells of faults of AMD-Vi, AMD's IOMMU, which are not SMMUv3 or VT-d.");
    }

    @Test
    void faultsOfOtherKindsBesideThoseThatAreReadAreNotKeptSecret() {
        final CommandRun run = CommandRun.withInput("""
                DMAR: [DMA Read NO_PASID] Request device [04:00.0] fault addr 0x1000 [fault reason 0x06] x
                arm-smmu-v3 a.auto: CMDQ error (cons 0x03000000): Illegal command
                """, "decode");
        assertThat(run.status()).isZero();
        assertThat(run.complaints()).singleElement().asString()
                .contains("1 line tells of SMMUv3 global errors (GERROR, command queue), which can't be replayed.");
    }
}
