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
package io.viommu.vmm.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import org.HdrHistogram.Histogram;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFault;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultBudget;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vmm.guest.GuestInterrupts;
import io.viommu.vmm.guest.GuestPages;
import io.viommu.vmm.guest.Smmuv3Driver;

/** A run of {@link StormSource} down the whole road: reader, budget, pipeline, SMMUv3, Linux's driver in the guest. */
final class StormRun {

    private static final long RAM = 0x4000_0000L;
    private static final long RAM_SIZE = 8L << 20;
    private static final long LONGEST = 60_000_000_000L;
    private static final int BURST = 256;
    private static final int PER_SECOND = 1000;

    /** How a run ended. */
    record Result(long read, long settled, long delivered, long throttled, long ofTheQuiet, long ofTheStorm,
            long counted, Histogram latency, long heap) {

        boolean conserved() {
            return read == settled && counted == read;
        }
    }

    private final Histogram latency = new Histogram(1000, LONGEST, 3);
    private long ofTheQuiet;
    private long ofTheStorm;

    private StormRun() {
    }

    static Result of(final StormSource source, final ReaderSettings settings) throws InterruptedException {
        return new StormRun().run(source, settings);
    }

    private void fetched(final long word0, final long word1, final long word2, final long word3, final long time) {
        if (word0 >>> Integer.SIZE == StormSource.STORMING) {
            ofTheStorm++;
        } else {
            ofTheQuiet++;
            latency.recordValue(Math.clamp(time - word2, 1000, LONGEST));
        }
    }

    private Result run(final StormSource source, final ReaderSettings settings) throws InterruptedException {
        final MemorySegment ram = Arena.ofAuto().allocate(RAM_SIZE, 4096);
        final GuestRam memory = new GuestRam();
        memory.addRegion(RAM, ram);
        final GuestInterrupts interrupts = new GuestInterrupts(0x0802_0040L);
        final VirtualIommu iommu = IommuModels.create("smmuv3", Map.of(), new IommuPlatform(memory, interrupts));
        final CounterFile counters = CounterFile.inMemory();
        final FaultAccount account = new FaultAccount(counters, "smmu");
        final FaultRouter router = new FaultRouter();
        final DistinctFaultLog distinct = DistinctFaultLog.inMemory(512, SystemEpochClock.INSTANCE);
        final FaultIngress ingress = new FaultIngress("storm", router, counters, FaultObserver.NONE,
                FaultBudget.of(PER_SECOND, BURST, 256), distinct, SystemNanoClock.INSTANCE);
        final CountDownLatch end = new CountDownLatch(1);
        try (FaultPipeline pipeline = new FaultPipeline(
                PipelineSettings.named("storm").mode(InjectorMode.RUN_TO_COMPLETION), iommu, account,
                FaultObserver.NONE);
                Smmuv3Driver driver = new Smmuv3Driver(iommu, interrupts, new GuestPages(memory, RAM, RAM_SIZE),
                        Smmuv3Driver.LINUX_LOG2_EVENTS, line -> {
                        }, this::fetched);
                FaultReader reader = new FaultReader("storm", ingress, settings,
                        over -> end.countDown())) {
            driver.start();
            for (int device = 0; device < StormSource.DEVICES; device++) {
                router.add(StormSource.SOURCE, device, new FaultRoute(pipeline, device));
            }
            reader.start();
            reader.add(source);
            end.await();
            reader.stop();
            KernelGuest.await(() -> driver.fetched() == account.count(FaultOutcome.DELIVERED));
            System.gc();
            final Runtime runtime = Runtime.getRuntime();
            return new Result(ingress.read(), account.settled() + ingress.account().settled(),
                    account.count(FaultOutcome.DELIVERED), ingress.account().count(FaultDisposition.THROTTLED),
                    ofTheQuiet, ofTheStorm, distinct.all().stream().mapToLong(DistinctFault::count).sum(), latency,
                    runtime.totalMemory() - runtime.freeMemory());
        }
    }
}
