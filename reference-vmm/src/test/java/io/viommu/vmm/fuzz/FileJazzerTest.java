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
package io.viommu.vmm.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of any bytes is read as one of ours, or refused in a sentence. */
abstract class FileJazzerTest extends JazzerTest {

    private final Path file;

    FileJazzerTest() {
        try {
            file = Files.createTempFile("viommu", ".input");
            file.toFile().deleteOnExit();
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Reads it and prints what is in it; an IllegalArgumentException refuses it. */
    abstract void read(Path input, PrintStream out) throws IOException;

    @Override
    protected final void take(final byte[] input) throws IOException {
        Files.write(file, input);
        try (PrintStream out = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8)) {
            read(file, out);
        } catch (final IllegalArgumentException refused) {
            if (!refused.getMessage().startsWith(file.toString())) {
                throw new AssertionError("it was not refused as promised, by a sentence about the file", refused);
            }
        }
    }
}
