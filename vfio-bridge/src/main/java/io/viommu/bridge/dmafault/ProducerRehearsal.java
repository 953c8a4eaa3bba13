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

package io.viommu.bridge.dmafault;

import java.util.Collections;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.SharedMemory;

/**
 * Runs through a script into a region that nobody reads, before the real run: the first write of an eventfd alone takes
 * a new JVM some ten milliseconds, and would be counted as the latency of the first faults.
 */
final class ProducerRehearsal {

    private static final int ROUNDS = 8;
    private static final int FAULTS_IN_A_ROUND = 500;

    private ProducerRehearsal() {
    }

    /** Rehearses; the script stays as it is. */
    static void run(final FaultScript script, final int regions) {
        if (script.length() == 0) {
            return;
        }
        final EntryFormat format = EntryFormat.EXTENDED;
        final int size = DmaFaultRegionLayout.regionSize(format.length());
        try (DmaFaultMemory memory = DmaFaultMemory.map(SharedMemory.createDescriptor("viommu-rehearsal", size));
                EventFd event = EventFd.create()) {
            final UnsafeBuffer region = memory.buffer();
            RingGeometry.standard(format).write(region);
            final DmaFaultProducer producer = new DmaFaultProducer(memory, event);
            final ProducerSettings settings = ProducerSettings.likeTheKernel()
                    .repeat(Math.max(1, FAULTS_IN_A_ROUND / script.length()));
            // Of a longer script only the first faults go in; the others find the ring full.
            final int rounds = Math.clamp(FAULTS_IN_A_ROUND * ROUNDS / script.length(), 1, ROUNDS);
            for (int round = 0; round < rounds; round++) {
                new ProducerRun(script, Collections.nCopies(regions, producer), settings).run();
                region.putInt(DmaFaultRegionLayout.TAIL, region.getInt(DmaFaultRegionLayout.HEAD));
            }
        }
    }
}
