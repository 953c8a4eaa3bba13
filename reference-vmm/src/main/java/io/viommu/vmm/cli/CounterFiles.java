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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where running instances keep their counters: one file for each process, in a folder of the user's own under the
 * temporary folder. A file goes when its process ends; those of processes that were killed go when the next one starts.
 */
final class CounterFiles {

    private static final String SUFFIX = ".counters";

    private CounterFiles() {
    }

    /**
     * A file that is to be used for a while.
     *
     * @param path      where it is.
     * @param temporary whether it goes at the end.
     */
    record Lease(Path path, boolean temporary) implements AutoCloseable {
        @Override
        public void close() {
            if (temporary) {
                delete(path);
            }
        }
    }

    static Lease forThisProcess() {
        final Path folder = folder();
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectory(folder,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (final IOException refused) {
            throw new UncheckedIOException("The folder for counters can't be made: " + refused.getMessage() + ".",
                    refused);
        }
        all().stream().filter(path -> !isRunning(path)).forEach(CounterFiles::delete);
        final Path path = folder.resolve(ProcessHandle.current().pid() + SUFFIX);
        path.toFile().deleteOnExit();
        return new Lease(path, true);
    }

    /** A file of the user's choice, which stays; null if it can't be made there. */
    static Lease named(final Path path) {
        final Path folder = path.toAbsolutePath().getParent();
        final boolean possible = folder != null && Files.isWritable(folder) && !Files.isDirectory(path);
        return possible ? new Lease(path, false) : null;
    }

    /** The file of the instance that was started last and still runs. */
    static Optional<Path> newest() {
        return all().stream().filter(CounterFiles::isRunning)
                .max(Comparator.comparingLong(path -> path.toFile().lastModified()));
    }

    static Path folder() {
        return Path.of(System.getProperty("java.io.tmpdir"), "viommu-" + System.getProperty("user.name"));
    }

    private static List<Path> all() {
        if (!Files.isDirectory(folder())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder())) {
            return files.filter(path -> path.getFileName().toString().matches("\\d+" + SUFFIX)).toList();
        } catch (final IOException unreadable) {
            return List.of();
        }
    }

    private static boolean isRunning(final Path path) {
        final String name = path.getFileName().toString();
        final long pid = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private static void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException left) {
            // It stays; the next start tries again.
        }
    }
}
