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

package io.viommu.bench.tables;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

import io.viommu.bench.reference.TableReference;

/**
 * A working set, each page of each device once, in a random order that is the same each time; gone through in a circle,
 * a chunk at a time. A circle larger than a cache never finds anything there.
 */
public final class Accesses {

    /** Accesses at a time. */
    public static final int CHUNK = 1024;
    /** The first page of every device. */
    public static final long FIRST = 0x1_0000_0000L;

    private static final int BYTES = 2 * Long.BYTES;
    private static final int SLOTS_PER_ENTRY = 4;
    private static final long SEED = 20_261_123;

    private final int[] devices;
    private final long[] addresses;
    private final MemorySegment list;
    private int position;

    /**
     * Makes a working set.
     *
     * @param deviceCount how many devices, numbered from 0.
     * @param pages       how many pages each, from {@link #FIRST} on.
     */
    public Accesses(final int deviceCount, final int pages) {
        final int distinct = deviceCount * pages;
        final int count = Math.ceilDiv(distinct, CHUNK) * CHUNK; // a small set more than once
        devices = new int[count];
        addresses = new long[count];
        for (int i = 0; i < count; i++) {
            devices[i] = i % deviceCount;
            addresses[i] = FIRST + i % distinct / deviceCount * AddressSpace.PAGE;
        }
        shuffle(new Random(SEED));
        list = Arena.ofAuto().allocate((long) count * BYTES, BYTES);
        for (int i = 0; i < count; i++) {
            list.set(ValueLayout.JAVA_LONG, (long) i * BYTES, devices[i]);
            list.set(ValueLayout.JAVA_LONG, (long) i * BYTES + Long.BYTES, addresses[i]);
        }
    }

    /** Addresses get an offset in their page, too. */
    private void shuffle(final Random random) {
        for (int i = devices.length - 1; i >= 0; i--) {
            final int other = random.nextInt(i + 1);
            final int device = devices[i];
            final long address = addresses[i];
            devices[i] = devices[other];
            addresses[i] = addresses[other];
            devices[other] = device;
            addresses[other] = address;
            addresses[i] += random.nextInt((int) AddressSpace.PAGE) & -8;
        }
    }

    /**
     * Begins the next chunk.
     *
     * @return the index of its first access.
     */
    public int next() {
        final int from = position;
        position = from + CHUNK == devices.length ? 0 : from + CHUNK;
        return from;
    }

    /**
     * How many accesses the circle has.
     *
     * @return a multiple of {@link #CHUNK}.
     */
    public int size() {
        return devices.length;
    }

    /**
     * The device of an access.
     *
     * @param index its index.
     * @return from 0.
     */
    public int device(final int index) {
        return devices[index];
    }

    /**
     * The address of an access.
     *
     * @param index its index.
     * @return an input address.
     */
    public long address(final int index) {
        return addresses[index];
    }

    /**
     * The accesses from an index on, for the C reference.
     *
     * @param index of the first.
     * @return device and address, 8 bytes each.
     */
    public MemorySegment from(final int index) {
        return list.asSlice((long) index * BYTES);
    }

    /**
     * A hash table that knows them all, a quarter full.
     *
     * @param reference fills it.
     * @return its slots.
     */
    public MemorySegment table(final TableReference reference) {
        final long slots = Long.highestOneBit((long) devices.length * SLOTS_PER_ENTRY - 1) << 1;
        final MemorySegment table = Arena.ofAuto().allocate(slots * TableReference.SLOT_LENGTH, 64);
        reference.fill(table, list);
        return table;
    }
}
