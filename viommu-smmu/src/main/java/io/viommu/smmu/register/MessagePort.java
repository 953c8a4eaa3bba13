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

package io.viommu.smmu.register;

import java.nio.ByteOrder;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.interrupt.InterruptSink;
import io.viommu.memory.GuestMemory;

/**
 * How interrupts leave the device. An MSI is a 32-bit write to a physical address (IHI 0070, 3.18): to a word of memory
 * that a CPU polls, as Linux does with its own Command queue, or else to whatever doorbell the interrupt controller
 * has.
 *
 * <p>Called by the injector and by vCPU threads, possibly at once.
 */
public final class MessagePort {

    private final GuestMemory memory;
    private final InterruptSink sink;
    private final boolean offered;
    private final long addressMask;
    private final UnsafeBuffer word = new UnsafeBuffer(BufferUtil.allocateDirectAligned(Integer.BYTES, Integer.BYTES));

    /**
     * Makes the port.
     *
     * @param memory  the guest's memory.
     * @param sink    the way to the interrupt controller.
     * @param capabilities what the device offers.
     */
    public MessagePort(final GuestMemory memory, final InterruptSink sink, final SmmuCapabilities capabilities) {
        this.memory = memory;
        this.sink = sink;
        this.offered = capabilities.msi();
        this.addressMask = capabilities.addressMask();
    }

    /**
     * Whether interrupts may be messages at all.
     *
     * @return IDR0.MSI.
     */
    public boolean offered() {
        return offered;
    }

    /**
     * Sends an MSI.
     *
     * @param address where; truncated to the output address size (3.4.3).
     * @param data    the 32 bits written.
     * @return false if the write was aborted.
     */
    public boolean send(final long address, final int data) {
        final long target = address & addressMask;
        return switch (store(target, data)) {
            case GuestMemory.OK -> true;
            case GuestMemory.READ_ONLY -> false;
            default -> sink.message(target, data);
        };
    }

    /** Two sources may send at once, and there is one word to send from; the sink is called without the lock. */
    private synchronized int store(final long address, final int data) {
        word.putInt(0, data, ByteOrder.LITTLE_ENDIAN);
        return memory.write(address, word, 0, Integer.BYTES);
    }

    /**
     * Makes an edge on a wire.
     *
     * @param line number of the wire.
     */
    public void pulse(final int line) {
        sink.pulse(line);
    }
}
