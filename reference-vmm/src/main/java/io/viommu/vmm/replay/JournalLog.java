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
import java.nio.file.Path;

import io.viommu.bridge.journal.JournalReader;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.LogFaultHandler;
import io.viommu.bridge.log.RecordedFault;
import io.viommu.fault.FaultRecord;

/**
 * A journal read as if it were a log: each record is a line.
 *
 * @param records how many records there are.
 * @param faults  how many of them are of an IOMMU's own form.
 * @param missed  how many more there were when it was recorded.
 */
record JournalLog(int records, int faults, long missed) {

    static JournalLog read(final Path path, final LogFaultHandler handler) throws IOException {
        try (JournalReader journal = JournalReader.open(path)) {
            final FaultRecord view = new FaultRecord();
            int faults = 0;
            for (int i = 0; i < journal.records(); i++) {
                final LogFault fault = RecordedFault.of(journal.record(i, view), i + 1L);
                if (fault != null) {
                    handler.fault(fault);
                    faults++;
                }
            }
            return new JournalLog(journal.records(), faults, journal.missed());
        } catch (final UncheckedIOException cut) {
            throw cut.getCause();
        }
    }

    /** What is to be complained of, or null. */
    String complaint() {
        if (records == 0) {
            return "the journal is empty.";
        }
        if (missed > 0) {
            return "the journal was full; " + missed + " more faults came and are not in it.";
        }
        return faults == records
                ? null
                : (records - faults) + " of the journal's " + records
                        + " records are not an IOMMU's own (plain faults, "
                        + "page requests or losses) and can't be replayed.";
    }
}
