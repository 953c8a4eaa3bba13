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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * From a fault at hand to the guest's interrupt, in one thread: route, claim a slot, fill, publish, inject into the
 * SMMUv3's event queue, PROD, interrupt, the guest's CONS.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class InjectionBench {

    private static final int MANY = 64;
    private static final int SOURCE = 1;
    private static final int DEVICE = 0x300;

    private final SmmuGuest guest = new SmmuGuest(SmmuGuest.Irq.NONE);
    private final CounterFile counters = CounterFile.inMemory();
    private FaultPipeline pipeline;
    private FaultIngress ingress;
    private long address;

    /** Made by JMH. */
    public InjectionBench() {
    }

    /** Builds the road. */
    @Setup
    public void build() {
        pipeline = new FaultPipeline(PipelineSettings.named("bench").mode(InjectorMode.RUN_TO_COMPLETION),
                guest.iommu(), new FaultAccount(counters, "bench"), FaultObserver.NONE);
        final FaultRouter router = new FaultRouter();
        router.add(SOURCE, DEVICE, new FaultRoute(pipeline, SmmuGuest.STREAM));
        ingress = new FaultIngress("bench", router, counters, FaultObserver.NONE);
    }

    /** Checks that every fault reached the guest. */
    @TearDown
    public void check() {
        final long delivered = pipeline.account().count(FaultDisposition.DELIVERED);
        if (delivered != ingress.read() || delivered != guest.events()) {
            throw new IllegalStateException("read " + ingress.read() + ", delivered " + delivered + ", the guest took "
                    + guest.events());
        }
        pipeline.close();
    }

    private void publish() {
        address += 1 << 12;
        SmmuGuest.fill(ingress.claim(SOURCE, DEVICE, FaultSink.NO_PASID), address);
        ingress.publish();
    }

    /** Each fault for itself, with an interrupt of its own. */
    @Benchmark
    public void oneByOne() {
        publish();
        ingress.flush();
    }

    /** A batch, with one interrupt. */
    @Benchmark
    @OperationsPerInvocation(MANY)
    public void batchOf64() {
        for (int i = 0; i < MANY; i++) {
            publish();
        }
        ingress.flush();
    }
}
