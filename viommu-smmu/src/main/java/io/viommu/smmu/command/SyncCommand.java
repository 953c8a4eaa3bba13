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

package io.viommu.smmu.command;

import io.viommu.smmu.fault.FaultWay;
import io.viommu.smmu.fault.StallTable;
import io.viommu.smmu.register.InterruptSource;
import io.viommu.smmu.register.MessagePort;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * CMD_SYNC (IHI 0070, 4.7.3): complete when no transaction uses what was invalidated before it, every event about the
 * past is in the guest's queue or never will be, and devices have confirmed their invalidations. Then CONS moves, then
 * the guest is signalled.
 */
final class SyncCommand {

    private final RegisterFrame frame;
    private final InvalidationSink sink;
    private final StallTable stalls;
    private final FaultWay faults;
    private final PassedThrough hardware;
    private boolean invalidated;

    SyncCommand(final RegisterFrame frame, final InvalidationSink sink, final StallTable stalls, final FaultWay faults,
            final PassedThrough hardware) {
        this.frame = frame;
        this.sink = sink;
        this.stalls = stalls;
        this.faults = faults;
        this.hardware = hardware;
    }

    /** Something was invalidated since the last CMD_SYNC. */
    void invalidated() {
        invalidated = true;
    }

    int execute(final long word0, final DeviceCaches caches) {
        if (completionSignal(word0) == CommandLayout.CS_RESERVED) {
            return CommandLayout.CERROR_ILL;
        }
        if (!faults.injecting()) {
            sink.quiesce();
        } else if (!sink.tryQuiesce()) {
            return CommandQueue.LATER; // a transaction may be waiting for room that only the injector makes
        }
        final int unfinished = hardware.complete();
        if (unfinished != 0) {
            return unfinished;
        }
        faults.drain();
        if (invalidated) {
            stalls.retryWaiting();
            faults.drain(); // the injector may have been about to record one of them
        }
        if (!caches.confirmed()) {
            return CommandLayout.CERROR_ATC_INV_SYNC;
        }
        invalidated = false;
        return 0;
    }

    /** The wire pulses whatever MSIAddress is; IDR0.SEV is 0, so SIG_SEV signals nothing. */
    void signal(final long word0, final long word1) {
        if (completionSignal(word0) != CommandLayout.CS_IRQ) {
            return;
        }
        final MessagePort port = frame.messages();
        final long address = word1 & CommandLayout.MSI_ADDRESS;
        if (port.offered() && address != 0 && !port.send(address, (int) (word0 >>> CommandLayout.STREAM_SHIFT))) {
            frame.errors().activate(SmmuRegisters.GERROR_MSI_CMDQ_ABT);
        }
        port.pulse(InterruptSource.SYNC_LINE);
    }

    private static int completionSignal(final long word0) {
        return (int) (word0 >>> CommandLayout.LOW_FIELD_SHIFT) & CommandLayout.CS_MASK;
    }
}
