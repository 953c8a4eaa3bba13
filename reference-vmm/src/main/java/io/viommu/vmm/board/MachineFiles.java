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

package io.viommu.vmm.board;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are loaded into memory. */
final class MachineFiles {

    private static final long LARGEST = 1L << 30;

    private MachineFiles() {
    }

    /** All bytes of a file, none of null; refuses one that can't be read in one sentence that names the option. */
    static byte[] read(final String option, final Path path) {
        if (path == null) {
            return new byte[0];
        }
        if (Files.isDirectory(path)) {
            throw new IllegalArgumentException(option + " must be a file; " + path + " is a directory");
        }
        try {
            if (Files.size(path) > LARGEST) {
                throw new IllegalArgumentException(option + " must be a file of at most 1 GiB; " + path + " has "
                        + Files.size(path) + " bytes");
            }
            return Files.readAllBytes(path);
        } catch (final IOException failure) {
            throw new IllegalArgumentException(option + " must be a file that can be read: "
                    + FileDisk.reason(path, failure), failure);
        }
    }
}
