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

package io.viommu.vtd.command;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultPort;
import io.viommu.iommu.IommuPlatform;
import io.viommu.memory.GuestMemory;
import io.viommu.vtd.page.PageRequestQueue;
import io.viommu.vtd.register.Drain;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.GlobalFields;
import io.viommu.vtd.spec.InvalidationLayout;
import io.viommu.vtd.spec.StatusFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * Queued invalidation (VT-d 6.5.2): fetches descriptors from IQH to IQT and executes them in order, on the vCPU thread
 * that moved the tail, enabled the queue or cleared its error. IQH moves past a descriptor once it was found valid and
 * executed; at an error it stays on the descriptor, and the queue goes on from there by itself when software has
 * cleared IQE or ITE.
 *
 * <p>A wait completes when no transaction is left that could use what was invalidated before it, and when every fault
 * that was read or found before then is in the guest's registers or queue. Its status is written first, then its event
 * is raised; messages go out after the drain, when nobody is in the queue any more. What the calling thread can't wait
 * for is waited for by the unit's own thread, see {@link Drain}.
 *
 * <p>One call executes at most as many descriptors as the largest queue holds; what is added meanwhile beyond that is
 * left to the unit's own thread.
 */
public final class InvalidationQueue {

    private static final long STOPPED = StatusFields.INVALIDATION_QUEUE_ERROR
            | StatusFields.INVALIDATION_TIMEOUT_ERROR;
    /** What a wait can be for. */
    private static final long PURPOSES = InvalidationLayout.WAIT_INTERRUPT | InvalidationLayout.WAIT_STATUS
            | InvalidationLayout.WAIT_FENCE;
    private static final int PAGE_SHIFT = 12;
    private static final int LARGEST_QUEUE = 1 << 15;
    private static final long NAP_NANOS = 20_000;
    /** Something under way has not ended: the unit's own thread takes the queue over at this descriptor. */
    private static final int LATER = -4;

    private final RegisterFile registers;
    private final VtdCapabilities capabilities;
    private final RemappingState state;
    private final GuestMemory memory;
    private final EventLine faultEvent;
    private final EventLine completionEvent;
    private final DescriptorExecutor executor;
    /** Held by who is in the queue; nobody ever waits for it but a reset, since he may wait for others himself. */
    private final ReentrantLock turn = new ReentrantLock();
    private final boolean likeQemu;
    private final UnsafeBuffer descriptor = new UnsafeBuffer(ByteBuffer.allocateDirect(32));
    private final UnsafeBuffer status = new UnsafeBuffer(ByteBuffer.allocateDirect(8));
    private final Drain drain;
    private final Runnable later;
    private volatile FaultPort port;
    private volatile boolean again;
    private volatile boolean restart;
    private boolean timedOut;

    /**
     * Takes charge of the queue's registers.
     *
     * @param frame        of the unit; where it is like QEMU's, legacy mode takes the descriptors of scalable mode,
     *                     scalable mode those of 128 bits, and a wait that asks for nothing is an error.
     * @param state        what is in force.
     * @param platform     the guest's memory, which holds the queue; takes the completion event's message.
     * @param faultEvent   takes IQE, ICE and ITE.
     * @param sink         forgets.
     * @param pageRequests takes the guest's answers.
     * @param drain        waits for what is under way.
     */
    public InvalidationQueue(final RegisterFrame frame, final RemappingState state, final IommuPlatform platform,
            final EventLine faultEvent, final InvalidationSink sink, final PageRequestQueue pageRequests,
            final Drain drain) {
        this.registers = frame.registers();
        this.capabilities = frame.capabilities();
        this.likeQemu = frame.likeQemu();
        this.state = state;
        this.memory = platform.memory();
        this.faultEvent = faultEvent;
        this.completionEvent = EventLine.invalidation(registers, platform.interrupts());
        this.executor = new DescriptorExecutor(capabilities, sink, pageRequests::respond);
        this.drain = drain;
        this.later = drain.retry(this::process);
        registers.onWrite(VtdRegisters.IQT, (_, _, _, _) -> process());
        faultEvent.whenCleared(fields -> {
            if ((fields & STOPPED) != 0) {
                process();
            }
        });
    }

    /**
     * Gives the queue the pipeline that waits have to drain.
     *
     * @param faultPort the unit's own.
     */
    public void connect(final FaultPort faultPort) {
        this.port = faultPort;
    }

