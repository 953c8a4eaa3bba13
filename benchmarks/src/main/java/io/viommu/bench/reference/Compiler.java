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

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The system's C compiler. */
record Compiler(Path executable) {

    private static final List<String> NAMES = List.of("cc", "gcc", "clang");
    private static final List<String> FLAGS = List.of("-O2", "-std=gnu11", "-Wall", "-shared", "-fPIC");

    /** The first that a search path holds, in the manner of PATH. */
    static Optional<Compiler> find(final String searchPath) {
        for (final String name : NAMES) {
            for (final String folder : searchPath.split(File.pathSeparator)) {
                final Path candidate = Path.of(folder, name);
                if (!folder.isEmpty() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                    return Optional.of(new Compiler(candidate));
                }
            }
        }
        return Optional.empty();
    }

    /** Makes a shared library; a failure's message has the compiler's first line. */
    void build(final Path source, final Path library) throws IOException, InterruptedException {
        final ProcessBuilder command = new ProcessBuilder(executable.toString());
        command.command().addAll(FLAGS);
        command.command().addAll(List.of("-o", library.toString(), source.toString()));
        final Process process = command.redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new ReferenceUnavailable("The C reference is skipped: " + executable + " could not build it ("
                    + output.lines().findFirst().orElse("no message") + ").");
        }
    }
}
