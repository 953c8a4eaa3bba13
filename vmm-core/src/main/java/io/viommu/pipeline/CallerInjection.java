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

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import com.lmax.disruptor.DataProvider;
import com.lmax.disruptor.EventPoller;
import com.lmax.disruptor.MultiProducerSequencer;
import com.lmax.disruptor.Sequence;

import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;

/**
 * Injection without a thread: a producer that finds nobody at it takes a turn, injects each fault as it publishes it,
 * and ends the turn, with the interrupt, when it flushes. Who finds another's turn goes through the ring; whoever ends
 * a turn takes what lies there.
 *
 * <p>Taking the turn is the one atomic operation of a batch, and its slot stays in the cache: so the common case, one
 * source for one vIOMMU, pays for many producers only when there are many.
 */
final class CallerInjection {

    private final Injector injector;
    private final MultiProducerSequencer ring;
    private final EventPoller<FaultRecord> poller;
    private final EventPoller.Handler<FaultRecord> handler;
    private final UnsafeBuffer slot = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(FaultRecordLayout.LENGTH, FaultRecordLayout.LENGTH));
    private final FaultRecord slotRecord = new FaultRecord().wrap(slot, 0);
    private final AtomicReference<Thread> owner = new AtomicReference<>();
    private final AtomicLong turns = new AtomicLong();
    private final int maxBatch;

    /** The rest belongs to the owner of the turn. */
    private boolean busy;
    private boolean nested;
    private int batch;

    CallerInjection(final Injector injector, final MultiProducerSequencer ring, final DataProvider<FaultRecord> slots,
            final int maxBatch) {
        this.injector = injector;
        this.ring = ring;
        this.poller = ring.newPoller(slots);
        this.handler = (record, sequence, endOfBatch) -> {
            injector.take(record, endOfBatch);
            return true;
        };
        this.maxBatch = maxBatch;
    }

    /** How far the ring has been taken. */
    Sequence injected() {
        return poller.getSequence();
    }

    /** Moves the record to the slot, cleared; or returns false: the fault has to go through the ring. */
    boolean claim(final FaultRecord record) {
        final Thread self = Thread.currentThread();
        if (owner.get() != self) {
            if (!takeTurn(self)) {
                return false;
            }
            takeRing();
            if (ring.getCursor() != injected().get()) {
                // An older fault of this thread may lie in the ring behind a slot that another has not published yet.
                endTurn();
                return false;
            }
        } else if (busy) {
            nested = true;
            return false; // made by a vCPU from within an injection
        }
        busy = true;
        record.wrap(slot, 0).clear();
        return true;
    }

    /** Takes the turn if it is nobody's, or that of a thread that has ended without giving it back. */
    private boolean takeTurn(final Thread self) {
        if (owner.compareAndSet(null, self)) {
            return true;
        }
        final Thread other = owner.get();
        if (other == null || other.isAlive() || !owner.compareAndSet(other, self)) {
            return false;
        }
        busy = false; // what it had claimed and not published was never filled
        return true;
    }

    void publish() {
        injector.take(slotRecord, false);
        busy = false;
        if (++batch == maxBatch || nested) {
            flush();
        }
    }

    /** Whether the calling thread is injecting, so that it would wait for itself. */
    boolean injecting() {
        return owner.get() == Thread.currentThread() && busy;
    }

    /** Gives a claimed slot back. */
    void abandon() {
        busy = false;
        flush();
    }

    void flush() {
        final Thread self = Thread.currentThread();
        if (owner.get() == self) {
            if (busy) {
                return; // a vCPU access made from within an injection; the turn goes on afterwards
            }
            endTurn();
        }
        // Who finds another's turn may leave: the other looks again after it let go.
        while (pending() && takeTurn(self)) {
            endTurn();
        }
    }

    private void endTurn() {
        try {
            if (!takeRing() && batch != 0) {
                endBatch();
            }
        } finally {
            batch = 0;
            nested = false;
            turns.lazySet(turns.getPlain() + 1);
            owner.set(null);
        }
    }

    /** Busy meanwhile: a guest's handler of the interrupt is within the injection, and must not end the turn. */
    private void endBatch() {
        busy = true;
        try {
            injector.endBatch();
        } finally {
            busy = false;
        }
    }

    /** Injects what lies in the ring and ends the batch; false if nothing does. */
    private boolean takeRing() {
        if (!pending()) {
            return false;
        }
        busy = true;
        try {
            poller.poll(handler);
            return true;
        } catch (final Exception impossible) {
            throw new IllegalStateException("an injection threw what it may not", impossible);
        } finally {
            busy = false;
        }
    }

    private boolean pending() {
        return ring.isAvailable(injected().get() + 1);
    }

    /**
     * Ends this thread's turn, or waits for the one that somebody else may have now: a fault that was published, or is
     * being injected, was injected afterwards. A turn that begins later sees all that this thread wrote before.
     *
     * @return false, at once, if this thread is just injecting.
     */
    boolean awaitTurn() {
        final Thread self = Thread.currentThread();
        if (owner.get() == self) {
            if (busy) {
                return false;
            }
            flush();
        }
        final long turn = turns.get();
        for (Thread other = owner.get(); other != null && turns.get() == turn; other = owner.get()) {
            if (!other.isAlive() && takeTurn(self)) {
                endTurn();
                return true;
            }
            Thread.onSpinWait();
            Thread.yield();
        }
        return true;
    }

    /** Waits for the last turn and takes what is left; afterwards no claim may succeed. */
    void close() {
        final Thread self = Thread.currentThread();
        while (owner.get() != self && !takeTurn(self)) {
            Thread.onSpinWait();
            Thread.yield();
        }
        if (!busy) {
            endTurn();
        }
    }
}
