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

package io.viommu.bench.tables;

/** Translation tables of four levels with 4 KiB pages, of SMMUv3 or VT-d: they differ in the low bits of an entry. */
public final class AddressSpace {

    /** Bytes of a page. */
    public static final long PAGE = 4096;

    private static final int LEVELS = 4;
    private static final int PAGE_SHIFT = 12;
    private static final int INDEX_BITS = 9;
    private static final long ADDRESS = 0x0000_FFFF_FFFF_F000L;

    private final TableMemory memory;
    private final long tableBits;
    private final long leafBits;
    private final long root;

    /**
     * Makes an empty address space.
     *
     * @param memory    where its tables will lie.
     * @param tableBits low bits of an entry that leads to a table.
     * @param leafBits  bits of an entry that leads to a page.
     */
    public AddressSpace(final TableMemory memory, final long tableBits, final long leafBits) {
        this.memory = memory;
        this.tableBits = tableBits;
        this.leafBits = leafBits;
        this.root = memory.allocate(PAGE);
    }

    /**
     * The first table.
     *
     * @return a guest physical address.
     */
    public long root() {
        return root;
    }

    /**
     * Maps pages, one after the other.
     *
     * @param input  the first.
     * @param output where it leads.
     * @param pages  how many.
     */
    public void map(final long input, final long output, final long pages) {
        for (long i = 0; i < pages; i++) {
            memory.store(leaf(input + i * PAGE), output + i * PAGE | leafBits);
        }
    }

    /**
     * Makes the tables for a page, and leaves the page itself out.
     *
     * @param input the page.
     */
    public void leaveOut(final long input) {
        memory.store(leaf(input), 0);
    }

    private long leaf(final long input) {
        long table = root;
        for (int level = LEVELS - 1; level > 0; level--) {
            final long at = entry(table, input, level);
            long found = memory.load(at);
            if (found == 0) {
                found = memory.allocate(PAGE) | tableBits;
                memory.store(at, found);
            }
            table = found & ADDRESS;
        }
        return entry(table, input, 0);
    }

    private static long entry(final long table, final long input, final int level) {
        final long index = input >>> PAGE_SHIFT + INDEX_BITS * level & (1 << INDEX_BITS) - 1;
        return table + index * Long.BYTES;
    }
}
