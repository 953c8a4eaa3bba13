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

package io.viommu.bench.reference;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CReferenceTest {

    @TempDir
    Path folder;

    @Test
    void withoutACompilerOneSentenceSaysThatTheReferenceIsSkipped() {
        assertThatThrownBy(() -> CReference.build(folder.toString())).isInstanceOf(ReferenceUnavailable.class)
                .hasMessage(
                        "The C reference is skipped: there is no C compiler (cc, gcc or clang) on the PATH.");
    }

    @Test
    void aCompilerThatFailsIsQuotedWithItsFirstLine() throws IOException {
        compiler("gcc", "echo it is Sunday; echo second line; exit 1");
        assertThatThrownBy(() -> CReference.build(folder.toString())).isInstanceOf(ReferenceUnavailable.class)
                .hasMessage("The C reference is skipped: " + folder.resolve("gcc")
                        + " could not build it (it is Sunday).");
    }

    @Test
    void ccIsPreferredToGccWhateverTheOrderOfTheFolders() throws IOException {
        compiler("gcc", "exit 1");
        final Path other = Files.createDirectory(folder.resolve("other"));
        Files.copy(folder.resolve("gcc"), other.resolve("cc"));
        other.resolve("cc").toFile().setExecutable(true);
        assertThat(Compiler.find(folder + ":" + other)).contains(new Compiler(other.resolve("cc")));
        assertThat(Compiler.find(folder.toString())).contains(new Compiler(folder.resolve("gcc")));
    }

    @Test
    void theTrafficTurnsA2021FaultIntoAnSmmuEvent() {
        assumeTrue(Compiler.find(System.getenv("PATH")).isPresent(), "no C compiler");
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment records = arena.allocate(256 * 64, 64);
            final MemorySegment events = arena.allocate(256 * 32, 64);
            final MemorySegment index = arena.allocate(8, 8);
            records.set(JAVA_INT, 0, 1); // type: unrecoverable
            records.set(JAVA_INT, 8, 5); // reason: PTE_FETCH
            records.set(JAVA_INT, 20, 2); // permission: write
            records.set(JAVA_LONG, 24, 0x1234_5000L);
            assertThat(CReference.build().traffic(records, events, index, 256)).isEqualTo(256);
            assertThat(index.get(JAVA_LONG, 0)).isEqualTo(256);
            assertThat(events.get(JAVA_LONG, 0)).isEqualTo(0x0000_0007_0000_0010L); // F_TRANSLATION, StreamID 7
            assertThat(events.get(JAVA_LONG, 8)).isEqualTo(0x0000_0200_0000_0000L); // CLASS = IN, RnW = 0
            assertThat(events.get(JAVA_LONG, 16)).isEqualTo(0x1234_5000L);
        }
    }

    @Test
    void aThreadRunsOnlyWhereItWasPinned() {
        final int[] before = Cpus.allowed();
        assertThat(before).isNotEmpty();
        try {
            Cpus.pin(before[before.length - 1]);
            assertThat(Cpus.allowed()).containsExactly(before[before.length - 1]);
        } finally {
            Cpus.pin(before);
        }
        assertThat(Cpus.allowed()).containsExactly(before);
    }

    private void compiler(final String name, final String script) throws IOException {
        final Path file = folder.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
