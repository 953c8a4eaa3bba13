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

package io.viommu.bench.reference;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * What translations cost without a vIOMMU around them, in C: see {@code tables.h}. Each call does its work many times,
 * so that the way into C doesn't count.
 */
@SuppressWarnings("restricted") // the purpose of this class: calling C
public final class TableReference {

    /** Bytes of a slot of the hash table. */
    public static final int SLOT_LENGTH = 32;

    private static final long PAGE_SHIFT = 12;

    private final MethodHandle fill;
    private final MethodHandle lookup;
    private final MethodHandle lookupChecked;
    private final MethodHandle lookupAlone;
    private final MethodHandle walk;
    private final MethodHandle walkAlone;
    private final MethodHandle walkCached;
    private final MethodHandle walkNested;
    private final MethodHandle commands;
    private final MethodHandle faults;

    private TableReference(final SymbolLookup library) {
        final Linker linker = Linker.nativeLinker();
        fill = linker.downcallHandle(library.findOrThrow("tables_fill"),
                FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG));
        lookup = function(linker, library, "tables_lookup", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
        lookupChecked = function(linker, library, "tables_lookup_checked", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG,
                JAVA_LONG, ADDRESS, JAVA_LONG);
        lookupAlone = function(linker, library, "tables_lookup_alone", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
        walkAlone = function(linker, library, "tables_walk_alone", ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
        walkCached = function(linker, library, "tables_walk_cached", ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG,
                ADDRESS, JAVA_LONG);
        walk = function(linker, library, "tables_walk", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
        walkNested = function(linker, library, "tables_walk_nested", ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS,
                JAVA_LONG);
        commands = function(linker, library, "tables_commands", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
        faults = function(linker, library, "tables_faults", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS,
                JAVA_LONG);
    }

    private static MethodHandle function(final Linker linker, final SymbolLookup library, final String name,
            final MemoryLayout... parameters) {
        return linker.downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(JAVA_LONG, Arrays.copyOf(
                parameters, parameters.length)));
    }

    /**
     * Builds the reference with the compiler of this system.
     *
     * @return the reference.
     * @throws ReferenceUnavailable in one sentence, if there is no compiler or it fails.
     */
    public static TableReference build() {
        return new TableReference(CLibrary.build(CLibrary.path(), "tables"));
    }

    /**
     * Fills a hash table.
     *
     * @param slots    a power of two of slots, zeroed.
     * @param accesses what it shall know: device and address, 8 bytes each.
     */
    public void fill(final MemorySegment slots, final MemorySegment accesses) {
        try {
            fill.invokeExact(slots, mask(slots), accesses, accesses.byteSize() / 16);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    private static long mask(final MemorySegment slots) {
        return slots.byteSize() / SLOT_LENGTH - 1;
    }

    /**
     * Looks accesses up.
     *
     * @param slots    filled.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long lookup(final MemorySegment slots, final MemorySegment accesses, final long count) {
        try {
            return (long) lookup.invokeExact(slots, mask(slots), accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Looks accesses up with the checks that a model makes.
     *
     * @param slots    filled.
     * @param sequence 8 bytes that hold 2.
     * @param needed   rights, of 6 bits.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long lookupChecked(final MemorySegment slots, final MemorySegment sequence, final long needed,
            final MemorySegment accesses, final long count) {
        try {
            return (long) lookupChecked.invokeExact(slots, mask(slots), sequence, PAGE_SHIFT, needed, accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Looks accesses up, each for itself: after the one before, and with a full fence.
     *
     * @param slots    filled.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long lookupAlone(final MemorySegment slots, final MemorySegment accesses, final long count) {
        try {
            return (long) lookupAlone.invokeExact(slots, mask(slots), accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Walks, each for itself: after the one before, and with a full fence.
     *
     * @param ram      where guest physical address 0 would lie.
     * @param first    the first table of the only or the first stage.
     * @param second   the first table of the second stage, or 0.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long walkAlone(final MemorySegment ram, final long first, final long second, final MemorySegment accesses,
            final long count) {
        try {
            return (long) walkAlone.invokeExact(ram, first, second, accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Walks.
     *
     * @param ram      where guest physical address 0 would lie.
     * @param root     the first table.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long walk(final MemorySegment ram, final long root, final MemorySegment accesses, final long count) {
        try {
            return (long) walk.invokeExact(ram, root, accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Walks, each for itself, with a cache that is looked into first and filled afterwards.
     *
     * @param ram      where guest physical address 0 would lie.
     * @param first    the first table of the only or the first stage.
     * @param second   the first table of the second stage, or 0.
     * @param slots    a power of two of slots, zeroed at first.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long walkCached(final MemorySegment ram, final long first, final long second, final MemorySegment slots,
            final MemorySegment accesses, final long count) {
        try {
            return (long) walkCached.invokeExact(ram, first, second, slots, mask(slots), accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Walks through two stages.
     *
     * @param ram      where guest physical address 0 would lie.
     * @param first    the first table of the first stage, an address for the second.
     * @param second   the first table of the second.
     * @param accesses the first of them.
     * @param count    how many.
     * @return the sum of the addresses.
     */
    public long walkNested(final MemorySegment ram, final long first, final long second, final MemorySegment accesses,
            final long count) {
        try {
            return (long) walkNested.invokeExact(ram, first, second, accesses, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Takes commands out of a ring.
     *
     * @param ring  a power of two of commands, 16 bytes each.
     * @param notes 1 KiB.
     * @param index 8 bytes, how many were taken.
     * @param count how many to take.
     * @return how many were taken.
     */
    public long commands(final MemorySegment ring, final MemorySegment notes, final MemorySegment index,
            final long count) {
        try {
            return (long) commands.invokeExact(ring, ring.byteSize() / 16 - 1, notes, index, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }

    /**
     * Accesses that fault.
     *
     * @param ram      where guest physical address 0 would lie.
     * @param root     the first table.
     * @param accesses the first of them; none has a translation.
     * @param queue    256 records.
     * @param indices  128 bytes.
     * @param count    how many.
     * @return how many since the start.
     */
    public long faults(final MemorySegment ram, final long root, final MemorySegment accesses,
            final MemorySegment queue, final MemorySegment indices, final long count) {
        try {
            return (long) faults.invokeExact(ram, root, accesses, queue, queue.byteSize() / 256, indices, count);
        } catch (final Throwable thrown) {
            throw CReference.unexpected(thrown);
        }
    }
}
