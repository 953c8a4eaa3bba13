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
package io.viommu.tlb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;

class TranslationCacheTest {

    private static final int NONE = -1;
    private static final int READ = 1;
    private static final int WRITE = 2;

    private final TranslationCache cache = new TranslationCache(1024);
    private final CachedTranslation filled = new CachedTranslation();
    private final CachedTranslation found = new CachedTranslation();
    private final InvalidationScope scope = new InvalidationScope();

    /** A 4 KiB page of group 7 in domain 3. */
    private void fill(final int device, final int pasid, final long input, final long output) {
        fill(device, pasid, input, output, 12, 12, 7, 3, false);
    }

    private void fill(final int device, final int pasid, final long input, final long output, final int shift,
            final int matchShift, final int group, final int domain, final boolean global) {
        cache.fill(filled.of(device, pasid, input).to(output, shift, matchShift, READ).tagged(1, group, domain, global),
                cache.ticket());
    }

    private boolean has(final int device, final int pasid, final long input) {
        return cache.lookup(device, pasid, input, READ, found);
    }

    @Test
    void foundTranslationsKeepTheOffsetAndSayHowFarTheyReach() {
        fill(5, NONE, 0x1234_5678_9000L, 0x42_0000_1000L);
        assertThat(has(5, NONE, 0x1234_5678_9ABCL)).isTrue();
        assertThat(found.output()).isEqualTo(0x42_0000_1ABCL);
        assertThat(found.span()).isEqualTo(0x1000 - 0xABC);
        assertThat(found.rights()).isEqualTo(READ);
    }

    @Test
    void everyPartOfTheKeyCounts() {
        fill(5, 9, 0x1000, 0x2000);
        assertThat(has(5, 9, 0x1FFF)).isTrue();
        assertThat(has(4, 9, 0x1000)).isFalse();
        assertThat(has(5 | 1 << 31, 9, 0x1000)).isFalse();
        assertThat(has(5, 8, 0x1000)).isFalse();
        assertThat(has(5, NONE, 0x1000)).isFalse();
        assertThat(has(5, 9, 0x2000)).isFalse();
        assertThat(has(5, 9, 0x1000 | 1L << 63)).isFalse();
    }

    @Test
    void pasidZeroIsNotTheAbsenceOfAPasid() {
        fill(5, 0, 0x1000, 0x2000);
        assertThat(has(5, NONE, 0x1000)).isFalse();
        assertThat(has(5, 0, 0x1000)).isTrue();
    }

    @Test
    void deviceZeroAtAddressZeroIsNotInAnEmptyCache() {
        assertThat(has(0, NONE, 0)).isFalse();
        fill(1, NONE, 0x5000, 0);
        assertThat(has(0, NONE, 0)).isFalse();
    }

    @Test
    void extremeFieldsComeBackWhole() {
        fill(-1, 0xF_FFFF, -0x1000L, 0xFF_FFFF_FFFF_F000L, 12, 12, 0xF_FFFF, 0xFFFF, true);
        assertThat(has(-1, 0xF_FFFF, -1L)).isTrue();
        assertThat(found.output()).isEqualTo(0xFF_FFFF_FFFF_FFFFL);
    }

    @Test
    void translationWithoutTheNeededRightsIsNotFound() {
        fill(5, NONE, 0x1000, 0x2000);
        assertThat(cache.lookup(5, NONE, 0x1000, WRITE, found)).isFalse();
        assertThat(cache.lookup(5, NONE, 0x1000, READ | WRITE, found)).isFalse();
        assertThat(cache.lookup(5, NONE, 0x1000, 0, found)).isTrue();
    }

    @Test
    void refillReplacesTheTranslationOfTheSameKey() {
        fill(5, NONE, 0x1000, 0x2000);
        fill(5, NONE, 0x1000, 0x3000);
        assertThat(has(5, NONE, 0x1000)).isTrue();
        assertThat(found.output()).isEqualTo(0x3000);
    }

    @Test
    void blocksAreFoundAtEveryAddressOfTheirs() {
        fill(5, NONE, 0x4020_0000L, 0x8000_0000L, 21, 21, 7, 3, false);
        fill(5, NONE, 0x1000, 0x2000);
        fill(5, NONE, 0, 0, 44, 44, 7, 3, false);
        assertThat(has(5, NONE, 0x403F_FFFFL)).isTrue();
        assertThat(found.output()).isEqualTo(0x801F_FFFFL);
        assertThat(found.shift()).isEqualTo(21);
        assertThat(has(5, NONE, 0x1008)).isTrue();
        assertThat(has(5, NONE, 0x7000_0000_0000L >>> 4)).isTrue();
        assertThat(found.shift()).isEqualTo(44);
    }

