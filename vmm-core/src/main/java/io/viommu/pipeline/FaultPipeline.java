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

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.BatchEventProcessorBuilder;
import com.lmax.disruptor.DataProvider;
import com.lmax.disruptor.EventPoller;
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

/**
 * The ring in front of one vIOMMU: many producers, one injector, 64-byte slots in one off-heap slab.
 *
 * <p>Producers claim a slot, fill it in place and publish it; the injector takes all that is published as one batch and
 * raises at most one interrupt for it. A full ring makes producers wait. Nothing here allocates after construction.
 *
 * <p>{@link #close} stops taking faults, brings those already published to the vIOMMU and ends the injector.
 */
public final class FaultPipeline implements FaultPort, AutoCloseable {

    /** An upper bound for a batch, so that a storm still lets interrupts out and those who wait see progress. */
    private static final int MAX_BATCH = 512;
    private static final int CACHE_LINE = 64;
    private static final long FULL_RING_NAP_NANOS = 20_000;

    private final String name;
    private final UnsafeBuffer slab;
    private final int mask;
    private final MultiProducerSequencer sequencer;
    private final FaultAccount account;
    private final Injector injector;
    private final Sequence injected;
    private final BatchEventProcessor<FaultRecord> processor;
    private final Thread injectorThread;
    private final EventPoller<FaultRecord> poller;
    private final EventPoller.Handler<FaultRecord> pollHandler;
    private final AtomicReference<Thread> drainer = new AtomicReference<>();
    private volatile boolean closed;

    /**
     * Builds the ring, connects the vIOMMU to it and starts the injector.
     *
     * @param settings name, size and who injects.
     * @param iommu    where the faults go.
     * @param account  counts how each ended.
     * @param observer learns how each ended; {@link FaultObserver#NONE} if nobody looks.
     */
    public FaultPipeline(final PipelineSettings settings, final VirtualIommu iommu, final FaultAccount account,
            final FaultObserver observer) {
        this.name = settings.name();
        this.slab = new UnsafeBuffer(
                BufferUtil.allocateDirectAligned(settings.capacity() * FaultRecordLayout.LENGTH, CACHE_LINE));
        this.mask = settings.capacity() - 1;
        this.sequencer = new MultiProducerSequencer(settings.capacity(), settings.mode().waitStrategy());
        this.account = account;
        this.injector = new Injector(iommu, account, observer);
        final FaultRecord window = new FaultRecord();
        final DataProvider<FaultRecord> slots = sequence -> window.wrap(slab, offset(sequence));
        if (settings.mode() == InjectorMode.RUN_TO_COMPLETION) {
            this.poller = sequencer.newPoller(slots);
            this.pollHandler = (record, sequence, endOfBatch) -> {
                injector.onEvent(record, sequence, endOfBatch);
                return true;
            };
            this.injected = poller.getSequence();
            this.processor = null;
            this.injectorThread = null;
        } else {
            this.poller = null;
            this.pollHandler = null;
            this.processor = new BatchEventProcessorBuilder().setMaxBatchSize(Math.min(MAX_BATCH, settings.capacity()))
                    .build(slots, sequencer.newBarrier(), injector);
            this.injected = processor.getSequence();
            this.injectorThread = new Thread(processor, "injector-" + settings.name());
            injectorThread.setDaemon(true);
        }
        sequencer.addGatingSequences(injected);
        iommu.connect(this);
        if (injectorThread != null) {
            injectorThread.start();
        }
    }

    @Override
    public long claim(final FaultRecord record) {
        while (!closed) {
            final long sequence = tryNext();
            if (sequence >= 0) {
                record.wrap(slab, offset(sequence)).clear();
                if (!closed) {
                    return sequence;
                }
                publish(sequence); // kind NONE: the injector passes over it, and the caller counts the fault
                return CLOSED;
            }
            if (poller != null) {
                flush();
            } else {
                LockSupport.parkNanos(FULL_RING_NAP_NANOS);
            }
        }
        return CLOSED;
    }

    private long tryNext() {
        try {
            return sequencer.tryNext();
        } catch (final InsufficientCapacityException full) { // a preallocated instance: nothing is made here
            return -1;
        }
    }

    @Override
    public void publish(final long claim) {
        sequencer.publish(claim);
    }

    @Override
    public void flush() {
        if (poller == null) {
            return;
        }
        final Thread self = Thread.currentThread();
        if (drainer.get() == self) {
            return; // a vCPU access made from within an injection; the outer drain goes on afterwards
        }
        // Who finds another draining may leave: the other looks again after it let go of the ring.
        while (pending() && drainer.compareAndSet(null, self)) {
            try {
                poller.poll(pollHandler);
            } catch (final Exception impossible) {
                throw new IllegalStateException("the injector of " + name + " threw", impossible);
            } finally {
                drainer.set(null);
            }
        }
    }

    private boolean pending() {
        return sequencer.isAvailable(injected.get() + 1);
    }

    @Override
    public void awaitInjected() {
        final Thread self = Thread.currentThread();
        if (self == injectorThread || drainer.get() == self) {
            return;
        }
        final long target = sequencer.getCursor();
        while (injected.get() < target && injectorAlive()) {
            if (poller != null) {
                flush();
            }
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
        account.add(disposition, 1);
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
        if (closed) {
            return;
        }
        closed = true;
        awaitInjected();
        if (processor != null) {
            processor.halt();
            try {
                injectorThread.join();
            } catch (final InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private int offset(final long sequence) {
        return ((int) sequence & mask) * FaultRecordLayout.LENGTH;
    }
}
