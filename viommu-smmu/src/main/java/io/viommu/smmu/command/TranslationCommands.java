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

import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.CommandLayout;

/** TLB invalidations (IHI 0070, 4.4). */
final class TranslationCommands {

    private static final int TG_16K = 2;

    private final SmmuCapabilities capabilities;
    private final InvalidationSink sink;

    TranslationCommands(final SmmuCapabilities capabilities, final InvalidationSink sink) {
        this.capabilities = capabilities;
        this.sink = sink;
    }

    int execute(final CommandType type, final long word0, final long word1) {
        switch (type) {
            case TLBI_NSNH_ALL -> sink.translationsAll();
            case TLBI_NH_ALL -> sink.stage1TranslationsOfVmid(vmid(word0));
            case TLBI_S12_VMALL -> sink.translationsOfVmid(vmid(word0));
            case TLBI_NH_ASID -> sink.translationsOfAsid(vmid(word0), asid(word0));
            case TLBI_EL2_ALL -> sink.el2TranslationsAll();
            case TLBI_EL2_ASID -> sink.el2TranslationsOfAsid(asid(word0));
            default -> {
                return byAddress(type, word0, word1);
            }
        }
        return 0;
    }

    private int byAddress(final CommandType type, final long word0, final long word1) {
        final int granule = capabilities.rangeInvalidation() ? (int) (word1 >>> CommandLayout.TG_SHIFT) & 3 : 0;
        final int num = (int) (word0 >>> CommandLayout.LOW_FIELD_SHIFT) & CommandLayout.NUM_MASK;
        final int scale = (int) (word0 >>> CommandLayout.SCALE_SHIFT) & CommandLayout.SCALE_MASK;
        if (granule != 0 && num == 0 && scale == 0 && level(granule, word1) == 0 && !capabilities.qemu()) {
            return CommandLayout.CERROR_ILL; // a granule without a use for it is reserved (4.4.1.1)
        }
        final int vmid = vmid(word0);
        final long address = word1 & CommandLayout.ADDRESS;
        switch (type) {
            case TLBI_NH_VA -> sink.translationsAt(vmid, asid(word0), address, granule, num, scale);
            case TLBI_NH_VAA -> sink.translationsAtAnyAsid(vmid, address, granule, num, scale);
            case TLBI_EL2_VA -> sink.el2TranslationsAt(asid(word0), address, granule, num, scale);
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

    private static int asid(final long word0) {
        return (int) (word0 >>> CommandLayout.ASID_SHIFT) & 0xFFFF;
    }
}
