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
package io.viommu.smmu.translate;

import io.viommu.iommu.AtsSession;
import io.viommu.iommu.DmaSession;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.SmmuFeatures;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.layout.EventLayout;
import io.viommu.smmu.layout.StreamTableEntryLayout;
import io.viommu.smmu.walk.Permission;
import io.viommu.smmu.walk.TranslationWalk;
import io.viommu.tlb.CachedTranslation;

/**
 * PCIe ATS: translation requests, and traffic that was translated before (IHI 0070, 3.9.1). Neither goes through the
 * translation cache. Translated traffic is taken as having no SubstreamID (IDR3.PASIDTT = 0), so substream rules don't
 * apply to it.
 */
final class AtsTraffic {

    private final SmmuFeatures features;
    private final ConfigurationLookup configurations;
    private final TranslationWalk walk;
    private final FaultReporter reporter;
    private final SmmuFault fault;
    private final CachedTranslation current;
    private int rights;

    AtsTraffic(final SmmuFeatures features, final ConfigurationLookup configurations, final TranslationWalk walk,
            final FaultReporter reporter, final SmmuFault fault, final CachedTranslation current) {
        this.features = features;
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
        if (address >>> features.outputBits() != 0) {
            return DmaSession.ABORTED;
        }
        if (!context.checksTranslatedTraffic()) {
            return pass(address, features.outputBits());
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
                return pass(address, features.outputBits());
        }
    }

    private int pass(final long address, final int bits) {
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

    private int grant(final SmmuContext context, final StreamConfiguration stream, final long address,
            final int access) {
        final boolean privileged = stream.privileged((access & DmaSession.PRIVILEGED) != 0);
        final int read = Permission.of(privileged, false, false);
        final int write = Permission.of(privileged, true, false);
        final boolean writeWanted = (access & DmaSession.WRITE) != 0;
        if (explore(stream, address, writeWanted ? read | write : read) != SmmuFault.NONE) {
            return refuse(context, address);
        }
        int allowed = walk.permissions();
        current.to(walk.address(), walk.shift(), walk.shift(), allowed);
        // The request is the only moment to note a coming write: a clean page is made dirty now (3.13.7.1).
        if (writeWanted && (allowed & write) == 0 && walk(stream, address, write) == SmmuFault.NONE) {
            allowed = walk.permissions();
            current.to(walk.address(), walk.shift(), walk.shift(), allowed);
        }
        if ((allowed & read) != 0) {
            rights |= AtsSession.ATS_READ;
            if ((access & DmaSession.EXECUTE) != 0 && (allowed & Permission.of(privileged, false, true)) != 0) {
                rights |= AtsSession.ATS_EXECUTE;
            }
        }
        if (writeWanted && (allowed & write) != 0) {
            rights |= AtsSession.ATS_WRITE;
        }
        return AtsSession.ATS_SUCCESS;
    }

    private int explore(final StreamConfiguration stream, final long address, final int sought) {
        return stream.ats() == StreamTableEntryLayout.EATS_SPLIT_STAGE
                ? walk.translateStage1(stream, address, 0, fault)
                : walk.explore(stream, address, sought, fault);
    }

    private int walk(final StreamConfiguration stream, final long address, final int wanted) {
        return stream.ats() == StreamTableEntryLayout.EATS_SPLIT_STAGE
                ? walk.translateStage1(stream, address, wanted, fault)
                : walk.translate(stream, address, wanted, fault);
    }

    /** Translation-related faults are answered with success and no rights; everything else aborts. */
    private int refuse(final SmmuContext context, final long address) {
        if (fault.translationRelated()) {
            final int unit = smallestUnit();
            current.to(address, unit, unit, 0);
            return AtsSession.ATS_SUCCESS;
        }
        recordConfigurationError(context, true);
        return AtsSession.ATS_ABORT;
    }

    /** STU: the smallest granule. */
    private int smallestUnit() {
        return features.granule(12) ? 12 : features.granule(14) ? 14 : 16;
    }

    /** CR2.REC_CFG_ATS; C_BAD_STREAMID of requests needs CR2.RECINVSID too. */
    private void recordConfigurationError(final SmmuContext context, final boolean invalidStreams) {
        if (context.recordsAtsConfigurationErrors() && fault.event() != SmmuFault.SILENT
                && (invalidStreams || fault.event() != EventLayout.C_BAD_STREAMID)) {
            reporter.record(fault);
        }
    }
}