    /**
     * Takes note that the queue was switched on or off. GSTS.QIES shows it as soon as nobody is in the queue; when it
     * is off, the head is 0 again (VT-d 11.4.9.1).
     *
     * @param on the new state, in force already.
     */
    public void switched(final boolean on) {
        if (!on) {
            restart = true;
        }
        process();
    }

    /**
     * Forgets the queue. When this returns, nothing of it is still being executed, unless others may be waiting for the
     * calling thread.
     */
    public void reset() {
        restart = true;
        while (!turn.isHeldByCurrentThread() && !turn.tryLock()) {
            if (drain.mayNotWait()) {
                again = true; // who is in the queue finds it switched off
                return;
            }
            LockSupport.parkNanos(NAP_NANOS);
        }
        try {
            settleSwitches();
        } finally {
            turn.unlock();
        }
    }

    /**
     * Executes what is in the queue; called when something has changed that may let it go on. One thread at a time is
     * in the queue, and nobody waits for it: who finds another there, or is in it himself, when an interrupt makes the
     * guest write a register, leaves a note, and the other looks again.
     */
    public void process() {
        again = true;
        int left = LARGEST_QUEUE;
        while (again && !turn.isHeldByCurrentThread() && turn.tryLock()) {
            try {
                // A note is only ever taken down before a look: one that comes between look and release counts.
                again = false;
                left = drain(left);
            } finally {
                turn.unlock();
            }
            faultEvent.deliver();
            completionEvent.deliver();
            if (left == 0) {
                later.run(); // more than the largest queue holds is not one vCPU's work
                return;
            }
        }
    }

    /** Shows the switch of the queue as it is, and lets a queue that was off begin anew. */
    private void settleSwitches() {
        if (restart) {
            restart = false;
            timedOut = false;
            registers.set(VtdRegisters.IQH, 0);
        }
        registers.update(VtdRegisters.GSTS, GlobalFields.QUEUED_INVALIDATION,
                state.queuedInvalidationEnabled() ? GlobalFields.QUEUED_INVALIDATION : 0);
    }

    /** Executes descriptors, and says how many more may be executed. */
    private int drain(final int most) {
        settleSwitches();
        int left = most - 1;
        for (; left > 0 && ready(); left--) {
            final long head = registers.get(VtdRegisters.IQH);
            final long tail = registers.get(VtdRegisters.IQT) & InvalidationLayout.QUEUE_OFFSET;
            if (head == tail) {
                break;
            }
            final int result = step(head, tail);
            if (result == LATER) {
                later.run();
                return left;
            }
            if (result >= 0) {
                fail(result);
                return left;
            }
        }
        if (timedOut && ready()) {
            raiseTimeout(); // no wait was pending behind it
        }
        return left;
    }

    private boolean ready() {
        return state.queuedInvalidationEnabled() && !restart && (registers.get(VtdRegisters.FSTS) & STOPPED) == 0;
    }

    /** Executes the descriptor at the head; the error, or a negative number. */
    private int step(final long head, final long tail) {
        final long queue = registers.get(VtdRegisters.IQA);
        final boolean wide = (queue & InvalidationLayout.QUEUE_WIDE) != 0;
        final long bytes = 1L << (queue & InvalidationLayout.QUEUE_SIZE) + PAGE_SHIFT;
        final int error = queueError(wide, bytes, tail);
        if (error != DescriptorExecutor.DONE) {
            return error;
        }
        final int length = wide ? 32 : 16;
        if (memory.read((queue & InvalidationLayout.QUEUE_ADDRESS) + head, descriptor, 0, length) != GuestMemory.OK) {
            return InvalidationLayout.ERROR_FETCH;
        }
        final int result = execute(wide);
        if (result < 0 && result != LATER && state.queuedInvalidationEnabled() && !restart) {
            registers.set(VtdRegisters.IQH, head + length >= bytes ? 0 : head + length);
        }
        return result;
    }

