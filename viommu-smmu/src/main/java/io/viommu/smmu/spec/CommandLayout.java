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
 * A command: two little-endian 64-bit words (IHI 0070, 4.1.1 and the section of each command).
 *
 * <pre>
 *                 63     48 47     32 31          20 16    13 12  11  10   9  8 7     0
 * PREFETCH, CFGI |     StreamID      |    SubstreamID [31:12]  |SSV|SSec|     |  Op   |
 * TLBI           |  ASID   |  VMID   |    |SCALE|  |  NUM      |   |    |     |  Op   |
 * ATC_INV        |     StreamID      |    SubstreamID [31:12]  |SSV|    |G|   |  Op   |
 * PRI_RESP       |     StreamID      |    SubstreamID [31:12]  |SSV|    |     |  Op   |
 * RESUME         |     StreamID      |            |  Ab | Ac   |   |SSec|     |  Op   |
 * SYNC           |      MSIData      |MSIAttr MSH |    CS      |   |    |     |  Op   |
 *
 *                 127                    76   75 74 73 72   71    69 68       64
 * CFGI_STE_RANGE |                                                |   Range     |
 * CFGI           |                                                        |Leaf |
 * TLBI           |  Address [63:12]         |  TG | TTL | TTL128|        |Leaf |
 * ATC_INV        |  Address [63:12]                              |   Size      |
 * PRI_RESP       |                  |Resp [77:76]|  PRGIndex [72:64]           |
 * RESUME         |                                             STAG [79:64]    |
 * SYNC           |  MSIAddress [119:66]                                        |
 * </pre>
 */
public final class CommandLayout {

    /** Bytes of a command. */
    public static final int LENGTH = 16;

    /** Prefetch of a configuration (4.2.1). */
    public static final int PREFETCH_CONFIG = 0x01;
    /** Prefetch of a translation (4.2.2). */
    public static final int PREFETCH_ADDR = 0x02;
    /** Forget an STE (4.3.1). */
    public static final int CFGI_STE = 0x03;
    /** Forget a range of STEs, or with Range 31 everything (4.3.2, 4.3.6). */
    public static final int CFGI_STE_RANGE = 0x04;
    /** Forget a CD (4.3.3). */
    public static final int CFGI_CD = 0x05;
    /** Forget all CDs of a stream (4.3.4). */
    public static final int CFGI_CD_ALL = 0x06;
    /** Forget a VMS's PARTID map (4.3.5). */
    public static final int CFGI_VMS_PIDM = 0x07;
    /** Forget stage-1 translations of a VMID (4.4.2). */
    public static final int TLBI_NH_ALL = 0x10;
    /** Forget stage-1 translations of an ASID (4.4.2). */
    public static final int TLBI_NH_ASID = 0x11;
    /** Forget stage-1 translations of an address in an ASID (4.4.2). */
    public static final int TLBI_NH_VA = 0x12;
    /** Forget stage-1 translations of an address in all ASIDs (4.4.2). */
    public static final int TLBI_NH_VAA = 0x13;
    /** EL3 (4.4.2). */
    public static final int TLBI_EL3_ALL = 0x18;
    /** EL3, by address (4.4.2). */
    public static final int TLBI_EL3_VA = 0x1A;
    /** EL2 (4.4.2). */
    public static final int TLBI_EL2_ALL = 0x20;
    /** EL2, by ASID (4.4.2). */
    public static final int TLBI_EL2_ASID = 0x21;
    /** EL2, by address and ASID (4.4.2). */
    public static final int TLBI_EL2_VA = 0x22;
    /** EL2, by address (4.4.2). */
    public static final int TLBI_EL2_VAA = 0x23;
    /** Forget both stages of a VMID (4.4.3). */
    public static final int TLBI_S12_VMALL = 0x28;
    /** Forget stage-2 translations of an IPA (4.4.3). */
    public static final int TLBI_S2_IPA = 0x2A;
    /** Forget all Non-secure, non-hypervisor translations (4.4.4). */
    public static final int TLBI_NSNH_ALL = 0x30;
    /** Invalidate an address range in a device's own cache (4.5.1). */
    public static final int ATC_INV = 0x40;
    /** Answer a page request group (4.5.2). */
    public static final int PRI_RESP = 0x41;
    /** Answer a stalled transaction (4.7.1). */
    public static final int RESUME = 0x44;
    /** End all stalled transactions of a stream (4.7.2). */
    public static final int STALL_TERM = 0x45;
    /** Wait for what came before (4.7.3). */
    public static final int SYNC = 0x46;

