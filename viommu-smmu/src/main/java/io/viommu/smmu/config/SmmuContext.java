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
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * The registers that decide what becomes of a transaction, at one moment: made by the register side whenever one of
 * them takes effect, so that no transaction sees half of a change (IHI 0070, 6.3.9, CR0.SMMUEN).
 *
 * @param capabilities what the SMMU offers.
 * @param cr0                 SMMU_CR0 as acknowledged.
 * @param cr2                 SMMU_CR2.
 * @param gbpa                SMMU_GBPA.
 * @param streamTableBase     SMMU_STRTAB_BASE.
 * @param streamTableSettings SMMU_STRTAB_BASE_CFG.
 */
public record SmmuContext(SmmuCapabilities capabilities, int cr0, int cr2, int gbpa, long streamTableBase,
        int streamTableSettings) {

    /**
     * The state after reset: disabled, letting everything through.
     *
     * @param capabilities what the SMMU offers.
     * @return all registers 0.
     */
    public static SmmuContext reset(final SmmuCapabilities capabilities) {
        return new SmmuContext(capabilities, 0, 0, 0, 0, 0);
    }

    /**
     * The same registers, but everything is aborted without an event.
     *
     * @return translation off, and GBPA.ABORT.
     */
    public SmmuContext aborting() {
        return new SmmuContext(capabilities, cr0 & ~SmmuRegisters.CR0_SMMUEN, cr2, gbpa | SmmuRegisters.GBPA_ABORT,
                streamTableBase,
                streamTableSettings);
    }

    /**
     * CR0.SMMUEN.
     *
     * @return true if streams are looked up.
     */
    public boolean enabled() {
        return (cr0 & SmmuRegisters.CR0_SMMUEN) != 0;
    }

    /**
     * CR0.ATSCHK.
     *
     * @return true if translated traffic is checked against STE.EATS.
     */
    public boolean checksTranslatedTraffic() {
        return capabilities.ats() && (cr0 & SmmuRegisters.CR0_ATSCHK) != 0;
    }

    /**
     * CR0.VMW as the low bits of a VMID that an invalidation ignores.
     *
     * @return a mask of 0 to 4 ones.
     */
    public int ignoredVmidBits() {
        final int wildcard = capabilities.vmidWildcards() ? cr0 >>> SmmuRegisters.CR0_VMW_SHIFT & 7 : 0;
        return wildcard > 4 ? 0 : (1 << wildcard) - 1;
    }

    /**
     * CR2.E2H.
     *
     * @return true if the EL2 world has ASIDs and users.
     */
    public boolean e2h() {
        return capabilities.hypervisor() && (cr2 & SmmuRegisters.CR2_E2H) != 0;
    }

    /**
     * CR2.RECINVSID.
     *
     * @return true if C_BAD_STREAMID is recorded.
     */
    public boolean recordsInvalidStreams() {
        return (cr2 & SmmuRegisters.CR2_RECINVSID) != 0;
    }

    /**
     * CR2.REC_CFG_ATS.
     *
     * @return true if configuration errors of ATS traffic are recorded.
     */
    public boolean recordsAtsConfigurationErrors() {
        return (cr2 & SmmuRegisters.CR2_REC_CFG_ATS) != 0;
    }

    /**
     * GBPA.ABORT.
     *
     * @return true if a disabled SMMU aborts traffic.
     */
    public boolean abortsWhenDisabled() {
        return (gbpa & SmmuRegisters.GBPA_ABORT) != 0;
    }

    /**
     * STRTAB_BASE_CFG.FMT; 2 and 3 are reserved and act as linear.
     *
     * @return true if the stream table has two levels.
     */
    public boolean twoLevelStreamTable() {
        return capabilities.twoLevelStreamTable()
                && (streamTableSettings >>> SmmuRegisters.STRTAB_FMT_SHIFT & 3) == SmmuRegisters.STRTAB_FMT_TWO_LEVELS;
    }

    /**
     * STRTAB_BASE_CFG.SPLIT; what is reserved acts as 6.
     *
     * @return 6, 8 or 10.
     */
    public int streamTableSplit() {
        final int split = streamTableSettings >>> SmmuRegisters.STRTAB_SPLIT_SHIFT & 0x1F;
        return split == 8 || split == 10 ? split : 6;
    }

    /**
     * STRTAB_BASE_CFG.LOG2SIZE, literally, as the alignment of the base goes by it.
     *
     * @return 0 to 63.
     */
    public int streamTableLog2Size() {
        return streamTableSettings & SmmuRegisters.STRTAB_LOG2SIZE;
    }
}
