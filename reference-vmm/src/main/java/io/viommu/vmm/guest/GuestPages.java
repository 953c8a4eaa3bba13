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

package io.viommu.vmm.guest;

import java.nio.ByteBuffer;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;

/**
 * The memory that a guest's driver allocates for its tables and queues, and its way to read and write it. Nothing is
 * ever freed. Used by one thread at a time.
 */
public final class GuestPages {

    private final GuestMemory memory;
    private final long end;
    private final UnsafeBuffer scratch = new UnsafeBuffer(ByteBuffer.allocateDirect(64));
    private long next;

    /**
     * Takes over a range of RAM, all zero.
     *
     * @param memory the guest's memory.
     * @param first  its first free byte, guest physical.
     * @param size   bytes from there on.
     */
    public GuestPages(final GuestMemory memory, final long first, final long size) {
        this.memory = memory;
        this.next = first;
        this.end = first + size;
    }

    /**
     * Allocates zeroed memory, aligned to its size rounded up to a power of two, as the queues and tables of both
     * architectures want it, and at least to a page.
     *
     * @param size bytes.
     * @return guest physical address.
     * @throws IllegalStateException if the guest has no memory left.
     */
    public long allocate(final long size) {
        final long alignment = Math.max(4096, Long.highestOneBit(Math.max(1, 2 * size - 1)));
        final long address = next + alignment - 1 & -alignment;
        if (address + size > end) {
            throw new IllegalStateException("the guest's driver has no memory left for " + size + " bytes");
        }
        next = address + size;
        return address;
    }

    /**
     * Reads 64 bits.
     *
     * @param address guest physical address, a multiple of 8.
     * @return the value.
     */
    public long read(final long address) {
        check(memory.read(address, scratch, 0, Long.BYTES), address);
        return scratch.getLong(0);
    }

    /**
     * Writes 64 bits.
     *
     * @param address guest physical address, a multiple of 8.
     * @param value   the value.
     */
    public void write(final long address, final long value) {
        scratch.putLong(0, value);
        check(memory.write(address, scratch, 0, Long.BYTES), address);
    }

    private static void check(final int result, final long address) {
        if (result != GuestMemory.OK) {
            throw new IllegalStateException("the guest's own memory doesn't answer at 0x" + Long.toHexString(address));
        }
    }
}
