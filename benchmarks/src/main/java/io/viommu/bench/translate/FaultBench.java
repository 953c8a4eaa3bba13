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

package io.viommu.bench.translate;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
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
import io.viommu.bench.tables.TranslatingGuest;
import io.viommu.iommu.DmaSession;

/**
 * An access whose page isn't there: walk of four levels, record through the pipeline in the thread of the DMA, event in
 * the guest's queue or fault recording register, interrupt, and what the guest's handler does in answer: SMMUv3's moves
 * CONS, VT-d's reads and clears a record and the status. In C: the walk, the copies, the stores.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Accesses.CHUNK)
public class FaultBench {

    private static final long RAM = 16 << 20;
    private static final int PAGES = 256;

    /** How accesses are translated. */
    @Param({ "SMMU_STAGE_1", "VTD_LEGACY", "VTD_FIRST_STAGE" })
    private Regime regime;

    private TranslatingGuest guest;
    private Accesses accesses;
    private DmaSession session;
    private long faults;

    /** Made by JMH. */
    public FaultBench() {
    }

    /** Makes tables that end at the last level. */
    @Setup
    public void build() {
        guest = regime.guest(RAM, 1);
        accesses = new Accesses(1, PAGES);
        for (int i = 0; i < PAGES; i++) {
            guest.space().leaveOut(Accesses.FIRST + i * AddressSpace.PAGE);
        }
        session = guest.openSession();
    }

    /** Checks that every fault reached the guest. */
    @TearDown
    public void check() {
        if (guest.faults() != faults) {
            throw new IllegalStateException(faults + " faults, but " + guest.faults() + " records");
        }
        guest.close();
    }

    /** The C side; a state of its own, so that the Java figure needs no compiler. */
    @State(Scope.Thread)
    public static class Reference {
        private final MemorySegment indices = Arena.ofAuto().allocate(128, 64);
        private MemorySegment queue;
        private TableReference functions;

        /** Made by JMH. */
        public Reference() {
        }

        /**
         * Builds the reference.
         *
         * @param bench has the guest.
         */
        @Setup
        public void build(final FaultBench bench) {
            queue = Arena.ofAuto().allocate(256L * bench.guest.faultBytes(), 64);
            functions = TableReference.build();
        }
    }

    /** Each with an interrupt of its own. */
    @Benchmark
    public void fault() {
        final int from = accesses.next();
        for (int i = from; i < from + Accesses.CHUNK; i++) {
            session.begin();
            if (session.translate(0, DmaSession.NO_PASID, accesses.address(i), DmaSession.READ) != DmaSession.OK) {
                faults++;
            }
            session.end();
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
        return reference.functions.faults(guest.memory().zero(), guest.space().root(), accesses.from(accesses.next()),
                reference.queue, reference.indices, Accesses.CHUNK);
    }
}
