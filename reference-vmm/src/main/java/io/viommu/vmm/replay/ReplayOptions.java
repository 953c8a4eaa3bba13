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

import java.util.List;
import java.util.Map;

import io.viommu.bridge.journal.FaultJournal;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.pipeline.InjectorMode;

/**
 * What the user asked for.
 *
 * @param files      logs, {@code -} for standard input.
 * @param machine    the machine that takes all faults, or null if each goes to the machine of its architecture.
 * @param json       whether to print JSON lines instead of a table.
 * @param dmesg      whether the table is followed by what the guests' kernels printed.
 * @param rate       faults per second without waiting for anybody, {@link #AS_FAST_AS_POSSIBLE}, or {@link #PACED}.
 * @param repeat     how often the whole input is played.
 * @param entrySize  bytes of a region's entry: 128, or 64 for the plain entry of 2021.
 * @param guestQueue records of the guest's queue, or 0 for what its driver chooses.
 * @param injector   who injects into the vIOMMUs.
 * @param map        guest's names of devices by host's names; a device that isn't in it keeps its name.
 * @param journal    keeps the faults as they are read; null to keep none. Whoever made it closes it.
 * @param distinct   counts the faults as they are read; null to count none. Whoever made it closes it.
 */
public record ReplayOptions(List<String> files, MachineKind machine, boolean json, boolean dmesg, long rate,
        long repeat, int entrySize, int guestQueue, InjectorMode injector, Map<Integer, Integer> map,
        FaultJournal journal, DistinctFaultLog distinct) {

    /** The producer waits for the guest, so that nothing is lost. */
    public static final long PACED = -1;
    /** The producer waits for nobody. */
    public static final long AS_FAST_AS_POSSIBLE = 0;

    /**
     * Whether the guest is never given more than its queue takes.
     *
     * @return false if overflows are wanted.
     */
    boolean paced() {
        return rate == PACED;
    }

    /**
     * The same, keeping the faults.
     *
     * @param keeper  takes them; null to keep none.
     * @param counter counts those that differ; null to count none.
     * @return options that differ in nothing else.
     */
    public ReplayOptions keeping(final FaultJournal keeper, final DistinctFaultLog counter) {
        return new ReplayOptions(files, machine, json, dmesg, rate, repeat, entrySize, guestQueue, injector, map,
                keeper, counter);
    }

    /** The same road, paced and silent. */
    ReplayOptions rehearsal(final long times) {
        return new ReplayOptions(files, machine, false, false, PACED, Math.max(1, times), entrySize, guestQueue,
                injector, map, null, null);
    }
}
