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
 * An event record: four little-endian 64-bit words (IHI 0070, 7.3). No type uses all fields; {@code EventType} of the
 * event package says which uses which.
 *
 * <pre>
 *          63                              32 31                 12  11 10   8 7      0
 * word 0  |             StreamID             |     SubstreamID     |SSV|      |  Type  |
 *
 *          63       48   44  43  42  41 40  39 38  35  34  33  32 31  28 27   16 15         0
 * word 1  |  IMPDEF   |TTRnW AO DB |CLASS|S2|NSIPA|RnW InD PnU|  |Stall |       | STAG/Reason |
 *
 * word 2  |                  InputAddr [63:0]                                            |
 *
 *          63    56 55                                                      12 11  3 2    0
 * word 3  |        |          IPA [55:12]   or   FetchAddr [55:3]                  |      |
 * </pre>
 *
 * Word 1 of three types is different: F_STE_FETCH, F_CD_FETCH, F_VMS_FETCH and F_WALK_EABT have GPCF in bit 16;
 * F_BAD_ATS_TREQ has {@code R[31] W[30] X[29] P[28] Span[3:0]}; E_PAGE_REQUEST has
 * {@code Span[51:44] pR[39] pW[38] pX[37] uR[35] uW[34] uX[33]}. The Reason of F_TLB_CONFLICT and F_CFG_CONFLICT has 32
 * bits.
 */
public final class EventLayout {

    /** Bytes of a record. */
    public static final int LENGTH = 32;

    /** Unsupported upstream transaction (7.3.2). */
    public static final int F_UUT = 0x01;
    /** StreamID out of range (7.3.3). */
    public static final int C_BAD_STREAMID = 0x02;
    /** Fetch of an STE aborted (7.3.4). */
    public static final int F_STE_FETCH = 0x03;
    /** STE invalid (7.3.5). */
    public static final int C_BAD_STE = 0x04;
    /** ATS translation request not allowed (7.3.6). */
    public static final int F_BAD_ATS_TREQ = 0x05;
    /** Traffic without substream not allowed (7.3.7). */
    public static final int F_STREAM_DISABLED = 0x06;
    /** ATS translated traffic not allowed (7.3.8). */
    public static final int F_TRANSL_FORBIDDEN = 0x07;
    /** SubstreamID out of range or not allowed (7.3.9). */
    public static final int C_BAD_SUBSTREAMID = 0x08;
    /** Fetch of a CD aborted (7.3.10). */
    public static final int F_CD_FETCH = 0x09;
    /** CD invalid (7.3.11). */
    public static final int C_BAD_CD = 0x0A;
    /** Fetch of a translation table descriptor aborted (7.3.12). */
    public static final int F_WALK_EABT = 0x0B;
    /** No translation (7.3.13). */
    public static final int F_TRANSLATION = 0x10;
    /** Output address out of range (7.3.14). */
    public static final int F_ADDR_SIZE = 0x11;
    /** Access flag clear (7.3.15). */
    public static final int F_ACCESS = 0x12;
    /** Permission (7.3.16). */
    public static final int F_PERMISSION = 0x13;
    /** TLB conflict (7.3.17). */
    public static final int F_TLB_CONFLICT = 0x20;
    /** Configuration cache conflict (7.3.18). */
    public static final int F_CFG_CONFLICT = 0x21;
    /** Speculative page request hint (7.3.19). */
    public static final int E_PAGE_REQUEST = 0x24;
    /** Fetch of a VMS aborted (7.3.20). */
    public static final int F_VMS_FETCH = 0x25;
    /** First of the IMPLEMENTATION DEFINED events (7.3.21). */
    public static final int IMPDEF_FIRST = 0xE0;
    /** Last of the IMPLEMENTATION DEFINED events (7.3.21). */
    public static final int IMPDEF_LAST = 0xEF;

    /** Word 0: the type. */
    public static final long TYPE = 0xFF;
    /** Word 0: the SubstreamID is valid. */
    public static final long SSV = 1L << 11;
    /** Word 0: where the SubstreamID begins. */
    public static final int SUBSTREAM_SHIFT = 12;
    /** Word 0: the SubstreamID. */
    public static final long SUBSTREAM = 0xFFFFFL << SUBSTREAM_SHIFT;
    /** Word 0: where the StreamID begins. */
    public static final int STREAM_SHIFT = 32;
    /** Word 0: the StreamID. */
    public static final long STREAM = 0xFFFF_FFFFL << STREAM_SHIFT;

