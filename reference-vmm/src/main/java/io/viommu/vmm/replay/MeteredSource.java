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

import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;

/**
 * A source that hands over no more than the guest's queue and the report have room for, and waits for room while there
 * are faults: so nothing is lost on the way, and the producer is the one who waits in the end. Every guest fetches its
 * faults whatever the reader does, so the wait ends.
 */
final class MeteredSource implements FaultSource {

    private final FaultSource source;
    private final GuestRoom guest;
    private final GuestRoom report;

    /**
     * Meters a source.
     *
     * @param guest  room of the guest's queue, or null if it may overflow.
     * @param report room for what isn't reported yet.
     */
    MeteredSource(final FaultSource source, final GuestRoom guest, final GuestRoom report) {
        this.source = source;
        this.guest = guest;
        this.report = report;
    }

    @Override
    public int poll(final FaultSink sink, final int limit) {
        int taken = 0;
        while (taken < limit) {
            final int room = take(limit - taken, sink);
            final int read = source.poll(sink, room);
            taken += read;
            if (read < room) {
                giveBack(room - read);
                return taken;
            }
        }
        return taken;
    }

    /** At least 1, so that whoever reads less than it may has read all there is. */
    private int take(final int wanted, final FaultSink sink) {
        int room = take(report, wanted, sink);
        if (guest != null) {
            final int both = take(guest, room, sink);
            report.give(room - both);
            room = both;
        }
        return room;
    }

    private static int take(final GuestRoom room, final int wanted, final FaultSink sink) {
        int taken = room.tryTake(wanted);
        while (taken == 0) {
            sink.flush(); // what waits for room may be what the guest has not been given yet
            room.await();
            taken = room.tryTake(wanted);
        }
        return taken;
    }

    private void giveBack(final int unused) {
        report.give(unused);
        if (guest != null) {
            guest.give(unused);
        }
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public int readyFd() {
        return source.readyFd();
    }

    @Override
    public void ready() {
        source.ready();
    }

    @Override
    public boolean exhausted() {
        return source.exhausted();
    }

    @Override
    public void close() {
        source.close();
    }
}