    @Test
    void fullTableKeepsWorking() {
        for (int i = 0; i < 100_000; i++) {
            fill(i & 31, NONE, (long) i << 12, (long) i << 13);
            assertThat(has(i & 31, NONE, (long) i << 12)).isTrue();
            assertThat(found.output()).isEqualTo((long) i << 13);
        }
    }

    @Test
    void invalidationOfEverythingDropsEverything() {
        fill(5, NONE, 0x1000, 0x2000);
        cache.invalidate(scope.all());
        assertThat(has(5, NONE, 0x1000)).isFalse();
        fill(5, NONE, 0x1000, 0x2000);
        assertThat(has(5, NONE, 0x1000)).isTrue();
    }

    @Test
    void invalidationByAddressDropsWhatItTouches() {
        fill(5, NONE, 0x1000, 0x2000);
        fill(5, NONE, 0x2000, 0x2000);
        fill(5, NONE, 0x3000, 0x2000);
        cache.invalidate(scope.all().range(0x2FFF, 0x2FFF));
        assertThat(has(5, NONE, 0x1000)).isTrue();
        assertThat(has(5, NONE, 0x2000)).isFalse();
        assertThat(has(5, NONE, 0x3000)).isTrue();
    }

    @Test
    void addressInvalidationGoesByTheBlockThatSoftwareMade() {
        fill(5, NONE, 0x20_3000, 0x7000, 12, 21, 7, 3, false);
        cache.invalidate(scope.all().range(0x3F_F000, 0x3F_FFFF));
        assertThat(has(5, NONE, 0x20_3000)).isFalse();
    }

    @Test
    void rangesAreUnsignedAndReachTheTop() {
        fill(5, NONE, -0x1000L, 0x2000);
        fill(5, NONE, 0x1000, 0x2000);
        cache.invalidate(scope.all().range(1L << 63, -1L));
        assertThat(has(5, NONE, -1L)).isFalse();
        assertThat(has(5, NONE, 0x1000)).isTrue();
    }

    @Test
    void invalidationByGroupSparesOthersButNotWhatIsOfEveryGroup() {
        fill(1, NONE, 0x1000, 0x2000, 12, 12, 7, 3, false);
        fill(2, NONE, 0x1000, 0x2000, 12, 12, 8, 3, false);
        fill(3, NONE, 0x1000, 0x2000, 12, 12, 8, 3, true);
        fill(4, NONE, 0x1000, 0x2000, 12, 12, 7, 4, false);
        cache.invalidate(scope.all().domain(3, 0).group(7));
        assertThat(has(1, NONE, 0x1000)).isFalse();
        assertThat(has(2, NONE, 0x1000)).isTrue();
        assertThat(has(3, NONE, 0x1000)).isFalse();
        assertThat(has(4, NONE, 0x1000)).isTrue();
    }

    @Test
    void invalidationByDomainMayIgnoreLowBits() {
        fill(1, NONE, 0x1000, 0x2000, 12, 12, 7, 4, false);
        fill(2, NONE, 0x1000, 0x2000, 12, 12, 7, 5, false);
        fill(3, NONE, 0x1000, 0x2000, 12, 12, 7, 6, false);
        cache.invalidate(scope.all().domain(4, 1));
        assertThat(has(1, NONE, 0x1000)).isFalse();
        assertThat(has(2, NONE, 0x1000)).isFalse();
        assertThat(has(3, NONE, 0x1000)).isTrue();
    }

    @Test
    void invalidationByDevicePasidAndKind() {
        fill(0x100, 3, 0x1000, 0x2000);
        fill(0x100, 4, 0x1000, 0x2000);
        fill(0x101, 3, 0x1000, 0x2000);
        fill(0x100, NONE, 0x1000, 0x2000);
        cache.invalidate(scope.all().device(0x100, 0).pasid(3));
        assertThat(has(0x100, 3, 0x1000)).isFalse();
        assertThat(has(0x100, 4, 0x1000)).isTrue();
        cache.invalidate(scope.all().pasid(NONE));
        assertThat(has(0x100, NONE, 0x1000)).isFalse();
        cache.invalidate(scope.all().kind(2, 0));
        assertThat(has(0x101, 3, 0x1000)).isTrue();
        cache.invalidate(scope.all().kind(0, 1));
        assertThat(has(0x101, 3, 0x1000)).isFalse();
    }

    @Test
    void fillOfAWalkThatAnInvalidationPassedIsNotFound() {
        final long ticket = cache.ticket();
        cache.invalidate(scope.all().range(0x1000, 0x1FFF));
        cache.fill(filled.of(5, NONE, 0x1000).to(0x2000, 12, 12, READ).tagged(1, 7, 3, false), ticket);
        assertThat(has(5, NONE, 0x1000)).isFalse();
    }

