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

import org.junit.jupiter.api.Test;

class KeptConfigurationsTest {

    private static final int NO_PASID = -1;

    private final ConfigurationLog log = new ConfigurationLog();
    private final InvalidationScope scope = new InvalidationScope();
    private final KeptConfigurations<int[]> kept = new KeptConfigurations<>(log, 16, () -> new int[1]);

    private void keep(final int device, final int pasid, final int group, final int domain, final int value) {
        kept.find(device, pasid);
        kept.place()[0] = value;
        kept.keep(group, domain);
    }

    private boolean holds(final int device, final int pasid, final int value) {
        return kept.find(device, pasid) && kept.place()[0] == value;
    }

    @Test
    void whatIsKeptIsFoundUnderItsWholeKey() {
        keep(8, NO_PASID, 0, 0, 1);
        assertThat(holds(8, NO_PASID, 1)).isTrue();
        assertThat(holds(8, 0, 1)).as("PASID 0 is not no PASID").isFalse();
        keep(8, NO_PASID, 0, 0, 1);
        assertThat(holds(0x1_0008, NO_PASID, 1)).isFalse();
    }

    @Test
    void whatWasNotKeptIsNotFound() {
        kept.find(8, NO_PASID);
        kept.place()[0] = 1;
        assertThat(holds(8, NO_PASID, 1)).isFalse();
    }

    @Test
    void anInvalidationDropsWhatItNamesAndNothingElse() {
        keep(8, 5, 5, 7, 1);
        log.invalidate(scope.all().device(9, 0));
        log.invalidate(scope.all().domain(8, 0));
        log.invalidate(scope.all().domain(7, 0).group(6));
        assertThat(holds(8, 5, 1)).isTrue();
        log.invalidate(scope.all().domain(7, 0).group(5));
        assertThat(holds(8, 5, 1)).isFalse();
        keep(8, 5, 5, 7, 2);
        log.invalidate(scope.all().device(0xA, 3));
        assertThat(holds(8, 5, 2)).isFalse();
        keep(8, 5, 5, 7, 3);
        log.invalidate(scope.all());
        assertThat(holds(8, 5, 3)).isFalse();
    }

    @Test
    void anInvalidationWhileAConfigurationIsReadDropsIt() {
        kept.find(8, NO_PASID);
        kept.place()[0] = 1;
        log.invalidate(scope.all().device(8, 0));
        kept.keep(0, 0);
        assertThat(holds(8, NO_PASID, 1)).isFalse();
    }

    @Test
    void manyInvalidationsOfOthersDropAtWorstTooMuch() {
        keep(8, NO_PASID, 0, 0, 1);
        for (int device = 100; device < 100 + 4 * InvalidationLog.CAPACITY; device += 2) {
            log.invalidate(scope.all().device(device, 0));
        }
        assertThat(holds(8, NO_PASID, 1)).as("nobody knows any more").isFalse();
    }

    @Test
    void aThreadCanForgetEverything() {
        keep(8, NO_PASID, 0, 0, 1);
        kept.forget();
        assertThat(holds(8, NO_PASID, 1)).isFalse();
    }

    @Test
    void nothingIsEverFoundWhereNothingIsKept() {
        final KeptConfigurations<int[]> none = KeptConfigurations.ofNothing(() -> new int[1]);
        none.find(8, NO_PASID);
        none.place()[0] = 1;
        none.keep(0, 0);
        assertThat(none.find(8, NO_PASID)).isFalse();
    }
}
