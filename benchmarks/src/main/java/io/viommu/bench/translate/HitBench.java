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
import java.lang.foreign.ValueLayout;
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
import io.viommu.bench.tables.TranslatingGuest;
import io.viommu.bench.tables.Translations;
import io.viommu.bench.tables.WorkingSet;

/** Translations that are found in the cache, beside a look-up in a hash table in C, over the same working set. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Accesses.CHUNK)
public class HitBench {

    private static final long RAM = 32 << 20;

    /** Devices, and pages of each. */
    @Param({ "1x16", "1x1024", "1x8192", "4096x1", "4096x2", "1x65536", "65536x1" })
    private String set;

    /** How they are translated. */
    @Param({ "SMMU_STAGE_1", "VTD_LEGACY", "VTD_FIRST_STAGE" })
    private Regime regime;

    private TranslatingGuest guest;
    private Accesses accesses;
    private Translations translations;

    /** Made by JMH. */
    public HitBench() {
    }

    /** Makes the guest, and lets each translation be walked once. */
    @Setup
    public void build() {
        final WorkingSet working = WorkingSet.of(set);
        guest = regime.guest(RAM, working.devices());
        guest.map(Accesses.FIRST, working.pages());
        accesses = working.accesses();
        translations = new Translations(guest.openSession(), accesses);
        translations.check(TranslatingGuest.OUTPUT);
    }

    /** Checks once more. */
    @TearDown
    public void check() {
        translations.check(TranslatingGuest.OUTPUT);
        guest.close();
    }

    /** The C side; a state of its own, so that the Java figures need no compiler. */
    @State(Scope.Thread)
    public static class Reference {
        private TableReference functions;
        private final MemorySegment sequence = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
        private MemorySegment slots;

        /** Made by JMH. */
        public Reference() {
        }

        /**
         * Builds the reference.
         *
         * @param bench has the working set.
         */
        @Setup
        public void build(final HitBench bench) {
            functions = TableReference.build();
            slots = bench.accesses.table(functions);
            sequence.set(ValueLayout.JAVA_LONG, 0, 2);
        }
    }

    /**
     * All in one transaction.
     *
     * @return the sum of the addresses.
     */
    @Benchmark
    public long translate() {
        return translations.inOneTransaction();
    }

    /**
     * A transaction for each.
     *
     * @return the sum of the addresses.
     */
    @Benchmark
    public long transaction() {
        return translations.oneByOne();
    }

    /**
     * In C, with the checks that the model makes.
     *
     * @param reference the hash table.
     * @return the sum of the addresses.
     */
    @Benchmark
    public long cChecked(final Reference reference) {
        return reference.functions.lookupChecked(reference.slots, reference.sequence, 1,
                accesses.from(accesses.next()), Accesses.CHUNK);
    }

    /**
     * In C, each for itself.
     *
     * @param reference the hash table.
     * @return the sum of the addresses.
     */
    @Benchmark
    public long cAlone(final Reference reference) {
        return reference.functions.lookupAlone(reference.slots, accesses.from(accesses.next()), Accesses.CHUNK);
    }

    /**
     * In C.
     *
     * @param reference the hash table.
     * @return the sum of the addresses.
     */
    @Benchmark
    public long c(final Reference reference) {
        return reference.functions.lookup(reference.slots, accesses.from(accesses.next()), Accesses.CHUNK);
    }
}
