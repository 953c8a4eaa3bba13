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

/**
 * GCMD_REG, GSTS_REG, RTADDR_REG and IRTA_REG (VT-d 11.4.4, 11.4.5, 11.4.10).
 *
 * <pre>
 *           31   30   29  28  27   26   25   24    23   22          0
 *         +----+----+-------+-----+----+----+-----+-----+------------+
 *  GCMD   | TE |SRTP|   0   | WBF | QIE| IRE|SIRTP| CFI |     0      |
 *  GSTS   | TES|RTPS|   0   | WBFS|QIES|IRES|IRTPS| CFIS|     0      |
 *         +----+----+-------+-----+----+----+-----+-----+------------+
 *
 *           63                                    12 11  10 9        0
 *         +------------------------------------------+-----+----------+
 *  RTADDR |            root table address            | TTM |    0     |
 *         +------------------------------------------+-----+----------+
 *           63                                    12  11  10   4 3   0
 *         +------------------------------------------+----+-----+----+
 *  IRTA   |      interrupt remapping table address   |EIME|  0  | S  |
 *         +------------------------------------------+----+-----+----+
 * </pre>
 */
public final class GlobalFields {

    /** GCMD.TE / GSTS.TES: DMA remapping on. A level. */
    public static final long TRANSLATION = 1L << 31;
    /** GCMD.SRTP / GSTS.RTPS: take over RTADDR. A one-shot. */
    public static final long ROOT_TABLE = 1L << 30;
    /** GCMD.WBF / GSTS.WBFS: flush the write buffers. A one-shot. */
    public static final long WRITE_BUFFER = 1L << 27;
    /** GCMD.QIE / GSTS.QIES: queued invalidation on. A level. */
    public static final long QUEUED_INVALIDATION = 1L << 26;
    /** GCMD.IRE / GSTS.IRES: interrupt remapping on. A level. */
    public static final long INTERRUPT_REMAPPING = 1L << 25;
    /** GCMD.SIRTP / GSTS.IRTPS: take over IRTA. A one-shot. */
    public static final long INTERRUPT_TABLE = 1L << 24;
    /** GCMD.CFI / GSTS.CFIS: let compatibility-format interrupts pass. A level. */
    public static final long COMPATIBILITY_INTERRUPTS = 1L << 23;

    /** RTADDR and IRTA: the table's address. */
    public static final long TABLE_ADDRESS = ~0xFFFL;
    /** RTADDR.TTM, shifted down by {@link #TTM_SHIFT}. */
    public static final int TTM_MASK = 3;
    /** Place of RTADDR.TTM. */
    public static final int TTM_SHIFT = 10;
    /** RTADDR.TTM: root and context tables. */
    public static final int TTM_LEGACY = 0;
    /** RTADDR.TTM: scalable-mode tables. */
    public static final int TTM_SCALABLE = 1;
    /** RTADDR.TTM: reserved; every request faults with reason 30h. */
    public static final int TTM_RESERVED = 2;
    /** RTADDR.TTM: every request is aborted. */
    public static final int TTM_ABORT = 3;

    /** IRTA.EIME: 32-bit destinations. */
    public static final long EXTENDED_INTERRUPT_MODE = 1L << 11;
    /** IRTA.S: the table has 2^(S+1) entries. */
    public static final long INTERRUPT_TABLE_SIZE = 0xF;

    private GlobalFields() {
    }
}
