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
package io.viommu.smmu.config;

import io.viommu.smmu.register.SmmuCapabilities;
import static io.viommu.smmu.spec.ContextDescriptorLayout.A;
import static io.viommu.smmu.spec.ContextDescriptorLayout.AA64;
import static io.viommu.smmu.spec.ContextDescriptorLayout.ENDI;
import static io.viommu.smmu.spec.ContextDescriptorLayout.HA;
import static io.viommu.smmu.spec.ContextDescriptorLayout.HD;
import static io.viommu.smmu.spec.ContextDescriptorLayout.S;
import static io.viommu.smmu.spec.ContextDescriptorLayout.V;

/**
 * What makes a context descriptor ILLEGAL, C_BAD_CD, in the architecture's order (IHI 0070, 5.4.2). A rule broken by
 * either enabled half makes the descriptor ILLEGAL whichever half an access uses; what EPDx disables is IGNORED.
 */
public enum CdRule {

    /** V is 0. */
    NOT_VALID((cd, f) -> !cd.flag(V)),
    /** S asks for stalls that the stream forbids (STE.S1STALLD). */
    STALLS_FORBIDDEN_BY_STREAM((cd, f) -> cd.streamForbidsStalls() && cd.flag(S)),
    /** A is 0 though the SMMU can only abort. */
    ABORT_ONLY((cd, f) -> f.abortsOnly() && !cd.flag(A)),
    /** S asks for stalls that are not offered. */
    STALLS_NOT_OFFERED((cd, f) -> f.stallModel() == 1 && cd.flag(S)),
    /** S is 0 though stalls are forced. */
    STALLS_FORCED((cd, f) -> f.stallModel() == 2 && !cd.flag(S)),
    /** ENDI asks for an endianness that is not offered. */
    ENDIANNESS((cd, f) -> !(cd.disabled(0) && cd.disabled(1))
            && (cd.flag(ENDI) ? f.tableEndianness() == 2 : f.tableEndianness() == 3)),
    /** AA64 chooses a table format that is not offered; VMSAv8-32 never is. */
    TABLE_FORMAT((cd, f) -> !(cd.flag(AA64) && f.aarch64Tables())),
    /** HA or HD is set though the SMMU updates no tables. */
    UPDATES_NOT_OFFERED((cd, f) -> cd.flag(HA | HD) && f.tableUpdates() == 0),
    /** HD is set though the SMMU updates access flags only. */
    DIRTY_STATE_NOT_OFFERED((cd, f) -> cd.flag(HD) && f.tableUpdates() == 1),
    /** ASID has more than the 8 bits that are offered. */
    ASID_TOO_WIDE((cd, f) -> cd.usesAsid() && !f.wideAsids() && cd.asid() > 0xFF),
    /** T0SZ or T1SZ is out of range. */
    INPUT_SIZE((cd, f) -> inputSizeInvalid(cd, f, 0) || inputSizeInvalid(cd, f, 1)),
    /** TG0 chooses a granule that is not offered. */
    GRANULE_0_NOT_OFFERED((cd, f) -> granuleInvalid(cd, f, 0)),
    /** TTB0 is beyond what IPS and the PA size allow. */
    TABLE_0_OUT_OF_RANGE((cd, f) -> tableOutOfRange(cd, f, 0)),
    /** TG1 chooses a granule that is not offered. */
    GRANULE_1_NOT_OFFERED((cd, f) -> granuleInvalid(cd, f, 1)),
    /** TTB1 is beyond what IPS and the PA size allow. */
    TABLE_1_OUT_OF_RANGE((cd, f) -> tableOutOfRange(cd, f, 1));

    private static final CdRule[] ALL = values();

    private final Check check;

    CdRule(final Check check) {
        this.check = check;
    }

    @FunctionalInterface
    private interface Check {
        boolean broken(ContextDescriptor descriptor, SmmuCapabilities capabilities);
    }

    /** The first rule that a descriptor breaks, or null. */
    static CdRule firstBroken(final ContextDescriptor descriptor, final SmmuCapabilities capabilities) {
        for (final CdRule rule : ALL) {
            if (rule.check.broken(descriptor, capabilities)) {
                return rule;
            }
        }
        return null;
    }

    /** The greatest TxSZ: that of the smallest address space (IDR3.STT). */
    static int greatestInputSize(final SmmuCapabilities capabilities, final int pageShift) {
        if (!capabilities.smallTranslationTables()) {
            return 39;
        }
        return pageShift == 16 ? 47 : 48;
    }

    private static boolean inputSizeInvalid(final ContextDescriptor cd, final SmmuCapabilities capabilities,
            final int half) {
        if (cd.disabled(half)) {
            return false;
        }
        final int size = cd.inputSize(half);
        final int least = capabilities.wideVirtualAddresses() && cd.pageShift(half) == 16 ? 12 : 16;
        return size < least || size > greatestInputSize(capabilities, cd.pageShift(half));
    }

    private static boolean granuleInvalid(final ContextDescriptor cd, final SmmuCapabilities capabilities,
            final int half) {
        return !cd.disabled(half) && !capabilities.granule(cd.pageShift(half));
    }

    private static boolean tableOutOfRange(final ContextDescriptor cd, final SmmuCapabilities capabilities,
            final int half) {
        return !cd.disabled(half)
                && cd.table(half) >>> StageTable.outputBits(cd.outputBits(capabilities), cd.pageShift(half)) != 0;
    }
}
