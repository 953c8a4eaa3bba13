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

package io.viommu.smmu.command;

import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReference;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.RegisterFile;
import io.viommu.memory.GuestMemory;
import io.viommu.pipeline.DeferredWork;
import io.viommu.smmu.fault.FaultWay;
import io.viommu.smmu.queue.QueueIndex;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The consumer's side of the Command queue (IHI 0070, 3.5, 4.1 and 7.1). Commands run while the queue is enabled and no
 * command error is active, on the vCPU thread that gave the reason to look: a write of CMDQ_PROD, CMDQEN set, an error
 * acknowledged.
 *
 * <p>One thread at a time executes commands; another vCPU waits for its turn, and then finds its commands done or does
 * them. Two threads may not wait: the one that is executing commands, when an interrupt that it caused makes the guest
 * write CMDQ_PROD again, and the injector, since a CMD_SYNC waits for it. These set {@link #lookAgain} and return; the
 * thread that is executing looks at CMDQ_PROD once more before it leaves.
 *
 * <p>Work is bounded: a look takes what CMDQ_PROD showed at its start, never more than the queue holds, and pointers
 * that are further apart than the queue is long are not followed at all.
 */
public final class CommandQueue {

    /** The calling thread may not execute the command, since it would have to wait: another takes the queue over. */
    public static final int LATER = -2;
    /** The executor takes no commands: CONS stays where it is, without an error of the queue. */
    public static final int STOPPED = -1;

    private static final int ENTRY_SHIFT = 4;
    /** How often a note makes the owner look again: handlers that acknowledge for ever do not hold it. */
    private static final int MAX_SECOND_LOOKS = 64;

    private final RegisterFrame frame;
    private final RegisterFile registers;
    private final GuestMemory memory;
    private final CommandExecutor executor;
    private final FaultWay faults;
    private final DeferredWork deferred;
    private final int maxLog2;
    private final long addressMask;
    private final UnsafeBuffer entry = new UnsafeBuffer(
            BufferUtil.allocateDirectAligned(CommandLayout.LENGTH, CommandLayout.LENGTH));
    private final AtomicReference<Thread> owner = new AtomicReference<>();
    private volatile boolean lookAgain;

    /**
     * Makes the queue, which hears CMDQ_PROD and acknowledgements of its errors.
     *
     * @param frame    the registers.
     * @param memory   the guest's memory.
     * @param executor executes the commands.
     * @param faults   knows who injects just now.
     * @param deferred runs the queue on a thread that may wait.
     */
    public CommandQueue(final RegisterFrame frame, final GuestMemory memory, final CommandExecutor executor,
            final FaultWay faults, final DeferredWork deferred) {
        this.frame = frame;
        this.registers = frame.registers();
        this.memory = memory;
        this.executor = executor;
        this.faults = faults;
        this.deferred = deferred;
        this.maxLog2 = frame.capabilities().commandQueueLog2();
        this.addressMask = frame.capabilities().addressMask();
        registers.onWrite(SmmuRegisters.CMDQ_PROD, (_, _, _, _) -> run());
        frame.errors().onAcknowledge(SmmuRegisters.GERROR_CMDQ, this::run);
    }

    /** Executes what is there. */
    public void run() {
        lookAgain = true;
        int looks = 0;
        // A note is only ever taken down before a look: one that comes between the last look and the release counts.
        while (lookAgain && looks <= MAX_SECOND_LOOKS && enter()) {
            try {
                do {
                    lookAgain = false;
                    look();
                } while (lookAgain && ++looks <= MAX_SECOND_LOOKS);
            } finally {
                owner.set(null);
            }
        }
    }

    /** Waits until a command that is under way has ended, as the guest may expect when CR0ACK.CMDQEN falls. */
    public void settle() {
        if (enter()) {
            owner.set(null);
        }
    }

    private boolean enter() {
        final Thread self = Thread.currentThread();
        if (owner.get() == self) {
            return false;
        }
        while (!owner.compareAndSet(null, self)) {
            if (faults.injecting()) {
                return false;
            }
            Thread.onSpinWait();
            Thread.yield();
        }
        return true;
    }

    private void look() {
        final int log2 = QueueIndex.log2(registers.get(SmmuRegisters.CMDQ_BASE), maxLog2);
        final int prod = (int) registers.get(SmmuRegisters.CMDQ_PROD);
        final int cons = (int) registers.get(SmmuRegisters.CMDQ_CONS);
        if (!QueueIndex.consistent(prod, cons, log2)) {
            return;
        }
        for (int left = QueueIndex.used(prod, cons, log2); left > 0 && runnable(); left--) {
            if (!step(log2)) {
                return;
            }
        }
    }

    private boolean runnable() {
        return frame.enabled(SmmuRegisters.CR0_CMDQEN) && !frame.errors().isActive(SmmuRegisters.GERROR_CMDQ);
    }

    /** One command: fetch, execute, move CONS past it, then signal. An error leaves CONS at the command (7.1). */
    private boolean step(final int log2) {
        final int cons = (int) registers.get(SmmuRegisters.CMDQ_CONS);
        final long base = registers.get(SmmuRegisters.CMDQ_BASE);
        final long address = QueueIndex.address(base, cons, log2, ENTRY_SHIFT) & addressMask;
        if (memory.read(address, entry, 0, CommandLayout.LENGTH) != GuestMemory.OK) {
            return fail(CommandLayout.CERROR_ABT);
        }
        final long word0 = entry.getLong(0, ByteOrder.LITTLE_ENDIAN);
        final long word1 = entry.getLong(Long.BYTES, ByteOrder.LITTLE_ENDIAN);
        final int error = executor.execute(word0, word1);
        if (error != 0) {
            return stay(error);
        }
        final int mask = (2 << log2) - 1;
        registers.update(SmmuRegisters.CMDQ_CONS, ~Integer.toUnsignedLong(SmmuRegisters.CMDQ_ERR),
                QueueIndex.next(cons, log2) & mask);
        executor.consumed(word0, word1);
        return true;
    }

    /** CONS stays at the command. */
    private boolean stay(final int error) {
        if (error == LATER) {
            deferred.ask();
            return false;
        }
        return error != STOPPED && fail(error);
    }

    /** The reason is there before the error is active. */
    private boolean fail(final int code) {
        registers.update(SmmuRegisters.CMDQ_CONS, SmmuRegisters.CMDQ_ERR, (long) code << SmmuRegisters.CMDQ_ERR_SHIFT);
        frame.errors().activate(SmmuRegisters.GERROR_CMDQ);
        return false;
    }
}
