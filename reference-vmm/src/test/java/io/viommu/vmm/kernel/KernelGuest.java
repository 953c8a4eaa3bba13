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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.Ioas;
import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.iommufd.IommufdRig;
import io.viommu.bridge.iommufd.nested.SmmuPassthrough;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRouter;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vmm.guest.GuestInterrupts;
import io.viommu.vmm.guest.GuestPages;
import io.viommu.vmm.guest.Smmuv3Driver;

/** A guest with an SMMUv3 and Linux's driver for it, whose devices are those of a kernel with iommufd. */
final class KernelGuest implements AutoCloseable {

    static final int SOURCE = 1;
    private static final long RAM = 0x0100_0000L; // where the mock's aperture begins
    private static final long RAM_SIZE = 8L << 20;
    private static final long DOORBELL = 0x0802_0040L;

    final List<long[]> fetched = Collections.synchronizedList(new ArrayList<>());
    final List<String> kernelLog = Collections.synchronizedList(new ArrayList<>());
    final Iommufd iommufd;
    final Ioas ioas;
    final IommufdRig.Device device;
    final SmmuPassthrough passthrough;
    final FaultReader reader;
    final VirtualIommu iommu;
    final FaultAccount account;
    final FaultIngress ingress;
    final Smmuv3Driver driver;
    private final FaultPipeline pipeline;
    private final Arena arena = Arena.ofShared();

    KernelGuest(final IommufdRig rig, final int depth) {
        final MemorySegment ram = arena.allocate(RAM_SIZE, 4096);
        iommufd = Iommufd.open(rig.kernel());
        ioas = iommufd.ioas();
        ioas.map(ram, RAM);
        device = rig.device(ioas);
        passthrough = new SmmuPassthrough("smmu", ioas.nestParent(device.id()), device.id(), depth, SOURCE);
        final GuestRam memory = new GuestRam();
        memory.addRegion(RAM, ram);
        final GuestInterrupts interrupts = new GuestInterrupts(DOORBELL);
        iommu = IommuModels.create("smmuv3", Map.of("stall", "on", "lost-events", "overflow"),
                new IommuPlatform(memory, interrupts, passthrough.host()));
        final CounterFile counters = CounterFile.inMemory();
        final FaultObserver observer = new UnroutedAnswers(passthrough.host(), FaultObserver.NONE);
        account = new FaultAccount(counters, "smmu");
        pipeline = new FaultPipeline(PipelineSettings.named("smmu").mode(InjectorMode.RUN_TO_COMPLETION), iommu,
                account,
                observer);
        final FaultRouter router = new FaultRouter();
        ingress = new FaultIngress("bridge", router, counters, observer);
        reader = new FaultReader("kernel", ingress, ReaderSettings.DEFAULT, source -> kernelLog.add(source + " ended"));
        driver = new Smmuv3Driver(iommu, interrupts, new GuestPages(memory, RAM, RAM_SIZE), 8, kernelLog::add,
                (w0, w1, w2, w3, time) -> fetched.add(new long[]{ w0, w1, w2, w3 }));
        driver.start();
        reader.start();
        passthrough.start(reader, router, pipeline);
    }

    static void await(final BooleanSupplier condition) throws InterruptedException {
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen within 60 seconds");
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    @Override
    public void close() {
        passthrough.close();
        reader.close();
        driver.close();
        pipeline.close();
        device.close();
        iommufd.close();
        arena.close();
    }
}
