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
 * Entries of the translation tables, 8 bytes each, 512 to a table (VT-d 9.7, 9.8).
 *
 * <pre>
 *               63 62         52 51           12 11  10   9  8  7  6  5   4    3    2   1   0
 *              +--+-------------+---------------+---+---+-----+--+--+--+----+----+---+---+---+
 *  first stage |XD|      -      |     ADDR      | - |EA |  -  |PS|D |A | -  | -  |U/S|R/W| P |
 *              +--+-------------+---------------+---+---+--+--+--+--+--+----+----+---+---+---+
 *  second      |- |TM|    -     |     ADDR      |SNP| - |D |A |PS|           -       | W | R |
 *              +--+--+----------+---------------+---+---+--+--+--+-------------------+---+---+
 * </pre>
 *
 * <p>PS marks a leaf of 2 MiB (level 2) or 1 GiB (level 3); at level 1 the bit means something else, or nothing. D and
 * SNP are of leaves only. An entry of the second stage is present if it grants anything.
 */
public final class PagingEntryLayout {

    /** Log2 of the bytes of an entry. */
    public static final int LENGTH_SHIFT = 3;
    /** Bytes of an entry. */
    public static final int LENGTH = 1 << LENGTH_SHIFT;
    /** Address bits that a level takes. */
    public static final int LEVEL_BITS = 9;
    /** Log2 of the smallest page. */
    public static final int PAGE_SHIFT = 12;

    /** ADDR in place, of a table or a 4 KiB page. */
    public static final long ADDRESS = 0x000F_FFFF_FFFF_F000L;
    /** The entry of a level above 1 is a leaf. */
    public static final long PAGE_SIZE = 1 << 7;

    /** First stage: present. */
    public static final long FIRST_P = 1;
    /** First stage: writable. */
    public static final long FIRST_RW = 1 << 1;
    /** First stage: unprivileged requests are let through. */
    public static final long FIRST_US = 1 << 2;
    /** First stage: accessed. */
    public static final long FIRST_A = 1 << 5;
    /** First stage: dirty. */
    public static final long FIRST_D = 1 << 6;
    /** First stage: extended-accessed, with EAFE of the PASID table entry. */
    public static final long FIRST_EA = 1 << 10;
    /** First stage: may not be executed, with NXE of the PASID table entry. */
    public static final long FIRST_XD = 1L << 63;
    /** First stage: the PAT bit of a large page, between PS's other bits and the address. */
    public static final long FIRST_LARGE_PAT = 1 << 12;

    /** Second stage: readable. */
    public static final long SECOND_R = 1;
    /** Second stage: writable. */
    public static final long SECOND_W = 1 << 1;
    /** Second stage: accessed, with SSADE of the PASID table entry. */
    public static final long SECOND_A = 1 << 8;
    /** Second stage: dirty, with SSADE of the PASID table entry. */
    public static final long SECOND_D = 1 << 9;
    /** Second stage: snooped. */
    public static final long SECOND_SNP = 1 << 11;
    /** Second stage: transient mapping, of device-TLBs before revision 3.0; reserved since. */
    public static final long SECOND_TM = 1L << 62;

    private PagingEntryLayout() {
    }

    /**
     * The lowest address bit that a level's index takes: log2 of what one of its entries covers.
     *
     * @param level 1 for the tables of 4 KiB pages, up to 5.
     * @return 12, 21, 30, 39 or 48.
     */
    public static int indexShift(final int level) {
        return PAGE_SHIFT + (level - 1) * LEVEL_BITS;
    }

    /**
     * Where the entry of an address lies.
     *
     * @param table   the table of a level.
     * @param shift   what {@link #indexShift} gives for that level.
     * @param address the input address.
     * @return the address of the entry.
     */
    public static long entry(final long table, final int shift, final long address) {
        return table + ((address >>> shift & (1 << LEVEL_BITS) - 1) << LENGTH_SHIFT);
    }
}
