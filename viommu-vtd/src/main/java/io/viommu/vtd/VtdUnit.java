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

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.LostEventPolicy;
import io.viommu.fault.PageResponder;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.vtd.fault.FaultInjection;
import io.viommu.vtd.fault.FaultRecordingRegisters;
import io.viommu.vtd.fault.PhysicalFaultPolicy;
import io.viommu.vtd.layout.VtdRegisters;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.FrameListener;
import io.viommu.vtd.register.GlobalCommand;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;

/**
 * One VT-d remapping unit. It holds no logic of its own: it makes the parts, and passes on what comes in from vCPUs and
 * from the injector.
 */
public final class VtdUnit implements VirtualIommu {

    private final RegisterFrame frame;
    private final RemappingState state;
    private final EventLine faultEvent;
    private final FaultRecordingRegisters faults;
    private final FaultInjection injection;
    private final PageResponder host;

    /**
     * Makes a unit, reset.
     *
     * @param config   what it can do.
     * @param platform what the VMM gives.
     */
    public VtdUnit(final VtdConfig config, final IommuPlatform platform) {
        this.host = platform.host();
        this.frame = new RegisterFrame(config.capabilities(), !config.quirks());
        final RegisterFile registers = frame.registers();
        this.state = new RemappingState(registers);
        this.faultEvent = EventLine.fault(registers, platform.interrupts());
        this.faults = new FaultRecordingRegisters(registers, config.capabilities(), faultEvent,
                config.faultCompression());
        this.injection = new FaultInjection(faults, new PhysicalFaultPolicy(state, faults), this::refusePageRequest,
                LostEventPolicy.LOG);
        new GlobalCommand(registers, config.capabilities(), state, new Switchboard());
        registers.onWrite(VtdRegisters.FSTS, (before, after, written, lanes) -> faultEvent.serviced());
    }

    @Override
    public long mmioSize() {
        return frame.size();
    }

    @Override
    public long read(final long offset, final int size) {
        return frame.registers().read(offset, size);
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        frame.registers().write(offset, size, value);
    }

    @Override
    public void connect(final FaultPort port) {
        // Nothing waits for faults under way yet.
    }

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        return injection.inject(record);
    }

    @Override
    public void endOfBatch() {
        faultEvent.deliver();
    }

    @Override
    public void reset() {
        frame.registers().reset();
        state.reset();
        faults.restart();
    }

    /** A group is answered once, at its last request. */
    private FaultDisposition refusePageRequest(final FaultRecord record) {
        if ((record.word(0) & GenericFault.REQUEST_LAST_PAGE) != 0) {
            host.respond(record.source(), record.cookie(), PageResponder.INVALID);
        }
        return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
    }

    /** What global commands set in motion. */
    private final class Switchboard implements FrameListener {

        @Override
        public void rootTableSet() {
            // Nothing is cached yet.
        }

        @Override
        public void interruptTableSet() {
            // Nothing is cached yet.
        }

        @Override
        public void translationSwitched(final boolean on) {
            restartFaults();
        }

        @Override
        public void interruptRemappingSwitched(final boolean on) {
            restartFaults();
        }

        @Override
        public void queuedInvalidationSwitched(final boolean on) {
            // No queue yet.
        }

        private void restartFaults() {
            if (!state.translationEnabled() && !state.interruptRemappingEnabled()) {
                faults.restart();
            }
        }
    }
}
