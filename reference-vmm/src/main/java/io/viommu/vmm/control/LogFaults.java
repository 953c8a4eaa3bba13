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

package io.viommu.vmm.control;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.RawWords;
import io.viommu.bridge.log.SmmuLogEvent;
import io.viommu.bridge.log.VtdLogFault;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultSink;
import io.viommu.vmm.machine.FaultDraft;
import io.viommu.vmm.replay.LogReader;

/** The faults of kernel logs and fault journals, as they are injected: as reported. */
public final class LogFaults {

    private static final int WORDS = 4;

    private LogFaults() {
    }

    /**
     * Reads a log or a journal.
     *
     * @param file       its path.
     * @param smmu       whether faults of SMMUs are wanted; else those of VT-d units.
     * @param devices    the guest's names of devices, by the log's.
     * @param complaints takes a sentence for a file of no use, and one for each fault that can't be injected.
     * @return in the order of the lines.
     */
    public static List<FaultDraft> read(final String file, final boolean smmu, final Map<Integer, Integer> devices,
            final Consumer<String> complaints) {
        final List<FaultDraft> drafts = new ArrayList<>();
        new LogReader(InputStream.nullInputStream(), complaints).read(file, (name, fault) -> {
            final String why = fault.rejected()
                    ? fault.rejection()
                    : smmu != (fault.architecture() == LogFault.Architecture.SMMUV3)
                            ? "it is of the other architecture"
                            : null;
            final FaultDraft draft = why == null ? draft(fault, devices) : null;
            if (draft == null) {
                complaints.accept(name + ":" + fault.line() + ": not injected: "
                        + (why == null ? "a page request of a log can't be answered" : why));
            } else {
                drafts.add(draft);
            }
        });
        return drafts;
    }

    private static FaultDraft draft(final LogFault fault, final Map<Integer, Integer> devices) {
        return switch (fault) {
            case final SmmuLogEvent event -> draft(FaultKind.SMMU_EVENT, device(event.streamId()),
                    event.substreamId(), event.words(), devices);
            case final VtdLogFault vtd -> draft(FaultKind.VTD_FAULT, vtd.sourceId().orElse(0), vtd.pasid(),
                    vtd.words(), devices);
            default -> null;
        };
    }

    private static int device(final OptionalLong stream) {
        return (int) stream.orElse(0);
    }

    private static FaultDraft draft(final int kind, final int device, final OptionalInt pasid, final RawWords raw,
            final Map<Integer, Integer> devices) {
        final long[] words = new long[WORDS];
        for (int i = 0; i < raw.count(); i++) {
            words[i] = raw.get(i);
        }
        return new FaultDraft(kind, devices.getOrDefault(device, device), pasid.orElse(FaultSink.NO_PASID), words,
                FaultDraft.NO_ANSWER, true);
    }
}
