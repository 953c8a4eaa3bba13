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
package io.viommu.smmu.spec;

/**
 * Fields of the identification registers (IHI 0070, 6.3.1 to 6.3.6): masks of single bits, places of the others.
 *
 * <pre>
 * IDR0  28:27 ST_LEVEL  26 TERM_MODEL  25:24 STALL_MODEL  23 ATSRECERR  22:21 TTENDIAN  19 CD2L  18 VMID16  17 VMW
 *       16 PRI  13 MSI  12 ASID16  11 NS1ATS  10 ATS  9 Hyp  7:6 HTTU  4 COHACC  3:2 TTF  1 S1P  0 S2P
 * IDR1  26 ATTR_PERMS_OVR  25:21 CMDQS  20:16 EVENTQS  15:11 PRIQS  10:6 SSIDSIZE  5:0 SIDSIZE
 * IDR3  15 DPT  12:11 BBML  10 RIL  9 STT  8 FWB  5 PPS  4 XNX  2 HAD
 * IDR5  31:16 STALL_MAX  11:10 VAX  6 GRAN64K  5 GRAN16K  4 GRAN4K  2:0 OAS
 * </pre>
 */
public final class IdentificationFields {

    /** IDR0.S2P: stage 2. */
    public static final int S2P = 1;
    /** IDR0.S1P: stage 1. */
    public static final int S1P = 1 << 1;
    /** Place of IDR0.TTF, 2 bits. */
    public static final int TTF = 2;
    /** TTF: VMSAv8-32 tables. */
    public static final int TTF_AARCH32 = 1;
    /** TTF: VMSAv8-64 tables. */
    public static final int TTF_AARCH64 = 2;
    /** IDR0.COHACC: coherent accesses to tables and queues. */
    public static final int COHACC = 1 << 4;
    /** Place of IDR0.HTTU, 2 bits. */
    public static final int HTTU = 6;
    /** IDR0.Hyp: streams of the EL2 world. */
    public static final int HYP = 1 << 9;
    /** IDR0.ATS: PCIe address translation services. */
    public static final int ATS = 1 << 10;
    /** IDR0.NS1ATS: no split-stage ATS. */
    public static final int NS1ATS = 1 << 11;
    /** IDR0.ASID16: 16-bit ASIDs. */
    public static final int ASID16 = 1 << 12;
    /** IDR0.MSI: message-signalled interrupts. */
    public static final int MSI = 1 << 13;
    /** IDR0.PRI: the page request queue. */
    public static final int PRI = 1 << 16;
    /** IDR0.VMW: VMID wildcards. */
    public static final int VMW = 1 << 17;
    /** IDR0.VMID16: 16-bit VMIDs. */
    public static final int VMID16 = 1 << 18;
    /** IDR0.CD2L: two-level CD tables. */
    public static final int CD2L = 1 << 19;
    /** Place of IDR0.TTENDIAN, 2 bits. */
    public static final int TTENDIAN = 21;
    /** TTENDIAN: tables in little-endian order only. */
    public static final int TTENDIAN_LITTLE = 2;
    /** TTENDIAN: tables in big-endian order only. */
    public static final int TTENDIAN_BIG = 3;
    /** IDR0.ATSRECERR: configuration errors of ATS requests can be recorded. */
    public static final int ATSRECERR = 1 << 23;
    /** Place of IDR0.STALL_MODEL, 2 bits. */
    public static final int STALL_MODEL = 24;
    /** STALL_MODEL: no stalls. */
    public static final int STALL_MODEL_TERMINATE = 1;
    /** IDR0.TERM_MODEL: a terminated transaction is always aborted, never RAZ/WI. */
    public static final int TERM_MODEL = 1 << 26;
    /** Place of IDR0.ST_LEVEL, 2 bits. */
    public static final int ST_LEVEL = 27;
    /** ST_LEVEL: linear and two-level stream tables. */
    public static final int ST_LEVEL_TWO = 1;

    /** Place of IDR1.SIDSIZE, 6 bits. */
    public static final int SIDSIZE = 0;
    /** Place of IDR1.SSIDSIZE, 5 bits. */
    public static final int SSIDSIZE = 6;
    /** Place of IDR1.PRIQS, 5 bits. */
    public static final int PRIQS = 11;
    /** Place of IDR1.EVENTQS, 5 bits. */
    public static final int EVENTQS = 16;
    /** Place of IDR1.CMDQS, 5 bits. */
    public static final int CMDQS = 21;
    /** IDR1.ATTR_PERMS_OVR: STE.PRIVCFG and STE.INSTCFG take effect. */
    public static final int ATTR_PERMS_OVR = 1 << 26;

    /** IDR3.HAD: CD.HADx takes effect. */
    public static final int HAD = 1 << 2;
    /** IDR3.XNX: stage 2 tells user and privileged execution apart. */
    public static final int XNX = 1 << 4;
    /** IDR3.PPS: automatic page responses have the PASID of the request. */
    public static final int PPS = 1 << 5;
    /** IDR3.FWB: STE.S2FWB. */
    public static final int FWB = 1 << 8;
    /** IDR3.STT: small translation tables. */
    public static final int STT = 1 << 9;
    /** IDR3.RIL: TLB invalidation by range. */
    public static final int RIL = 1 << 10;
    /** Place of IDR3.BBML, 2 bits. */
    public static final int BBML = 11;
    /** IDR3.DPT: the device permission table. */
    public static final int DPT = 1 << 15;

    /** Place of IDR5.OAS, 3 bits. */
    public static final int OAS = 0;
    /** Place of IDR5.GRAN4K; GRAN16K and GRAN64K follow. */
    public static final int GRANULES = 4;
    /** Place of IDR5.VAX, 2 bits. */
    public static final int VAX = 10;
    /** Place of IDR5.STALL_MAX, 16 bits. */
    public static final int STALL_MAX = 16;

    private IdentificationFields() {
    }
}
