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
package io.viommu.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.viommu.counters.CounterFile;
import io.viommu.counters.DistinctFault;
import io.viommu.counters.DistinctFaultLog;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;

class FaultBudgetTest {

    private static final long SECOND = 1_000_000_000;
    private long now = Long.MAX_VALUE - 3 * SECOND; // wraps within the tests

    private int taken(final FaultBudget budget, final int device, final int tries) {
        int count = 0;
        for (int i = 0; i < tries; i++) {
            count += budget.take(1, device, now) ? 1 : 0;
        }
        return count;
    }

    @Test
    void aBurstThenTheRate() {
        final FaultBudget budget = FaultBudget.of(1000, 50, 64);
        assertThat(taken(budget, 7, 1000)).isEqualTo(50);
        now += 10_000_000;
        assertThat(taken(budget, 7, 1000)).as("10 ms at 1000 per second").isEqualTo(10);
        now += 100 * SECOND;
        assertThat(taken(budget, 7, 1000)).as("no more than a burst is saved up").isEqualTo(50);
    }

    @Test
    void devicesHaveBucketsOfTheirOwnAlsoThoseOfOtherSources() {
        final FaultBudget budget = FaultBudget.of(1, 5, 1024);
        assertThat(taken(budget, 1, 1_000_000)).isEqualTo(5);
        for (int device = 2; device < 66; device++) {
            assertThat(taken(budget, device, 5)).isEqualTo(5);
        }
        assertThat(budget.take(2, 1, now)).isTrue();
    }

    @Test
    void aCrowdedTableIsSharedInsteadOfGrowing() {
        final FaultBudget budget = FaultBudget.of(1, 1, 8);
        int passed = 0;
        for (int device = 0; device < 1000; device++) {
            passed += budget.take(1, device, now) ? 1 : 0;
        }
        assertThat(passed).isEqualTo(8);
    }

    @Test
    void withoutALimitEverythingPassesAndImpossibleLimitsAreRefused() {
        assertThat(taken(FaultBudget.unlimited(), 1, 1000)).isEqualTo(1000);
        assertThatThrownBy(() -> FaultBudget.of(0, 1, 8)).hasMessage("perSecond must be 1 to 1000000000, not 0.");
        assertThatThrownBy(() -> FaultBudget.of(1, 0, 8)).hasMessage("burst must be 1 or more, not 0.");
        assertThatThrownBy(() -> FaultBudget.of(1, 1, 9)).hasMessage(
                "devices must be a power of two from 8 on, not 9.");
    }

    @Test
    void ofAStormOnlyTheBudgetPassesAndEveryOtherDeviceLosesNothing() {
        final CounterFile counters = CounterFile.inMemory();
        final FaultRouter router = new FaultRouter();
        final RecordingIommu guest = new RecordingIommu();
        final FaultAccount delivered = new FaultAccount(counters, "guest");
        final List<Integer> answered = new ArrayList<>();
        final DistinctFaultLog distinct = DistinctFaultLog.inMemory(256, () -> 77);
        try (FaultPipeline pipeline = new FaultPipeline(
                new PipelineSettings("guest", 16, InjectorMode.RUN_TO_COMPLETION), guest, delivered,
                FaultObserver.NONE)) {
            final FaultIngress ingress = new FaultIngress("reader", router, counters, (record, disposition) -> {
                if (disposition == FaultDisposition.THROTTLED) {
                    answered.add(record.hostDevice());
                }
            }, FaultBudget.of(1000, 100, 128), distinct, () -> now);
            for (int device = 0; device < 64; device++) {
                router.add(1, device, new FaultRoute(pipeline, device));
            }
            for (int i = 0; i < 200_000; i++) {
                now += 10_000; // 99 of 100 are of device 0, the others of the 63 in turn
                final int device = i % 100 == 0 ? 1 + i / 100 % 63 : 0;
                ingress.claim(1, device, 5).kind(FaultKind.SMMU_EVENT).word(0, 0x10).word(2, i);
                ingress.publish();
                if (i % 64 == 63) {
                    ingress.flush();
                }
            }
            ingress.flush();
            final long throttled = ingress.account().count(FaultDisposition.THROTTLED);
            assertThat(delivered.count(FaultDisposition.DELIVERED) + throttled).as("nothing is silent")
                    .isEqualTo(ingress.read()).isEqualTo(200_000);
            assertThat(throttled).as("two seconds at 1000, and a burst").isBetween(198_000L - 2_101, 198_000L - 2_099);
            assertThat(answered).hasSize((int) throttled).containsOnly(0);
        }
        assertThat(distinct.all()).hasSize(64).filteredOn(fault -> fault.hostDevice() == 0)
                .containsExactly(new DistinctFault(1, 0, FaultKind.SMMU_EVENT, 0x10, 198_000, 77, 77,
                        List.of(0x10L, 0L, 1L, 0L), List.of(0x10L, 0L, 199_999L, 0L)));
        assertThat(distinct.all().stream().mapToLong(DistinctFault::count).sum()).isEqualTo(200_000);
    }
}