    /** Word 1: the stall tag. */
    public static final long STAG = 0xFFFF;
    /** Word 1: IMPLEMENTATION DEFINED reason, of types without STAG. */
    public static final long REASON = 0xFFFF;
    /** Word 1, F_TLB_CONFLICT and F_CFG_CONFLICT: IMPLEMENTATION DEFINED reason. */
    public static final long CONFLICT_REASON = 0xFFFF_FFFFL;
    /** Word 1: the abort came from a granule protection check. */
    public static final long GPCF = 1L << 16;
    /** Word 1: the transaction is stalled. */
    public static final long STALL = 1L << 31;
    /** Word 1: privileged. */
    public static final long PNU = 1L << 33;
    /** Word 1: instruction. */
    public static final long IND = 1L << 34;
    /** Word 1: read. */
    public static final long RNW = 1L << 35;
    /** Word 1: the IPA is Non-secure. */
    public static final long NSIPA = 1L << 38;
    /** Word 1: a stage-2 fault. */
    public static final long S2 = 1L << 39;
    /** Word 1: where CLASS begins. */
    public static final int CLASS_SHIFT = 40;
    /** Word 1: what was accessed when the fault occurred. */
    public static final long CLASS = 3L << CLASS_SHIFT;
    /** Word 1, F_PERMISSION: hardware dirty state would have been updated. */
    public static final long DIRTY_BIT = 1L << 42;
    /** Word 1, F_PERMISSION: the AssuredOnly check failed. */
    public static final long ASSURED_ONLY = 1L << 43;
    /** Word 1, F_PERMISSION with CLASS=TT: the descriptor was read (1) or updated (0). */
    public static final long TTRNW = 1L << 44;
    /** Word 1, F_PERMISSION: a stage-2 overlay took the permission. */
    public static final long OVERLAY = 1L << 45;
    /** Word 1: IMPLEMENTATION DEFINED. */
    public static final long IMPDEF = 0xFFFFL << 48;

    /** CLASS: fetch of a context descriptor. */
    public static final int CLASS_CD = 0;
    /** CLASS: fetch of a stage-1 translation table descriptor. */
    public static final int CLASS_TT = 1;
    /** CLASS: the input address itself. */
    public static final int CLASS_IN = 2;

    /** Word 1, F_BAD_ATS_TREQ: number of translation units requested. */
    public static final long ATS_SPAN = 0xF;
    /** Word 1, F_BAD_ATS_TREQ: privileged access was requested. */
    public static final long ATS_P = 1L << 28;
    /** Word 1, F_BAD_ATS_TREQ: execute access was requested. */
    public static final long ATS_X = 1L << 29;
    /** Word 1, F_BAD_ATS_TREQ: write access was requested. */
    public static final long ATS_W = 1L << 30;
    /** Word 1, F_BAD_ATS_TREQ: read access was requested; always 1 for PCIe. */
    public static final long ATS_R = 1L << 31;

    /** Word 1, E_PAGE_REQUEST: the accesses that are hinted at, uX to uR and pX to pR. */
    public static final long HINT_ACCESS = 0x77L << 33;
    /** Word 1, E_PAGE_REQUEST: where Span begins, in units of 4096 bytes. */
    public static final int HINT_SPAN_SHIFT = 44;
    /** Word 1, E_PAGE_REQUEST: Span. */
    public static final long HINT_SPAN = 0xFFL << HINT_SPAN_SHIFT;

    /** Word 3: the intermediate physical address. */
    public static final long IPA = 0x00FF_FFFF_FFFF_F000L;
    /** Word 3: the address that was fetched from. */
    public static final long FETCH_ADDR = 0x00FF_FFFF_FFFF_FFF8L;
    /** Word 2 of types that have no byte address: bits 63 to 12. */
    public static final long PAGE = ~0xFFFL;

    private EventLayout() {
    }

    /**
     * Builds word 0. F_STREAM_DISABLED and F_TRANSL_FORBIDDEN name the StreamID alone (7.3.7, 7.3.8). In
     * C_BAD_SUBSTREAMID the SubstreamID is always valid and has no SSV beside it; it is 0 for a transaction without
     * one, which got to context descriptor 0 by S1DSS (7.3.9).
     *
     * @param type      number of the event.
     * @param stream    StreamID.
     * @param substream SubstreamID of 20 bits, or a negative number for a transaction without one.
     * @return the word.
     */
    public static long word0(final int type, final int stream, final int substream) {
        final long ssid = substream < 0 ? 0 : SSV | (long) substream << SUBSTREAM_SHIFT & SUBSTREAM;
        return (long) stream << STREAM_SHIFT | ssid & substreamFields(type) | type;
    }

    /**
     * Which of SSV and SubstreamID a type has.
     *
     * @param type number of the event.
     * @return a mask of word 0.
     */
    public static long substreamFields(final int type) {
        return switch (type) {
            case F_STREAM_DISABLED, F_TRANSL_FORBIDDEN -> 0;
            case C_BAD_SUBSTREAMID -> SUBSTREAM;
            default -> SSV | SUBSTREAM;
        };
    }

    /**
     * The type in a word 0.
     *
     * @param word0 the first word of a record.
     * @return number of the event.
     */
    public static int type(final long word0) {
        return (int) (word0 & TYPE);
    }

    /**
     * The StreamID in a word 0.
     *
     * @param word0 the first word of a record.
     * @return the StreamID, unsigned.
     */
    public static int stream(final long word0) {
        return (int) (word0 >>> STREAM_SHIFT);
    }

    /**
     * The SubstreamID in a word 0.
     *
     * @param word0 the first word of a record.
     * @return 20 bits, whether SSV is set or not.
     */
    public static int substream(final long word0) {
        return (int) ((word0 & SUBSTREAM) >>> SUBSTREAM_SHIFT);
    }

    /**
     * The CLASS in a word 1.
     *
     * @param word1 the second word of a record.
     * @return {@link #CLASS_CD}, {@link #CLASS_TT}, {@link #CLASS_IN} or 3.
     */
    public static int faultClass(final long word1) {
        return (int) ((word1 & CLASS) >>> CLASS_SHIFT);
    }
}
