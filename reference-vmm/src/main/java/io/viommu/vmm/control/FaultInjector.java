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

package io.viommu.vmm.control;

import java.util.List;
import java.util.concurrent.locks.LockSupport;

import org.agrona.concurrent.SystemNanoClock;

import io.viommu.bridge.FaultReader;
import io.viommu.bridge.ReaderSettings;
import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.VirtualIommu;
import io.viommu.pipeline.FaultBudget;
import io.viommu.pipeline.FaultIngress;
import io.viommu.vmm.machine.FaultDraft;

/**
 * Injects physical faults into a vIOMMU's pipeline and tells how each ended; keeps what the guest answers. The observer
 * and the host side go into the pipeline and the model; {@link #lead} comes when both are made.
 */
public final class FaultInjector implements AutoCloseable {

    private static final int SOURCE = 1;
    private static final long NAP_NANOS = 1_000_000;

    /** SMMU_CR0, with EVENTQEN; DMAR_GSTS_REG, with TES (IHI 0070, 6.3.9; VT-d, 11.4.5). */
    private static final long SMMU_CR0 = 0x20;
    private static final long EVENTQEN = 1 << 2;
    private static final long VTD_GSTS = 0x1C;
    private static final long TES = 1L << 31;

    private final boolean smmu;
    private final HostSide host = new HostSide();
    private final Tally tally = new Tally();
    private final FaultRouter router = new FaultRouter();
    private final String name;
    private final FaultIngress ingress;
    /** Null before {@link #lead}, so that a model that is refused leaves nothing open. */
    private FaultReader reader;
    private VirtualIommu model;
    private FaultPort pipeline;
    private volatile boolean closed;

    /**
     * Makes one.
     *
     * @param model    the model's name.
     * @param counters where it counts.
     * @param faults   counts each distinct fault, or null.
     */
    public FaultInjector(final String model, final CounterFile counters, final DistinctFaultLog faults) {
        smmu = "smmuv3".equals(model);
        name = model;
        ingress = new FaultIngress(model + " control", router, counters, tally, FaultBudget.unlimited(), faults,
                SystemNanoClock.INSTANCE);
    }

    /**
     * What hears how faults end.
     *
     * @return for the pipeline.
     */
    public FaultObserver observer() {
        return tally;
    }

    /**
     * What takes the guest's answers.
     *
     * @return for the model.
     */
    public HostIommu host() {
        return host;
    }

    /** The answers since the last call. */
    List<String> answers() {
        return host.take();
    }

    /**
     * Begins to work.
     *
     * @param to   the pipeline.
     * @param with the model behind it.
     */
    public void lead(final FaultPort to, final VirtualIommu with) {
        pipeline = to;
        model = with;
        reader = new FaultReader(name, ingress, ReaderSettings.DEFAULT, ended -> {
        });
        reader.start();
    }

    /**
     * Which kind of vIOMMU.
     *
     * @return true for an SMMU, false for a VT-d unit.
     */
    public boolean smmu() {
        return smmu;
    }

    /**
     * Whether the guest's driver has switched on what takes faults.
     *
     * @return true if so.
     */
    public boolean ready() {
        return smmu
                ? (model.read(SMMU_CR0, Integer.BYTES) & EVENTQEN) != 0
                : (model.read(VTD_GSTS, Integer.BYTES) & TES) != 0;
    }

    /**
     * Injects faults from a source of their own and waits until each has ended. One thread at a time.
     *
     * @param faults the faults.
     * @param repeat how many times.
     * @param pace   milliseconds from fault to fault.
     * @return how they ended, for people.
     */
    public synchronized String inject(final List<FaultDraft> faults, final long repeat, final long pace) {
        if (faults.isEmpty()) {
            return "";
        }
        final FaultScript script = new FaultScript(SOURCE, faults, repeat, pace);
        faults.forEach(fault -> router.add(SOURCE, fault.device(), new FaultRoute(pipeline, fault.device())));
        final long[] before = tally.snapshot();
        try {
            reader.add(script);
        } catch (final IllegalStateException ended) {
            return ended.getMessage();
        }
        while (tally.since(before) < script.total() && !closed) {
            LockSupport.parkNanos(NAP_NANOS);
        }
        faults.forEach(fault -> router.remove(SOURCE, fault.device()));
        return tally.text(before);
    }

    /** Ends; before the pipeline does. */
    @Override
    public void close() {
        closed = true;
        if (reader != null) {
            reader.close();
        }
    }
}
