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

import io.viommu.smmu.config.SmmuFeatures;

/**
 * What one SMMU offers, and the identification registers that say so to the guest (IHI 0070, 6.3.1 to 6.3.8).
 *
 * <p>Always offered: AArch64 tables in little-endian order with granules of 4, 16 and 64 KiB, coherent accesses, 16-bit
 * ASIDs and VMIDs, two-level stream tables, BBML 2, HAD where there is a stage 1, XNX where there is a stage 2, EL2
 * streams where there are both, and FWB, whose attributes mean nothing to ordinary memory.
 *
 * @param stage1       stage 1 translates (IDR0.S1P).
 * @param stage2       stage 2 translates (IDR0.S2P); with stage 1, the two nest.
 * @param httu         IDR0.HTTU: 0 none, 1 access flag, 2 access flag and dirty state.
 * @param ats          PCIe address translation services (IDR0.ATS).
 * @param pri          the page request queue (IDR0.PRI).
 * @param msi          message-signalled interrupts (IDR0.MSI), beside the wires.
 * @param stallModel   IDR0.STALL_MODEL: {@link #STALL}, {@link #TERMINATE_ONLY} or {@link #STALL_FORCED}.
 * @param abortOnly    IDR0.TERM_MODEL: a terminated transaction is always aborted, never RAZ/WI.
 * @param cd2l         two-level CD tables (IDR0.CD2L).
 * @param sidSize      StreamID bits, 0 to 32.
 * @param ssidSize     SubstreamID bits, 0 to 20.
 * @param cmdqLog2     greatest log2 of entries of the Command queue, 0 to 19.
 * @param eventqLog2   greatest log2 of entries of the Event queue, 0 to 19.
 * @param priqLog2     greatest log2 of entries of the PRI queue, 0 to 19.
 * @param ril          TLB invalidation by range (IDR3.RIL).
 * @param oasBits      output address bits: 32, 36, 40, 42, 44, 48 or 52.
 * @param permissionOverrides STE.PRIVCFG and STE.INSTCFG take effect (IDR1.ATTR_PERMS_OVR).
 * @param limits     what hardware that walks the guest's tables leaves of the above.
 * @param qemu       where the architecture leaves a choice, it is QEMU's: peripheral identification, what of reserved
 *                   bits is stored, a reserved range invalidation, an Event queue interrupt for every batch.
 */
