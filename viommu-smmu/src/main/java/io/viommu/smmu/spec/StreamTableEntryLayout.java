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
 * Stream table entry, 64 bytes (IHI 0070, 5.2). Words that are not drawn are of features that are not offered.
 *
 * <pre>
 *  63        59 58    52 51                                      6 5   4 3      1  0
 * +------------+--------+------------------------------------------+-----+--------+---+
 * |  S1CDMax   |  RES0  |           S1ContextPtr[51:6]             |S1Fmt| Config | V |  word 0
 * +------------+--------+------------------------------------------+-----+--------+---+
 *  63  52 51    50 49    48 47  44 43 37 36 32 31 30 29 28 27  26..20 19  18   17..8 7..2  1 0
 * +------+--------+--------+------+-----+-----+-----+-----+---+------+---+----+-----+-----+-----+
 * |      |INSTCFG |PRIVCFG |SH/NS |alloc|attr |STRW |EATS |1S |      |MEV|PPAR| hwu |S1C* |S1DSS|  word 1
 * +------+--------+--------+------+-----+-----+-----+-----+---+------+---+----+-----+-----+-----+
 *  63..59   58  57  56  55   54    53     52    51   50  48 47 46 45 40 39 38 37   32 31 16 15    0
 * +-------+----+---+---+---+-----+------+------+------+-----+-----+-----+-----+-------+-----+--------+
 * |       | 2R |2S |2HA|2HD|S2PTW|S2AFFD|S2ENDI|S2AA64|S2PS |S2TG |SH/RG|S2SL0| S2T0SZ|     | S2VMID |  word 2
 * +-------+----+---+---+---+-----+------+------+------+-----+-----+-----+-----+-------+-----+--------+
 *  63      52 51                                                              4 3           0
 * +----------+-----------------------------------------------------------------+-------------+
 * |          |                         S2TTB[51:4]                             |             |  word 3
 * +----------+-----------------------------------------------------------------+-------------+
 * </pre>
 */
public final class StreamTableEntryLayout {

    /** Bytes of an entry. */
    public static final int LENGTH = 64;
    /** Log2 of {@link #LENGTH}. */
    public static final int LENGTH_SHIFT = 6;

    /** Word 0: the entry is valid. */
    public static final long V = 1L;
    /** Word 0: place of Config, 3 bits. */
    public static final int CONFIG_SHIFT = 1;
    /** Config, bit 2: traffic is let through; 0 aborts it without an event. */
    public static final int CONFIG_PASS = 0b100;
    /** Config, bit 1: stage 2 translates. */
    public static final int CONFIG_STAGE_2 = 0b010;
    /** Config, bit 0: stage 1 translates. */
    public static final int CONFIG_STAGE_1 = 0b001;
    /** Word 0: place of S1Fmt, 2 bits. */
    public static final int S1FMT_SHIFT = 4;
    /** S1Fmt: one table of CDs. */
    public static final int S1FMT_LINEAR = 0;
    /** S1Fmt: two levels, leaves of 4 KiB (64 CDs). */
    public static final int S1FMT_4K_LEAVES = 1;
    /** S1Fmt: two levels, leaves of 64 KiB (1024 CDs). */
    public static final int S1FMT_64K_LEAVES = 2;
    /** Word 0: S1ContextPtr, address bits 51 to 6 in place. */
    public static final long S1_CONTEXT_PTR = 0x000F_FFFF_FFFF_FFC0L;
    /** Word 0: place of S1CDMax, 5 bits: log2 of the number of CDs. */
    public static final int S1CDMAX_SHIFT = 59;

    /** Word 1: place of S1DSS, 2 bits. */
    public static final int S1DSS_SHIFT = 0;
    /** S1DSS: traffic without SubstreamID is aborted. */
    public static final int S1DSS_TERMINATE = 0;
    /** S1DSS: traffic without SubstreamID skips stage 1. */
    public static final int S1DSS_BYPASS = 1;
    /** S1DSS: traffic without SubstreamID uses CD 0, and SubstreamID 0 is forbidden. */
    public static final int S1DSS_SUBSTREAM_0 = 2;
    /** Word 1: events of this stream may be merged. */
    public static final long MEV = 1L << 19;
    /** Word 1: stage 2 has the last word on memory attributes. */
    public static final long S2FWB = 1L << 25;
    /** Word 1: stage 1 may not stall. */
    public static final long S1STALLD = 1L << 27;
    /** Word 1: place of EATS, 2 bits. */
    public static final int EATS_SHIFT = 28;
    /** EATS: ATS is disabled. */
    public static final int EATS_DISABLED = 0;
    /** EATS: full ATS. */
    public static final int EATS_FULL = 1;
    /** EATS: split-stage ATS, translation requests are answered with IPAs. */
    public static final int EATS_SPLIT_STAGE = 2;
    /** EATS: full ATS checked against the device permission table. */
    public static final int EATS_DPT = 3;
    /** Word 1: place of STRW, 2 bits. */
    public static final int STRW_SHIFT = 30;
    /** STRW: the world of EL1. */
    public static final int STRW_EL1 = 0;
    /** STRW: the world of EL2, or of EL2 with E2H when CR2.E2H is set. */
    public static final int STRW_EL2 = 2;
    /** Word 1: place of PRIVCFG, 2 bits. */
    public static final int PRIVCFG_SHIFT = 48;
    /** Word 1: place of INSTCFG, 2 bits. */
    public static final int INSTCFG_SHIFT = 50;
    /** PRIVCFG and INSTCFG: user, or data. */
    public static final int OVERRIDE_LOW = 2;
    /** PRIVCFG and INSTCFG: privileged, or instruction. */
    public static final int OVERRIDE_HIGH = 3;

    /** Word 2: place of S2VMID, 16 bits. */
    public static final int S2VMID_SHIFT = 0;
    /** Word 2: place of S2T0SZ, 6 bits. */
    public static final int S2T0SZ_SHIFT = 32;
    /** Word 2: place of S2SL0, 2 bits. */
    public static final int S2SL0_SHIFT = 38;
    /** Word 2: place of S2TG, 2 bits: 0 is 4 KiB, 1 is 64 KiB, 2 is 16 KiB. */
    public static final int S2TG_SHIFT = 46;
    /** Word 2: place of S2PS, 3 bits. */
    public static final int S2PS_SHIFT = 48;
    /** Word 2: VMSAv8-64 tables. */
    public static final long S2AA64 = 1L << 51;
    /** Word 2: big-endian tables. */
    public static final long S2ENDI = 1L << 52;
    /** Word 2: a descriptor without access flag doesn't fault. */
    public static final long S2AFFD = 1L << 53;
    /** Word 2: stage-1 walks may not touch device memory. */
    public static final long S2PTW = 1L << 54;
    /** Word 2: the SMMU keeps the dirty state. */
    public static final long S2HD = 1L << 55;
    /** Word 2: the SMMU sets access flags. */
    public static final long S2HA = 1L << 56;
    /** Word 2: stage-2 faults stall. */
    public static final long S2S = 1L << 57;
    /** Word 2: stage-2 faults are recorded. */
    public static final long S2R = 1L << 58;

    /** Word 3: S2TTB, address bits 51 to 4 in place. */
    public static final long S2TTB = 0x000F_FFFF_FFFF_FFF0L;

    private StreamTableEntryLayout() {
    }
}
