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
package io.viommu.bridge.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts this process's descriptors, those of jars and the JVM's own included. */
public final class OpenFiles {
    private OpenFiles() {
    }

    /** How many of our descriptors are open on kernel objects whose link text contains {@code part}. */
    public static long count(final String part) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(path -> target(path).contains(part)).count();
        }
    }

    /** The number in a socket's link text. */
    public static String inode(final int fd) {
        return target(Path.of("/proc/self/fd/" + fd)).replaceAll("[^0-9]", "");
    }

    private static String target(final Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (final IOException gone) {
            return "";
        }
    }
}
