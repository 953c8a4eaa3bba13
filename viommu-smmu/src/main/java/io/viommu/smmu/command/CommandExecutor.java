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

import java.util.function.BooleanSupplier;

import io.viommu.smmu.fault.StallTable;
import io.viommu.smmu.page.PageRequests;
import io.viommu.smmu.register.MessagePort;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;

/**
 * Executes commands. What is illegal stops the queue; what is IGNORED, or out of range, is consumed without effect;
 * reserved fields are ignored (IHI 0070, 4.1.3, 4.1.5, 4.1.7). Prefetches are consumed: they may do as little as the
 * device likes.
 *
 * <p>Called by one thread at a time.
 */
public final class CommandExecutor implements CommandQueue.Executor {

    private final SmmuCapabilities capabilities;
    private final StallTable stalls;
    private final ConfigurationCommands configuration;
    private final TranslationCommands translation;
    private final DeviceCommands devices;
    private final SyncCommand sync;
    private final PassedThrough hardware;

    /**
     * Makes the executor.
     *
     * @param capabilities what the device offers.
     * @param frame        the registers.
     * @param sink         takes invalidations.
     * @param stalls       the stalled transactions.
     * @param pageRequests the groups of page requests.
     * @param drainFaults  waits for all faults that are on their way to the guest.
     * @param port         takes the interrupts of CMD_SYNC.
     * @param hardware     takes what concerns passed-through streams.
     * @param onInjector   tells whether the calling thread is injecting just now.
     */
    public CommandExecutor(final SmmuCapabilities capabilities, final RegisterFrame frame, final InvalidationSink sink,
            final StallTable stalls, final PageRequests pageRequests, final Runnable drainFaults,
            final MessagePort port, final PassedThrough hardware, final BooleanSupplier onInjector) {
        this.capabilities = capabilities;
        this.stalls = stalls;
        this.hardware = hardware;
        this.configuration = new ConfigurationCommands(capabilities, sink, hardware);
        this.translation = new TranslationCommands(capabilities, sink);
        this.devices = new DeviceCommands(capabilities, frame, pageRequests, hardware);
        this.sync = new SyncCommand(capabilities, sink, stalls, devices, hardware, drainFaults, port,
                frame.errors(), onInjector);
    }

    /**
     * Sets who takes ATS invalidations.
     *
     * @param caches called from then on.
     */
    public void deviceCaches(final DeviceCaches caches) {
        devices.caches(caches);
    }

    @Override
    public int execute(final long word0, final long word1) {
        final CommandType type = CommandType.of(word0);
        if (type == null || !type.legal(word0, capabilities)) {
            return CommandLayout.CERROR_ILL;
        }
        switch (type) {
            case PREFETCH_CONFIG, PREFETCH_ADDR :
                return 0;
            case CFGI_STE, CFGI_STE_RANGE, CFGI_CD, CFGI_CD_ALL :
                sync.invalidated();
                configuration.execute(type, word0, word1);
                return 0;
            case ATC_INV, PRI_RESP :
                return devices.execute(type, word0, word1);
            case RESUME :
                stalls.resume(CommandFields.stream(word0), (int) (word1 & CommandLayout.STAG),
                        (word0 & CommandLayout.RESUME_RETRY) != 0, (word0 & CommandLayout.RESUME_ABORT) != 0);
                return 0;
            case STALL_TERM :
                stalls.terminate(CommandFields.stream(word0));
                return 0;
            case SYNC :
                return sync.execute(word0);
            default :
                return invalidate(type, word0, word1);
        }
    }

    private int invalidate(final CommandType type, final long word0, final long word1) {
        sync.invalidated();
        final int error = translation.execute(type, word0, word1);
        if (error == 0) {
            hardware.invalidation(word0, word1);
        }
        return error;
    }

    @Override
    public void consumed(final long word0, final long word1) {
        if (CommandType.of(word0) == CommandType.SYNC) {
            sync.signal(word0, word1);
        }
    }
}
