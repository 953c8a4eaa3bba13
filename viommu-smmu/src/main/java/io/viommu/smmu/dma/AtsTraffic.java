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

import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.fault.FaultReporter;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;
import io.viommu.smmu.walk.ConfigurationLookup;
import io.viommu.smmu.walk.Permission;
import io.viommu.smmu.walk.TranslationWalk;
import io.viommu.tlb.CachedTranslation;

/**
 * PCIe ATS: translation requests, and traffic that was translated before (IHI 0070, 3.9.1). Neither goes through the
 * translation cache. Translated traffic is taken as having no SubstreamID (IDR3.PASIDTT = 0), so substream rules don't
 * apply to it.
 */
final class AtsTraffic {

    private final SmmuCapabilities capabilities;
    private final ConfigurationLookup configurations;
    private final TranslationWalk walk;
    private final FaultReporter reporter;
    private final SmmuFault fault;
    private final CachedTranslation current;
    private int rights;

    AtsTraffic(final SmmuCapabilities capabilities, final ConfigurationLookup configurations,
            final TranslationWalk walk,
            final FaultReporter reporter, final SmmuFault fault, final CachedTranslation current) {
        this.capabilities = capabilities;
        this.configurations = configurations;
        this.walk = walk;
        this.reporter = reporter;
        this.fault = fault;
        this.current = current;
    }

    int rights() {
        return rights;
    }

    /** A translated transaction; the reporter knows it already. */
    int translated(final SmmuContext context, final int device, final long address, final int access) {
        if (!context.enabled()) {
            reporter.recordForbidden();
            return DmaSession.ABORTED;
        }
        if (!context.checksTranslatedTraffic()) {
            return pass(address);
        }
        if (configurations.loadStream(context, device, fault) != SmmuFault.NONE) {
            recordConfigurationError(context, true);
            return DmaSession.ABORTED;
        }
        final StreamConfiguration stream = configurations.stream();
        switch (stream.ats()) {
            case StreamTableEntryLayout.EATS_DISABLED :
                reporter.recordForbidden();
                return DmaSession.ABORTED;
            case StreamTableEntryLayout.EATS_SPLIT_STAGE :
                return translateStage2(context, stream, address, access);
            default :
                return pass(address);
        }
    }

    /** 3.9.1.1: an address beyond the PA size aborts, without an event. */
    private int pass(final long address) {
        final int bits = capabilities.outputBits();
        if (address >>> bits != 0) {
            return DmaSession.ABORTED;
        }
        current.to(address, bits, bits, Permission.ALL);
        return DmaSession.OK;
    }

    /** Split-stage: the device gives IPAs, and faults of stage 2 are those of an ordinary transaction. */
    private int translateStage2(final SmmuContext context, final StreamConfiguration stream, final long address,
            final int access) {
        final boolean write = (access & DmaSession.WRITE) != 0;
        final boolean privileged = stream.privileged(false);
        final boolean instruction = !write && stream.instruction(false);
        reporter.attributes(privileged, instruction);
        final int wanted = Permission.of(privileged, write, instruction);
        if (walk.translateStage2Only(stream, address, wanted, fault) != SmmuFault.NONE) {
            if (!fault.stage2()) {
                reporter.record(fault);
                return DmaSession.ABORTED;
            }
            return reporter.end(context, stream, fault);
        }
        current.to(walk.address(), walk.shift(), walk.shift(), walk.permissions());
        return DmaSession.OK;
    }

    /** A translation request; the reporter knows it already. */
    int request(final SmmuContext context, final int device, final int pasid, final long address, final int access) {
        rights = 0;
        if (!context.enabled()) {
            reporter.recordBadRequest();
            return AtsSession.ATS_UNSUPPORTED;
        }
        final int found = configurations.loadStream(context, device, fault);
        if (found == SmmuFault.SILENT) {
            return AtsSession.ATS_UNSUPPORTED;
        }
        if (found != SmmuFault.NONE) {
            recordConfigurationError(context, context.recordsInvalidStreams());
            return AtsSession.ATS_ABORT;
        }
        final StreamConfiguration stream = configurations.stream();
        if (stream.ats() == StreamTableEntryLayout.EATS_DISABLED) {
            reporter.recordBadRequest();
            return AtsSession.ATS_UNSUPPORTED;
        }
        if (configurations.loadContext(context, pasid, fault) != SmmuFault.NONE) {
            return refuse(context, address);
        }
        return grant(context, stream, address, access);
    }

    /**
     * 13.7.1: PRIVCFG decides whose rights are granted, INSTCFG which right a read needs and what stands for execution.
     */
    private int grant(final SmmuContext context, final StreamConfiguration stream, final long address,
            final int access) {
        final boolean privileged = stream.privileged((access & DmaSession.PRIVILEGED) != 0);
        final int read = Permission.of(privileged, false, stream.instruction(false));
        final int write = Permission.of(privileged, true, false);
        final boolean writeWanted = (access & DmaSession.WRITE) != 0;
        if (walk.explore(stream, address, writeWanted ? read | write : read, fault) != SmmuFault.NONE) {
            return refuse(context, address);
        }
        int allowed = take(stream);
        // The request is the only moment to note a coming write: a clean page is made dirty now (3.13.7.1).
        if (writeWanted && (allowed & write) == 0
                && walk.translate(stream, address, write, fault) == SmmuFault.NONE) {
            allowed = take(stream);
        }
        if ((allowed & read) != 0) {
            rights |= AtsSession.ATS_READ;
            if ((access & DmaSession.EXECUTE) != 0
                    && (allowed & Permission.of(privileged, false, stream.instruction(true))) != 0) {
                rights |= AtsSession.ATS_EXECUTE;
            }
        }
        // 13.6.4: where no stage translates, both rights are granted whatever was asked for.
        if ((writeWanted || !stream.stage1() && !stream.stage2()) && (allowed & write) != 0) {
            rights |= AtsSession.ATS_WRITE;
        }
        return rights == 0 ? grantNothing(address) : AtsSession.ATS_SUCCESS;
    }

    /** 13.6.3: split-stage ATS gives the IPA out, with the rights and the size that both stages leave. */
    private int take(final StreamConfiguration stream) {
        final boolean split = stream.ats() == StreamTableEntryLayout.EATS_SPLIT_STAGE;
        current.to(split ? walk.intermediateAddress() : walk.address(), walk.shift(), walk.shift(),
                walk.permissions());
        return walk.permissions();
    }

    /** 3.9.1.2: success without rights is of the size of one STU. */
    private int grantNothing(final long address) {
        final int unit = smallestUnit();
        current.to(address, unit, unit, 0);
        return AtsSession.ATS_SUCCESS;
    }

    /** Translation-related faults are answered with success and no rights; everything else aborts. */
    private int refuse(final SmmuContext context, final long address) {
        if (fault.translationRelated()) {
            return grantNothing(address);
        }
        recordConfigurationError(context, true);
        return AtsSession.ATS_ABORT;
    }

    /** STU: the smallest granule. */
    private int smallestUnit() {
        return capabilities.granule(12) ? 12 : capabilities.granule(14) ? 14 : 16;
    }

    /** CR2.REC_CFG_ATS; C_BAD_STREAMID of requests needs CR2.RECINVSID too. */
    private void recordConfigurationError(final SmmuContext context, final boolean invalidStreams) {
        if (context.recordsAtsConfigurationErrors() && fault.event() != SmmuFault.SILENT
                && (invalidStreams || fault.event() != EventLayout.C_BAD_STREAMID)) {
            reporter.record(fault);
        }
    }
}
