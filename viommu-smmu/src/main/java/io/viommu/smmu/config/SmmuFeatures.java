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

/**
 * What the SMMU offers, as its identification registers say it (IHI 0070, 6.3.1 to 6.3.6).
 *
 * @param idr0 SMMU_IDR0.
 * @param idr1 SMMU_IDR1.
 * @param idr3 SMMU_IDR3.
 * @param idr5 SMMU_IDR5.
 */
public record SmmuFeatures(int idr0, int idr1, int idr3, int idr5) {

    private static final int[] ADDRESS_SIZES = { 32, 36, 40, 42, 44, 48, 52, 52 };

    /**
     * IDR0.S2P.
     *
     * @return true if stage 2 is offered.
     */
    public boolean stage2() {
        return bit(idr0, 0);
    }

    /**
     * IDR0.S1P.
     *
     * @return true if stage 1 is offered.
     */
    public boolean stage1() {
        return bit(idr0, 1);
    }

    /**
     * IDR0.TTF[1].
     *
     * @return true if VMSAv8-64 tables are offered.
     */
    public boolean aarch64Tables() {
        return bit(idr0, 3);
    }

    /**
     * IDR0.HTTU.
     *
     * @return 0 none, 1 access flag, 2 access flag and dirty state, 3 also access flags of tables.
     */
    public int tableUpdates() {
        return field(idr0, 6, 2);
    }

    /**
     * IDR0.Hyp.
     *
     * @return true if streams of the EL2 world are offered.
     */
    public boolean hypervisor() {
        return bit(idr0, 9);
    }

    /**
     * IDR0.ATS.
     *
     * @return true if PCIe ATS is offered.
     */
    public boolean ats() {
        return bit(idr0, 10);
    }

    /**
     * IDR0.NS1ATS.
     *
     * @return true if split-stage ATS is not offered.
     */
    public boolean noSplitStageAts() {
        return bit(idr0, 11);
    }

    /**
     * IDR0.ASID16.
     *
     * @return true if ASIDs have 16 bits, else 8.
     */
    public boolean wideAsids() {
        return bit(idr0, 12);
    }

    /**
     * IDR0.VMID16.
     *
     * @return true if VMIDs have 16 bits, else 8.
     */
    public boolean wideVmids() {
        return bit(idr0, 18);
    }

    /**
     * IDR0.CD2L.
     *
     * @return true if two-level context descriptor tables are offered.
     */
    public boolean twoLevelContextTable() {
        return bit(idr0, 19);
    }

    /**
     * IDR0.VMW.
     *
     * @return true if CR0.VMW widens the VMID matching of invalidations.
     */
    public boolean vmidWildcards() {
        return bit(idr0, 17);
    }

    /**
     * IDR0.TTENDIAN.
     *
     * @return 0 both, 2 little-endian only, 3 big-endian only.
     */
    public int tableEndianness() {
        return field(idr0, 21, 2);
    }

    /**
     * IDR0.STALL_MODEL.
     *
     * @return 0 stall and terminate, 1 no stalls, 2 stalls forced.
     */
    public int stallModel() {
        return field(idr0, 24, 2);
    }

    /**
     * IDR0.TERM_MODEL.
     *
     * @return true if a terminated access always aborts.
     */
    public boolean abortsOnly() {
        return bit(idr0, 26);
    }

    /**
     * IDR0.ST_LEVEL.
     *
     * @return true if two-level stream tables are offered.
     */
    public boolean twoLevelStreamTable() {
        return field(idr0, 27, 2) == 1;
    }

    /**
     * IDR1.SIDSIZE.
     *
     * @return bits of a StreamID, at most 32.
     */
    public int streamIdBits() {
        return Math.min(field(idr1, 0, 6), 32);
    }

    /**
     * IDR1.SSIDSIZE.
     *
     * @return bits of a SubstreamID, at most 20; 0 without substreams.
     */
    public int substreamIdBits() {
        return Math.min(field(idr1, 6, 5), 20);
    }

    /**
     * IDR1.ATTR_PERMS_OVR.
     *
     * @return true if STE.PRIVCFG and STE.INSTCFG take effect.
     */
    public boolean permissionOverrides() {
        return bit(idr1, 26);
    }

    /**
     * IDR3.HAD.
     *
     * @return true if CD.HADx takes effect.
     */
    public boolean hierarchicalAttributeDisable() {
        return bit(idr3, 2);
    }

    /**
     * IDR3.FWB.
     *
     * @return true if STE.S2FWB is offered.
     */
    public boolean stage2Attributes() {
        return bit(idr3, 8);
    }

    /**
     * IDR3.XNX.
     *
     * @return true if stage 2 tells user and privileged execution apart.
     */
    public boolean stage2ExecuteNeverExtension() {
        return bit(idr3, 4);
    }

    /**
     * IDR3.STT.
     *
     * @return true if small translation tables are offered.
     */
    public boolean smallTranslationTables() {
        return bit(idr3, 9);
    }

    /**
     * IDR3.DPT.
     *
     * @return true if a device permission table is offered.
     */
    public boolean devicePermissionTable() {
        return bit(idr3, 15);
    }

    /**
     * IDR5.GRAN4K, GRAN16K, GRAN64K.
     *
     * @param pageShift 12, 14 or 16.
     * @return true if the granule is offered.
     */
    public boolean granule(final int pageShift) {
        return switch (pageShift) {
            case 12 -> bit(idr5, 4);
            case 14 -> bit(idr5, 5);
            case 16 -> bit(idr5, 6);
            default -> false;
        };
    }

    /**
     * IDR5.VAX.
     *
     * @return true if virtual addresses may have 52 bits with a 64 KiB granule.
     */
    public boolean wideVirtualAddresses() {
        return field(idr5, 10, 2) != 0;
    }

    /**
     * IDR5.OAS, the output address size.
     *
     * @return 32 to 52 bits.
     */
    public int outputBits() {
        return addressBits(field(idr5, 0, 3));
    }

    /**
     * IAS, the intermediate address size (3.4). Without VMSAv8-32 it is the output address size.
     *
     * @return bits of an IPA.
     */
    public int intermediateBits() {
        return bit(idr0, 2) ? Math.max(40, outputBits()) : outputBits();
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

    private static boolean bit(final int register, final int bit) {
        return (register >>> bit & 1) != 0;
    }

    private static int field(final int register, final int shift, final int bits) {
        return register >>> shift & (1 << bits) - 1;
    }
}
