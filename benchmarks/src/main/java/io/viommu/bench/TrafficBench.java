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

package io.viommu.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

import io.viommu.bench.reference.CReference;

/** The floor: copy a 64-byte record, build a 32-byte event, release-store an index; in Java and in C. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TrafficBench {

    private static final int MANY = 1024;
    private static final int SLOTS = 256;
    private static final int RECORD = 64;
    private static final int EVENT = 32;
    private static final int LINE = 64;

    private final UnsafeBuffer records = aligned(SLOTS * RECORD);
    private final UnsafeBuffer events = aligned(SLOTS * EVENT);
    private final UnsafeBuffer index = aligned(LINE);
    private final UnsafeBuffer copy = aligned(RECORD);
    private int produced;

    /** Java's share: buffers with a sound fault in each record. */
    public TrafficBench() {
        for (int i = 0; i < SLOTS; i++) {
            records.putInt(i * RECORD, 1);
            records.putInt(i * RECORD + 8, 5);
            records.putInt(i * RECORD + 20, 2);
            records.putLong(i * RECORD + 24, (long) i << 12);
        }
    }

    private static UnsafeBuffer aligned(final int bytes) {
        final ByteBuffer memory = BufferUtil.allocateDirectAligned(bytes, LINE);
        return new UnsafeBuffer(memory);
    }

    /** The C side; a state of its own, so that the Java figure needs no compiler. */
    @State(Scope.Thread)
    public static class Reference {
        private CReference functions;
        private MemorySegment index;

        /** Made by JMH. */
        public Reference() {
        }

        /** Builds the reference. */
        @Setup
        public void build() {
            functions = CReference.build();
            index = Arena.ofAuto().allocate(LINE, LINE);
        }
    }

    /**
     * In Java.
     *
     * @return the index.
     */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public int java() {
        int next = produced;
        for (int i = 0; i < MANY; i++, next++) {
            records.getBytes((next & SLOTS - 1) * RECORD, copy, 0, RECORD);
            final int event = (next & SLOTS - 1) * EVENT;
            events.putLong(event, 0x10 | 7L << 32);
            events.putLong(event + 8, 2L << 40 | ((copy.getInt(20) & 2) == 0 ? 1L << 35 : 0));
            events.putLong(event + 16, copy.getLong(24));
            events.putLong(event + 24, 0);
            index.putIntRelease(0, next + 1);
        }
        produced = next;
        return next;
    }

    /**
     * In C.
     *
     * @param c the reference.
     * @return the index.
     */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public long c(final Reference c) {
        return c.functions.traffic(MemorySegment.ofAddress(records.addressOffset()),
                MemorySegment.ofAddress(events.addressOffset()), c.index, MANY);
    }
}
