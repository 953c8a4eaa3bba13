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

import io.viommu.memory.GuestRam;

/** Guest memory that is given out from its start, for tables and queues, each aligned to its own size. */
public final class TableMemory {

    /** Where it begins. */
    public static final long BASE = 0x4000_0000L;

    private static final int HUGE_PAGE = 2 << 20;

    private final MemorySegment ram;
    private final GuestRam memory = new GuestRam();
    private long next = BASE;

    /**
     * Makes an empty memory.
     *
     * @param bytes its size.
     */
    public TableMemory(final long bytes) {
        ram = Arena.ofAuto().allocate(bytes, HUGE_PAGE);
        memory.addRegion(BASE, ram);
    }

    /**
     * The same for the device model.
     *
     * @return a memory with one region.
     */
    public GuestRam memory() {
        return memory;
    }

    /**
     * The same for the C reference.
     *
     * @return where guest physical address 0 would lie.
     */
    public MemorySegment zero() {
        return MemorySegment.ofAddress(ram.address() - BASE);
    }

    /**
     * Gives memory out.
     *
     * @param bytes a power of two.
     * @return its guest physical address; it is zeroed.
     */
    public long allocate(final long bytes) {
        final long at = next + bytes - 1 & -bytes;
        next = at + bytes;
        return at;
    }

    /**
     * Where the memory that is given out ends.
     *
     * @return a guest physical address.
     */
    public long end() {
        return next;
    }

    /**
     * Stores words.
     *
     * @param at    guest physical address.
     * @param words what to store, one after the other.
     */
    public void store(final long at, final long... words) {
        for (int i = 0; i < words.length; i++) {
            ram.set(ValueLayout.JAVA_LONG, at - BASE + (long) i * Long.BYTES, words[i]);
        }
    }

    /**
     * Stores one word, without an array for it.
     *
     * @param at   guest physical address.
     * @param word what to store.
     */
    public void store(final long at, final long word) {
        ram.set(ValueLayout.JAVA_LONG, at - BASE, word);
    }

    /**
     * Loads a word.
     *
     * @param at guest physical address.
     * @return the word.
     */
    public long load(final long at) {
        return ram.get(ValueLayout.JAVA_LONG, at - BASE);
    }

    /**
     * A part of the memory, as the host sees it.
     *
     * @param at    guest physical address.
     * @param bytes its length.
     * @return a view.
     */
    public MemorySegment slice(final long at, final long bytes) {
        return ram.asSlice(at - BASE, bytes);
    }
}
