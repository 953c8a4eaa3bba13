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
package io.viommu.smmu.dma;

/** The addresses that a range invalidation names (IHI 0070, 4.4.1.1). */
final class CommandRange {

    private static final long PAGE = 0xFFF;

    private CommandRange() {
    }

    /** The first byte: the address, aligned down to the granule, since a misaligned one may hit too much. */
    static long first(final long address, final int tg) {
        return tg == 0 ? address & ~PAGE : address & -1L << granuleShift(tg);
    }

    /**
     * The last byte: (NUM + 1) * 2^SCALE granules from the first on, without wrapping at the top. Without TG it is one
     * page, and what lies around it goes by the size of the entry.
     */
    static long last(final long address, final int tg, final int num, final int scale) {
        final long first = first(address, tg);
        if (tg == 0) {
            return first | PAGE;
        }
        final long last = first + (num + 1L << granuleShift(tg) + scale) - 1;
        return Long.compareUnsigned(last, first) < 0 ? -1L : last;
    }

    /** TG: 1 is 4 KiB, 2 is 16 KiB, 3 is 64 KiB. */
    private static int granuleShift(final int tg) {
        return 10 + 2 * tg;
    }
}
