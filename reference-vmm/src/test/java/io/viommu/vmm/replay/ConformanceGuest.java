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
package io.viommu.vmm.replay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.nested.IommufdHost;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.device.MmioDevice;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSource;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestRam;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/**
 * A machine in this process, with a model, its pipeline and routes, and a guest that looks at its queues by itself.
 *
 * @param <V> how the guest looks.
 */
final class ConformanceGuest<V extends GuestView> implements GuestView {

    static final long RAM = 0x4000_0000L;
    static final long RAM_SIZE = 1 << 20;

    final IommufdHost host = new IommufdHost();
    final V view;
    private final FaultRouter router = new FaultRouter();
    private final FaultPipeline pipeline;
    private final FaultIngress ingress;

    /** Boots the software of a guest. */
    interface Software<V> {
        V boot(MmioDevice device, MemorySegment ram, long base);
    }

    ConformanceGuest(final String model, final Map<String, String> properties, final Software<V> software) {
        final MemorySegment ram = Arena.ofAuto().allocate(RAM_SIZE, 4096);
        final GuestRam memory = new GuestRam();
        memory.addRegion(RAM, ram);
        final InterruptSink deaf = new InterruptSink() {
            @Override
            public boolean message(final long address, final int data) {
                return true;
            }

            @Override
            public void line(final int line, final boolean level) {
                // it looks by itself
            }
        };
        final VirtualIommu iommu = IommuModels.create(model, properties, new IommuPlatform(memory, deaf, host));
        final CounterFile counters = CounterFile.inMemory();
        final FaultObserver observer = new UnroutedAnswers(host, FaultObserver.NONE);
        pipeline = new FaultPipeline(PipelineSettings.named(model).mode(InjectorMode.RUN_TO_COMPLETION), iommu,
                new FaultAccount(counters, model), observer);
        ingress = new FaultIngress("bridge", router, counters, observer);
        view = software.boot(iommu, ram, RAM);
    }

    /** One with an SMMUv3. */
    static ConformanceGuest<SmmuView> smmu(final Map<String, String> properties) {
        return new ConformanceGuest<>("smmuv3", properties, SmmuView::new);
    }

    void route(final int source, final int hostDevice) {
        route(source, hostDevice, FaultScenario.GUEST_STREAM);
    }

    void route(final int source, final int hostDevice, final int stream) {
        router.add(source, hostDevice, new FaultRoute(pipeline, stream));
    }

    void route(final int source, final int hostDevice, final int pasid, final int stream) {
        router.add(source, hostDevice, pasid, new FaultRoute(pipeline, stream));
    }

    /** Where a reader of its own puts what it reads; then {@link #take} is not to be used. */
    FaultIngress ingress() {
        return ingress;
    }

    /** Takes all that a source has; false if it had nothing. */
    boolean take(final FaultSource source) {
        final int taken = source.poll(ingress, 64);
        ingress.flush();
        return taken > 0;
    }

    @Override
    public List<Long> events() {
        return view.events();
    }

    @Override
    public List<Long> requests() {
        return view.requests();
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
