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
 * A checked translation table of one stage, or of one half of stage 1: where its walk begins and how addresses are cut
 * (VMSAv8-64). Filled once for a configuration and used over and over; belongs to one thread.
 */
public final class StageTable {

    /** The level of pages. */
    public static final int LAST_LEVEL = 3;

    /** With 52-bit outputs every first table is aligned to 64 bytes at least (5.2 S2TTB, 5.4 TTB0). */
    private static final int WIDE_TABLE_SHIFT = 6;

    /** S2TG and TG0: 4, 64 and 16 KiB, reserved. */
    private static final int[] PAGE_SHIFTS = { 12, 16, 14, 0 };

    private long base;
    private int inputBits;
    private int pageShift;
    private int startLevel;
    private int outputBits;
    private boolean disabled;
    private boolean ignoresTopByte;
    private boolean ignoresHierarchy;
    private boolean wideAddresses;

    StageTable() {
    }

    /** log2 of the granule that S2TG and TG0 name, or 0 for the reserved encoding. */
    static int pageShift(final int encoding) {
        return PAGE_SHIFTS[encoding];
    }

    /** Bits of a table of 4 or 16 KiB granules end at 48: 52 need a 64 KiB granule. */
    static int outputBits(final int bits, final int pageShift) {
        return pageShift == 16 ? bits : Math.min(bits, 48);
    }

    /** The level at which a walk of stage 1 begins: the highest whose index has at least one bit. */
    static int firstLevel(final int inputBits, final int pageShift) {
        return LAST_LEVEL - (inputBits - 1 - pageShift) / (pageShift - 3);
    }

    void disable() {
        disabled = true;
    }

    void set(final long table, final int bits, final int granule, final int level, final int output) {
        disabled = false;
        inputBits = bits;
        pageShift = granule;
        startLevel = level;
        outputBits = outputBits(output, granule);
        wideAddresses = false;
        ignoresTopByte = false;
        ignoresHierarchy = false;
        base = table & -1L << Math.max(tableShift(), output > 48 ? WIDE_TABLE_SHIFT : 0);
    }

    /** Tells the size of physical addresses, whatever the outputs of this table are limited to. */
    void physicalBits(final int bits) {
        wideAddresses = pageShift == 16 && bits > 48;
    }

    void ignore(final boolean topByte, final boolean hierarchy) {
        ignoresTopByte = topByte;
        ignoresHierarchy = hierarchy;
    }

    /** log2 of the bytes of the first table, concatenated ones included: its base is aligned to them. */
    private int tableShift() {
        return inputBits - indexShift(startLevel) + 3;
    }

    /**
     * Whether walks are disabled (CD.EPDx); then nothing else is set.
     *
     * @return true if every address faults.
     */
    public boolean disabled() {
        return disabled;
    }

    /**
     * Significant bits of an input address.
     *
     * @return 16 to 52.
     */
    public int inputBits() {
        return inputBits;
    }

    /**
     * log2 of the granule.
     *
     * @return 12, 14 or 16.
     */
    public int pageShift() {
        return pageShift;
    }

    /**
     * Where a walk begins.
     *
     * @return level 0 to 3.
     */
    public int startLevel() {
        return startLevel;
    }

    /**
     * Bits that an output address may have.
     *
     * @return 32 to 52.
     */
    public int outputBits() {
        return outputBits;
    }

    /**
     * The first table.
     *
     * @return its address, aligned.
     */
    public long base() {
        return base;
    }

    /**
     * Whether the top byte of an address doesn't count (CD.TBIx).
     *
     * @return true if it is ignored.
     */
    public boolean ignoresTopByte() {
        return ignoresTopByte;
    }

    /**
     * Whether attributes of table descriptors don't count (CD.HADx).
     *
     * @return true if they are ignored.
     */
    public boolean ignoresHierarchy() {
        return ignoresHierarchy;
    }

    /**
     * Whether descriptors carry address bits 51 to 48 in bits 15 to 12, and level 1 may hold blocks.
     *
     * @return true with a 64 KiB granule and an OAS of 52 bits, be the outputs of this table limited to less or not.
     */
    public boolean wideAddresses() {
        return wideAddresses;
    }

    /**
     * The lowest address bit that a level's index takes: the log2 of what one of its descriptors covers.
     *
     * @param level 0 to 3.
     * @return 12 to 39.
     */
    public int indexShift(final int level) {
        return pageShift + (LAST_LEVEL - level) * (pageShift - 3);
    }

    /**
     * Bits of an index into a table below the first.
     *
     * @return 9, 11 or 13.
     */
    public int indexBits() {
        return pageShift - 3;
    }

    /**
     * Where the walk of an address begins. The first table may be larger than a granule (concatenated) or smaller.
     *
     * @param address the input address, upper bits in any state.
     * @return the address of the first descriptor.
     */
    public long firstDescriptor(final long address) {
        final int shift = indexShift(startLevel);
        return base + ((address >>> shift & (1L << inputBits - shift) - 1) << 3);
    }

    /**
     * Whether a level may hold a block (Arm ARM, D8.3).
     *
     * @param level above the last.
     * @return true for 1 GiB and 2 MiB of 4 KiB granules, 32 MiB of 16 KiB, 512 MiB of 64 KiB and, with 52-bit
     *         addresses, 4 TiB of 64 KiB.
     */
    public boolean blockAllowed(final int level) {
        return level == 2 || level == 1 && (pageShift == 12 || wideAddresses);
    }
}
