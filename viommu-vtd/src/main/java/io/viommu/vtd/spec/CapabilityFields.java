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

package io.viommu.vtd.spec;

/** CAP_REG and ECAP_REG (VT-d 11.4.2, 11.4.3): single bits as masks, numbers as places. */
public final class CapabilityFields {

    /** CAP.ND (2:0): domain ids have 4 + 2 * ND bits. */
    public static final int ND = 0;
    /** CAP.RWBF: software must flush write buffers. */
    public static final long RWBF = 1L << 4;
    /** CAP.PLMR: protected low-memory region. */
    public static final long PLMR = 1L << 5;
    /** CAP.PHMR: protected high-memory region. */
    public static final long PHMR = 1L << 6;
    /** CAP.CM: caching mode. */
    public static final long CM = 1L << 7;
    /** CAP.SAGAW (12:8): bit n set if tables of n + 2 levels work. */
    public static final int SAGAW = 8;
    /** CAP.MGAW (21:16): maximum guest address width less 1. */
    public static final int MGAW = 16;
    /** CAP.ZLR: zero-length reads of write-only pages succeed. */
    public static final long ZLR = 1L << 22;
    /** CAP.FRO (33:24): offset of the fault recording registers in units of 16 bytes. */
    public static final int FRO = 24;
    /** CAP.SSLPS (37:34): second-stage large pages, bit 34 for 2 MiB and 35 for 1 GiB. */
    public static final int SSLPS = 34;
    /** CAP.PSI: page-selective invalidation. */
    public static final long PSI = 1L << 39;
    /** CAP.NFR (47:40): number of fault recording registers less 1. */
    public static final int NFR = 40;
    /** CAP.MAMV (53:48): greatest address mask of a page-selective invalidation. */
    public static final int MAMV = 48;
    /** CAP.DWD: invalidations drain writes. */
    public static final long DWD = 1L << 54;
    /** CAP.DRD: invalidations drain reads. */
    public static final long DRD = 1L << 55;
    /** CAP.FS1GP: first-stage 1 GiB pages. */
    public static final long FS1GP = 1L << 56;
    /** CAP.PI: posted interrupts. */
    public static final long PI = 1L << 59;
    /** CAP.FS5LP: first-stage 5-level paging. */
    public static final long FS5LP = 1L << 60;
    /** CAP.ESIRTPS: SIRTP flushes the interrupt entry cache. */
    public static final long ESIRTPS = 1L << 62;
    /** CAP.ESRTPS: SRTP flushes all DMA remapping caches. */
    public static final long ESRTPS = 1L << 63;

    /** ECAP.C: table walks are coherent. */
    public static final long C = 1;
    /** ECAP.QI: queued invalidation. */
    public static final long QI = 1L << 1;
    /** ECAP.DT: device-TLBs. */
    public static final long DT = 1L << 2;
    /** ECAP.IR: interrupt remapping. */
    public static final long IR = 1L << 3;
    /** ECAP.EIM: 32-bit APIC ids. */
    public static final long EIM = 1L << 4;
    /** ECAP.PT: pass-through. */
    public static final long PT = 1L << 6;
    /** ECAP.SC: snoop control. */
    public static final long SC = 1L << 7;
    /** ECAP.IRO (17:8): offset of the IOTLB registers in units of 16 bytes. */
    public static final int IRO = 8;
    /** ECAP.MHMV (23:20): greatest index mask of an interrupt entry cache invalidation. */
    public static final int MHMV = 20;
    /** ECAP.NEST: nested translation. */
    public static final long NEST = 1L << 26;
    /** ECAP.PRS: page requests. */
    public static final long PRS = 1L << 29;
    /** ECAP.ERS: execute requests; withdrawn by revision 4.0. */
    public static final long ERS = 1L << 30;
    /** ECAP.SRS: supervisor requests. */
    public static final long SRS = 1L << 31;
    /** ECAP.NWFS: the no-write flag of translation requests is honoured. */
    public static final long NWFS = 1L << 33;
    /** ECAP.EAFS: extended accessed flag. */
    public static final long EAFS = 1L << 34;
    /** ECAP.PSS (39:35): PASID bits less 1. */
    public static final int PSS = 35;
    /** ECAP.PASID: requests with PASID. */
    public static final long PASID = 1L << 40;
    /** ECAP.DIT: device-TLB invalidation throttling; descriptors carry the physical function. */
    public static final long DIT = 1L << 41;
    /** ECAP.PDS: wait descriptors can drain page requests. */
    public static final long PDS = 1L << 42;
    /** ECAP.SMTS: scalable mode. */
    public static final long SMTS = 1L << 43;
    /** ECAP.SSADS: second-stage accessed and dirty bits. */
    public static final long SSADS = 1L << 45;
    /** ECAP.SSTS: second-stage translation in scalable mode. */
    public static final long SSTS = 1L << 46;
    /** ECAP.FSTS: first-stage translation. */
    public static final long FSTS = 1L << 47;
    /** ECAP.SMPWCS: coherent walks of scalable-mode tables. */
    public static final long SMPWCS = 1L << 48;
    /** ECAP.RPS: the RID_PASID field of scalable-mode context entries is used. */
    public static final long RPS = 1L << 49;
    /** ECAP.ADMS: abort-DMA mode. */
    public static final long ADMS = 1L << 52;
    /** ECAP.RPRIVS: the RID_PRIV field of scalable-mode context entries is used. */
    public static final long RPRIVS = 1L << 53;
    /** ECAP.SMS: stop markers of page requests are dropped if they can't be queued. */
    public static final long SMS = 1L << 58;

    private CapabilityFields() {
    }
}
