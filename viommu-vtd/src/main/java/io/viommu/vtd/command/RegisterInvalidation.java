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

package io.viommu.vtd.command;

import io.viommu.device.Register;
import io.viommu.device.RegisterFile;
import io.viommu.vtd.register.Drain;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.register.RemappingState;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.spec.GlobalFields;
import io.viommu.vtd.spec.InvalidationLayout;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * Register-based invalidation (VT-d 6.5.1): CCMD for contexts, IVA and IOTLB for translations. The access that covers
 * the topmost byte and sets the topmost bit acts; when all that was under way has been drained, the bit is clear and
 * the register shows at which granularity it was done: 0 for a request that is not right, be it for its fields, or
 * because the queue is on, or because the unit is not in legacy mode.
 */
public final class RegisterInvalidation {

    /** CCMD.ICC and IOTLB.IVT. */
    private static final long GO = 1L << 63;
    /** CCMD.CIRG and IOTLB.IIRG, granularity asked for. */
    private static final int CONTEXT_REQUEST = 61;
    private static final int IOTLB_REQUEST = 60;
    /** CCMD.CAIG and IOTLB.IAIG, granularity done. */
    private static final int CONTEXT_ACTUAL = 59;
    private static final int IOTLB_ACTUAL = 57;

    private final RegisterFile registers;
    private final VtdCapabilities capabilities;
    private final RemappingState state;
    private final InvalidationSink sink;
    private final Register iotlb;
    private final Drain.Ending contextEnding;
    private final Drain.Ending translationEnding;
    /** Write-only fields don't stand in the registers: what software last wrote is kept here. */
    private volatile long context;
    private volatile long address;

    /**
     * Takes charge of the registers.
     *
     * @param frame of the unit.
     * @param state what is in force.
     * @param sink  forgets.
     * @param drain waits for what is under way.
     */
    public RegisterInvalidation(final RegisterFrame frame, final RemappingState state, final InvalidationSink sink,
            final Drain drain) {
        this.registers = frame.registers();
        this.capabilities = frame.capabilities();
        this.state = state;
        this.sink = sink;
        this.contextEnding = drain.ending(this::contextsDone);
        this.translationEnding = drain.ending(this::translationsDone);
        final int offset = capabilities.iotlbOffset();
        this.iotlb = VtdRegisters.iotlbInvalidate(offset);
        registers.onWrite(VtdRegisters.CCMD, (_, _, written, lanes) -> {
            context = context & ~lanes | written;
            if ((written & GO) != 0) {
                invalidateContexts();
            }
        });
        registers.onWrite(VtdRegisters.invalidateAddress(offset),
                (_, _, written, lanes) -> address = address & ~lanes | written);
        registers.onWrite(iotlb, (_, after, written, _) -> {
            if ((written & GO) != 0) {
                invalidateTranslations(after);
            }
        });
    }

    private void invalidateContexts() {
        final int done = allowed() ? contexts(context) : 0;
        if (done == 0) {
            contextsDone(0);
        } else {
            contextEnding.showWhenDrained((long) done << CONTEXT_ACTUAL);
        }
    }

    private void contextsDone(final long granularity) {
        registers.update(VtdRegisters.CCMD, GO | 3L << CONTEXT_ACTUAL, granularity);
    }

    private int contexts(final long command) {
        final int granularity = (int) (command >>> CONTEXT_REQUEST) & 3;
        switch (granularity) {
            case InvalidationLayout.GLOBAL, InvalidationLayout.DOMAIN -> sink.forgetAllContexts();
            case InvalidationLayout.SELECTIVE -> sink.forgetContexts((int) (command >>> 16) & 0xFFFF,
                    DescriptorExecutor.ignoredBits((int) (command >>> 32)));
            default -> {
                return 0;
            }
        }
        return granularity == InvalidationLayout.DOMAIN ? InvalidationLayout.GLOBAL : granularity;
    }

    private void invalidateTranslations(final long command) {
        final int done = allowed() ? translations(command, address) : 0;
        if (done == 0) {
            translationsDone(0);
        } else {
            // DMA is drained always, whatever DR and DW ask for.
            translationEnding.showWhenDrained((long) done << IOTLB_ACTUAL);
        }
    }

    private void translationsDone(final long granularity) {
        registers.update(iotlb, GO | 3L << IOTLB_ACTUAL, granularity);
    }

    private int translations(final long command, final long pages) {
        final int granularity = (int) (command >>> IOTLB_REQUEST) & 3;
        final int domain = (int) (command >>> 32) & 0xFFFF;
        switch (granularity) {
            case InvalidationLayout.GLOBAL -> sink.forgetAllTranslations();
            case InvalidationLayout.DOMAIN -> sink.forgetDomain(domain);
            case InvalidationLayout.SELECTIVE -> {
                final int mask = (int) pages & InvalidationLayout.ADDRESS_MASK;
                if (mask > capabilities.maxAddressMask()) {
                    return 0;
                }
                sink.forgetPages(domain, pages & InvalidationLayout.ADDRESS, mask,
                        (pages & InvalidationLayout.HINT) != 0);
            }
            default -> {
                return 0;
            }
        }
        return granularity;
    }

    private boolean allowed() {
        return !state.queuedInvalidationEnabled()
                && state.translationMode() == GlobalFields.TTM_LEGACY;
    }

    /** Forgets what software wrote. */
    public void reset() {
        context = 0;
        address = 0;
    }
}
