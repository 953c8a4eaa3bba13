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

package io.viommu.vtd;

import java.util.function.UnaryOperator;

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutlet;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.HostIommu;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.tlb.TranslationCache;
import io.viommu.vtd.command.InvalidationParts;
import io.viommu.vtd.command.InvalidationQueue;
import io.viommu.vtd.command.InvalidationSink;
import io.viommu.vtd.command.RegisterInvalidation;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.dma.DeviceTlb;
import io.viommu.vtd.dma.GuestTableWalk;
import io.viommu.vtd.dma.VtdDmaTranslator;
import io.viommu.vtd.dma.VtdSession;
import io.viommu.vtd.fault.FaultInjection;
import io.viommu.vtd.fault.FaultRecordingRegisters;
import io.viommu.vtd.fault.PhysicalFaultPolicy;
import io.viommu.vtd.hardware.HardwareRequesters;
import io.viommu.vtd.page.PageRequestQueue;
import io.viommu.vtd.register.Drain;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.FrameListener;
import io.viommu.vtd.register.GlobalCommand;
import io.viommu.vtd.register.ProtectedMemory;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.remap.InterruptContext;
import io.viommu.vtd.remap.VtdInterruptRemapper;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.StatusFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * One VT-d remapping unit. It holds no logic of its own: it makes the parts, and passes on what comes in from vCPUs and
 * from the injector.
 */
public final class VtdUnit implements VirtualIommu, DmaTranslator, InterruptRemapper {

    private static final long NOBODY = 0;

    private final RegisterFrame frame;
    private final RemappingState state;
    private final EventLine faultEvent;
    private final FaultRecordingRegisters faults;
    private final FaultInjection injection;
    private final FaultOutlet outlet = new FaultOutlet();
    private final VtdInterruptRemapper remapper;
    private final VtdDmaTranslator dma;
    private final InvalidationSink sink;
    private final Drain drain;
    /** Held while registers are put into effect, and never while anybody is waited for. */
    private final Object effects = new Object();
    private final InvalidationQueue invalidations;
    private final RegisterInvalidation registerInvalidations;
    private final HostIommu host;
    /** What the host's hardware knows of passed-through devices, or null without accelerated mode. */
    private final HardwareRequesters hardware;
    private final int uncheckedSource;
    /** The page request queue and its event, or null if there is none. */
    private final PageRequestQueue pageRequests;
    private final EventLine pageEvent;
    /**
     * The id of the thread that injects just now; written and compared by that thread itself, so a stale value is never
     * its own. It is a number, since to store a reference for each fault costs a barrier of the collector.
     */
    private long injector;

    /**
     * Makes a unit, reset.
     *
     * @param config   what it can do.
     * @param platform what the VMM gives.
     */
    public VtdUnit(final VtdConfig config, final IommuPlatform platform) {
        this(config, platform, UnaryOperator.identity());
    }

    /**
     * Makes a unit whose invalidations are watched, reset.
     *
     * @param config   what it can do.
     * @param platform what the VMM gives.
     * @param watch    given what forgets, gives what is called instead.
     */
    VtdUnit(final VtdConfig config, final IommuPlatform platform, final UnaryOperator<InvalidationSink> watch) {
        final VtdCapabilities capabilities = config.capabilities();
        this.host = platform.host();
        this.uncheckedSource = config.uncheckedSource();
        this.remapper = new VtdInterruptRemapper(platform.memory(), platform.interrupts(), outlet,
                new InterruptContext(capabilities, false, 0, false, config.hostAddressWidth()));
        this.dma = new VtdDmaTranslator(platform.memory(),
                VtdContext.reset(capabilities, config.hostAddressWidth(), config.transientMappings(),
                        config.quirks()),
                outlet, remapper,
                TranslationCache.DEFAULT_ENTRIES, !config.quirks());
        this.hardware = config.accelerated()
                ? new HardwareRequesters(dma.invalidations(), host.requesters(), platform.memory(), dma::context,
                        this::pasidGone)
                : null;
        this.sink = watch.apply(hardware == null ? dma.invalidations() : hardware);
        this.drain = new Drain(sink::quiesce, this::mayNotWait);
        this.frame = new RegisterFrame(capabilities, config.quirks());
        final RegisterFile registers = frame.registers();
        this.state = new RemappingState(registers);
        this.faultEvent = EventLine.fault(registers, platform.interrupts());
        this.faults = new FaultRecordingRegisters(registers, capabilities, faultEvent, config.faultCompression());
        if (capabilities.hasExtended(CapabilityFields.PRS)) {
            this.pageEvent = EventLine.pageRequest(registers, platform.interrupts());
            this.pageRequests = new PageRequestQueue(registers, state, platform.memory(), pageEvent, faults, sink,
                    host);
        } else {
            this.pageEvent = null;
            this.pageRequests = null;
        }
        final InvalidationParts parts = new InvalidationParts(registers, capabilities, state, platform.memory(), sink,
                drain, config.quirks());
        this.invalidations = new InvalidationQueue(parts, faultEvent,
                EventLine.invalidation(registers, platform.interrupts()), this::respond);
        this.registerInvalidations = new RegisterInvalidation(parts);
        this.injection = new FaultInjection(faults, policy(), this::pageRequest, config.lostEvents());
        new GlobalCommand(registers, capabilities, state, new Switchboard(), drain);
        if (capabilities.has(CapabilityFields.PLMR | CapabilityFields.PHMR)) {
            dma.protect(new ProtectedMemory(registers, drain));
        }
        registers.onWrite(VtdRegisters.FSTS, (before, after, written, lanes) -> faultStatusWritten(before & ~after));
    }

