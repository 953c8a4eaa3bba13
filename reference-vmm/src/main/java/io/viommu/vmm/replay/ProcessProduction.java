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

import io.viommu.bridge.dmafault.DmaFaultRegion;
import io.viommu.bridge.dmafault.FaultScript;
import io.viommu.bridge.dmafault.ProducerProcess;
import io.viommu.bridge.dmafault.ProducerSettings;

/** A producer in another process: what a replay uses, as the host's kernel is not in our process either. */
final class ProcessProduction implements Production {

    private final ProducerProcess process;

    ProcessProduction(final List<DmaFaultRegion> regions, final FaultScript script, final ProducerSettings settings) {
        this.process = ProducerProcess.launch(regions, script, settings);
    }

    @Override
    public void start() {
        process.start();
    }

    @Override
    public boolean awaitEnd(final Duration time) throws InterruptedException {
        return process.awaitEnd(time);
    }

    @Override
    public boolean isFinished() {
        return process.isFinished();
    }

    @Override
    public long produced() {
        return process.produced();
    }

    @Override
    public long dropped() {
        return process.dropped();
    }

    @Override
    public String failure() {
        return process.failure();
    }

    @Override
    public void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
    }
}
