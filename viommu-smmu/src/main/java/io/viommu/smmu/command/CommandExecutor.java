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
import io.viommu.smmu.fault.StallListener;
import io.viommu.smmu.fault.StallTable;
import io.viommu.smmu.page.PageRequests;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * Executes commands. What is illegal stops the queue; what is IGNORED, or out of range, is consumed without effect;
 * reserved fields are ignored (IHI 0070, 4.1.3, 4.1.5, 4.1.7). Prefetches are consumed: they may do as little as the
 * device likes.
 *
 * <p>Called by one thread at a time.
 */
public final class CommandExecutor {

    /** Means one StreamID to the sink. */
    private static final int SINGLE = -1;
    private static final int TG_16K = 2;

    private final RegisterFrame frame;
    private final SmmuCapabilities capabilities;
    private final InvalidationSink sink;
    private final StallTable stalls;
    private final PageRequests pageRequests;
    private final PassedThrough hardware;
    private final SyncCommand sync;
    private volatile DeviceCaches caches = DeviceCaches.NONE;

    /**
     * Makes the executor.
     *
     * @param frame        the registers.
     * @param sink         takes invalidations.
     * @param stalls       the stalled transactions.
     * @param pageRequests the groups of page requests.
     * @param faults       the faults that are on their way to the guest.
     * @param hardware     takes what concerns passed-through streams.
     */
    public CommandExecutor(final RegisterFrame frame, final InvalidationSink sink, final StallTable stalls,
            final PageRequests pageRequests, final FaultWay faults, final PassedThrough hardware) {
        this.frame = frame;
        this.capabilities = frame.capabilities();
        this.sink = sink;
        this.stalls = stalls;
        this.pageRequests = pageRequests;
        this.hardware = hardware;
        this.sync = new SyncCommand(frame, sink, stalls, faults, hardware);
    }

    /**
     * Sets who takes ATS invalidations.
     *
     * @param newCaches called from then on.
     */
    public void deviceCaches(final DeviceCaches newCaches) {
        caches = newCaches;
    }

    /**
     * Executes a command.
     *
     * @param word0 first word.
     * @param word1 second word.
     * @return 0; the code for CMDQ_CONS.ERR, in which case the command had no effect; {@link CommandQueue#STOPPED} or
     *         {@link CommandQueue#LATER}.
     */
    int execute(final long word0, final long word1) {
        final Command command = Command.of(word0);
        if (command == null || !command.legal(word0, capabilities)) {
            return CommandLayout.CERROR_ILL;
        }
        switch (command) {
            case PREFETCH_CONFIG, PREFETCH_ADDR :
                return 0;
            case CFGI_STE, CFGI_STE_RANGE, CFGI_CD, CFGI_CD_ALL :
                sync.invalidated();
                configuration(command, word0, word1);
                return 0;
            case ATC_INV :
                deviceCache(word0, word1);
                return 0;
            case PRI_RESP :
                return pageResponse(word0, word1);
            case RESUME :
                stalls.resume(Command.stream(word0), (int) (word1 & CommandLayout.STAG), answer(word0));
                return 0;
            case STALL_TERM :
                stalls.terminate(Command.stream(word0));
                return 0;
            case SYNC :
                return sync.execute(word0, caches);
            default :
                return invalidate(command, word0, word1);
        }
    }

    /**
     * CMDQ_CONS has passed a command.
     *
     * @param word0 first word.
     * @param word1 second word.
     */
    void consumed(final long word0, final long word1) {
        if (Command.of(word0) == Command.SYNC) {
            sync.signal(word0, word1);
        }
    }

    /** CMD_RESUME.Ac and Ab (4.7.1). */
    private static int answer(final long word0) {
        if ((word0 & CommandLayout.RESUME_RETRY) != 0) {
            return StallListener.RETRY;
        }
        return (word0 & CommandLayout.RESUME_ABORT) != 0 ? StallListener.ABORT : StallListener.IGNORE;
    }

    /**
     * Invalidations of configuration structures (4.3). First-level descriptors are always forgotten with the leaves; a
     * StreamID or SubstreamID out of range has no effect (4.1.7).
     */
    private void configuration(final Command command, final long word0, final long word1) {
        final int stream = Command.stream(word0);
        if (command == Command.CFGI_STE_RANGE) {
            streams(stream, (int) (word1 & CommandLayout.RANGE));
        } else if (Command.fits(stream, capabilities.streamIdBits())) {
            switch (command) {
                case CFGI_STE -> {
                    sink.configurationStreams(stream, SINGLE);
                    hardware.configuration(stream, stream);
                }
                case CFGI_CD_ALL -> {
                    sink.configurationContexts(stream);
                    hardware.invalidation(word0, word1);
                }
                default -> context(stream, word0, word1);
            }
        }
    }

    private void streams(final int stream, final int range) {
        if (range == CommandLayout.RANGE_ALL) {
            sink.configurationAll();
            hardware.configuration(0, -1);
        } else {
            final int others = (2 << range) - 1;
            sink.configurationStreams(stream, range);
            hardware.configuration(stream & ~others, stream | others);
        }
    }