    /**
     * A device was passed through: in accelerated mode the hardware is told what the guest's tables say of it. It was
     * cut off until now. By any thread.
     *
     * @param requesterId the guest's requester id.
     */
    public void passedThrough(final int requesterId) {
        if (hardware != null) {
            hardware.added(requesterId);
        }
    }

    private void pasidGone(final int requesterId, final int pasid) {
        if (pageRequests != null) {
            pageRequests.forget(requesterId, pasid);
        }
    }

    /** What the guest's tables say decides about physical faults and page requests. */
    private PhysicalFaultPolicy policy() {
        final GuestTableWalk tables = dma.openTables();
        final PhysicalFaultPolicy policy = new PhysicalFaultPolicy(state, faults);
        policy.use(tables);
        if (pageRequests != null) {
            pageRequests.use(tables);
        }
        return policy;
    }

    /** The guest cleared status bits: the event may be settled, and a stopped queue goes on. */
    private void faultStatusWritten(final long cleared) {
        faultEvent.serviced();
        if ((cleared & (StatusFields.INVALIDATION_QUEUE_ERROR | StatusFields.INVALIDATION_TIMEOUT_ERROR)) != 0) {
            invalidations.process();
        }
    }

    @Override
    public long mmioSize() {
        return frame.size();
    }

    @Override
    public long read(final long offset, final int size) {
        return frame.read(offset, size);
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        frame.write(offset, size, value);
    }

    @Override
    public void connect(final FaultPort port) {
        invalidations.connect(port);
        outlet.connect(port);
    }

    @Override
    public VtdSession openSession() {
        return dma.openSession();
    }

    @Override
    public boolean deviceMessage(final int requesterId, final long address, final int data) {
        return remapper.deviceMessage(requesterId == uncheckedSource ? NO_REQUESTER : requesterId, address, data);
    }

    /**
     * Gives the unit the devices that keep translations themselves, to be told when the guest invalidates these.
     *
     * @param devices the emulated devices with a device-TLB.
     */
    public void connect(final DeviceTlb devices) {
        dma.connect(devices);
    }

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        injector = Thread.currentThread().threadId();
        try {
            return injection.inject(record);
        } finally {
            injector = NOBODY;
        }
    }

    @Override
    public void endOfBatch() {
        injector = Thread.currentThread().threadId();
        try {
            faultEvent.deliver();
            if (pageEvent != null) {
                pageEvent.deliver();
            }
        } finally {
            injector = NOBODY;
        }
    }

    /** Whether others may wait for the calling thread: it injects, is in a DMA, or a guest handles its message. */
    private boolean mayNotWait() {
        return injector == Thread.currentThread().threadId() || remapper.sending()
                || dma.inTransaction();
    }

    @Override
    public void reset() {
        frame.reset();
        state.reset();
        drain.reset();
        faults.restart();
        invalidations.reset();
        registerInvalidations.reset();
        forgetTranslations();
        drain.await();
        forgetInterrupts();
        drain.await();
        if (pageRequests != null) {
            pageRequests.reset();
        }
    }

    /** Puts the root table and the enable into effect, and forgets all that came of them before. */
    private void forgetTranslations() {
        synchronized (effects) {
            dma.update(dma.context().with(state.translationEnabled(), state.rootTable()));
        }
        sink.forgetAllContexts();
        sink.forgetAllPasids();
        sink.forgetAllTranslations();
    }

    /** Likewise for interrupts. */
    private void forgetInterrupts() {
        synchronized (effects) {
            final InterruptContext before = remapper.context();
            remapper.update(new InterruptContext(before.capabilities(), state.interruptRemappingEnabled(),
                    state.interruptTable(), state.compatibilityInterruptsPass(), before.hostAddressWidth()));
        }
        sink.forgetAllInterrupts();
    }

    private FaultDisposition pageRequest(final FaultRecord record) {
        if (pageRequests != null) {
            return pageRequests.inject(record);
        }
        if ((record.word(0) & GenericFault.REQUEST_LAST_PAGE) != 0) {
            host.respond(record.source(), record.cookie(), PageResponder.INVALID);
        }
        return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
    }

    private void respond(final int requesterId, final int pasid, final int group, final int code) {
        if (pageRequests != null) {
            pageRequests.respond(requesterId, pasid, group, code);
        }
    }

    /** What global commands set in motion. */
    private final class Switchboard implements FrameListener {

        @Override
        public void rootTableSet() {
            forgetTranslations();
        }

        @Override
        public void interruptTableSet() {
            forgetInterrupts();
        }

        @Override
        public void translationSwitched(final boolean on) {
            forgetTranslations();
        }

        @Override
        public void interruptRemappingSwitched(final boolean on) {
            forgetInterrupts();
        }

        @Override
        public void compatibilityInterruptsSwitched(final boolean pass) {
            forgetInterrupts();
        }

        @Override
        public void queuedInvalidationSwitched(final boolean on) {
            if (on) {
                frame.queueEnabled();
            }
            invalidations.switched(on);
        }

        @Override
        public void remappingSwitched() {
            if (!state.translationEnabled() && !state.interruptRemappingEnabled()) {
                faults.restart();
            }
        }
    }
}
