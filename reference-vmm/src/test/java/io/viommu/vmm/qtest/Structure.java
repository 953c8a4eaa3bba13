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
package io.viommu.vmm.qtest;

/** A structure of the SMMU in memory, filled by bit numbers of IHI 0070 alone: 64 bytes, of which some may be used. */
final class Structure {

    private static final int WORDS = 8;

    final long[] words = new long[WORDS];

    /** A stream table entry: V and Config (5.2). */
    static Structure stream(final int config) {
        return new Structure().set(0, 1, 1).set(1, 3, config);
    }

    /** A context descriptor: T0SZ 25, 4 KiB, EPD1, V, IPS 48 bits, AA64, R, A, ASID 5, TTB0 (5.4). */
    static Structure context(final long table) {
        return new Structure().set(0, 6, 25).set(16, 6, 16).set(22, 2, 2).set(30, 1, 1).set(31, 1, 1).set(32, 3, 5)
                .set(41, 1, 1).set(45, 1, 1).set(46, 1, 1).set(48, 16, 5).address(64, 4, 51, table);
    }

    /** S1ContextPtr. */
    Structure contexts(final long pointer) {
        return address(0, 6, 55, pointer);
    }

    /** S1Fmt, S1CDMax and S1DSS. */
    Structure substreams(final int format, final int max, final int without) {
        return set(4, 2, format).set(59, 5, max).set(64, 2, without);
    }

    /** S2VMID 7, S2T0SZ 25, S2SL0 1, 4 KiB, S2PS 44 bits, S2AA64, S2R, S2TTB. */
    Structure stage2(final long table) {
        return set(128, 16, 7).set(160, 6, 25).set(166, 2, 1).set(176, 3, 4).set(179, 1, 1).set(186, 1, 1)
                .address(192, 4, 51, table);
    }

    /** Sets a field, by the number of its lowest bit in the structure. */
    Structure set(final int low, final int width, final long value) {
        final int shift = low & 63;
        final long mask = (1L << width) - 1 << shift;
        words[low >> 6] = words[low >> 6] & ~mask | value << shift & mask;
        return this;
    }

    /** Sets a field that holds bits of an address, by the bit where the address would begin. */
    Structure address(final int begin, final int lowest, final int highest, final long address) {
        final long mask = (2L << highest) - (1L << lowest);
        words[begin >> 6] = words[begin >> 6] & ~mask | address & mask;
        return this;
    }
}
