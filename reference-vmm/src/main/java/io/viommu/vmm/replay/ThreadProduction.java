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

import java.time.Duration;
import java.util.List;

import io.viommu.bridge.dmafault.DmaFaultProducer;
import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.FaultScript;
import io.viommu.bridge.dmafault.ProducerRun;
import io.viommu.bridge.dmafault.ProducerSettings;

/** A producer in a thread of this process, for rehearsals. The script has to stay open until it has ended. */
final class ThreadProduction implements Production {

    private final ProducerRun run;
    private final Thread thread;

    ThreadProduction(final List<DmaFaultRegion> regions, final FaultScript script, final ProducerSettings settings) {
        this.run = new ProducerRun(script,
                regions.stream().map(region -> new DmaFaultProducer(region.memory(), region.event())).toList(),
                settings);
        this.thread = Thread.ofPlatform().name("rehearsal-producer").daemon().unstarted(run);
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public boolean awaitEnd(final Duration time) throws InterruptedException {
        return thread.join(time);
    }

    @Override
    public boolean isFinished() {
        return !thread.isAlive();
    }

    @Override
    public long produced() {
        return run.produced();
    }

    @Override
    public long dropped() {
        return run.dropped();
    }

    @Override
    public String failure() {
        return null;
    }

    @Override
    public void kill() {
        // A rehearsal is over soon.
    }

    @Override
    public void close() {
        // The thread ends with its script.
    }
}
