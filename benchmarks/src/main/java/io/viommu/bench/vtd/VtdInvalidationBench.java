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

package io.viommu.bench.vtd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import io.viommu.bench.reference.TableReference;
import io.viommu.bench.tables.Accesses;
import io.viommu.bench.tables.AddressSpace;
import io.viommu.bench.tables.Translations;
import io.viommu.iommu.HostIommu;

/**
 * Descriptors in batches of 64, from the guest's write of the tail until all are executed, with a cache that holds many
 * translations or none. Beside it the bare queue in C: copy a descriptor, tell it apart, note it, publish the head.
 */
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(VtdInvalidationBench.BATCH)
public class VtdInvalidationBench {

    /** Descriptors in a batch; a divisor of the queue's size. */
    public static final int BATCH = 64;

    private static final long RAM = 16 << 20;
    private static final int REFERENCE_RING = 256;
    private static final long OTHER_DOMAIN = 100;

    /** What is executed; of a domain, PASID or device that the cache holds nothing of. */
    public enum Descriptor {
        /** Context cache, one device each. */
        CONTEXT(Mode.LEGACY, 1 | 3 << 4),
        /** IOTLB, a domain each. */
        DOMAIN(Mode.LEGACY, 2 | 2 << 4),
        /** IOTLB, a page each. */
        PAGE(Mode.LEGACY, 2 | 3 << 4),
        /** PASID-based IOTLB, a PASID each. */
        PASID(Mode.FIRST_STAGE, 6 | 2 << 4),
        /** PASID-based IOTLB, a page each. */
        PASID_PAGE(Mode.FIRST_STAGE, 6 | 3 << 4),
        /** A wait that writes its status. */
        WAIT(Mode.LEGACY, 5 | 1 << 5);

        private final Mode mode;
        private final long bits;

        Descriptor(final Mode mode, final long bits) {
            this.mode = mode;
            this.bits = bits;
        }

        private long word0(final int i) {
            return switch (this) {
                case CONTEXT -> bits | OTHER_DOMAIN << 16 | 0x4000L + i << 32;
                case DOMAIN -> bits | OTHER_DOMAIN + i << 16;
                case PASID -> bits | OTHER_DOMAIN << 16 | 100L + i << 32;
                case WAIT -> bits | 1L << 32;
                default -> bits | OTHER_DOMAIN << 16;
            };
        }

        private long word1(final int i, final long status) {
            return switch (this) {
                case PAGE, PASID_PAGE -> 0x7000_0000L + ((long) i << 16);
                case WAIT -> status;
                default -> 0;
            };
        }
    }

    /** Translations in the cache. */
    @Param({ "0", "1024", "8192" })
    private int cached;

    /** What is executed. */
    @Param
    private Descriptor descriptor;

    private RequesterGuest guest;

    /** Made by JMH. */
    public VtdInvalidationBench() {
    }

    /** Fills cache and queue. */
    @Setup
    public void build() {
        guest = new RequesterGuest(RAM, 1, descriptor.mode, HostIommu.NONE);
        guest.map(Accesses.FIRST, Math.max(cached, 1));
        if (cached != 0) {
            new Translations(guest.openSession(), new Accesses(1, cached)).check(RequesterGuest.OUTPUT);
        }
        final long status = guest.memory().allocate(AddressSpace.PAGE);
        for (int i = 0; i < guest.capacity(); i++) {
            guest.descriptor(descriptor.word0(i), descriptor.word1(i, status));
            guest.ring();
        }
        guest.checkDescriptors();
        if (descriptor == Descriptor.WAIT && guest.memory().load(status) != 1) {
            throw new IllegalStateException("no status was written");
        }
    }

    /** Checks that all were executed. */
    @TearDown
    public void check() {
        guest.checkDescriptors();
        guest.close();
    }

    /** The C side; a state of its own, so that the Java figures need no compiler. */
    @State(Scope.Thread)
    public static class Reference {
        private final MemorySegment ring = Arena.ofAuto().allocate(REFERENCE_RING * 16, 64);
        private final MemorySegment notes = Arena.ofAuto().allocate(1024, 64);
        private final MemorySegment index = Arena.ofAuto().allocate(64, 64);
        private TableReference functions;

        /** Made by JMH. */
        public Reference() {
        }

        /**
         * Builds the reference.
         *
         * @param bench has the descriptors.
         */
        @Setup
        public void build(final VtdInvalidationBench bench) {
            functions = TableReference.build();
            for (int i = 0; i < REFERENCE_RING; i++) {
                ring.setAtIndex(ValueLayout.JAVA_LONG, 2L * i, bench.descriptor.word0(i) & ~0xF0L);
                ring.setAtIndex(ValueLayout.JAVA_LONG, 2L * i + 1, bench.descriptor.word1(i, 0));
            }
        }
    }

    /** A batch. */
    @Benchmark
    public void batch() {
        guest.repeat(BATCH);
    }

    /**
     * In C.
     *
     * @param reference the functions.
     * @return how many were executed.
     */
    @Benchmark
    public long c(final Reference reference) {
        return reference.functions.commands(reference.ring, reference.notes, reference.index, BATCH);
    }
}
