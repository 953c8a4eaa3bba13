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

package io.viommu.vmm.machine;

import java.util.Map;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.device.MmioDevice;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestMemory;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;
import io.viommu.smmu.SmmuV3;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A vIOMMU model tied into a machine: its pipeline (drained by whoever published, so nothing is left to happen later),
 * its wires and messages, the DMA of emulated endpoints, and physical faults coming from below.
 */
public final class AttachedIommu implements AutoCloseable {

    private static final int PIPELINE_SLOTS = 1024;

    private final VirtualIommu model;
    private final FaultPipeline pipeline;
    private final DmaSession session;
    private final InterruptRemapper remapper;
    private final FaultInlet faults;
    private final Watch watch;
    private final StalledDma stalledDma = new StalledDma();

    /**
     * The model, watched. What it sends while it injects a fault is its own, even during a device's message; and
     * transactions that a write set going again go when the write is over.
     */
    private static final class Watch implements VirtualIommu {
        private final VirtualIommu model;
        private final StalledDma stalledDma;
        private boolean injecting;

        Watch(final VirtualIommu model, final StalledDma stalledDma) {
            this.model = model;
            this.stalledDma = stalledDma;
        }

        @Override
        public FaultDisposition inject(final FaultRecord record) {
            injecting = true;
            try {
                return model.inject(record);
            } finally {
                injecting = false;
            }
        }

        @Override
        public void endOfBatch() {
            injecting = true;
            try {
                model.endOfBatch();
            } finally {
                injecting = false;
            }
        }

        @Override
        public void connect(final FaultPort port) {
            model.connect(port);
        }

        @Override
        public long mmioSize() {
            return model.mmioSize();
        }

        @Override
        public long read(final long offset, final int size) {
            return model.read(offset, size);
        }

        @Override
        public void write(final long offset, final int size, final long value) {
            model.write(offset, size, value);
            stalledDma.retry();
        }

        @Override
        public void reset() {
            model.reset();
        }
    }

    /** The model's way to the interrupt controller. */
    private static final class Wires implements InterruptSink {
        private final GuestMemory memory;
        private final InterruptLog log;
        private final MsiTarget window;
        private final int firstInput;
        private final UnsafeBuffer word = new UnsafeBuffer(new byte[Integer.BYTES]);
        private Watch watch;
        private boolean remapping;

        Wires(final GuestMemory memory, final InterruptLog log, final MsiTarget window, final int firstInput) {
            this.memory = memory;
            this.log = log;
            this.window = window;
            this.firstInput = firstInput;
        }

        @Override
        public boolean message(final long address, final int data) {
            final boolean device = remapping && !watch.injecting;
            log.message(device ? InterruptLog.Origin.REMAP : InterruptLog.Origin.IOMMU, address, data);
            if (window.delivers(address)) {
                return true;
            }
            word.putInt(0, data);
            return memory.write(address, word, 0, Integer.BYTES) == GuestMemory.OK;
        }

        @Override
        public void line(final int line, final boolean level) {
            log.wire(firstInput + line, level);
        }
    }

    private final Wires wires;

    /** Makes the model; {@code firstInput} is the controller's input that its wire 0 is soldered to. */
    AttachedIommu(final String name, final Map<String, String> properties, final GuestMemory memory,
            final InterruptLog log, final MsiTarget window, final int firstInput) {
        final HostAnswers answers = new HostAnswers();
        wires = new Wires(memory, log, window, firstInput);
        model = IommuModels.create(name, properties, new IommuPlatform(memory, wires, answers));
        if (model instanceof final SmmuV3 smmu) {
            smmu.stallListener(stalledDma);
        }
        watch = new Watch(model, stalledDma);
        wires.watch = watch;
        final CounterFile counters = CounterFile.inMemory();
        faults = new FaultInlet(name, counters, answers);
        pipeline = new FaultPipeline(new PipelineSettings(name, PIPELINE_SLOTS, InjectorMode.RUN_TO_COMPLETION), watch,
                new FaultAccount(counters, name), faults);
        faults.lead(pipeline);
        session = model instanceof DmaTranslator translator ? translator.openSession() : null;
        remapper = model instanceof InterruptRemapper other ? other : null;
    }

    MmioDevice registers() {
        return watch;
    }

    /** Transactions of endpoints that wait for the guest. */
    StalledDma stalledDma() {
        return stalledDma;
    }

    /** The session of the one thread that drives the machine; null if the model does not translate, so DMA bypasses. */
    DmaSession session() {
        return session;
    }

    /** Sends a device's message, through the remapper if there is one; false if it is blocked. */
    boolean deviceMessage(final int requester, final long address, final int data) {
        wires.remapping = true;
        try {
            return remapper == null ? wires.message(address, data) : remapper.deviceMessage(requester, address, data);
        } finally {
            wires.remapping = false;
        }
    }

    /**
     * Where physical faults and page requests come in.
     *
     * @return the inlet of this vIOMMU.
     */
    public FaultInlet faults() {
        return faults;
    }

    /**
     * Sends a PCIe ATS translation request of an endpoint.
     *
     * @param requester who asks; its access says privileged and executable.
     * @param iova      the untranslated address.
     * @param write     whether it asks for writing, too.
     * @return the completion; Unsupported Request if the model knows no ATS.
     */
    public AtsAnswer requestTranslation(final DmaPath.Requester requester, final long iova, final boolean write) {
        if (!(session instanceof final AtsSession ats)) {
            return new AtsAnswer(AtsSession.ATS_UNSUPPORTED, 0, 0, 0);
        }
        session.begin();
        try {
            final int status = ats.requestTranslation(requester.id(), requester.pasid(), iova,
                    requester.access() | (write ? DmaSession.WRITE : DmaSession.READ));
            return status == AtsSession.ATS_SUCCESS
                    ? AtsAnswer.granted(iova, session.address(), session.span(), ats.atsRights())
                    : new AtsAnswer(status, 0, 0, 0);
        } finally {
            session.end();
        }
    }

    void reset() {
        model.reset();
        faults.reset();
        stalledDma.reset();
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
        }
        pipeline.close();
    }
}
