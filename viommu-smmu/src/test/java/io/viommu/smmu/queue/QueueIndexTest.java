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

package io.viommu.smmu.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueueIndexTest {

    @Test
    void sizeIsCappedByWhatIsOffered() {
        assertThat(QueueIndex.log2(0x4110_0000L | 31, 19)).isEqualTo(19);
        assertThat(QueueIndex.log2(0x4110_0000L | 8, 7)).isEqualTo(7);
        assertThat(QueueIndex.log2(0x4110_0000L, 19)).isZero();
    }

    @Test
    void baseIsAlignedToTheQueueAndLowBitsAreIgnored() {
        assertThat(QueueIndex.address(0x4000_0000_4123_45E4L, 0, 4, 5)).isEqualTo(0x4123_4400L);
        assertThat(QueueIndex.address(0x4000_0000_4123_45E0L, 0, 0, 4)).as("at least 32 bytes").isEqualTo(0x4123_45E0L);
        assertThat(QueueIndex.address(0x4120_0004L, 0x1F, 4, 5)).as("the wrap flag is no index")
                .isEqualTo(0x4120_01E0L);
        assertThat(QueueIndex.address(0x4120_0013L, 0x7_FFFF, 19, 5)).isEqualTo(0x41FF_FFE0L);
    }

    @Test
    void queueOfOneEntryHasItsWrapFlagInBit0() {
        assertThat(QueueIndex.empty(0, 0, 0)).isTrue();
        assertThat(QueueIndex.full(1, 0, 0)).isTrue();
        assertThat(QueueIndex.next(0, 0)).isEqualTo(1);
        assertThat(QueueIndex.next(1, 0)).isZero();
    }

    @Test
    void pointersFurtherApartThanTheQueueAreFullAndInconsistent() {
        assertThat(QueueIndex.used(0x13, 0, 4)).isEqualTo(0x13);
        assertThat(QueueIndex.full(0x13, 0, 4)).isTrue();
        assertThat(QueueIndex.consistent(0x13, 0, 4)).isFalse();
        assertThat(QueueIndex.consistent(0x10, 0, 4)).isTrue();
    }

    @Test
    void bitsAboveTheWrapFlagAreIgnoredAndKept() {
        assertThat(QueueIndex.empty(0x8000_0003, 0x0000_0003, 4)).isTrue();
        assertThat(QueueIndex.next(0x8000_001F, 4)).isEqualTo(0x8000_0000);
        assertThat(QueueIndex.next(0x000F_FFE5, 4)).isEqualTo(0x000F_FFE6);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
    void allEntriesAreUsableAndFullComesAfterExactlyThatMany(final int log2) {
        final int entries = 1 << log2;
        for (final int start : new int[]{ 0, entries - 1, entries, 2 * entries - 1, -1, Integer.MAX_VALUE,
            Integer.MIN_VALUE }) {
            fillsAndEmpties(start, log2);
        }
        final SplittableRandom random = new SplittableRandom(log2);
        for (int i = 0; i < 100; i++) {
            fillsAndEmpties(random.nextInt(), log2);
        }
    }

    private static void fillsAndEmpties(final int start, final int log2) {
        int prod = start;
        for (int i = 0; i < 1 << log2; i++) {
            assertThat(QueueIndex.full(prod, start, log2)).as("from %#x", start).isFalse();
            assertThat(QueueIndex.used(prod, start, log2)).as("from %#x", start).isEqualTo(i);
            prod = QueueIndex.next(prod, log2);
        }
        assertThat(QueueIndex.full(prod, start, log2)).as("from %#x", start).isTrue();
        int cons = start;
        for (int i = 0; i < 1 << log2; i++) {
            assertThat(QueueIndex.empty(prod, cons, log2)).as("from %#x", start).isFalse();
            cons = QueueIndex.next(cons, log2);
        }
        assertThat(QueueIndex.empty(prod, cons, log2)).as("from %#x", start).isTrue();
    }
}
