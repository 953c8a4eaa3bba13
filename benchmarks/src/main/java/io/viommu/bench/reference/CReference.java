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

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The C side of the benchmarks, built and loaded. Its functions run in the thread that calls them until their work is
 * done; they don't hold up the JVM's safepoints.
 */
@SuppressWarnings("restricted") // the purpose of this class: loading and calling C
public final class CReference {

    private static final int HOP_ALIGNMENT = 64;

    private final MethodHandle produce;
    private final MethodHandle consume;
    private final MethodHandle consumeAndPass;
    private final MethodHandle injectPassed;
    private final MethodHandle hopSize;
    private final MethodHandle traffic;

    private CReference(final SymbolLookup library) {
        final Linker linker = Linker.nativeLinker();
        final FunctionDescriptor onRoad = FunctionDescriptor.ofVoid(ADDRESS);
        final FunctionDescriptor onRoadAndHop = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS);
        produce = linker.downcallHandle(library.findOrThrow("road_produce"), onRoad);
        consume = linker.downcallHandle(library.findOrThrow("road_consume"), onRoad);
        consumeAndPass = linker.downcallHandle(library.findOrThrow("road_consume_and_pass"), onRoadAndHop);
        injectPassed = linker.downcallHandle(library.findOrThrow("road_inject_passed"), onRoadAndHop);
        hopSize = linker.downcallHandle(library.findOrThrow("road_hop_size"), FunctionDescriptor.of(JAVA_LONG));
        traffic = linker.downcallHandle(library.findOrThrow("road_traffic"),
                FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
    }

    /**
     * Builds the reference with the compiler of this system.
     *
     * @return the reference.
     * @throws ReferenceUnavailable in one sentence, if there is no compiler or it fails.
     */
    public static CReference build() {
        return build(CLibrary.path());
    }

    static CReference build(final String searchPath) {
        return new CReference(CLibrary.build(searchPath, "road"));
    }

    /**
     * The producer: writes a round's faults into the ring.
     *
     * @param road the road, with the round set up.
     */
    public void produce(final RoadState road) {
        call(produce, road);
    }

    /**
     * The consumer in one thread: polls, drains, injects, interrupts.
     *
     * @param road the road, with the round set up.
     */
    public void consume(final RoadState road) {
        call(consume, road);
    }

    /**
     * The first half of the consumer with a hop: polls, drains and hands over.
     *
     * @param road the road, with the round set up.
     * @param hop  the ring between the halves.
     */
    public void consumeAndPass(final RoadState road, final MemorySegment hop) {
        call(consumeAndPass, road, hop);
    }

    /**
     * The second half: waits on a futex, injects, interrupts.
     *
     * @param road the road, with the round set up.
     * @param hop  the ring between the halves.
     */
    public void injectPassed(final RoadState road, final MemorySegment hop) {
        call(injectPassed, road, hop);
    }

    /**
     * Makes the ring between the halves of the consumer with a hop.
     *
     * @param arena owns it.
     * @return an empty ring.
     */
    public MemorySegment newHop(final Arena arena) {
        try {
            return arena.allocate((long) hopSize.invokeExact(), HOP_ALIGNMENT);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /**
     * The bare memory traffic, many times: copy a 64-byte record, build a 32-byte event, release-store an index.
     *
     * @param records 256 records.
     * @param events  room for 256 events.
     * @param index   8 bytes.
     * @param count   how many times.
     * @return the index.
     */
    public long traffic(final MemorySegment records, final MemorySegment events, final MemorySegment index,
            final long count) {
        try {
            return (long) traffic.invokeExact(records, events, index, count);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    private static void call(final MethodHandle function, final RoadState road) {
        try {
            function.invokeExact(road.segment());
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    private static void call(final MethodHandle function, final RoadState road, final MemorySegment hop) {
        try {
            function.invokeExact(road.segment(), hop);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static IllegalStateException unexpected(final Throwable thrown) {
        return new IllegalStateException("a call into the C reference failed", thrown);
    }
}
