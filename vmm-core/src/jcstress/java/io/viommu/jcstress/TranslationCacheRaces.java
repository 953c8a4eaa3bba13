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
package io.viommu.jcstress;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

import io.viommu.tlb.CachedTranslation;
import io.viommu.tlb.InvalidationScope;
import io.viommu.tlb.TranslationCache;

/** What threads see of one translation that others fill and invalidate. */
public class TranslationCacheRaces {

    private static final int DEVICE = 5;
    private static final int PASID = 9;
    private static final int NONE = 0;
    private static final int OLD = 1;
    private static final int NEW = 2;

    /** The page, and the rights, are told apart by the same number, so that a mixture shows. */
    private static CachedTranslation translation(final int number) {
        return new CachedTranslation().of(DEVICE, PASID, 0x1000).to((long) number << 12, 12, 12, number)
                .tagged(1, 7, 3, false);
    }

    private static int lookup(final TranslationCache cache, final CachedTranslation into) {
        if (!cache.lookup(DEVICE, PASID, 0x1000, 0, into)) {
            return NONE;
        }
        final int page = (int) (into.output() >>> 12);
        return page == into.rights() ? page : 10 * page + into.rights();
    }

    /** A slot is filled anew. A reader finds nothing, or one of the two translations, whole. */
    @JCStressTest
    @Outcome(id = "[012], 2", expect = Expect.ACCEPTABLE, desc = "nothing, or a whole translation")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture")
    @State
    public static class FillAgainstReader {
        private final TranslationCache cache = new TranslationCache(4);
        private final CachedTranslation into = new CachedTranslation();

        /** Fills it before the race. */
        public FillAgainstReader() {
            cache.fill(translation(OLD), cache.ticket());
        }

        @Actor
        public void fill() {
            cache.fill(translation(NEW), cache.ticket());
        }

        @Actor
        public void read(final II_Result seen) {
            seen.r1 = lookup(cache, into);
        }

        @Arbiter
        public void after(final II_Result seen) {
            seen.r2 = lookup(cache, into);
        }
    }

    /** Two fill the same slot: of one of them the translation is left, whole. */
    @JCStressTest
    @Outcome(id = "[12]", expect = Expect.ACCEPTABLE, desc = "one of the two")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture, or none")
    @State
    public static class TwoFills {
        private final TranslationCache cache = new TranslationCache(4);

        @Actor
        public void fillOld() {
            cache.fill(translation(OLD), cache.ticket());
        }

        @Actor
        public void fillNew() {
            cache.fill(translation(NEW), cache.ticket());
        }

        @Arbiter
        public void after(final I_Result seen) {
            seen.r1 = lookup(cache, new CachedTranslation());
        }
    }

    /** A guest changes its table, then invalidates. A walk that read the old table leaves nothing behind. */
    @JCStressTest
    @Outcome(id = "[02]", expect = Expect.ACCEPTABLE, desc = "walked anew, or not kept")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the old translation outlives its invalidation")
    @State
    public static class FillAgainstInvalidation {
        private final TranslationCache cache = new TranslationCache(4);
        private final InvalidationScope page = new InvalidationScope().all().domain(3, 0).group(7).range(0x1000,
                0x1FFF);
        private volatile int table = OLD;

        @Actor
        public void walk() {
            final long ticket = cache.ticket();
            cache.fill(translation(table), ticket);
        }

        @Actor
        public void unmap() {
            table = NEW;
            cache.invalidate(page);
        }

        @Arbiter
        public void after(final I_Result seen) {
            seen.r1 = lookup(cache, new CachedTranslation());
        }
    }

    /** Of two invalidations neither is lost, and what concerns neither stays. */
    @JCStressTest
    @Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "the one is gone, the other is there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an invalidation lost, or a translation")
    @State
    public static class TwoInvalidations {
        private final TranslationCache cache = new TranslationCache(8);

        /** Fills it before the race. */
        public TwoInvalidations() {
            cache.fill(translation(OLD), cache.ticket());
            cache.fill(translation(NEW).of(DEVICE + 1, PASID, 0x1000), cache.ticket());
        }

        @Actor
        public void ofTheDevice() {
            cache.invalidate(new InvalidationScope().all().device(DEVICE, 0));
        }

        @Actor
        public void ofAnother() {
            cache.invalidate(new InvalidationScope().all().device(DEVICE + 2, 0));
        }

        @Arbiter
        public void after(final II_Result seen) {
            final CachedTranslation into = new CachedTranslation();
            seen.r1 = lookup(cache, into);
            seen.r2 = cache.lookup(DEVICE + 1, PASID, 0x1000, 0, into) ? into.rights() : NONE;
        }
    }
}
