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
import io.viommu.bridge.dmafault.ProducerSettings;

/** Whoever runs through a script and writes its faults into the regions: the host's side of the road. */
interface Production extends AutoCloseable {

    /** Makes one that is ready to start. */
    @FunctionalInterface
    interface Maker {
        Production make(List<DmaFaultRegion> regions, FaultScript script, ProducerSettings settings);
    }

    /** Begins; called once. */
    void start();

    /** Waits until it has ended, normally or not; false when the time is up. */
    boolean awaitEnd(Duration time) throws InterruptedException;

    /** Whether the whole script was produced. */
    boolean isFinished();

    /** Records that went into a ring; exact once finished. */
    long produced();

    /** Records that found their ring full; exact once finished. */
    long dropped();

    /** Why it ended early, in one sentence, or null. */
    String failure();

    /** Ends it at once. */
    void kill();

    @Override
    void close();
}
