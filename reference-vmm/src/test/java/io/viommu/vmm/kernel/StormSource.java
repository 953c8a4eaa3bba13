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
package io.viommu.vmm.kernel;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;

/**
 * One queue for 64 devices, as a vEVENTQ is: each of the 63 quiet ones in turn reports a fault every so often; in a storm
 * device 0 reports 99 more for each of these. A fault says when it was due.
 */
final class StormSource implements FaultSource {

    static final int SOURCE = 1;
    static final int DEVICES = 64;
    static final int STORMING = 0;
    private static final long F_TRANSLATION = 0x10;
    private static final long IN_READ = 2L << 40 | 1L << 35;

    private final long faults;
    private final int quietEvery;
    private final long gap;
    private long start;
    private long next;
    private long quiet;

    /**
     * Prepares faults.
     *
     * @param quiet how many of the 63 together.
     * @param gap   nanoseconds from one of these to the next.
     * @param storm whether device 0 storms.
     */
    StormSource(final long quiet, final long gap, final boolean storm) {
        this.quietEvery = storm ? 100 : 1;
        this.faults = quiet * quietEvery;
        this.gap = gap / quietEvery;
    }

    @Override
    public String name() {
        return "storm";
    }

    @Override
    public int readyFd() {
        return NO_FD;
    }

    @Override
    public int poll(final FaultSink sink, final int limit) {
        final long now = System.nanoTime();
        if (next == 0 && start == 0) {
            start = now;
        }
        int taken = 0;
        while (taken < limit && next < faults && start + next * gap <= now) {
            final boolean own = next % quietEvery == 0;
            final int device = own ? 1 + (int) (quiet++ % (DEVICES - 1)) : STORMING;
            sink.claim(SOURCE, device, FaultSink.NO_PASID).kind(FaultKind.SMMU_EVENT).asReported(true)
                    .word(0, F_TRANSLATION).word(1, IN_READ).word(2, start + next * gap);
            sink.publish();
            next++;
            taken++;
        }
        return taken;
    }

    @Override
    public boolean exhausted() {
        return next == faults;
    }

    long faults() {
        return faults;
    }

    @Override
    public void close() {
        // nothing
    }
}
