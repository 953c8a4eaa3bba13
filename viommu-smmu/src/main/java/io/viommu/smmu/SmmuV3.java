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

package io.viommu.smmu;

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.DmaTranslator;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.memory.GuestMemory;
import io.viommu.pipeline.DeferredWork;
import io.viommu.smmu.command.CommandExecutor;
import io.viommu.smmu.command.CommandQueue;
import io.viommu.smmu.command.DeviceCaches;
import io.viommu.smmu.command.PassedThrough;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.dma.SmmuDmaTranslator;
import io.viommu.smmu.dma.SmmuSession;
import io.viommu.smmu.fault.EventQueue;
import io.viommu.smmu.fault.FaultInjection;
import io.viommu.smmu.fault.FaultWay;
import io.viommu.smmu.fault.StallListener;
import io.viommu.smmu.fault.StallTable;
import io.viommu.smmu.hardware.HardwareStreams;
import io.viommu.smmu.page.PageRequestQueue;
import io.viommu.smmu.page.PageRequests;
import io.viommu.smmu.register.FrameListener;
import io.viommu.smmu.register.MessagePort;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * An SMMUv3: its registers for the guest, the place where faults go in, and the way of DMA through it. Wires are
 * numbered 0 Event queue, 1 PRI queue, 2 CMD_SYNC, 3 global errors; all are edges.
 *
 * <p>{@link #read} and {@link #write} are for any vCPU thread, {@link #inject} and {@link #endOfBatch} for the one
 * injector of its pipeline.
 */
public final class SmmuV3 implements VirtualIommu, DmaTranslator {

    private final RegisterFrame frame;
    private final SmmuCapabilities capabilities;
    private final SmmuDmaTranslator translator;
    private final EventQueue events;
    private final StallTable stalls;
    private final PageRequests pageRequests;
    private final FaultInjection injection;
    /** What the host's hardware knows of passed-through streams, or null without accelerated mode. */
    private final HardwareStreams hardware;
    private final CommandExecutor executor;
    private final CommandQueue commands;
    private final DeferredWork deferred;
    private final FaultWay faults = new FaultWay();

    /**
     * Makes a device, reset.
     *
     * @param config   how it is configured.
     * @param platform what the VMM gives.
     */
    public SmmuV3(final SmmuConfig config, final IommuPlatform platform) {
        final GuestMemory memory = platform.memory();
        final Control control = new Control();
        this.capabilities = config.capabilities();
        this.stalls = new StallTable(capabilities, platform.host());
        this.translator = new SmmuDmaTranslator(memory, capabilities, stalls);
        this.frame = new RegisterFrame(capabilities, new MessagePort(memory, platform.interrupts(), capabilities),
                control);
        this.events = new EventQueue(frame, memory);
        this.pageRequests = new PageRequests(capabilities.pri() ? new PageRequestQueue(frame, memory) : null,
                capabilities, platform.host());
        this.injection = new FaultInjection(frame, events, config.lostEvents(), stalls, pageRequests,
                translator.openTables());
        this.hardware = config.accelerated()
                ? new HardwareStreams(platform.host().streams(), memory, capabilities, this::hardwareFailed)
                : null;
        this.executor = new CommandExecutor(frame, translator.invalidations(), stalls, pageRequests, faults,
                hardware == null ? PassedThrough.NONE : hardware);
        this.deferred = new DeferredWork("smmuv3-deferred", control::catchUp);
        this.commands = new CommandQueue(frame, memory, executor, faults, deferred);
        events.onRoom(this::wakeInjector);
        takeEffect();
    }

    /**
     * Sets who takes ATS invalidations; without it no device has a translation cache.
     *
     * @param caches called on vCPU threads from then on.
     */
    public void deviceCaches(final DeviceCaches caches) {
        executor.deviceCaches(caches);
    }

    /**
     * A device was passed through: in accelerated mode the hardware is told what the guest's tables say of it. It was
     * cut off until now. By any thread.
     *
     * @param streamId the guest's StreamID.
     */
    public void passedThrough(final int streamId) {
        if (hardware != null) {
            hardware.added(streamId);
        }
    }

    /**
     * Sets who learns what becomes of stalled transactions of emulated devices.
     *
     * @param listener called on vCPU threads from then on.
     */
    public void stallListener(final StallListener listener) {
        stalls.listener(listener);
    }

    @Override
    public long mmioSize() {
        return SmmuRegisters.FRAME_SIZE;
    }

    @Override
    public long read(final long offset, final int size) {
        return frame.read(offset, size);
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        frame.write(offset, size, value);
    }

    /**
     * {@inheritDoc} What was under way ends first, so that no transaction, fault or index of before reaches the next
     * guest; on the injector itself nothing can be waited for.
     */
    @Override
    public void reset() {
        frame.reset();
        if (hardware != null) {
            hardware.reset();
        }
        takeEffect();
        if (!faults.injecting()) {
            translator.invalidations().quiesce();
            faults.drain();
            frame.reset(); // an index that the injector was just moving
        }
        events.reset();
        stalls.terminateAll();
        pageRequests.reset();
    }

    @Override
    public void connect(final FaultPort port) {
        faults.connect(port);
        translator.connect(port);
    }

    /** {@inheritDoc} Its sessions also answer PCIe ATS translation requests. */
    @Override
    public SmmuSession openSession() {
        return translator.openSession();
    }

    /** Transactions that begin from now on see the registers as they are. */
    private void takeEffect() {
        final RegisterFile registers = frame.registers();
        final SmmuContext context = new SmmuContext(capabilities, (int) registers.get(SmmuRegisters.CR0),
                (int) registers.get(SmmuRegisters.CR2), (int) registers.get(SmmuRegisters.GBPA),
                registers.get(SmmuRegisters.STRTAB_BASE), (int) registers.get(SmmuRegisters.STRTAB_BASE_CFG));
        if (hardware == null) {
            translator.update(context);
        } else {
            translator.update(hardware.failed() ? context.aborting() : context);
            hardware.update(context);
        }
    }

    /** Service failure mode (12.3): nothing is translated any more, what waits is ended, and the guest is told. */
    private void hardwareFailed() {
        takeEffect();
        frame.fail();
        stalls.terminateAll();
    }

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        faults.enter();
        try {
            return injection.inject(record);
        } finally {
            faults.leave();
        }
    }

    @Override
    public void endOfBatch() {
        faults.enter();
        try {
            injection.endOfBatch();
        } finally {
            faults.leave();
        }
    }

    /** Records that wait can be written now, perhaps; only the injector may do so. */
    private void wakeInjector() {
        if (!stalls.hasWaiting() || !events.writable() || faults.injecting()) {
            return;
        }
        if (!faults.wake()) {
            endOfBatch();
        }
    }

    /** What register writes do to the rest of the device. */
    private final class Control implements FrameListener {

        private final UnsettledChange unsettled = new UnsettledChange();

        /** Does what the injector may not wait for. */
        private void catchUp() {
            final long change = unsettled.take();
            if (change != 0) {
                translator.invalidations().quiesce();
                settle((int) (change >>> Integer.SIZE));
                frame.acknowledge();
                enabled((int) change);
            }
            commands.run();
        }

        /**
         * No transaction sees half of a change of SMMUEN. What is under way is written before the guest sees that its
         * queue is off (7.2.1, 6.3.9.4); with translation, everything that is stalled ends (6.3.9.6).
         */
        @Override
        public boolean changing(final int cleared, final int set) {
            if (((cleared | set) & (SmmuRegisters.CR0_SMMUEN | SmmuRegisters.CR0_ATSCHK)) != 0) {
                takeEffect();
                if (!faults.injecting()) {
                    translator.invalidations().quiesce();
                } else if (!translator.invalidations().tryQuiesce()) {
                    unsettled.add(cleared, set);
                    deferred.ask();
                    return false;
                }
            }
            settle(cleared);
            return true;
        }

        /** What went before a change of CR0 has ended, so the guest may see it acknowledged. */
        private void settle(final int cleared) {
            if (cleared != 0) {
                faults.drain();
            }
            if ((cleared & SmmuRegisters.CR0_SMMUEN) != 0) {
                stalls.terminateAll();
                faults.drain(); // the injector may have been about to record one of them
            }
            if ((cleared & SmmuRegisters.CR0_CMDQEN) != 0) {
                commands.settle();
            }
        }

        /** The injector doesn't wait: transactions under way may have been let through before. */
        @Override
        public void bypassChanged() {
            takeEffect();
            if (!faults.injecting()) {
                translator.invalidations().quiesce();
            }
        }

        @Override
        public void enabled(final int bits) {
            if ((bits & SmmuRegisters.CR0_CMDQEN) != 0) {
                commands.run();
            }
            if ((bits & SmmuRegisters.CR0_EVENTQEN) != 0) {
                wakeInjector();
            }
        }

        @Override
        public boolean interruptsDisabling() {
            faults.drain();
            return !faults.injecting();
        }
    }

    /** Changes of CR0 that have not been acknowledged yet. */
    private static final class UnsettledChange {

        private int cleared;
        private int set;

        /** Adds a change; what goes one way and back again has gone both ways. */
        synchronized void add(final int newlyCleared, final int newlySet) {
            cleared |= newlyCleared;
            set |= newlySet;
        }

        /** Takes all: the bits cleared in the upper half, those set in the lower; 0 if there is nothing. */
        synchronized long take() {
            final long change = (long) cleared << Integer.SIZE | Integer.toUnsignedLong(set);
            cleared = 0;
            set = 0;
            return change;
        }
    }
}