    @Test
    void fillOfAWalkThatAnotherInvalidationPassedIsFound() {
        final long ticket = cache.ticket();
        cache.invalidate(scope.all().range(0x5000, 0x5FFF));
        cache.fill(filled.of(5, NONE, 0x1000).to(0x2000, 12, 12, READ).tagged(1, 7, 3, false), ticket);
        assertThat(has(5, NONE, 0x1000)).isTrue();
    }

    @Test
    void translationsOutliveManyInvalidationsOfNeighbouringPages() {
        fill(5, NONE, 0x1000, 0x2000);
        for (long page = 0x10; page < 0x10_000; page++) {
            cache.invalidate(scope.all().domain(3, 0).group(7).range(page << 12, (page << 12) + 0xFFF));
        }
        assertThat(has(5, NONE, 0x1000)).isTrue();
        assertThat(has(5, NONE, 0x1000)).isTrue();
    }

    @Test
    void mergedRangesDropAllThatTheyCover() {
        for (long page = 1; page <= 64; page++) {
            fill(5, NONE, page << 12, page << 12);
        }
        for (long page = 64; page > 32; page--) {
            cache.invalidate(scope.all().domain(3, 0).range(page << 12, (page << 12) + 0xFFF));
        }
        for (long page = 1; page <= 64; page++) {
            assertThat(has(5, NONE, page << 12)).isEqualTo(page <= 32);
        }
    }

    @Test
    void translationsThatNobodyCanVouchForAreDropped() {
        fill(5, NONE, 0x1000, 0x2000);
        for (int i = 0; i <= InvalidationLog.CAPACITY; i++) {
            cache.invalidate(scope.all().domain(100, 0).group(i));
        }
        assertThat(has(5, NONE, 0x1000)).isFalse();
    }

    @Test
    void translationsInUseAreVouchedForForEver() {
        fill(5, NONE, 0x1000, 0x2000);
        for (int i = 0; i < 10_000; i++) {
            cache.invalidate(scope.all().domain(100, 0).group(i));
            if (i % 16 == 0) {
                assertThat(has(5, NONE, 0x1000)).isTrue();
            }
        }
    }

    @Test
    void sizeOutOfBoundsIsRefusedInOneSentence() {
        assertThatThrownBy(() -> new TranslationCache(3)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("translation cache entries must be 4..16777216, not 3");
    }

    /** Against a model that remembers everything: nothing dropped is found, and what is found is right. */
    @Test
    void randomFillsAndInvalidationsAgreeWithAPlainModel() {
        for (long seed = 1; seed <= 20; seed++) {
            new RandomRun(seed).go();
        }
    }

    private static final class RandomRun {
        private static final int PAGES = 64;
        private final SplittableRandom random;
        private final TranslationCache cache = new TranslationCache(256);
        private final CachedTranslation translation = new CachedTranslation();
        private final InvalidationScope scope = new InvalidationScope();
        private final boolean[][] valid = new boolean[4][PAGES];
        private final long[][] output = new long[4][PAGES];

        RandomRun(final long seed) {
            random = new SplittableRandom(seed);
        }

        /** Devices 0 to 3 are of group device / 2 and domain device % 2. */
        void go() {
            for (int step = 0; step < 5_000; step++) {
                final int device = random.nextInt(4);
                final int page = random.nextInt(PAGES);
                switch (random.nextInt(10)) {
                    case 0 -> drop(device, page);
                    case 1, 2, 3 -> {
                        output[device][page] = random.nextLong() & 0xFF_FFFF_FFFF_F000L;
                        valid[device][page] = true;
                        cache.fill(translation.of(device, NONE, (long) page << 12)
                                .to(output[device][page], 12, 12, READ).tagged(0, device / 2, device % 2, false),
                                cache.ticket());
                    }
                    default -> {
                        if (cache.lookup(device, NONE, (long) page << 12, READ, translation)) {
                            assertThat(valid[device][page]).isTrue();
                            assertThat(translation.output()).isEqualTo(output[device][page]);
                        }
                    }
                }
            }
        }

        private void drop(final int device, final int page) {
            final int last = Math.min(PAGES - 1, page + random.nextInt(8));
            switch (random.nextInt(4)) {
                case 0 -> drop(scope.all().device(device, 0), 0, PAGES - 1, device, 3);
                case 1 -> drop(scope.all().group(device / 2), 0, PAGES - 1, device, 2);
                case 2 -> drop(scope.all().domain(device % 2, 0), page, last, device, 1);
                default -> drop(scope.all().group(device / 2).domain(device % 2, 0), page, last, device, 3);
            }
        }

        private void drop(final InvalidationScope what, final int first, final int last, final int device,
                final int bits) {
            cache.invalidate(what.range((long) first << 12, ((long) last << 12) + 0xFFF));
            for (int other = 0; other < 4; other++) {
                if (((other ^ device) & bits) == 0) {
                    java.util.Arrays.fill(valid[other], first, last + 1, false);
                }
            }
        }
    }
}
