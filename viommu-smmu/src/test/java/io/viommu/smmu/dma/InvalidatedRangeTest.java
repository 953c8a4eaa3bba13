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

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;

/** Ranges of TLBI commands, IHI 0070 4.4.1.1. */
class InvalidatedRangeTest {

    @Test
    void withoutGranuleItIsThePageOfTheAddress() {
        assertThat(CacheInvalidations.first(0x12_3456_7000L, 0)).isEqualTo(0x12_3456_7000L);
        assertThat(CacheInvalidations.last(0x12_3456_7000L, 0, 31, 31)).isEqualTo(0x12_3456_7FFFL);
    }

    @Test
    void rangeIsNumPlusOneTimesTwoToTheScaleGranules() {
        assertThat(CacheInvalidations.last(0x10_0000, 1, 0, 0)).isEqualTo(0x10_0FFF);
        assertThat(CacheInvalidations.last(0x10_0000, 1, 2, 3)).isEqualTo(0x10_0000 + 3 * 8 * 0x1000 - 1);
        assertThat(CacheInvalidations.last(0x10_0000, 2, 0, 0)).isEqualTo(0x10_3FFF);
        assertThat(CacheInvalidations.last(0x10_0000, 3, 1, 0)).isEqualTo(0x11_FFFF);
    }

    @Test
    void rangeDoesNotWrapAtTheTop() {
        assertThat(CacheInvalidations.last(-0x1000L, 1, 31, 0)).isEqualTo(-1L);
        assertThat(CacheInvalidations.last(0xFFF0_0000_0000_1000L, 3, 31, 31)).isEqualTo(-1L);
        assertThat(CacheInvalidations.last(0, 3, 31, 31)).isEqualTo((1L << 52) - 1);
    }

    @Test
    void everyRangeAgreesWithUnlimitedArithmetic() {
        final SplittableRandom random = new SplittableRandom(5);
        final BigInteger top = BigInteger.ONE.shiftLeft(64);
        for (int i = 0; i < 20_000; i++) {
            final long address = random.nextLong() & ~0xFFFL;
            final int tg = 1 + random.nextInt(3);
            final int num = random.nextInt(32);
            final int scale = random.nextInt(32);
            final int granule = new int[]{ 0, 12, 14, 16 }[tg];
            final BigInteger first = unsigned(address).shiftRight(granule).shiftLeft(granule);
            final BigInteger last = first.add(BigInteger.valueOf(num + 1).shiftLeft(scale + granule))
                    .min(top).subtract(BigInteger.ONE);
            assertThat(unsigned(CacheInvalidations.first(address, tg))).isEqualTo(first);
            assertThat(unsigned(CacheInvalidations.last(address, tg, num, scale))).isEqualTo(last);
        }
    }

    private static BigInteger unsigned(final long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