    private int queueError(final boolean wide, final long bytes, final long tail) {
        final int mode = state.translationMode();
        if (mode == GlobalFields.TTM_RESERVED) {
            return InvalidationLayout.ERROR_MODE;
        }
        if (wide
                ? !capabilities.hasExtended(CapabilityFields.SMTS | CapabilityFields.ADMS)
                : mode != GlobalFields.TTM_LEGACY && !likeQemu) {
            return InvalidationLayout.ERROR_WIDTH;
        }
        if (wide && (tail & 16) != 0) {
            return InvalidationLayout.ERROR_ALIGNMENT;
        }
        return tail >= bytes ? InvalidationLayout.ERROR_TAIL : DescriptorExecutor.DONE;
    }

    private int execute(final boolean wide) {
        final long word0 = descriptor.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long word1 = descriptor.getLong(8, ByteOrder.LITTLE_ENDIAN);
        final int type = InvalidationLayout.type(word0);
        // Table 26: what came with scalable mode needs wide descriptors, and that mode.
        if (type > InvalidationLayout.WAIT
                && (!wide || state.translationMode() == GlobalFields.TTM_LEGACY && !likeQemu)) {
            return InvalidationLayout.ERROR_TYPE;
        }
        final int error = executor.check(type, word0, word1);
        if (error != DescriptorExecutor.DONE) {
            return error;
        }
        if (wide && (descriptor.getLong(16) | descriptor.getLong(24)) != 0) {
            return InvalidationLayout.ERROR_RESERVED;
        }
        final int result = type == InvalidationLayout.WAIT ? await(word0, word1) : executor.execute(type, word0, word1);
        if (result == DescriptorExecutor.DEVICE_TIMED_OUT) {
            timedOut(executor.device());
        } else if (result == DescriptorExecutor.DEVICE_WRONG) {
            completedWrongly(executor.device());
        }
        return result;
    }

    private int await(final long word0, final long word1) {
        if ((word0 & InvalidationLayout.WAIT_DRAIN) != 0 && !capabilities.hasExtended(CapabilityFields.PDS)) {
            return InvalidationLayout.ERROR_RESERVED;
        }
        if (likeQemu && (word0 & PURPOSES) == 0) {
            return InvalidationLayout.ERROR_TYPE;
        }
        if (timedOut) {
            raiseTimeout(); // the wait is aborted: software finds its status unwritten and tries again
            return DescriptorExecutor.DONE;
        }
        if (!drain.drained()) {
            return LATER;
        }
        final FaultPort faults = port;
        if (faults != null) {
            faults.awaitInjected();
        }
        if ((word0 & InvalidationLayout.WAIT_STATUS) != 0) {
            status.putInt(0, (int) (word0 >>> 32), ByteOrder.LITTLE_ENDIAN);
            if (memory.write(word1, status, 0, Integer.BYTES) != GuestMemory.OK) {
                return InvalidationLayout.ERROR_UNKNOWN;
            }
        }
        if ((word0 & InvalidationLayout.WAIT_INTERRUPT) != 0) {
            completionEvent.set(StatusFields.INVALIDATION_WAIT_COMPLETE);
        }
        return DescriptorExecutor.DONE;
    }

    /** The first device of those that timed out is named; ITE comes with the wait that it spoils (VT-d 6.5.2.11). */
    private void timedOut(final int device) {
        if (!timedOut) {
            timedOut = true;
            registers.update(VtdRegisters.IQERCD, 0xFFFFL << InvalidationLayout.TIMEOUT_SOURCE_SHIFT,
                    (long) device << InvalidationLayout.TIMEOUT_SOURCE_SHIFT);
        }
    }

    private void raiseTimeout() {
        timedOut = false;
        faultEvent.set(StatusFields.INVALIDATION_TIMEOUT_ERROR);
    }

    private void completedWrongly(final int device) {
        if ((registers.get(VtdRegisters.FSTS) & StatusFields.INVALIDATION_COMPLETION_ERROR) == 0) {
            registers.update(VtdRegisters.IQERCD, 0xFFFFL << InvalidationLayout.COMPLETION_SOURCE_SHIFT,
                    (long) device << InvalidationLayout.COMPLETION_SOURCE_SHIFT);
            faultEvent.set(StatusFields.INVALIDATION_COMPLETION_ERROR);
        }
    }

    /** IQERCD is filled before IQE shows that it is. */
    private void fail(final int error) {
        registers.update(VtdRegisters.IQERCD, InvalidationLayout.ERROR_INFO, error);
        faultEvent.set(StatusFields.INVALIDATION_QUEUE_ERROR);
    }
}
