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

import java.util.EnumMap;
import java.util.Map;

import io.viommu.bridge.dmafault.EntryFormat;
import io.viommu.bridge.log.LogFault;
import io.viommu.counters.CounterFile;

/**
 * Plays a few of the faults on machines of its own, again and again, while the producer's process is starting and
 * nothing else could be done: by the time that the first real fault comes, the code of the road is loaded and compiled,
 * and the latency that is measured is that of the road and not of a virtual machine that has just started.
 */
final class Rehearsal implements Runnable {

    private static final int FAULTS_OF_A_KIND = 8;
    private static final long PLAYED = 3_000;

    private static final Report NOBODY = new Report() {
        @Override
        public void fault(final ReplayFault fault, final Ending ending) {
            // Not a performance.
        }

        @Override
        public void summary(final RunSummary summary) {
            // Not a performance.
        }
    };

    private final ReplayOptions options;
    private final RegionPlan plan;

    Rehearsal(final ReplayOptions options, final RegionPlan input) {
        this.plan = new RegionPlan(EntryFormat.ofEntrySize(options.entrySize()));
        final Map<LogFault.Kind, Integer> taken = new EnumMap<>(LogFault.Kind.class);
        for (final ReplayFault fault : input.faults()) {
            if (fault.rejection() == null && taken.merge(fault.log().kind(), 1, Integer::sum) <= FAULTS_OF_A_KIND) {
                plan.add(fault.file(), fault.log());
            }
        }
        this.options = options.rehearsal(PLAYED / Math.max(1, plan.faults().size()));
    }

    @Override
    public void run() {
        try (CounterFile counters = CounterFile.inMemory();
                Road road = new Road(options, plan, NOBODY, counters, kind -> GuestConsole.silent())) {
            road.prepare(ThreadProduction::new);
            road.run(Progress.NONE);
        }
    }

    /** What keeps a rehearsal from ending well keeps the performance from it, too, and is reported there. */
    static Thread start(final ReplayOptions options, final RegionPlan input) {
        return Thread.ofPlatform().name("rehearsal").daemon().uncaughtExceptionHandler((thread, failure) -> {
        }).start(new Rehearsal(options, input));
    }
}
