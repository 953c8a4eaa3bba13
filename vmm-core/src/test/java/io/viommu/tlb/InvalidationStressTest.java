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

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * DMA threads translate while a guest changes mappings: after invalidation and quiescence, no transaction may still use
 * the old one, and none may ever see halves of two.
 */
@Timeout(60)
class InvalidationStressTest {

    private static final int PAGES = 48;
    private static final int MILLIS = 1_500;
    private static final int READERS = 2;

    /** The guest's tables: page to output page; an output names its page, so that a mixture shows. */
    private final AtomicLongArray tables = new AtomicLongArray(PAGES);
    /** What a page's output may no longer fall behind: raised only when quiescence has returned. */
    private final AtomicLongArray atLeast = new AtomicLongArray(PAGES);
    private final TranslationCache cache = new TranslationCache(64);
    private final DmaEpochs epochs = new DmaEpochs();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong wrong = new AtomicLong();

    @Test
    void noTransactionUsesAMappingThatWasInvalidatedBeforeItBegan() throws InterruptedException {
        for (int page = 0; page < PAGES; page++) {
            tables.set(page, page);
        }
        final List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            final long seed = i;
            readers.add(Thread.ofPlatform().start(() -> read(seed)));
        }
        change();
        stop.set(true);
        for (final Thread reader : readers) {
            reader.join();
        }
        assertThat(wrong).hasValue(0);
        assertThat(hits.get()).isPositive();
    }

    private void read(final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final DmaEpoch session = epochs.open();
        final CachedTranslation translation = new CachedTranslation();
        long found = 0;
        while (!stop.get()) {
            final int page = random.nextInt(PAGES);
            session.enter();
            final long input = (long) page << 12;
            if (cache.lookup(1, -1, input, 1, translation)) {
                found++;
            } else {
                final long ticket = cache.ticket();
                cache.fill(translation.of(1, -1, input).to(tables.get(page) << 12, 12, 12, 1)
                        .tagged(0, page & 3, page & 1, false), ticket);
            }
            final long output = translation.output() >>> 12;
            if (output % PAGES != page || output / PAGES < atLeast.get(page)) {
                wrong.incrementAndGet();
            }
            session.leave();
        }
        hits.addAndGet(found);
        epochs.close(session);
    }

    private void change() {
        final SplittableRandom random = new SplittableRandom(99);
        final InvalidationScope scope = new InvalidationScope();
        final long end = System.nanoTime() + MILLIS * 1_000_000L;
        for (long version = 1; System.nanoTime() - end < 0; version++) {
            final int page = random.nextInt(PAGES);
            tables.set(page, version * PAGES + page);
            switch (random.nextInt(4)) {
                case 0 -> cache.invalidate(scope.all());
                case 1 -> cache.invalidate(scope.all().group(page & 3));
                case 2 -> cache.invalidate(scope.all().domain(page & 1, 0).range((long) page << 12, page + 1L << 12));
                default -> cache.invalidate(scope.all().range((long) page << 12, ((long) page << 12) + 0xFFF));
            }
            epochs.quiesce();
            atLeast.set(page, version);
        }
    }
}
