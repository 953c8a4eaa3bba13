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

package io.viommu.vtd.dma;

import io.viommu.iommu.DmaSession;
import io.viommu.tlb.CachedSession;
import io.viommu.tlb.DmaEpochs;
import io.viommu.tlb.TranslationCache;
import io.viommu.vtd.config.DeviceConfiguration;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.fault.FaultReporter;
import io.viommu.vtd.walk.Permission;
import io.viommu.vtd.walk.RequestWalk;

/**
 * One DMA thread's way through the unit. The access flags that {@link DmaRequest} adds to those of {@link DmaSession}
 * are understood too.
 *
 * <p>Writes without PASID into the interrupt range come back as they are: a VMM gives them to interrupt remapping, and
 * no memory lies there.
 */
public final class VtdSession extends CachedSession {

    /** Flags of accesses that the cache can answer. */
    private static final int ORDINARY = WRITE | EXECUTE | PRIVILEGED;
    private static final int PAGE_SHIFT = 12;
    private static final long PAGE_OFFSET = (1L << PAGE_SHIFT) - 1;
    /** The permissions that an access needs, by its flags. */
    private static final int[] NEEDED = new int[ORDINARY + 1];

    static {
        final DmaRequest request = new DmaRequest();
        for (int flags = 0; flags < NEEDED.length; flags++) {
            NEEDED[flags] = Permission.of(request.set(0, 0, 0, flags), (flags & PRIVILEGED) != 0);
        }
    }

    private final VtdDmaTranslator translator;
    private final TranslationCache cache;
    private final DmaRequest request = new DmaRequest();
    private final RequestWalk walk;
    private final FaultReporter reporter;
    private final VtdFault fault = new VtdFault();
    private int rights;

    VtdSession(final VtdDmaTranslator translator, final DmaEpochs epochs) {
        super(epochs);
        this.translator = translator;
        this.cache = translator.cache();
        this.walk = translator.openWalk();
        this.reporter = new FaultReporter(translator.faults());
    }

    @Override
    public int translate(final int device, final int pasid, final long iova, final int access) {
        // Without PASID nobody executes or is privileged.
        final int needed = NEEDED[access & (pasid < 0 ? WRITE : ORDINARY)];
        if ((access & ~ORDINARY) != 0 || !cache.lookup(device & 0xFFFF, pasid, iova, needed, current)) {
            final int walked = walk(device, pasid, iova, access);
            if (walked != OK) {
                return walked;
            }
        }
        return translator.isProtected(current.output()) ? ABORTED : OK;
    }

    private int walk(final int device, final int pasid, final long iova, final int access) {
        final long ticket = cache.ticket();
        final VtdContext context = translator.context();
        request.set(device, pasid < 0 ? NO_PASID : pasid, iova, access);
        if (walk.walk(context, request, true, fault) != VtdFault.NONE) {
            report();
            return ABORTED;
        }
        current.of(request.sourceId(), pasid, iova);
        if (walk.translated()) {
            keep(ticket);
        } else {
            current.to(walk.address(), walk.shift(), walk.shift(), Permission.ALL);
        }
        return OK;
    }

    private void keep(final long ticket) {
        final DeviceConfiguration device = walk.device();
        current.to(walk.address(), walk.shift(), walk.matchShift(), permissions(device))
                .tagged(device.type(), device.pasid(), device.domainId(), false);
        if ((request.access() & ~ORDINARY) == 0) {
            cache.fill(current, ticket);
        }
    }

    /** What requests with such attributes may do: those without PASID count as RID_PRIV says. */
    private int permissions(final DeviceConfiguration device) {
        return device.ridPrivileged() ? walk.permissions() >>> Permission.PRIVILEGED_SHIFT : walk.permissions();
    }

    private void report() {
        if (!fault.suppressed()) {
            reporter.report(request.address(), RequestWords.high(request), fault.reason());
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>What is missing in the translation tables is no fault; what is wrong in any table is recorded (VT-d 4.1).
     */
    @Override
    public int requestTranslation(final int device, final int pasid, final long iova, final int access) {
        rights = 0;
        current.of(device, pasid, iova).to(iova, PAGE_SHIFT, PAGE_SHIFT, 0);
        final VtdContext context = translator.context();
        if (!context.translating()) {
            return ATS_UNSUPPORTED;
        }
        request.set(device, pasid < 0 ? NO_PASID : pasid, iova, access & ORDINARY | DmaRequest.TRANSLATION);
        if (walk.walk(context, request, true, fault) != VtdFault.NONE) {
            report();
            return fault.reason().accessError() ? ATS_ABORT : ATS_UNSUPPORTED;
        }
        final boolean privileged = request.privileged() || walk.device().ridPrivileged();
        final int granted = privileged ? walk.permissions() >>> Permission.PRIVILEGED_SHIFT : walk.permissions();
        if ((granted & Permission.USER) != 0) {
            current.to(walk.address(), walk.shift(), walk.matchShift(), granted);
        }
        grant(granted, access);
        return ATS_SUCCESS;
    }

    private void grant(final int granted, final int access) {
        if ((granted & Permission.USER_READ) != 0) {
            rights |= ATS_READ;
            if ((access & EXECUTE) != 0 && request.hasPasid() && (granted & Permission.USER_EXECUTE) != 0) {
                rights |= ATS_EXECUTE;
            }
        }
        if ((access & WRITE) != 0 && (granted & Permission.USER_WRITE) != 0) {
            rights |= ATS_WRITE;
        }
    }

    @Override
    public int atsRights() {
        return rights;
    }

    /** Protected regions may begin at any page. */
    @Override
    public long span() {
        final long span = current.span();
        return translator.protects() ? Math.min(span, PAGE_OFFSET + 1 - (current.output() & PAGE_OFFSET)) : span;
    }
}
