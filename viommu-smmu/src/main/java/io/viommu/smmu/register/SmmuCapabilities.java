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
package io.viommu.smmu.register;

import io.viommu.smmu.spec.IdentificationFields;

/**
 * What one SMMU can do, read from the words that also tell the guest (IHI 0070, 6.3.1 to 6.3.8), so that the model
 * never does what it doesn't announce, nor the reverse.
 *
 * @param idr0 SMMU_IDR0.
 * @param idr1 SMMU_IDR1.
 * @param idr3 SMMU_IDR3.
 * @param idr5 SMMU_IDR5.
 * @param aidr SMMU_AIDR.
 * @param qemu where the architecture leaves a choice, it is QEMU's: peripheral identification, what of reserved bits is
 *             stored, a reserved range invalidation, an Event queue interrupt for every batch.
 */
public record SmmuCapabilities(int idr0, int idr1, int idr3, int idr5, int aidr, boolean qemu) {

    /** Stalled transactions that may be outstanding at once (IDR5.STALL_MAX). */
    public static final int STALL_MAX = 512;
    /** AIDR: SMMUv3.1. */
    public static final int VERSION_1 = 1;
    /** AIDR: SMMUv3.2. */
    public static final int VERSION_2 = 2;

    private static final int[] ADDRESS_SIZES = { 32, 36, 40, 42, 44, 48, 52, 52 };

    /**
     * IDR0.S2P.
     *
     * @return true if stage 2 is offered.
     */
    public boolean stage2() {
        return (idr0 & IdentificationFields.S2P) != 0;
    }

    /**
     * IDR0.S1P.
     *
     * @return true if stage 1 is offered.
     */
    public boolean stage1() {
        return (idr0 & IdentificationFields.S1P) != 0;
    }

    /**
     * IDR0.TTF[1].
     *
     * @return true if VMSAv8-64 tables are offered.
     */
    public boolean aarch64Tables() {
        return (field(idr0, IdentificationFields.TTF, 2) & IdentificationFields.TTF_AARCH64) != 0;
    }

    /**
     * IDR0.HTTU.
     *
     * @return 0 none, 1 access flag, 2 access flag and dirty state, 3 also access flags of tables.
     */
    public int tableUpdates() {
        return field(idr0, IdentificationFields.HTTU, 2);
    }

    /**
     * IDR0.Hyp.
     *
     * @return true if streams of the EL2 world are offered.
     */
    public boolean hypervisor() {
        return (idr0 & IdentificationFields.HYP) != 0;
    }

    /**
     * IDR0.ATS.
     *
     * @return true if PCIe ATS is offered.
     */
    public boolean ats() {
        return (idr0 & IdentificationFields.ATS) != 0;
    }

    /**
     * IDR0.NS1ATS.
     *
     * @return true if split-stage ATS is not offered.
     */
    public boolean noSplitStageAts() {
        return (idr0 & IdentificationFields.NS1ATS) != 0;
    }

    /**
     * IDR0.ASID16.
     *
     * @return true if ASIDs have 16 bits, else 8.
     */
    public boolean wideAsids() {
        return (idr0 & IdentificationFields.ASID16) != 0;
    }

    /**
     * IDR0.VMID16.
     *
     * @return true if VMIDs have 16 bits, else 8.
     */
    public boolean wideVmids() {
        return (idr0 & IdentificationFields.VMID16) != 0;
    }

    /**
     * IDR0.CD2L.
     *
     * @return true if two-level context descriptor tables are offered.
     */
    public boolean twoLevelContextTable() {
        return (idr0 & IdentificationFields.CD2L) != 0;
    }

    /**
     * IDR0.VMW.
     *
     * @return true if CR0.VMW widens the VMID matching of invalidations.
     */
    public boolean vmidWildcards() {
        return (idr0 & IdentificationFields.VMW) != 0;
    }

    /**
     * IDR0.TTENDIAN.
     *
     * @return 0 both, 2 little-endian only, 3 big-endian only.
     */
    public int tableEndianness() {
        return field(idr0, IdentificationFields.TTENDIAN, 2);
    }

    /**
     * IDR0.STALL_MODEL.
     *
     * @return 0 stall and terminate, 1 no stalls, 2 stalls forced.
     */
    public int stallModel() {
        return field(idr0, IdentificationFields.STALL_MODEL, 2);
    }

    /**
     * Whether faults may stall transactions (IDR0.STALL_MODEL).
     *
     * @return true unless the model is terminate only.
     */
    public boolean stalls() {
        return stallModel() != IdentificationFields.STALL_MODEL_TERMINATE;
    }

    /**
     * IDR0.MSI.
     *
     * @return true if interrupts may be messages, beside the wires.
     */
    public boolean msi() {
        return (idr0 & IdentificationFields.MSI) != 0;
    }

    /**
     * IDR0.PRI.
     *
     * @return true if the page request queue is offered.
     */
    public boolean pri() {
        return (idr0 & IdentificationFields.PRI) != 0;
    }

    /**
     * IDR0.ATSRECERR.
     *
     * @return true if configuration errors of ATS requests can be recorded (CR2.REC_CFG_ATS).
     */
    public boolean recordsAtsErrors() {
        return (idr0 & IdentificationFields.ATSRECERR) != 0;
    }

    /**
     * IDR0.TERM_MODEL.
     *
     * @return true if a terminated access always aborts.
     */
    public boolean abortsOnly() {
        return (idr0 & IdentificationFields.TERM_MODEL) != 0;
    }

    /**
     * IDR0.ST_LEVEL.
     *
     * @return true if two-level stream tables are offered.
     */
    public boolean twoLevelStreamTable() {
        return field(idr0, IdentificationFields.ST_LEVEL, 2) == IdentificationFields.ST_LEVEL_TWO;
    }

