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
package io.viommu.vmm.fuzz;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.memory.GuestRam;

/** A guest's memory that counts accesses: the measure of work that does not depend on the machine. */
final class MeteredMemory implements GuestMemory {

    static final long RAM = 0x4000_0000L;
    static final int SIZE = 1 << 20;
    static final long ROM = 0x3000_0000L;
    static final long NOWHERE = 0x7000_0000L;

    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment ram = Arena.ofAuto().allocate(SIZE, 4096);
    private final GuestRam guest = new GuestRam();
    private long accesses;

    MeteredMemory() {
        guest.addRegion(RAM, ram);
        guest.addRegion(ROM, Arena.ofAuto().allocate(1 << 16, 4096), false);
    }

    /** What a CPU of the guest stores, uncounted; the offset wraps within RAM. */
    void poke(final long offset, final long word) {
        ram.set(WORD, offset & SIZE - 8, word);
    }

    /** Takes the RAM out of the guest's address space, or puts it back; what it holds stays. */
    void plugged(final boolean in) {
        if (in) {
            guest.addRegion(RAM, ram);
        } else {
            guest.removeRegion(RAM);
        }
    }

    /** Forgets all that was stored. */
    void clear() {
        ram.fill((byte) 0);
    }

    long accesses() {
        return accesses;
    }

    @Override
    public int read(final long gpa, final MutableDirectBuffer target, final int targetOffset, final int length) {
        accesses++;
        return guest.read(gpa, target, targetOffset, length);
    }

    @Override
    public int write(final long gpa, final DirectBuffer source, final int sourceOffset, final int length) {
        accesses++;
        return guest.write(gpa, source, sourceOffset, length);
    }

    @Override
    public int compareAndSetLong(final long gpa, final long expected, final long value) {
        accesses++;
        return guest.compareAndSetLong(gpa, expected, value);
    }
}
