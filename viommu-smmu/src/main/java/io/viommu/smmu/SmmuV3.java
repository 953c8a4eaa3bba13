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

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultPort;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.smmu.event.FaultInjection;
import io.viommu.smmu.layout.SmmuRegisters;
import io.viommu.smmu.queue.EventQueue;
import io.viommu.smmu.register.FrameListener;
import io.viommu.smmu.register.RegisterFrame;

/**
 * An SMMUv3: its registers for the guest, and the place where faults go in. Wires are numbered 0 Event queue, 1 PRI
 * queue, 2 CMD_SYNC, 3 global errors; all are edges.
 *
 * <p>{@link #read} and {@link #write} are for any vCPU thread, {@link #inject} and {@link #endOfBatch} for the one
 * injector of its pipeline.
 */
public final class SmmuV3 implements VirtualIommu {

    private final RegisterFrame frame;
    private final EventQueue events;
    private final FaultInjection injection;
    private volatile FaultPort port;

    /**
     * Makes a device, reset.
     *
     * @param config   how it is configured.
     * @param platform what the VMM gives.
     */
    public SmmuV3(final SmmuConfig config, final IommuPlatform platform) {
        this.frame = new RegisterFrame(config.options(), platform.interrupts(), new Control());
        this.events = new EventQueue(frame, platform.memory(), config.options());
        this.injection = new FaultInjection(frame, events, config.options(), platform.host(), config.lostEvents());
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

    @Override
    public void reset() {
        frame.reset();
        events.reset();
    }

    @Override
    public void connect(final FaultPort faults) {
        port = faults;
    }

    @Override
    public FaultDisposition inject(final FaultRecord record) {
        return injection.inject(record);
    }

    @Override
    public void endOfBatch() {
        events.endOfBatch();
    }

    /** Waits for every fault that is on its way: its record and its interrupt are written, or it is dropped. */
    private void drain() {
        final FaultPort faults = port;
        if (faults != null) {
            faults.awaitInjected();
        }
    }

    /** What register writes do to the rest of the device. */
    private final class Control implements FrameListener {

        /** Records that were under way are written before the guest sees that the queue is off (7.2.1, 6.3.9.4). */
        @Override
        public void disabling(final int bits) {
            drain();
        }

        @Override
        public void enabled(final int bits) {
            // Commands are executed in a later phase of the model.
        }

        @Override
        public void interruptsDisabling() {
            drain();
        }

        @Override
        public void commandsPosted() {
            // Commands are executed in a later phase of the model.
        }

        @Override
        public void eventsConsumed() {
            // Nothing waits for space: stalled transactions come with the commands that answer them.
        }

        @Override
        public void errorsAcknowledged(final int errors) {
            // Nothing waits for an acknowledgement yet.
        }
    }
}
