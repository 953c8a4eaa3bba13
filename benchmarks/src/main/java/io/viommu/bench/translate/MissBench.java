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
import io.viommu.bench.tables.Translations;

/**
 * Translations that are walked, beside a bare walk of the same tables in C. More pages than the cache holds, in a
 * circle: hardly any is found there.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Accesses.CHUNK)
public class MissBench {

    private static final long RAM = 64 << 20;
    /** Translations in the circle: many more than the cache holds, so that none comes round before it is gone. */
    private static final int CIRCLE = 1 << 20;
    private static final int CACHE = 131_072;

    /** MiB that the accesses go to. */
    @Param({ "512", "8192" })
    private int mib;

    /** How they are translated. */
    @Param
    private Regime regime;

    private TranslatingGuest guest;
    private Accesses accesses;
    private Translations translations;

    /** Made by JMH. */
    public MissBench() {
    }

    /** Makes the guest and walks everything once. */
    @Setup
    public void build() {
        final int pages = (int) (((long) mib << 20) / AddressSpace.PAGE);
        final int devices = Math.max(1, CIRCLE / pages); // all with the same tables
        guest = regime.guest(RAM, devices);
        guest.map(Accesses.FIRST, pages);
        accesses = new Accesses(devices, pages);
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
        /** As large as the model's. */
        private final MemorySegment cache = Arena.ofAuto().allocate((long) CACHE * TableReference.SLOT_LENGTH, 64);
        private TableReference functions;

        /** Made by JMH. */
        public Reference() {
        }

        /**
         * Builds the reference, and compares.
         *
         * @param bench has the tables.
         */
        @Setup
        public void build(final MissBench bench) {
            functions = TableReference.build();
            final int from = bench.accesses.next();
            long sum = 0;
            for (int i = from; i < from + Accesses.CHUNK; i++) {
                sum += bench.accesses.address(i) + TranslatingGuest.OUTPUT;
            }
            if (bench.walk(functions, from) != sum) {
                throw new IllegalStateException("the C reference walks otherwise");
            }
        }
    }

    private long walk(final TableReference functions, final int from) {
        return guest.outer() == null
                ? functions.walk(guest.memory().zero(), guest.space().root(), accesses.from(from), Accesses.CHUNK)
                : functions.walkNested(guest.memory().zero(), guest.space().root(), outerRoot(), accesses.from(from),
                        Accesses.CHUNK);
    }

    /** 0 if there is one stage. */
    private long outerRoot() {
        return guest.outer() == null ? 0 : guest.outer().root();
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
     * In C, each for itself.
     *
     * @param reference the functions.
     * @return the sum of the addresses.
     */
    @Benchmark
    public long cAlone(final Reference reference) {
        return reference.functions.walkAlone(guest.memory().zero(), guest.space().root(),
                outerRoot(), accesses.from(accesses.next()), Accesses.CHUNK);
    }

    /**
     * In C, with a cache.
     *
     * @param reference the functions.
     * @return the sum of the addresses.
     */
    @Benchmark
    public long cCached(final Reference reference) {
        return reference.functions.walkCached(guest.memory().zero(), guest.space().root(),
                outerRoot(), reference.cache, accesses.from(accesses.next()),
                Accesses.CHUNK);
    }

    /**
     * In C.
     *
     * @param reference the functions.
     * @return the sum of the addresses.
     */
    @Benchmark
    public long c(final Reference reference) {
        return walk(reference.functions, accesses.next());
    }
}
