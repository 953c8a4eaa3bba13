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

import java.util.concurrent.atomic.AtomicLong;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultRecord;

/**
 * Carries how faults ended from the thread that settles them to the one that reports, in order, without allocation or
 * locks. It can't overflow: no more faults are read than the report has room for.
 */
final class SettlementLane implements FaultObserver {

    private static final FaultDisposition[] DISPOSITIONS = FaultDisposition.values();

    private final long[] tags;
    private final long[] times;
    private final byte[] dispositions;
    private final int mask;
    private final GuestRoom guest;
    private final AtomicLong written = new AtomicLong();
    private long taken;

    /**
     * Makes an empty lane.
     *
     * @param capacity a power of two, at least the report's room.
     * @param guest    gets back the room of faults that did not end in the guest's queue; null if it isn't metered.
     */
    SettlementLane(final int capacity, final GuestRoom guest) {
        this.tags = new long[capacity];
        this.times = new long[capacity];
        this.dispositions = new byte[capacity];
        this.mask = capacity - 1;
        this.guest = guest;
    }

    @Override
    public void settled(final FaultRecord record, final FaultDisposition disposition) {
        final long at = written.getPlain();
        final int slot = (int) at & mask;
        tags[slot] = record.cookie();
        times[slot] = record.time();
        dispositions[slot] = (byte) disposition.ordinal();
        written.setRelease(at + 1);
        if (guest != null && disposition.outcome() != FaultOutcome.DELIVERED) {
            guest.give(1);
        }
    }

    boolean isEmpty() {
        return taken == written.getAcquire();
    }

    long tag() {
        return tags[(int) taken & mask];
    }

    long time() {
        return times[(int) taken & mask];
    }

    FaultDisposition disposition() {
        return DISPOSITIONS[dispositions[(int) taken & mask]];
    }

    void next() {
        taken++;
    }
}
