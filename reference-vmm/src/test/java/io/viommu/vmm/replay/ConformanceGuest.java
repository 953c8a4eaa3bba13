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
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.UnroutedAnswers;
import io.viommu.bridge.iommufd.IommufdHost;
import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
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

/** A guest that looks at the bytes of its queues; registers and offsets of IHI 0070, chapter 6. */
final class ConformanceGuest implements AutoCloseable {

    private static final long RAM = 0x4000_0000L;
    private static final long COMMANDS = 0;
    private static final long EVENTS = 0x1_0000;
    private static final long REQUESTS = 0x2_0000;
    private static final int LOG2 = 6;

    final IommufdHost host = new IommufdHost();
    private final FaultRouter router = new FaultRouter();
    private final MemorySegment ram = Arena.ofAuto().allocate(1 << 20, 4096);
    private final VirtualIommu iommu;
    private final FaultPipeline pipeline;
    private final FaultIngress ingress;
    private int commandsGiven;

    ConformanceGuest(final Map<String, String> properties) {
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
        iommu = IommuModels.create("smmuv3", properties, new IommuPlatform(memory, deaf, host));
        final CounterFile counters = CounterFile.inMemory();
        final FaultObserver observer = new UnroutedAnswers(host, FaultObserver.NONE);
        pipeline = new FaultPipeline(PipelineSettings.named("smmu").mode(InjectorMode.RUN_TO_COMPLETION), iommu,
                new FaultAccount(counters, "smmu"), observer);
        ingress = new FaultIngress("bridge", router, counters, observer);
        iommu.write(0x90, 8, RAM + COMMANDS | LOG2);
        iommu.write(0xA0, 8, RAM + EVENTS | LOG2);
        iommu.write(0xC0, 8, RAM + REQUESTS | LOG2);
        iommu.write(0x20, 4, 0b1111);
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

    /** What stands in the event queue. */
    List<Long> events() {
        return words(EVENTS, eventProd() & 0x7F, 4);
    }

    /** What stands in the page request queue. */
    List<Long> requests() {
        return words(REQUESTS, (int) iommu.read(0x1_00C8, 4) & 0x7F, 2);
    }

    int eventProd() {
        return (int) iommu.read(0x1_00A8, 4);
    }

    private List<Long> words(final long queue, final int prod, final int length) {
        final List<Long> words = new ArrayList<>();
        for (int i = 0; i < prod * length; i++) {
            words.add(ram.get(ValueLayout.JAVA_LONG, queue + i * 8L));
        }
        return words;
    }

    void command(final long word0, final long word1) {
        ram.set(ValueLayout.JAVA_LONG, COMMANDS + commandsGiven * 16L, word0);
        ram.set(ValueLayout.JAVA_LONG, COMMANDS + commandsGiven * 16L + 8, word1);
        iommu.write(0x98, 4, ++commandsGiven);
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
