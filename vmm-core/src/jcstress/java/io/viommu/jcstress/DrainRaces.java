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
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

import io.viommu.tlb.CachedTranslation;
import io.viommu.tlb.ConfigurationLog;
import io.viommu.tlb.DmaEpoch;
import io.viommu.tlb.DmaEpochs;
import io.viommu.tlb.InvalidationScope;
import io.viommu.tlb.KeptConfigurations;
import io.viommu.tlb.TranslationCache;

/** Invalidate, drain, give the page to somebody else: a device must not be found using it then. */
public class DrainRaces {

    /** A translation of the shared cache. */
    @JCStressTest
    @Outcome(id = "0, [01]", expect = Expect.ACCEPTABLE, desc = "not found")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "used before the drain ended")
    @Outcome(id = "1, 1", expect = Expect.FORBIDDEN, desc = "used after the page was given away")
    @State
    public static class TranslationInUse {
        private final TranslationCache cache = new TranslationCache(4);
        private final DmaEpochs epochs = new DmaEpochs();
        private final DmaEpoch session = epochs.open();
        private volatile int givenAway;

        /** Fills it before the race. */
        public TranslationInUse() {
            cache.fill(new CachedTranslation().of(5, 9, 0x1000).to(0x2000, 12, 12, 1).tagged(1, 7, 3, false),
                    cache.ticket());
        }

        @Actor
        public void device(final II_Result seen) {
            session.enter();
            seen.r1 = cache.lookup(5, 9, 0x1000, 1, new CachedTranslation()) ? 1 : 0;
            seen.r2 = givenAway;
            session.leave();
        }

        @Actor
        public void vcpu() {
            cache.invalidate(new InvalidationScope().all());
            epochs.quiesce();
            givenAway = 1;
        }
    }

    /** A configuration that a session keeps for itself: 1 is the old one, 2 what the guest put in its place. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the old one, before the drain ended")
    @Outcome(id = "2, [01]", expect = Expect.ACCEPTABLE, desc = "read anew")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the old one, after the guest was told that it is gone")
    @State
    public static class ConfigurationInUse {
        private final ConfigurationLog log = new ConfigurationLog();
        private final KeptConfigurations<int[]> kept = new KeptConfigurations<>(log, 2, () -> new int[1]);
        private final DmaEpochs epochs = new DmaEpochs();
        private final DmaEpoch session = epochs.open();
        private volatile int table = 1;
        private volatile int givenAway;

        /** Keeps it before the race. */
        public ConfigurationInUse() {
            configuration();
        }

        private int configuration() {
            if (!kept.find(5, 9)) {
                kept.place()[0] = table;
                kept.keep(7, 3);
            }
            return kept.place()[0];
        }

        @Actor
        public void device(final II_Result seen) {
            session.enter();
            seen.r1 = configuration();
            seen.r2 = givenAway;
            session.leave();
        }

        @Actor
        public void vcpu() {
            table = 2;
            log.invalidate(new InvalidationScope().all().device(5, 0));
            epochs.quiesce();
            givenAway = 1;
        }
    }
}