    private void context(final int stream, final long word0, final long word1) {
        final int substream = Command.substream(word0);
        if (Command.fits(substream, capabilities.substreamIdBits())) {
            sink.configurationContext(stream, substream);
            hardware.invalidation(word0, word1);
        }
    }

    /** TLB invalidations (4.4). */
    private int invalidate(final Command command, final long word0, final long word1) {
        sync.invalidated();
        final int error = translations(command, word0, word1);
        if (error == 0) {
            hardware.invalidation(word0, word1);
        }
        return error;
    }

    private int translations(final Command command, final long word0, final long word1) {
        switch (command) {
            case TLBI_NSNH_ALL -> sink.translationsAll();
            case TLBI_NH_ALL -> sink.stage1TranslationsOfVmid(vmid(word0));
            case TLBI_S12_VMALL -> sink.translationsOfVmid(vmid(word0));
            case TLBI_NH_ASID -> sink.translationsOfAsid(vmid(word0), Command.asid(word0));
            case TLBI_EL2_ALL -> sink.el2TranslationsAll();
            case TLBI_EL2_ASID -> sink.el2TranslationsOfAsid(Command.asid(word0));
            default -> {
                return byAddress(command, word0, word1);
            }
        }
        return 0;
    }

    private int byAddress(final Command command, final long word0, final long word1) {
        final int granule = capabilities.rangeInvalidation() ? (int) (word1 >>> CommandLayout.TG_SHIFT) & 3 : 0;
        final int num = (int) (word0 >>> CommandLayout.LOW_FIELD_SHIFT) & CommandLayout.NUM_MASK;
        final int scale = (int) (word0 >>> CommandLayout.SCALE_SHIFT) & CommandLayout.SCALE_MASK;
        if (granule != 0 && num == 0 && scale == 0 && level(granule, word1) == 0 && !capabilities.qemu()) {
            return CommandLayout.CERROR_ILL; // a granule without a use for it is reserved (4.4.1.1)
        }
        final int vmid = vmid(word0);
        final int asid = Command.asid(word0);
        final long address = word1 & CommandLayout.ADDRESS;
        switch (command) {
            case TLBI_NH_VA -> sink.translationsAt(vmid, asid, address, granule, num, scale);
            case TLBI_NH_VAA -> sink.translationsAtAnyAsid(vmid, address, granule, num, scale);
            case TLBI_EL2_VA -> sink.el2TranslationsAt(asid, address, granule, num, scale);
            case TLBI_EL2_VAA -> sink.el2TranslationsAtAnyAsid(address, granule, num, scale);
            default -> sink.translationsAtIpa(vmid, word1 & CommandLayout.IPA_ADDRESS, granule, num, scale);
        }
        return 0;
    }

    /** Level 1 of a 16 KiB granule has leaves only with DS, which isn't offered: it is taken for no level (4.4.1.1). */
    private static int level(final int granule, final long word1) {
        final int level = (int) (word1 >>> CommandLayout.TTL_SHIFT) & 3;
        return granule == TG_16K && level == 1 ? 0 : level;
    }

    /** Without a stage 2 there is one VMID, and the field is reserved (4.4.2). */
    private int vmid(final long word0) {
        return capabilities.stage2() ? (int) (word0 >>> CommandLayout.STREAM_SHIFT) & 0xFFFF : 0;
    }

    /** ATS invalidations and page responses are IGNORED while SMMUEN is 0 (4.5). */
    private boolean reachesDevice(final int stream) {
        return frame.enabled(SmmuRegisters.CR0_SMMUEN) && Command.fits(stream, capabilities.streamIdBits());
    }

    /** What is illegal is so in any case (4.1.3). */
    private int pageResponse(final long word0, final long word1) {
        final int resp = (int) (word1 >>> CommandLayout.RESP_SHIFT) & 3;
        if (resp == CommandLayout.RESP_RESERVED) {
            return CommandLayout.CERROR_ILL;
        }
        final int stream = Command.stream(word0);
        if (reachesDevice(stream)) {
            pageRequests.respond(stream, (int) (word1 & CommandLayout.PRG_INDEX), resp);
        }
        return 0;
    }

    /** A size above 52 is taken for everything, which the architecture leaves open. */
    private void deviceCache(final long word0, final long word1) {
        final int stream = Command.stream(word0);
        if (!reachesDevice(stream)) {
            return;
        }
        final int size = Math.min((int) (word1 & CommandLayout.ATC_SIZE), CommandLayout.ATC_SIZE_ALL);
        final long address = size == CommandLayout.ATC_SIZE_ALL
                ? 0
                : word1 & CommandLayout.ADDRESS & -1L << size + 12;
        final boolean pasid = capabilities.substreamIdBits() > 0 && (word0 & CommandLayout.SSV) != 0;
        caches.invalidate(stream, pasid ? Command.substream(word0) : DeviceCaches.NO_SUBSTREAM,
                pasid && (word0 & CommandLayout.GLOBAL) != 0, address, size);
        hardware.invalidation(word0, word1);
    }
}
