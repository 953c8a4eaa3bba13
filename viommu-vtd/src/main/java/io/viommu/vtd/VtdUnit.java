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

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutlet;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.interrupt.InterruptRoute;
import io.viommu.interrupt.InterruptRoutes;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.tlb.TranslationCache;
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
import io.viommu.vtd.remap.InterruptContext;
import io.viommu.vtd.remap.VtdInterruptRemapper;

/**
 * One VT-d remapping unit. It holds no logic of its own: it makes the parts, and passes on what comes in from vCPUs,
 * from devices and from the injector.
 */
public final class VtdUnit implements VirtualIommu, DmaTranslator, InterruptRemapper, InterruptRoutes {

    private static final long NOBODY = 0;

    private final RegisterFrame frame;
    private final RemappingState state;
    private final Drain drain;
    private final FaultOutlet outlet = new FaultOutlet();
    private final VtdInterruptRemapper interrupts;
    private final VtdDmaTranslator dma;
    /** What the host's hardware knows of passed-through devices, or null without accelerated mode. */
    private final HardwareRequesters hardware;
    private final InvalidationSink sink;
    private final EventLine faultEvent;
    private final FaultRecordingRegisters faults;
    private final PageRequestQueue pageRequests;
    private final InvalidationQueue invalidations;
    private final RegisterInvalidation registerInvalidations;
    private final FaultInjection injection;
    private final int uncheckedSource;
    /**
     * The id of the thread that injects just now; written and compared by that thread itself, so a stale value is never
     * its own. It is a number, since to store a reference for each fault costs a GC write barrier.
     */
    private long injector;

    VtdUnit(final VtdConfig config, final IommuPlatform platform) {
        this(config, platform, UnaryOperator.identity());
    }

    /**
     * Makes a unit, reset: registers first, then what is remapped, then who tells the guest, then who hears it.
     *
     * @param config   what it can do.
     * @param platform what the VMM gives.
     * @param watch    given what forgets, gives what is called instead.
     */
    VtdUnit(final VtdConfig config, final IommuPlatform platform, final UnaryOperator<InvalidationSink> watch) {
        final VtdContext unit = config.unit();
        frame = new RegisterFrame(unit.capabilities(), unit.likeQemu());
        state = new RemappingState(frame.registers());
        uncheckedSource = config.uncheckedSource();

        interrupts = new VtdInterruptRemapper(platform.memory(), platform.interrupts(), outlet,
                InterruptContext.reset(unit.capabilities(), unit.hostAddressWidth()));
        dma = new VtdDmaTranslator(platform.memory(), unit, outlet, interrupts, TranslationCache.DEFAULT_ENTRIES);
        hardware = config.accelerated()
                ? new HardwareRequesters(dma.invalidations(), platform, dma::context, this::pasidGone)
                : null;
        sink = watch.apply(hardware == null ? dma.invalidations() : hardware);
        drain = new Drain(sink::quiesce, this::mayNotWait);
        dma.protect(new ProtectedMemory(frame, drain));

        final GuestTableWalk tables = dma.openTables();
        faultEvent = EventLine.fault(frame.registers(), platform.interrupts());
        faults = new FaultRecordingRegisters(frame, faultEvent, config.faultCompression());
        pageRequests = new PageRequestQueue(frame, platform, sink::pageRequested);
        injection = new FaultInjection(faults, new PhysicalFaultPolicy(state, tables), pageRequests,
                config.lostEvents(), state);

        invalidations = new InvalidationQueue(frame, state, platform, faultEvent, sink, pageRequests, drain);
        registerInvalidations = new RegisterInvalidation(frame, state, sink, drain);
        new GlobalCommand(frame, state, new Commands(), drain);
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
        pageRequests.forget(requesterId, pasid);
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
        return interrupts.deviceMessage(requesterId == uncheckedSource ? NO_REQUESTER : requesterId, address, data);
    }

    @Override
    public void add(final InterruptRoute route) {
        interrupts.routes().add(route);
    }

    @Override
    public void remove(final InterruptRoute route) {
        interrupts.routes().remove(route);
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
            pageRequests.endOfBatch();
        } finally {
            injector = NOBODY;
        }
    }

    /** Whether others may wait for the calling thread: it injects, is in a DMA, or a guest handles its message. */
    private boolean mayNotWait() {
        return injector == Thread.currentThread().threadId() || interrupts.sending() || dma.inTransaction();
    }

    @Override
    public void reset() {
        frame.reset();
        state.reset();
        drain.reset();
        faults.restart();
        invalidations.reset();
        registerInvalidations.reset();
        dma.follow(state);
        sink.forgetRootTable();
        drain.await();
        interrupts.follow(state);
        sink.forgetAllInterrupts();
        drain.await();
        pageRequests.reset();
    }

    /** Passes global commands on to the parts that they concern. */
    private final class Commands implements FrameListener {

        @Override
        public void rootTableSet() {
            dma.follow(state);
            sink.forgetRootTable();
        }

        @Override
        public void translationSwitched(final boolean on) {
            rootTableSet();
        }

        @Override
        public void interruptTableSet() {
            interrupts.follow(state);
            sink.forgetAllInterrupts();
        }

        @Override
        public void interruptRemappingSwitched(final boolean on) {
            interruptTableSet();
        }

        @Override
        public void compatibilityInterruptsSwitched(final boolean pass) {
            interruptTableSet();
        }

        @Override
        public void queuedInvalidationSwitched(final boolean on) {
            frame.queueSwitched(on);
            invalidations.switched(on);
        }

        @Override
        public void remappingSwitched() {
            faults.remappingSwitched(state);
        }
    }
}
