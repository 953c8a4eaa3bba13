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
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import io.viommu.counters.CounterFile;

/**
 * Where running instances keep their counters: one file for each process, in a folder of the user's own under the
 * temporary folder. A file goes when its process ends; those of processes that were killed go when the next one starts.
 *
 * <p>Anybody may put anything into the temporary folder. So our folder is used only if it is a folder, no link, and
 * belongs to us alone; when somebody else has its name, there is one with a name that nobody could know.
 */
final class CounterFiles {

    private static final String SUFFIX = ".counters";
    /** Between the folder's usual name and what nobody could know. */
    private static final String UNKNOWN = ".private-";
    private static final Set<PosixFilePermission> OURS = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE = PosixFilePermissions.asFileAttribute(OURS);

    private final Path temporary;
    private final String name;

    /** In the temporary folder of this JVM, for its user. */
    CounterFiles() {
        this(Path.of(System.getProperty("java.io.tmpdir")),
                "viommu-" + System.getProperty("user.name").replaceAll("[^A-Za-z0-9._-]", "_"));
    }

    CounterFiles(final Path temporary, final String name) {
        this.temporary = temporary;
        this.name = name;
    }

    /**
     * A file that is to be used for a while.
     *
     * @param path      where it is; null for counters that nobody else sees.
     * @param temporary whether it goes at the end.
     */
    record Lease(Path path, boolean temporary) implements AutoCloseable {

        /** Counters in that file. One that nobody asked for by name is done without, if it can't be made. */
        CounterFile open(final PrintStream err) {
            if (path == null) {
                return CounterFile.inMemory();
            }
            try {
                return CounterFile.create(path);
            } catch (final UncheckedIOException refused) {
                if (!temporary) {
                    throw refused;
                }
                err.println("viommu: " + refused.getMessage() + " 'viommu stat' won't see this run.");
                return CounterFile.inMemory();
            }
        }

        @Override
        public void close() {
            if (temporary && path != null) {
                delete(path);
                final Path folder = path.getParent();
                if (folder.getFileName().toString().contains(UNKNOWN)) {
                    delete(folder);
                }
            }
        }
    }

    /** A file in our folder; none at all if there can't be such a folder. */
    Lease forThisProcess() {
        clean();
        try {
            final Path folder = folder();
            final Path path = folder.resolve(ProcessHandle.current().pid() + SUFFIX);
            if (folder.getFileName().toString().contains(UNKNOWN)) {
                folder.toFile().deleteOnExit(); // after the file: the last comes first
            }
            path.toFile().deleteOnExit();
            return new Lease(path, true);
        } catch (final IOException refused) {
            return new Lease(null, true);
        }
    }

    private Path folder() throws IOException {
        final Path usual = usual();
        try {
            return Files.createDirectory(usual, PRIVATE);
        } catch (final FileAlreadyExistsException there) {
            if (isOurs(usual)) {
                return usual;
            }
        }
        for (final Path folder : folders()) {
            if (!folder.equals(usual)) {
                return folder;
            }
        }
        return Files.createTempDirectory(temporary, name + UNKNOWN, PRIVATE);
    }

    /** A folder and no link to one, of this user, and for nobody else: whoever it was open to may have filled it. */
    private static boolean isOurs(final Path path) {
        try {
            return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    && Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                            .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))
                    && Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS).equals(OURS);
        } catch (final IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    /** A file of the user's choice, which stays. */
    static Lease named(final Path path) {
        return new Lease(path, false);
    }

    /** The file of the instance that was started last and still runs. */
    Optional<Path> newest() {
        return all().stream().filter(CounterFiles::isRunning)
                .max(Comparator.comparingLong(path -> path.toFile().lastModified()));
    }

    /** Where counters usually are. */
    Path usual() {
        return temporary.resolve(name);
    }

    private List<Path> folders() {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(temporary,
                path -> path.equals(usual()) || path.getFileName().toString().startsWith(name + UNKNOWN))) {
            folders.forEach(path -> {
                if (isOurs(path)) {
                    found.add(path);
                }
            });
        } catch (final IOException | DirectoryIteratorException unreadable) {
            return List.of();
        }
        return found;
    }

    private List<Path> all() {
        final List<Path> found = new ArrayList<>();
        for (final Path folder : folders()) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder,
                    path -> path.getFileName().toString().matches("[0-9]{1,9}" + SUFFIX))) {
                files.forEach(found::add);
            } catch (final IOException | DirectoryIteratorException unreadable) {
                // then there is nothing to be seen in it
            }
        }
        return found;
    }

    private void clean() {
        all().stream().filter(path -> !isRunning(path)).forEach(CounterFiles::delete);
    }

    private static boolean isRunning(final Path path) {
        final String file = path.getFileName().toString();
        final long pid = Long.parseLong(file.substring(0, file.length() - SUFFIX.length()));
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private static void delete(final Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (final IOException left) {
            // It stays; the next start tries again. A folder that others use stays, too.
        }
    }
}
