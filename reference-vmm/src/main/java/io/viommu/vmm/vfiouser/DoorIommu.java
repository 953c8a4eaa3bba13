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

import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.bridge.vfiouser.VfioUserServer;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaMemory;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.MessageWindow;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestMemory;
import io.viommu.pipeline.FaultBudget;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.vmm.machine.FaultDraft;

/** The model behind the door with its pipeline, the reader of its sources and the account of what it injected. */
final class DoorIommu implements AutoCloseable {

    private static final int SOURCE = 1;
    private static final long NAP_NANOS = 1_000_000;

    /** SMMU_CR0, with EVENTQEN; DMAR_GSTS_REG, with TES (IHI 0070, 6.3.9; VT-d, 11.4.5). */
    private static final long SMMU_CR0 = 0x20;
    private static final long EVENTQEN = 1 << 2;
    private static final long SMMU_CMDQ_BASE = 0x90;
    private static final long SMMU_CMDQ_CONS = 0x9C;
    private static final long ADDRESS = 0x000F_FFFF_FFFF_FFE0L;
    private static final long COMMAND_LENGTH = 16;
    private static final long UNKNOWN_OPCODE = 0xFF;
    /** GITS_TRANSLATER of the ITS of QEMU's virt (GICv3, 12.18). */
    private static final long ITS_TRANSLATER = 0x0809_0040L;
    private static final long VTD_GSTS = 0x1C;
    private static final long TES = 1L << 31;

    private final boolean smmu;
    private final VirtualIommu model;
    private final HostSide host = new HostSide();
    private final Tally tally = new Tally();
    private final FaultRouter router = new FaultRouter();
    private final FaultPipeline pipeline;
    private final FaultReader reader;
    private boolean closed;

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

    /** {@code faults} counts what is injected; may be null. */
    DoorIommu(final String name, final Map<String, String> properties, final VfioUserServer server,
            final CounterFile counters, final DistinctFaultLog faults) {
        smmu = "smmuv3".equals(name);
        model = IommuModels.create(name, properties, new IommuPlatform(server.memory(), new Wires(server), host));
        pipeline = new FaultPipeline(PipelineSettings.named(name), model, new FaultAccount(counters, name), tally);
        reader = new FaultReader(name, new FaultIngress(name + " door", router, counters, tally,
                FaultBudget.unlimited(), faults, SystemNanoClock.INSTANCE),
                ReaderSettings.DEFAULT, ended -> {
                });
        reader.start();
    }

    VirtualIommu model() {
        return model;
    }

    boolean smmu() {
        return smmu;
    }

    HostSide host() {
        return host;
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

    /** Whether the guest's driver has switched on what takes faults. */
    boolean ready() {
        return smmu
                ? (model.read(SMMU_CR0, Integer.BYTES) & EVENTQEN) != 0
                : (model.read(VTD_GSTS, Integer.BYTES) & TES) != 0;
    }

    /**
     * Injects faults from a source of their own and waits until each has ended. One thread at a time.
     *
     * @return how they ended, for people.
     */
    synchronized String inject(final List<FaultDraft> faults, final long repeat, final long pace) {
        if (faults.isEmpty()) {
            return "";
        }
        final FaultScript script = new FaultScript(SOURCE, faults, repeat, pace);
        faults.forEach(
                fault -> router.add(SOURCE, fault.device(), new FaultRoute(pipeline, fault.device())));
        final long[] before = tally.snapshot();
        reader.add(script);
        while (tally.since(before) < script.total() && !closed) {
            LockSupport.parkNanos(NAP_NANOS);
        }
        faults.forEach(fault -> router.remove(SOURCE, fault.device()));
        return tally.text(before);
    }

    @Override
    public void close() {
        closed = true;
        reader.close();
        pipeline.close();
    }
}
