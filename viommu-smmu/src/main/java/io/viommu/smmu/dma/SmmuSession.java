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
package io.viommu.smmu.dma;

import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.fault.FaultReporter;
import io.viommu.smmu.walk.Permission;
import io.viommu.smmu.walk.RequestWalk;
import io.viommu.tlb.CachedSession;
import io.viommu.tlb.DmaEpochs;
import io.viommu.tlb.TranslationCache;

/** One DMA thread's way through the SMMU; for PCIe ATS see {@link #requestTranslation}. */
public final class SmmuSession extends CachedSession {

    /** The permission that an access needs, by its flags WRITE, EXECUTE and PRIVILEGED, before any override. */
    private static final int[] NEEDED = new int[8];

    static {
        for (int flags = 0; flags < NEEDED.length; flags++) {
            NEEDED[flags] = Permission.of((flags & PRIVILEGED) != 0, (flags & WRITE) != 0, (flags & EXECUTE) != 0);
        }
    }

    private final SmmuDmaTranslator translator;
    private final TranslationCache cache;
    private final RequestWalk walk;
    private final FaultReporter reporter;
    private final AtsTraffic ats;
    private final SmmuFault fault = new SmmuFault();

    SmmuSession(final SmmuDmaTranslator translator, final DmaEpochs epochs) {
        super(epochs);
        this.translator = translator;
        this.cache = translator.cache();
        this.walk = new RequestWalk(translator.memory(), translator.capabilities(), translator.configurations());
        this.reporter = new FaultReporter(translator.faults(), translator.stalls());
        this.ats = new AtsTraffic(translator.capabilities(), walk, reporter, fault, current);
    }

    @Override
    public int translate(final int device, final int pasid, final long iova, final int access) {
        if ((access & TRANSLATED) != 0) {
            reporter.transaction(device, NO_PASID, iova, access);
            return ats.translated(translator.context(), device, iova, access);
        }
        if (cache.lookup(device, pasid, iova, NEEDED[access & 7], current)) {
            return OK;
        }
        return walk(device, pasid, iova, access);
    }

    private int walk(final int device, final int pasid, final long iova, final int access) {
        final long ticket = cache.ticket();
        final SmmuContext context = translator.context();
        if (!context.enabled()) {
            return passDisabled(context, device, pasid, iova, ticket);
        }
        if (walk.walk(context, device, pasid, iova, access, fault) != SmmuFault.NONE) {
            reporter.transaction(device, pasid, iova, access);
            reporter.attributes(walk.privileged(), walk.instruction());
            return reporter.end(context, walk.stream(), fault);
        }
        keep(walk.stream(), device, pasid, iova, ticket);
        return OK;
    }

    /** 6.3.9, 6.3.14: SMMUEN is 0. Addresses beyond the output size abort, without an event. */
    private int passDisabled(final SmmuContext context, final int device, final int pasid, final long iova,
            final long ticket) {
        final int bits = context.capabilities().outputBits();
        if (context.abortsWhenDisabled() || iova >>> bits != 0) {
            return ABORTED;
        }
        cache.fill(current.of(device, pasid, iova).to(iova, bits, bits, Permission.ALL)
                .tagged(TranslationKind.BYPASS, 0, 0, false), ticket);
        return OK;
    }

    /** Keeps what was walked, but for addresses with a tag in the top byte: invalidations name them without it. */
    private void keep(final StreamConfiguration stream, final int device, final int pasid, final long iova,
            final long ticket) {
        current.of(device, pasid, iova).to(walk.address(), walk.shift(), walk.matchShift(),
                incoming(stream, walk.permissions()))
                .tagged(kind(stream), stream.asid(), stream.vmid(), walk.global());
        if (iova == iova << 8 >> 8) {
            cache.fill(current, ticket);
        }
    }

    private static int kind(final StreamConfiguration stream) {
        if (stream.stage1()) {
            return switch (stream.world()) {
                case StreamConfiguration.WORLD_EL2 -> TranslationKind.EL2;
                case StreamConfiguration.WORLD_EL2_E2H -> TranslationKind.EL2_E2H;
                default -> TranslationKind.EL1;
            };
        }
        return stream.stage2() ? TranslationKind.INTERMEDIATE : TranslationKind.BYPASS;
    }

    /** What is allowed by the attributes that transactions come with, PRIVCFG and INSTCFG applied beforehand. */
    private static int incoming(final StreamConfiguration stream, final int permissions) {
        if (!stream.overridesAttributes()) {
            return permissions;
        }
        int allowed = 0;
        for (int flags = 0; flags < NEEDED.length; flags++) {
            final boolean write = (flags & WRITE) != 0;
            final int effective = Permission.of(stream.privileged((flags & PRIVILEGED) != 0), write,
                    !write && stream.instruction((flags & EXECUTE) != 0));
            if ((permissions & effective) != 0) {
                allowed |= NEEDED[flags];
            }
        }
        return allowed;
    }

    /**
     * Answers a PCIe ATS translation request (IHI 0070, 3.9.1.2). With {@link #ATS_SUCCESS}, {@link #atsRights} says
     * what is granted, maybe nothing; {@link #address} and {@link #span} say for where. Never stalls, and records no
     * translation fault.
     *
     * @param device StreamID.
     * @param pasid  20 bits, or {@link #NO_PASID}.
     * @param iova   the untranslated address.
     * @param access {@link #WRITE} if writes are wanted (NW = 0); with a PASID also {@link #EXECUTE} and
     *               {@link #PRIVILEGED}.
     * @return {@link #ATS_SUCCESS}, {@link #ATS_UNSUPPORTED} or {@link #ATS_ABORT}.
     */
    @Override
    public int requestTranslation(final int device, final int pasid, final long iova, final int access) {
        // Privilege and execution are asked for by the PASID prefix (13.7).
        final int asked = pasid == NO_PASID ? access & WRITE : access;
        reporter.transaction(device, pasid, iova, asked);
        return ats.request(translator.context(), device, pasid, iova, asked);
    }

    /**
     * What the last translation request granted.
     *
     * @return {@link #ATS_READ}, {@link #ATS_WRITE} and {@link #ATS_EXECUTE}.
     */
    @Override
    public int atsRights() {
        return ats.rights();
    }

    @Override
    public int stallTag() {
        return reporter.stallTag();
    }
}
