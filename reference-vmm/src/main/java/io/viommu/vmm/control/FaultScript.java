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

import java.util.List;
import java.util.concurrent.TimeUnit;

import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.vmm.machine.FaultDraft;

/** A source that gives a list of faults a number of times, all at once or one by one at a pace. */
final class FaultScript implements FaultSource {

    private final int number;
    private final List<FaultDraft> faults;
    private final long total;
    private final long interval;
    private long next;
    private long due = System.nanoTime();

    /** {@code number} is the source's; {@code pace} is milliseconds from fault to fault, 0 for no pause. */
    FaultScript(final int number, final List<FaultDraft> faults, final long repeat, final long pace) {
        this.number = number;
        this.faults = faults;
        this.total = faults.size() * repeat;
        this.interval = TimeUnit.MILLISECONDS.toNanos(pace);
    }

    /** How many faults it gives. */
    long total() {
        return total;
    }

    @Override
    public String name() {
        return "script " + number;
    }

    @Override
    public int poll(final FaultSink sink, final int limit) {
        int taken = 0;
        while (taken < limit && next < total && System.nanoTime() - due >= 0) {
            give(sink, faults.get((int) (next++ % faults.size())));
            due += interval;
            taken++;
        }
        return taken;
    }

    private void give(final FaultSink sink, final FaultDraft draft) {
        final FaultRecord record = sink.claim(number, draft.device(), draft.pasid());
        record.kind(draft.kind()).asReported(draft.asReported());
        for (int i = 0; i < draft.words().length; i++) {
            record.word(i, draft.words()[i]);
        }
        if (draft.group() != FaultDraft.NO_ANSWER) {
            record.cookie(HostSide.cookie(draft.device(), draft.group()));
        }
        sink.publish();
    }

    @Override
    public int readyFd() {
        return NO_FD;
    }

    @Override
    public boolean exhausted() {
        return next == total;
    }

    @Override
    public void close() {
        next = total;
    }
}
