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
 * VMSAv8-64 translation table descriptor, 8 bytes (Arm ARM, D8.3).
 *
 * <pre>
 *  63  62  61   60    59    58    55  54   53  52   51  50 48 47            n 11 10  9  8 7  6 5  4    2  1   0
 * +---+------+-----+------+------+---+----+---+----+---+-----+----------------+--+--+-----+----+--+------+---+---+
 * |NS |APTab |UXNT | PXNT |        |UXN |PXN |Cont|DBM|     | output address |nG|AF| SH  | AP |NS| Attr | T | V |
 * +---+------+-----+------+------+---+----+---+----+---+-----+----------------+--+--+-----+----+--+------+---+---+
 * </pre>
 *
 * <p>Bits 63 to 59 are those of table descriptors, bits 54 to 51 and 11 to 2 those of pages and blocks. In stage 2,
 * bits 7 and 6 are S2AP and bits 54 and 53 are XN. With a 64 KiB granule bits 15 to 12 are address bits 51 to 48.
 */
public final class TranslationDescriptorLayout {

    /** Bytes of a descriptor. */
    public static final int LENGTH = 8;
    /** Log2 of {@link #LENGTH}. */
    public static final int LENGTH_SHIFT = 3;

    /** The descriptor is valid. */
    public static final long V = 1L;
    /** A table, or at level 3 a page; 0 is a block above level 3 and reserved at level 3. */
    public static final long TABLE = 1L << 1;
    /** Stage 1, AP[1]: users may access. */
    public static final long AP_USER = 1L << 6;
    /** Stage 1, AP[2]: read-only. */
    public static final long AP_READ_ONLY = 1L << 7;
    /** Stage 2, S2AP[0]: readable. */
    public static final long S2AP_READ = 1L << 6;
    /** Stage 2, S2AP[1]: writable. */
    public static final long S2AP_WRITE = 1L << 7;
    /** Access flag. */
    public static final long AF = 1L << 10;
    /** Stage 1: the translation is of one ASID only. */
    public static final long NG = 1L << 11;
    /** Dirty bit modifier: read-only now, made writable by the first write when the SMMU keeps the dirty state. */
    public static final long DBM = 1L << 51;
    /** Part of a contiguous run; a hint. */
    public static final long CONTIGUOUS = 1L << 52;
    /** Stage 1: not executable by the privileged. */
    public static final long PXN = 1L << 53;
    /** Stage 1: not executable by users. In a world without users: not executable. */
    public static final long UXN = 1L << 54;
    /** Stage 2: place of XN, 2 bits; without XNX only the upper one counts. */
    public static final int S2XN_SHIFT = 53;
    /** Table: nothing below is executable by the privileged. */
    public static final long PXN_TABLE = 1L << 59;
    /** Table: nothing below is executable by users. */
    public static final long UXN_TABLE = 1L << 60;
    /** Table, APTable[0]: users may access nothing below. */
    public static final long AP_TABLE_NO_USER = 1L << 61;
    /** Table, APTable[1]: nothing below is writable. */
    public static final long AP_TABLE_READ_ONLY = 1L << 62;

    /** Address bits 47 to 12. */
    public static final long ADDRESS = 0x0000_FFFF_FFFF_F000L;
    /** With a 64 KiB granule: place of address bits 51 to 48, 4 bits. */
    public static final int ADDRESS_HIGH_SHIFT = 12;

    private TranslationDescriptorLayout() {
    }
}
