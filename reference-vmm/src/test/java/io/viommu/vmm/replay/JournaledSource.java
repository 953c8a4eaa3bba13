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
package io.viommu.vmm.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import io.viommu.bridge.RecordingSink;
import io.viommu.bridge.journal.FaultJournal;
import io.viommu.bridge.journal.JournalReader;
import io.viommu.bridge.journal.JournalSource;
import io.viommu.bridge.journal.JournalingSink;
import io.viommu.fault.FaultSource;

/** Records what a source has in a file, and plays the file. */
final class JournaledSource {

    private JournaledSource() {
    }

    static FaultSource of(final FaultSource live) {
        try {
            final Path file = Files.createTempFile("journal", ".faults");
            try (FaultJournal journal = FaultJournal.create(file, 16)) {
                live.poll(new JournalingSink(RecordingSink.keeping(), journal), 16);
            } finally {
                live.close();
            }
            final JournalReader reader = JournalReader.open(file);
            Files.delete(file); // it stays mapped
            return new JournalSource("journal", reader, recorded -> recorded);
        } catch (final IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