    /** Word 0: the opcode. */
    public static final long OPCODE = 0xFF;
    /** Word 0, ATC_INV: the invalidation is for all substreams. */
    public static final long GLOBAL = 1L << 9;
    /** Word 0: the stream is Secure; illegal in the Non-secure queue (4.1.6). */
    public static final long SSEC = 1L << 10;
    /** Word 0: the SubstreamID is valid. */
    public static final long SSV = 1L << 11;
    /** Word 0: where the SubstreamID, NUM, the action of RESUME and CS of SYNC begin. */
    public static final int LOW_FIELD_SHIFT = 12;
    /** The 20 bits of a SubstreamID. */
    public static final int SUBSTREAM_MASK = 0xFFFFF;
    /** The 5 bits of NUM. */
    public static final int NUM_MASK = 0x1F;
    /** Word 0, TLBI: where SCALE begins. */
    public static final int SCALE_SHIFT = 20;
    /** The 5 bits of SCALE; the sixth is reserved without IDR5.DS (4.4.1.1). */
    public static final int SCALE_MASK = 0x1F;
    /** Word 0: where the StreamID, or the VMID, or MSIData begins. */
    public static final int STREAM_SHIFT = 32;
    /** Word 0, TLBI: where the ASID begins. */
    public static final int ASID_SHIFT = 48;

    /** Word 0, RESUME: retry the transaction (Ac). */
    public static final long RESUME_RETRY = 1L << 12;
    /** Word 0, RESUME: abort it, if it isn't retried (Ab). */
    public static final long RESUME_ABORT = 1L << 13;

    /** The 2 bits of CS. */
    public static final int CS_MASK = 3;
    /** CS: no signal. */
    public static final int CS_NONE = 0;
    /** CS: an interrupt. */
    public static final int CS_IRQ = 1;
    /** CS: an event for WFE. */
    public static final int CS_SEV = 2;
    /** CS: reserved. */
    public static final int CS_RESERVED = 3;

    /** Word 1, CFGI and TLBI: only leaf structures. */
    public static final long LEAF = 1;
    /** Word 1, CFGI_STE_RANGE: 2^(Range+1) STEs. */
    public static final long RANGE = 0x1F;
    /** Range that means everything. */
    public static final int RANGE_ALL = 31;
    /** Word 1, TLBI: where TTL begins; 2 bits. */
    public static final int TTL_SHIFT = 8;
    /** Word 1, TLBI: where TG begins; 2 bits. */
    public static final int TG_SHIFT = 10;
    /** Word 1, TLBI, ATC_INV: the address. */
    public static final long ADDRESS = ~0xFFFL;
    /** Word 1, TLBI_S2_IPA: the address. */
    public static final long IPA_ADDRESS = 0x00FF_FFFF_FFFF_F000L;
    /** Word 1, ATC_INV: 2^Size pages of 4 KiB. */
    public static final long ATC_SIZE = 0x3F;
    /** Size that covers every address. */
    public static final int ATC_SIZE_ALL = 52;
    /** Word 1, PRI_RESP: the group. */
    public static final long PRG_INDEX = 0x1FF;
    /** Word 1, PRI_RESP: where Resp begins; 2 bits. */
    public static final int RESP_SHIFT = 12;
    /** Resp: a permanent error that paging can't mend. */
    public static final int RESP_FAILURE = 0;
    /** Resp: at least one page of the group is not there for this access. */
    public static final int RESP_INVALID = 1;
    /** Resp: all pages are there. */
    public static final int RESP_SUCCESS = 2;
    /** Resp: reserved, illegal. */
    public static final int RESP_RESERVED = 3;
    /** Word 1, RESUME: the stall tag. */
    public static final long STAG = 0xFFFF;
    /** Word 1, SYNC: where the MSI goes; 0 for none. */
    public static final long MSI_ADDRESS = 0x00FF_FFFF_FFFF_FFFCL;

    /** CMDQ_CONS.ERR: the command is illegal (7.1). */
    public static final int CERROR_ILL = 1;
    /** CMDQ_CONS.ERR: the fetch of the command aborted (7.1). */
    public static final int CERROR_ABT = 2;
    /** CMDQ_CONS.ERR: a device did not confirm an ATC_INV before this SYNC (7.1). */
    public static final int CERROR_ATC_INV_SYNC = 3;

    private CommandLayout() {
    }
}
