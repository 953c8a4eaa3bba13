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

package io.viommu.bench.smmu;

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
import io.viommu.bench.tables.Translations;

/**
 * Commands in batches of 64, from the guest's write of CMDQ_PROD until all are executed, with a cache that holds many
 * translations or none. Beside it the bare queue in C: copy a command, tell it apart, note it, publish CONS.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(SmmuCommandBench.BATCH)
public class SmmuCommandBench {

    /** Commands in a batch; a divisor of the queue's size. */
    public static final int BATCH = 64;

    private static final long RAM = 16 << 20;

    /** What is executed. */
    public enum Command {
        /** CMD_TLBI_NH_VA, an address each. */
        TLBI_NH_VA(0x12),
        /** CMD_TLBI_NH_ASID, an ASID each. */
        TLBI_NH_ASID(0x11),
        /** CMD_SYNC without a signal. */
        SYNC(0x46);

        private final int opcode;

        Command(final int opcode) {
            this.opcode = opcode;
        }

        private long word0(final int i) {
            return this == SYNC ? opcode : opcode | (long) (this == TLBI_NH_ASID ? 1000 + i : 0) << 48;
        }

        private long word1(final int i) {
            return this == TLBI_NH_VA ? 0x7000_0000L + ((long) i << 16) : 0;
        }
    }

    /** Translations in the cache. */
    @Param({ "0", "256", "8192" })
    private int cached;

    /** What is executed. */
    @Param
    private Command command;

    private StreamGuest guest;
    private Translations translations;

    /** Made by JMH. */
    public SmmuCommandBench() {
    }

    /** Fills cache and queue. */
    @Setup
    public void build() {
        guest = new StreamGuest(RAM, 1, StreamGuest.STAGE_1);
        guest.map(Accesses.FIRST, Math.max(cached, 1));
        if (cached != 0) {
            translations = new Translations(guest.openSession(), new Accesses(1, cached));
            translations.check(StreamGuest.OUTPUT);
        }
        for (int i = 0; i < StreamGuest.COMMANDS; i++) {
            guest.command(command.word0(i), command.word1(i));
            guest.ring();
        }
        guest.checkCommands();
    }

    /** Checks that all were executed. */
    @TearDown
    public void check() {
        guest.checkCommands();
        guest.close();
    }

    /** The C side; a state of its own, so that the Java figures need no compiler. */
    @State(Scope.Thread)
    public static class Reference {
        private final MemorySegment ring = Arena.ofAuto().allocate(StreamGuest.COMMANDS * 16, 64);
        private final MemorySegment notes = Arena.ofAuto().allocate(1024, 64);
        private final MemorySegment index = Arena.ofAuto().allocate(64, 64);
        private TableReference functions;

        /** Made by JMH. */
        public Reference() {
        }

        /**
         * Builds the reference.
         *
         * @param bench has the commands.
         */
        @Setup
        public void build(final SmmuCommandBench bench) {
            functions = TableReference.build();
            for (int i = 0; i < StreamGuest.COMMANDS; i++) {
                ring.asByteBuffer().order(java.nio.ByteOrder.nativeOrder()).putLong(i * 16, bench.command.word0(i))
                        .putLong(i * 16 + 8, bench.command.word1(i));
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