public record SmmuOptions(boolean stage1, boolean stage2, int httu, boolean ats, boolean pri, boolean msi,
        int stallModel, boolean abortOnly, boolean cd2l, int sidSize, int ssidSize, int cmdqLog2, int eventqLog2,
        int priqLog2, boolean ril, int oasBits, boolean permissionOverrides, HardwareLimits limits, boolean qemu) {

    /** STALL_MODEL: stall and terminate. */
    public static final int STALL = 0;
    /** STALL_MODEL: no stalls. */
    public static final int TERMINATE_ONLY = 1;
    /** STALL_MODEL: every translation-related fault stalls. */
    public static final int STALL_FORCED = 2;

    /** Stalled transactions that may be outstanding at once (IDR5.STALL_MAX). */
    public static final int STALL_MAX = 512;

    /** AIDR: SMMUv3.1. */
    private static final int VERSION_1 = 1;
    /** AIDR: SMMUv3.2. */
    private static final int VERSION_2 = 2;
    private static final int[] OAS_BITS = { 32, 36, 40, 42, 44, 48, 52 };
    /** PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3, one byte each. */
    private static final int[] QEMU_ID_REGS = { 0x04, 0, 0, 0, 0x84, 0xB4, 0xF0, 0x10, 0x0D, 0xF0, 0x05, 0xB1 };
    private static final int[] PLAIN_ID_REGS = { 0, 0, 0, 0, 0, 0, 0, 0, 0x0D, 0xF0, 0x05, 0xB1 };

    /** Checks the numbers. */
    public SmmuOptions {
        if (!stage1 && !stage2) {
            throw new IllegalArgumentException("an SMMU needs stage 1 or stage 2");
        }
        encodeOas(oasBits);
    }

    /**
     * What an SMMU without hardware behind it offers.
     *
     * @param stage1     as above.
     * @param stage2     as above.
     * @param httu       as above.
     * @param ats        as above.
     * @param pri        as above.
     * @param msi        as above.
     * @param stallModel as above.
     * @param abortOnly  as above.
     * @param cd2l       as above.
     * @param sidSize    as above.
     * @param ssidSize   as above.
     * @param cmdqLog2   as above.
     * @param eventqLog2 as above.
     * @param priqLog2   as above.
     * @param ril        as above.
     * @param oasBits    as above.
     * @param permissionOverrides as above.
     * @param qemu       as above.
     */
    public SmmuOptions(final boolean stage1, final boolean stage2, final int httu, final boolean ats,
            final boolean pri, final boolean msi, final int stallModel, final boolean abortOnly, final boolean cd2l,
            final int sidSize, final int ssidSize, final int cmdqLog2, final int eventqLog2, final int priqLog2,
            final boolean ril, final int oasBits, final boolean permissionOverrides, final boolean qemu) {
        this(stage1, stage2, httu, ats, pri, msi, stallModel, abortOnly, cd2l, sidSize, ssidSize, cmdqLog2, eventqLog2,
                priqLog2, ril, oasBits, permissionOverrides, HardwareLimits.NONE, qemu);
    }

    /**
     * Whether faults may stall transactions.
     *
     * @return true unless the model is terminate only.
     */
    public boolean stalls() {
        return stallModel != TERMINATE_ONLY;
    }

    /**
     * IDR0 (6.3.1).
     *
     * @return its value.
     */
    public int idr0() {
        return bit(stage2, 0) | bit(stage1, 1) | 2 << 2 // TTF: AArch64
                | 1 << 4 // COHACC
                | httu << 6 | bit(hypervisor(), 9) | bit(ats, 10) | bit(limits.wideAsids(), 12) // ASID16
                | bit(msi, 13) | bit(pri, 16) | 1 << 18 // VMID16
                | bit(cd2l, 19) | 2 << 21 // TTENDIAN: little
                | bit(recordsAtsErrors(), 23) // ATSRECERR
                | stallModel << 24 | bit(abortOnly, 26) | 1 << 27; // ST_LEVEL: two
    }

    /**
     * IDR1 (6.3.2). ATTR_TYPES_OVR is 0: a guest's RAM is ordinary memory whatever the attributes say.
     *
     * @return its value.
     */
    public int idr1() {
        return sidSize | ssidSize << 6 | (pri ? priqLog2 << 11 : 0) | eventqLog2 << 16 | cmdqLog2 << 21
                | bit(permissionOverrides, 26);
    }

    /**
     * IDR3 (6.3.4). PPS is set with substreams, so that an automatic page response needs no look at an STE. HAD is a
     * matter of stage 1; QEMU sets it in any case.
     *
     * @return its value.
     */
    public int idr3() {
        return bit(stage1 || qemu, 2) // HAD
                | bit(stage2, 4) // XNX
                | bit(pri && ssidSize > 0, 5) // PPS
                | bit(version() >= VERSION_2, 8) // FWB
                | bit(ril, 10) | limits.bbml() << 11; // BBML
    }

    /**
     * IDR5 (6.3.6).
     *
     * @return its value.
     */
    public int idr5() {
        return encodeOas(oasBits) | limits.granules() << 4 | (stalls() ? STALL_MAX << 16 : 0);
    }

    /**
     * AIDR (6.3.8): SMMUv3.2, the latest version all of whose mandatory features are there; 3.1 without range
     * invalidation or break-before-make levels, and as QEMU.
     *
     * @return its value.
     */
    public int aidr() {
        return version();
    }

    private int version() {
        return ril && limits.bbml() > 0 && !qemu ? VERSION_2 : VERSION_1;
    }

    /**
     * Streams of the EL2 world (IDR0.Hyp), which SMMUv3.2 requires where there are both stages.
     *
     * @return true if they are offered.
     */
    public boolean hypervisor() {
        return version() >= VERSION_2 && stage1 && stage2;
    }

    /**
     * Configuration errors of ATS requests can be recorded (IDR0.ATSRECERR): a feature of SMMUv3.3, which 2.9 permits
     * from SMMUv3.2 on. With QEMU's version it comes with ATS all the same.
     *
     * @return true if CR2.REC_CFG_ATS is there.
     */
    public boolean recordsAtsErrors() {
        return ats && (version() >= VERSION_2 || qemu);
    }

    /**
     * One of the twelve identification registers PIDR4 to CIDR3 (6.3.170).
     *
     * @param index 0 to 11, in the order of their offsets.
     * @return one byte.
     */
    public int idReg(final int index) {
        return qemu ? QEMU_ID_REGS[index] : PLAIN_ID_REGS[index];
    }

    /**
     * The bits that a physical address may have.
     *
     * @return ones up to the output address size; queues, tables and MSIs are truncated to it (3.4.3).
     */
    public long addressMask() {
        return (1L << oasBits) - 1;
    }

    /**
     * The same, as the translation side reads it.
     *
     * @return the values of the identification registers.
     */
    public SmmuFeatures features() {
        return new SmmuFeatures(idr0(), idr1(), idr3(), idr5());
    }

    private static int encodeOas(final int bits) {
        for (int i = 0; i < OAS_BITS.length; i++) {
            if (OAS_BITS[i] == bits) {
                return i;
            }
        }
        throw new IllegalArgumentException("oas must be 32, 36, 40, 42, 44, 48 or 52, not " + bits);
    }

    private static int bit(final boolean value, final int position) {
        return value ? 1 << position : 0;
    }
}
