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

package io.viommu.vmm.vfiouser;

import java.util.Map;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.vfiouser.VfioUserServer;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.counters.FaultAccount;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaMemory;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.MessageWindow;
import io.viommu.iommu.VirtualIommu;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.Worker;
import io.viommu.memory.GuestMemory;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vmm.control.FaultInjector;

/** The model behind the door with its pipeline, the injector of its physical faults. */
final class DoorIommu implements AutoCloseable {

    private static final long SMMU_CMDQ_BASE = 0x90;
    private static final long SMMU_CMDQ_CONS = 0x9C;
    private static final long ADDRESS = 0x000F_FFFF_FFFF_FFE0L;
    private static final long COMMAND_LENGTH = 16;
    private static final long UNKNOWN_OPCODE = 0xFF;
    /** GITS_TRANSLATER of the ITS of QEMU's virt (GICv3, 12.18). */
    private static final long ITS_TRANSLATER = 0x0809_0040L;

    private final boolean smmu;
    private final VirtualIommu model;
    private final FaultInjector faults;
    private final FaultPipeline pipeline;
    private final Closing closing = new Closing("vIOMMU");

    /** The model's wires all lead to the function's pin; its messages go to the client as what they are, writes. */
    private record Wires(VfioUserServer server) implements InterruptSink {
        @Override
        public boolean message(final long address, final int data) {
            return server.message(address, data);
        }

        @Override
        public void line(final int line, final boolean level) {
            if (level) {
                server.interrupts().pulse();
            }
        }
    }

    /** {@code distinct} counts what is injected; may be null. */
    DoorIommu(final String name, final Map<String, String> properties, final VfioUserServer server,
            final CounterFile counters, final DistinctFaultLog distinct) {
        faults = new FaultInjector(name, counters, distinct);
        smmu = faults.smmu();
        model = IommuModels.create(name, properties,
                new IommuPlatform(server.memory(), new Wires(server), faults.host()));
        pipeline = new FaultPipeline(PipelineSettings.named(name), model, new FaultAccount(counters, name),
                faults.observer());
        faults.lead(pipeline, model);
    }

    VirtualIommu model() {
        return model;
    }

    boolean smmu() {
        return smmu;
    }

    FaultInjector faults() {
        return faults;
    }

    /** The memory of an endpoint's client as the endpoint behind the model sees it. */
    DmaMemory openMemory(final VfioUserServer endpoint) {
        final MessageWindow window = smmu
                ? MessageWindow.doorbell(ITS_TRANSLATER, Integer.BYTES,
                        (requester, address, data) -> endpoint.message(address, data))
                : MessageWindow.localApics((InterruptRemapper) model);
        return new DmaMemory(endpoint.memory(), ((DmaTranslator) model).openSession(), window);
    }

    /** Overwrites the next command that the guest queues with an opcode that no SMMU knows (IHI 0070, 4.1.3). */
    void spoil(final IommuFunction function, final GuestMemory memory) {
        function.beforeCommands(() -> {
            final long base = model.read(SMMU_CMDQ_BASE, Long.BYTES);
            final long mask = (1L << (base & 0x1F)) - 1;
            final long next = model.read(SMMU_CMDQ_CONS, Integer.BYTES) & mask;
            final UnsafeBuffer command = new UnsafeBuffer(new byte[Long.BYTES]);
            command.putLong(0, UNKNOWN_OPCODE);
            memory.write((base & ADDRESS) + next * COMMAND_LENGTH, command, 0, Long.BYTES);
        });
    }

    @Override
    public void close() {
        closing.close(Worker.isCurrent(), () -> Closing.all(faults::close, pipeline::close));
    }
}
