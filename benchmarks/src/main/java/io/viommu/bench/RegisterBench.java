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

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;

/** A guest's register access through the table, beside the bare atomic access that it can't do without. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RegisterBench {

    private static final int SIZE = 0x1000;
    private static final int PROD = 0xA8;
    private static final int CONS = 0xAC;
    private static final int BASE = 0xA0;

    private final UnsafeBuffer bare = new UnsafeBuffer(ByteBuffer.allocateDirect(SIZE));
    private final RegisterFile registers = new RegisterFile(SIZE,
            List.of(Register.readWrite64("BASE", BASE, 0, -1L), Register.readOnly32("PROD", PROD, 0),
                    Register.readWrite32("CONS", CONS, 0, 0x800F_FFFFL)));
    private int value;

    /** Made by JMH. */
    public RegisterBench() {
    }

    /**
     * Baseline: a volatile load.
     *
     * @return the value.
     */
    @Benchmark
    public int bareRead() {
        return bare.getIntVolatile(PROD);
    }

    /**
     * Baseline: load and compare-and-set.
     *
     * @return whether it was stored.
     */
    @Benchmark
    public boolean bareWrite() {
        return bare.compareAndSetInt(CONS, bare.getIntVolatile(CONS), ++value);
    }

    /**
     * A 32-bit register.
     *
     * @return the value.
     */
    @Benchmark
    public long read32() {
        return registers.read(PROD, 4);
    }

    /**
     * A 64-bit register.
     *
     * @return the value.
     */
    @Benchmark
    public long read64() {
        return registers.read(BASE, 8);
    }

    /** A 32-bit register: masks, guard, compare-and-set, handler. */
    @Benchmark
    public void write32() {
        registers.write(CONS, 4, ++value);
    }
}
