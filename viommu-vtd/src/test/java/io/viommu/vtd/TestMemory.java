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

package io.viommu.vtd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.GuestRam;

/** Guest RAM of 2 MiB from 0 with handy words, read-only memory at {@link #ROM}, and counted reads. */
public final class TestMemory implements GuestMemory {

    /** Bytes of RAM. */
    public static final int SIZE = 2 << 20;
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
    private boolean always;

    public TestMemory() {
        ram.addRegion(0, Arena.ofAuto().allocate(SIZE, 64));
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
        always = false;
    }

    /** Runs something before every compare-and-set. */
    public void beforeEveryUpdate(final Runnable action) {
        beforeUpdate = action;
        always = true;
    }

    public void put(final long address, final long... values) {
        for (int i = 0; i < values.length; i++) {
            final long at = address + 8L * i;
            if (at >= ROM && at < ROM + (1 << 16)) {
                rom.set(ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN), at - ROM, values[i]);
                continue;
            }
            word.get().putLong(0, values[i], ByteOrder.LITTLE_ENDIAN);
            if (ram.write(at, word.get(), 0, 8) != OK) {
                throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(at));
            }
        }
    }

    public long get(final long address) {
        if (ram.read(address, word.get(), 0, 8) != OK) {
            throw new IllegalArgumentException("no memory at 0x" + Long.toHexString(address));
        }
        return word.get().getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    /** Sums all of RAM up, to see whether anything changed. */
    public long checksum() {
        long sum = new Random(1).nextLong();
        for (long at = 0; at < SIZE; at += 8) {
            sum = sum * 31 + get(at);
        }
        return sum;
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
        if (!always) {
            beforeUpdate = () -> {
            };
        }
        action.run();
        return ram.compareAndSetLong(gpa, expected, value);
    }
}
