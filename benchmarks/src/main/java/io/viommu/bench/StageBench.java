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

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/** The hop between threads: faults published here, injected by the Disruptor's thread, waited for in batches. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StageBench {

    private static final int MANY = 256;

    /** How the injector waits. */
    @Param({ "BLOCKING", "YIELDING" })
    private InjectorMode mode;

    private final SmmuGuest guest = new SmmuGuest(SmmuGuest.Irq.NONE);
    private final FaultRecord record = new FaultRecord();
    private FaultPipeline pipeline;
    private long address;

    /** Made by JMH. */
    public StageBench() {
    }

    /** Starts the injector. */
    @Setup
    public void build() {
        pipeline = new FaultPipeline(PipelineSettings.named("bench").mode(mode), guest.iommu(),
                new FaultAccount(CounterFile.inMemory(), "bench"), FaultObserver.NONE);
    }

    /** Ends the injector. */
    @TearDown
    public void close() {
        pipeline.close();
    }

    /** Per fault, of a batch that is published and waited for. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void batchOf256() {
        for (int i = 0; i < MANY; i++) {
            final long claim = pipeline.claim(record);
            address += 1 << 12;
            SmmuGuest.fill(record.guestDevice(SmmuGuest.STREAM), address);
            pipeline.publish(claim);
        }
        pipeline.awaitInjected();
    }
}
