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

package io.viommu.pipeline;

import java.nio.ByteBuffer;
import java.util.List;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.counters.CounterFile;
import io.viommu.counters.CounterGroup;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.lifecycle.Worker;

/**
 * The near end of the road, one for each reader thread: counts every fault that was read, finds its route and lets the
 * source fill the slot of the right pipeline. A fault without a route is filled into a waste slot, so that sources need
 * no second way, and counted with its reason.
 */
public final class FaultIngress implements FaultSink {

    private static final System.Logger LOG = System.getLogger(FaultIngress.class.getName());

    private final FaultRouter router;
    private final FaultObserver observer;
    private final CounterGroup read;
    private final FaultAccount account;
    private final FaultBudget budget;
    private final DistinctFaultLog distinct;
    private final NanoClock clock;
    private final FaultRecord record = new FaultRecord();
    private final UnsafeBuffer waste = new UnsafeBuffer(ByteBuffer.allocateDirect(FaultRecordLayout.LENGTH));
    private FaultPort port;
    private long claim;
    private FaultDisposition refused;
    private boolean open;
    private boolean failureLogged;
    private long unflushedReads;
    private long time;

    /**
     * Makes the sink of one reader.
     *
     * @param name     the reader, in the counters' labels.
     * @param router   where faults go.
     * @param counters where the counts are kept.
     * @param observer learns of faults that reach no pipeline.
     */
    public FaultIngress(final String name, final FaultRouter router, final CounterFile counters,
            final FaultObserver observer) {
        this(name, router, counters, observer, FaultBudget.unlimited(), null, SystemNanoClock.INSTANCE);
    }

    /**
     * Makes the sink of one reader that keeps devices within a budget.
     *
     * @param name     the reader, in the counters' labels.
     * @param router   where faults go.
     * @param counters where the counts are kept.
     * @param observer learns of faults that reach no pipeline; those over budget must be answered by it.
     * @param budget   of this reader alone.
     * @param distinct counts every fault that is read, also those over budget; of this reader alone, or null.
     * @param clock    {@link System#nanoTime} scale.
     */
    public FaultIngress(final String name, final FaultRouter router, final CounterFile counters,
            final FaultObserver observer, final FaultBudget budget, final DistinctFaultLog distinct,
            final NanoClock clock) {
        this.budget = budget;
        this.distinct = distinct;
        this.clock = clock;
        this.router = router;
        this.observer = observer;
        this.account = new FaultAccount(counters, name);
        this.read = new CounterGroup(counters, List.of(name + " faults read"));
    }

    @Override
    public FaultRecord claim(final int source, final int hostDevice, final int pasid) {
        settleAbandoned();
        final FaultRoute route = router.find(source, hostDevice, pasid);
        final FaultPort next = route == null ? null : route.port();
        final long now = readTime();
        if (next != port) {
            turnTo(next);
        }
        claim = FaultPort.CLOSED;
        if (next == null) {
            refused = FaultDisposition.NO_ROUTE;
        } else if (!budget.take(source, hostDevice, now)) {
            refused = FaultDisposition.THROTTLED;
        } else {
            claim = next.claim(record);
            if (claim < 0) {
                refused = FaultPort.refusal(claim);
            }
        }
        if (claim < 0) {
            record.wrap(waste, 0).clear();
        } else {
            record.guestDevice(route.guestDevice());
        }
        open = true;
        record.source(source).hostDevice(hostDevice).time(now);
        if (pasid != NO_PASID) {
            record.pasid(pasid);
        }
        return record;
    }

    /** One pipeline at a time: a reader that waits for room in one has none of the others waiting for its flush. */
    private void turnTo(final FaultPort next) {
        flushPort();
        port = next;
    }

    private void flushPort() {
        if (port != null) {
            port.flush();
        }
    }

    /** Counts a fault, and says when it was read: what is read between two flushes counts as read at once. */
    private long readTime() {
        if (unflushedReads++ == 0) {
            time = clock.nanoTime();
        }
        return time;
    }

    /** A source that failed between claim and publication leaves a slot behind that the injector would wait for. */
    private void settleAbandoned() {
        if (!open) {
            return;
        }
        open = false;
        if (claim >= 0) {
            final int source = record.source();
            final int device = record.hostDevice();
            record.clear(); // kind NONE: the injector passes over it
            port.publish(claim);
            record.wrap(waste, 0).clear();
            record.source(source).hostDevice(device);
        }
        settle(FaultDisposition.SOURCE_FAILURE);
    }

    @Override
    public void publish() {
        open = false;
        if (distinct != null) {
            countDistinct();
        }
        if (claim >= 0) {
            port.publish(claim);
        } else {
            settle(refused);
        }
    }

    /** Its clock is the VMM's. */
    private void countDistinct() {
        try {
            distinct.add(record);
        } catch (final Throwable failed) {
            logOnce("the log of distinct faults of " + account.name() + " failed", failed);
        }
    }

    private void logOnce(final String message, final Throwable failed) {
        if (!failureLogged) {
            failureLogged = true;
            Worker.log(LOG, message, failed);
        }
    }

    @Override
    public void reject(final int source, final FaultDisposition disposition) {
        settleAbandoned();
        record.wrap(waste, 0).clear();
        record.source(source).time(readTime());
        settle(disposition);
    }

    private void settle(final FaultDisposition disposition) {
        account.add(disposition, 1);
        if (record.kind() == FaultKind.LOST_EVENTS) {
            account.addLost(record.word(0));
        }
        try {
            observer.settled(record, disposition);
        } catch (final Throwable thrown) {
            logOnce("the observer of " + account.name() + " failed; it is told of the next all the same", thrown);
        }
    }

    @Override
    public void flush() {
        settleAbandoned();
        if (unflushedReads != 0) {
            read.add(0, unflushedReads);
            unflushedReads = 0;
            if (distinct != null) {
                distinct.flush();
            }
        }
        flushPort();
    }

    /**
     * Faults read so far, whatever became of them.
     *
     * @return exact after {@link #flush}.
     */
    public long read() {
        return read.get(0) + unflushedReads;
    }

    /**
     * Counts faults that ended here, before any pipeline.
     *
     * @return the account, live.
     */
    public FaultAccount account() {
        return account;
    }

    /** Gives the counters back. The figures stay, and what comes late is counted too. */
    @Override
    public void close() {
        account.close();
        read.close();
    }
}
