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
import io.viommu.smmu.walk.Permission;
import io.viommu.smmu.walk.RequestWalk;
import io.viommu.tlb.CachedTranslation;

/**
 * PCIe ATS: translation requests, and traffic that was translated before (IHI 0070, 3.9.1). Neither goes through the
 * translation cache. Translated traffic is taken as having no SubstreamID (IDR3.PASIDTT = 0), so substream rules don't
 * apply to it.
 */
final class AtsTraffic {

    private final SmmuCapabilities capabilities;
    private final RequestWalk walk;
    private final FaultReporter reporter;
    private final SmmuFault fault;
    private final CachedTranslation current;
    private int rights;

    AtsTraffic(final SmmuCapabilities capabilities, final RequestWalk walk, final FaultReporter reporter,
            final SmmuFault fault, final CachedTranslation current) {
        this.capabilities = capabilities;
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
        if (walk.find(context, device, fault) != SmmuFault.NONE) {
            recordConfigurationError(context, true);
            return DmaSession.ABORTED;
        }
        switch (walk.stream().ats()) {
            case StreamTableEntryLayout.EATS_DISABLED :
                reporter.recordForbidden();
                return DmaSession.ABORTED;
            case StreamTableEntryLayout.EATS_SPLIT_STAGE :
                return translateStage2(context, address, access);
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
    private int translateStage2(final SmmuContext context, final long address, final int access) {
        final int found = walk.translateStage2(address, access, fault);
        reporter.attributes(walk.privileged(), walk.instruction());
        if (found != SmmuFault.NONE) {
            if (!fault.stage2()) {
                reporter.record(fault);
                return DmaSession.ABORTED;
            }
            return reporter.end(context, walk.stream(), fault);
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
        return switch (walk.request(context, device, pasid, address, access, fault)) {
            case SmmuFault.NONE -> grant(address, access);
            case SmmuFault.SILENT -> AtsSession.ATS_UNSUPPORTED;
            case RequestWalk.ATS_DISABLED -> {
                reporter.recordBadRequest();
                yield AtsSession.ATS_UNSUPPORTED;
            }
            default -> refuse(context, address);
        };
    }

    /**
     * 13.7.1: execution is granted with reading. 13.6.3: split-stage ATS gives the IPA out, with the rights and the
     * size that both stages leave.
     */
    private int grant(final long address, final int access) {
        final StreamConfiguration stream = walk.stream();
        final boolean split = stream.ats() == StreamTableEntryLayout.EATS_SPLIT_STAGE;
        final int allowed = walk.permissions();
        current.to(split ? walk.intermediateAddress() : walk.address(), walk.shift(), walk.shift(), allowed);
        if ((allowed & walk.read()) != 0) {
            rights |= AtsSession.ATS_READ;
            if ((access & DmaSession.EXECUTE) != 0 && (allowed & walk.execute()) != 0) {
                rights |= AtsSession.ATS_EXECUTE;
            }
        }
        // 13.6.4: where no stage translates, both rights are granted whatever was asked for.
        if (((access & DmaSession.WRITE) != 0 || !stream.stage1() && !stream.stage2())
                && (allowed & walk.write()) != 0) {
            rights |= AtsSession.ATS_WRITE;
        }
        return rights == 0 ? grantNothing(address) : AtsSession.ATS_SUCCESS;
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
        recordConfigurationError(context, context.recordsInvalidStreams());
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
