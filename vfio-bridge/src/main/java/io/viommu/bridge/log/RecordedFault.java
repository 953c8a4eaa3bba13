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

package io.viommu.bridge.log;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;

/** Explains a hardware record of a journal as if a log had printed its words. */
public final class RecordedFault {

    private RecordedFault() {
    }

    /**
     * Gives the fault that a record holds.
     *
     * @param record an SMMUv3 event or a VT-d fault.
     * @param line   the number it goes by, from 1.
     * @return the fault, or null for a record that no IOMMU has written: a generic fault, a page request, a loss.
     */
    public static LogFault of(final FaultRecord record, final long line) {
        return switch (record.kind()) {
            case FaultKind.SMMU_EVENT -> SmmuEventWords.event(line, null, SmmuEventWords.id(record.word(0)),
                    RawWords.of(record.word(0), record.word(1), record.word(2), record.word(3)), false, null);
            case FaultKind.VTD_FAULT ->
                FrcdWords.fault(line, RawWords.of(record.word(0), record.word(1)), record.word(1), null)
                        .in(segment(record));
            default -> null;
        };
    }

    /** Above its requester id, a device's name may hold its PCI segment. */
    private static int segment(final FaultRecord record) {
        final boolean namesTheRequester = (record.hostDevice() & FrcdWords.MAX_SOURCE_ID) == FrcdWords
                .sourceId(record.word(1));
        return namesTheRequester ? record.hostDevice() >>> 16 : 0;
    }
}
