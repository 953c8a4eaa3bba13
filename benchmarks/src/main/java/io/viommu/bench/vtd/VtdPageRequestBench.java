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
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import io.viommu.bench.reference.CReference;
import io.viommu.bench.reference.TableReference;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;

/**
 * A page request of a passed-through device and back: pipeline, the guest's tables asked, request in the guest's queue,
 * MSI, the guest's response through the invalidation queue, answer to the host. In C: the copies and the stores of it.
 */
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(VtdPageRequestBench.MANY)
public class VtdPageRequestBench {

    /** Requests at a time. */
    public static final int MANY = 256;

    private static final long RAM = 8 << 20;
    private static final int GROUPS = 512;

    private final FaultRecord record = new FaultRecord();
    private RequesterGuest guest;
    private long requests;
    private long answers;

    /** Made by JMH. */
    public VtdPageRequestBench() {
    }

    /** Makes the guest. */
    @Setup
    public void build() {
        guest = new RequesterGuest(RAM, 1, Mode.FIRST_STAGE, (source, cookie, code) -> answers++);
    }

    /** Checks that every request was answered by the guest. */
    @TearDown
    public void check() {
        if (guest.pages() != requests || answers != requests) {
            throw new IllegalStateException(requests + " requests, " + guest.pages() + " taken by the guest, " + answers
                    + " answered");
        }
        guest.close();
    }

    /** The C side; a state of its own, so that the Java figure needs no compiler. */
    @State(Scope.Thread)
    public static class Reference {
        private final MemorySegment records = Arena.ofAuto().allocate(256 * 64, 64);
        private final MemorySegment events = Arena.ofAuto().allocate(256 * 32, 64);
        private final MemorySegment ring = Arena.ofAuto().allocate(256 * 16, 64);
        private final MemorySegment notes = Arena.ofAuto().allocate(1024, 64);
        private final MemorySegment indices = Arena.ofAuto().allocate(128, 64);
        private CReference road;
        private TableReference tables;

        /** Made by JMH. */
        public Reference() {
        }

        /** Builds the reference. */
        @Setup
        public void build() {
            road = CReference.build();
            tables = TableReference.build();
        }
    }

    /** Each for itself. */
    @Benchmark
    public void roundTrip() {
        for (int i = 0; i < MANY; i++) {
            final long claim = guest.pipeline().claim(record);
            requests++;
            record.kind(FaultKind.PAGE_REQUEST).source(1).guestDevice(0).pasid(RequesterGuest.PASID)
                    .cookie(requests).word(0, GenericFault.REQUEST_LAST_PAGE | (requests % GROUPS) << Integer.SIZE)
                    .word(1, GenericFault.PERM_READ).word(2, requests << 12);
            guest.pipeline().publish(claim);
            guest.pipeline().flush();
        }
    }

    /**
     * In C.
     *
     * @param reference the functions.
     * @return how many.
     */
    @Benchmark
    public long c(final Reference reference) {
        return reference.road.traffic(reference.records, reference.events, reference.indices, MANY)
                + reference.tables.commands(reference.ring, reference.notes, reference.indices.asSlice(64), MANY);
    }
}
