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
package io.viommu.smmu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.GuestRam;

/** Guest RAM of 8 MiB at {@link #BASE} with handy words, read-only memory at {@link #ROM}, and counted reads. */
public final class TestMemory implements GuestMemory {

    /** First byte of RAM. */
    public static final long BASE = 0x4000_0000L;
    /** Bytes of RAM. */
    public static final int SIZE = 8 << 20;
    /** 64 KiB that can't be written. */
    public static final long ROM = 0x3000_0000L;
    /** Nothing answers there. */
    public static final long NOWHERE = 0x7000_0000L;

    private final GuestRam ram = new GuestRam();
    private final MemorySegment rom;
    private final ThreadLocal<UnsafeBuffer> word = ThreadLocal
            .withInitial(() -> new UnsafeBuffer(ByteBuffer.allocateDirect(8)));
    private long reads;
    private Runnable beforeUpdate = () -> {
    };

    public TestMemory() {
        ram.addRegion(BASE, Arena.ofAuto().allocate(SIZE, 64));
        rom = Arena.ofAuto().allocate(1 << 16, 64);
        ram.addRegion(ROM, rom, false);
    }

    /** Reads made so far, by a single thread. */
    public long reads() {
        return reads;
    }

    /** Runs something once, right before the next compare-and-set. */
    public void beforeUpdate(final Runnable action) {
        beforeUpdate = action;
    }

    public void put(final long address, final long value) {
        if (address >= ROM && address < ROM + (1 << 16)) {
            rom.set(java.lang.foreign.ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN), address - ROM, value);
            return;
        }
        word.get().putLong(0, value, ByteOrder.LITTLE_ENDIAN);
        if (ram.write(address, word.get(), 0, 8) != OK) {
            throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(address));
        }
    }

    public long get(final long address) {
        if (ram.read(address, word.get(), 0, 8) != OK) {
            throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(address));
        }
        return word.get().getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int read(final long gpa, final MutableDirectBuffer target, final int targetOffset, final int length) {
        reads++;
        return ram.read(gpa, target, targetOffset, length);
    }

    @Override
    public int write(final long gpa, final DirectBuffer source, final int sourceOffset, final int length) {
        return ram.write(gpa, source, sourceOffset, length);
    }

    @Override
    public int compareAndSetLong(final long gpa, final long expected, final long value) {
        final Runnable action = beforeUpdate;
        beforeUpdate = () -> {
        };
        action.run();
        return ram.compareAndSetLong(gpa, expected, value);
    }
}
