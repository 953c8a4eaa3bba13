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

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;

/** C sources that lie beside these classes, built where the benchmark runs, and loaded. */
@SuppressWarnings("restricted") // the purpose of this class: loading C
final class CLibrary {

    private CLibrary() {
    }

    /**
     * Builds and loads a library.
     *
     * @param searchPath where the compiler is looked for, in the manner of PATH.
     * @param name       of the library: {@code name.c} and {@code name.h} are its sources.
     */
    static SymbolLookup build(final String searchPath, final String name) {
        final Compiler compiler = Compiler.find(searchPath).orElseThrow(() -> new ReferenceUnavailable(
                "The C reference is skipped: there is no C compiler (cc, gcc or clang) on the PATH."));
        try {
            final Path folder = Files.createTempDirectory("viommu-bench");
            try {
                copy(name + ".h", folder);
                copy(name + ".c", folder);
                final Path library = folder.resolve("lib" + name + ".so");
                compiler.build(folder.resolve(name + ".c"), library);
                return SymbolLookup.libraryLookup(library, Arena.global());
            } finally {
                delete(folder);
            }
        } catch (final IOException failure) {
            throw new ReferenceUnavailable("The C reference is skipped: it could not be built (" + failure + ").");
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ReferenceUnavailable("The C reference is skipped: its build was interrupted.");
        }
    }

    /** The search path of this process. */
    static String path() {
        final String path = System.getenv("PATH");
        return path == null ? "" : path;
    }

    private static void copy(final String name, final Path folder) throws IOException {
        try (InputStream source = CLibrary.class.getResourceAsStream(name)) {
            Files.copy(source, folder.resolve(name));
        }
    }

    /** A loaded library goes on living without its file. */
    private static void delete(final Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (final Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