    /**
     * IDR1.SIDSIZE.
     *
     * @return bits of a StreamID, at most 32.
     */
    public int streamIdBits() {
        return Math.min(field(idr1, IdentificationFields.SIDSIZE, 6), 32);
    }

    /**
     * IDR1.SSIDSIZE.
     *
     * @return bits of a SubstreamID, at most 20; 0 without substreams.
     */
    public int substreamIdBits() {
        return Math.min(field(idr1, IdentificationFields.SSIDSIZE, 5), 20);
    }

    /**
     * IDR1.CMDQS.
     *
     * @return greatest log2 of entries of the Command queue.
     */
    public int commandQueueLog2() {
        return field(idr1, IdentificationFields.CMDQS, 5);
    }

    /**
     * IDR1.EVENTQS.
     *
     * @return greatest log2 of entries of the Event queue.
     */
    public int eventQueueLog2() {
        return field(idr1, IdentificationFields.EVENTQS, 5);
    }

    /**
     * IDR1.PRIQS.
     *
     * @return greatest log2 of entries of the PRI queue; 0 without one.
     */
    public int pageRequestQueueLog2() {
        return field(idr1, IdentificationFields.PRIQS, 5);
    }

    /**
     * IDR1.ATTR_PERMS_OVR.
     *
     * @return true if STE.PRIVCFG and STE.INSTCFG take effect.
     */
    public boolean permissionOverrides() {
        return (idr1 & IdentificationFields.ATTR_PERMS_OVR) != 0;
    }

    /**
     * IDR3.HAD.
     *
     * @return true if CD.HADx takes effect.
     */
    public boolean hierarchicalAttributeDisable() {
        return (idr3 & IdentificationFields.HAD) != 0;
    }

    /**
     * IDR3.FWB.
     *
     * @return true if STE.S2FWB is offered.
     */
    public boolean stage2Attributes() {
        return (idr3 & IdentificationFields.FWB) != 0;
    }

    /**
     * IDR3.XNX.
     *
     * @return true if stage 2 tells user and privileged execution apart.
     */
    public boolean stage2ExecuteNeverExtension() {
        return (idr3 & IdentificationFields.XNX) != 0;
    }

    /**
     * IDR3.RIL.
     *
     * @return true if TLB invalidations may name a range.
     */
    public boolean rangeInvalidation() {
        return (idr3 & IdentificationFields.RIL) != 0;
    }

    /**
     * IDR3.BBML; 3 is reserved and acts as 2.
     *
     * @return 0 to 2.
     */
    public int breakBeforeMakeLevel() {
        return Math.min(field(idr3, IdentificationFields.BBML, 2), 2);
    }

    /**
     * IDR3.STT.
     *
     * @return true if small translation tables are offered.
     */
    public boolean smallTranslationTables() {
        return (idr3 & IdentificationFields.STT) != 0;
    }

    /**
     * IDR3.DPT.
     *
     * @return true if a device permission table is offered.
     */
    public boolean devicePermissionTable() {
        return (idr3 & IdentificationFields.DPT) != 0;
    }

    /**
     * IDR5.GRAN4K, GRAN16K, GRAN64K.
     *
     * @param pageShift 12, 14 or 16.
     * @return true if the granule is offered.
     */
    public boolean granule(final int pageShift) {
        return pageShift >= 12 && pageShift <= 16 && (pageShift & 1) == 0
                && (granules() >>> (pageShift - 12) / 2 & 1) != 0;
    }

    /**
     * IDR5.GRAN64K, GRAN16K, GRAN4K.
     *
     * @return bits 2 to 0.
     */
    public int granules() {
        return field(idr5, IdentificationFields.GRANULES, 3);
    }

    /**
     * IDR5.VAX.
     *
     * @return true if virtual addresses may have 52 bits with a 64 KiB granule.
     */
    public boolean wideVirtualAddresses() {
        return field(idr5, IdentificationFields.VAX, 2) != 0;
    }

    /**
     * IDR5.OAS, the output address size.
     *
     * @return 32 to 52 bits.
     */
    public int outputBits() {
        return addressBits(field(idr5, IdentificationFields.OAS, 3));
    }

    /**
     * The bits that a physical address may have.
     *
     * @return ones up to the output address size; queues, tables and MSIs are truncated to it (3.4.3).
     */
    public long addressMask() {
        return (1L << outputBits()) - 1;
    }

    /**
     * IAS, the intermediate address size (3.4). Without VMSAv8-32 it is the output address size.
     *
     * @return bits of an IPA.
     */
    public int intermediateBits() {
        return (field(idr0, IdentificationFields.TTF, 2) & IdentificationFields.TTF_AARCH32) != 0
                ? Math.max(40, outputBits())
                : outputBits();
    }

    /**
     * An address size in the encoding that IDR5.OAS, CD.IPS and STE.S2PS share; 7 is reserved and acts as 52 bits.
     *
     * @param encoding 3 bits.
     * @return 32 to 52 bits.
     */
    public static int addressBits(final int encoding) {
        return ADDRESS_SIZES[encoding & 7];
    }

    /**
     * The encoding of an address size.
     *
     * @param bits 32, 36, 40, 42, 44, 48 or 52.
     * @return what {@link #addressBits} decodes.
     */
    public static int addressSize(final int bits) {
        for (int i = 0; i < ADDRESS_SIZES.length; i++) {
            if (ADDRESS_SIZES[i] == bits) {
                return i;
            }
        }
        throw new IllegalArgumentException("oas must be 32, 36, 40, 42, 44, 48 or 52, not " + bits);
    }

    private static int field(final int register, final int shift, final int bits) {
        return register >>> shift & (1 << bits) - 1;
    }
}
