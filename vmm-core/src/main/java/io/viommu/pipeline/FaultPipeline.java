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

import java.util.concurrent.locks.LockSupport;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import com.lmax.disruptor.DataProvider;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.MultiProducerSequencer;
import com.lmax.disruptor.Sequence;

import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRecordLayout;
import io.viommu.iommu.VirtualIommu;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;

/**
 * The ring in front of one vIOMMU: many producers, one injector, 64-byte slots in one off-heap slab.
 *
 * <p>Producers claim a slot, fill it in place and publish it; the injector takes all that is published as one batch and
 * raises at most one interrupt for it. A full ring makes producers wait. Nothing here allocates after construction.
 * Without an injector thread a producer mostly injects in its own turn, see {@link CallerInjection}.
 *
 * <p>{@link #close} stops taking faults, brings those already published to the vIOMMU, ends the injector and gives the
 * account's counters back. When it returns nobody injects any more; called by the injector itself, from an observer or
 * an interrupt's handler, or by any other {@link Worker}, it doesn't wait for that. Not to be called between a claim
 * and its publication by the same thread.
 */
public final class FaultPipeline implements FaultPort, AutoCloseable {

    /** An upper bound for a batch, so that a storm still lets interrupts out and those who wait see progress. */
    private static final int MAX_BATCH = 512;
    private static final int CACHE_LINE = 64;
    private static final long FULL_RING_NAP_NANOS = 20_000;
    /** A claim of the slot whose fault is injected when it is published. */
    private static final long AT_ONCE = Long.MAX_VALUE;

    private final UnsafeBuffer slab;
    private final int mask;
    private final MultiProducerSequencer sequencer;
    private final FaultAccount account;
    private final Sequence injected;
    private final InjectorLoop loop;
    private final Worker injectorThread;
    private final CallerInjection caller;
    private final Closing closing;

    /**
     * Builds the ring, connects the vIOMMU to it and starts the injector.
     *
     * @param settings name, size and who injects.
     * @param iommu    where the faults go.
     * @param account  counts how each ended; closed with the pipeline, and to be read afterwards too.
     * @param observer learns how each ended; {@link FaultObserver#NONE} if nobody looks.
     */
    public FaultPipeline(final PipelineSettings settings, final VirtualIommu iommu, final FaultAccount account,
            final FaultObserver observer) {
        this.slab = new UnsafeBuffer(
                BufferUtil.allocateDirectAligned(settings.capacity() * FaultRecordLayout.LENGTH, CACHE_LINE));
        this.mask = settings.capacity() - 1;
        this.sequencer = new MultiProducerSequencer(settings.capacity(), settings.mode().waitStrategy());
        this.account = account;
        this.closing = new Closing("pipeline " + settings.name());
        final int maxBatch = Math.min(MAX_BATCH, settings.capacity());
        final Injector injector = new Injector(iommu, account, observer);
        final FaultRecord window = new FaultRecord();
        final DataProvider<FaultRecord> slots = sequence -> window.wrap(slab, offset(sequence));
        if (settings.mode() == InjectorMode.RUN_TO_COMPLETION) {
            this.caller = new CallerInjection(injector, sequencer, slots, maxBatch);
            this.injected = caller.injected();
            this.loop = null;
            this.injectorThread = null;
        } else {
            this.caller = null;
            this.loop = new InjectorLoop(injector, sequencer.newBarrier(), slots, maxBatch);
            this.injected = loop.injected();
            this.injectorThread = new Worker("injector-" + settings.name(), loop);
        }
        sequencer.addGatingSequences(injected);
        if (injectorThread != null) {
            injectorThread.start();
        }
        try {
            iommu.connect(this);
        } catch (final Throwable refused) {
            close();
            throw refused;
        }
    }

    @Override
    public long claim(final FaultRecord record) {
        while (!closing.begun()) {
            final long claim = tryClaim(record);
            if (claim != FULL) {
                if (!closing.begun()) {
                    return claim;
                }
                release(claim);
                return CLOSED;
            }
            if (isInjecting()) {
                return FULL;
            }
            if (!injectorAlive()) {
                return CLOSED; // its end was logged, with the cause
            }
            if (caller != null) {
                caller.flush();
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(FULL_RING_NAP_NANOS);
            }
        }
        return CLOSED;
    }

    /** Whether the calling thread is the one that makes room: a guest's handler runs within its injection. */
    private boolean isInjecting() {
        return caller != null ? caller.injecting() : Thread.currentThread() == injectorThread;
    }

    private long tryClaim(final FaultRecord record) {
        if (caller != null && caller.claim(record)) {
            return AT_ONCE;
        }
        final long sequence = tryNext();
        if (sequence != FULL) {
            record.wrap(slab, offset(sequence)).clear();
        }
        return sequence;
    }

    /** Of a claim made while the pipeline closed; the caller counts the fault. */
    private void release(final long claim) {
        if (claim == AT_ONCE) {
            caller.abandon();
        } else {
            sequencer.publish(claim); // kind NONE: the injector passes over it
        }
    }

    private long tryNext() {
        try {
            return sequencer.tryNext();
        } catch (final InsufficientCapacityException full) { // a preallocated instance: nothing is made here
            return FULL;
        }
    }

    @Override
    public void publish(final long claim) {
        if (claim == AT_ONCE) {
            caller.publish();
        } else {
            sequencer.publish(claim);
        }
    }

    @Override
    public void flush() {
        if (caller != null) {
            caller.flush();
        }
    }

    @Override
    public void awaitInjected() {
        if (Thread.currentThread() == injectorThread) {
            return;
        }
        final long target = sequencer.getCursor();
        if (caller != null && !caller.awaitTurn()) {
            return;
        }
        while (injected.get() < target && injectorAlive()) {
            flush();
            Thread.onSpinWait();
            if (injected.get() < target) {
                Thread.yield();
            }
        }
    }

    private boolean injectorAlive() {
        return injectorThread == null || injectorThread.isAlive();
    }

    @Override
    public void account(final FaultDisposition disposition) {
        account.addLate(disposition);
    }

    /**
     * Faults that were claimed and have not been injected yet.
     *
     * @return a momentary figure, 0 when idle.
     */
    public long inFlight() {
        return sequencer.getCursor() - injected.get();
    }

    /**
     * Counts how the faults of this pipeline ended.
     *
     * @return the account, live.
     */
    public FaultAccount account() {
        return account;
    }

    @Override
    public void close() {
        closing.close(isInjecting() || Worker.isCurrent(), this::end);
    }

    private void end() {
        awaitInjected();
        if (caller != null) {
            caller.close();
        } else {
            loop.halt();
            Closing.join(injectorThread);
        }
        account.close();
    }

    private int offset(final long sequence) {
        return ((int) sequence & mask) * FaultRecordLayout.LENGTH;
    }
}
