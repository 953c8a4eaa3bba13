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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;

class FaultIngressTest {

    private final CounterFile counters = CounterFile.inMemory();
    private final FaultRouter router = new FaultRouter();
    private final List<FaultDisposition> observed = new ArrayList<>();
    private final FaultIngress ingress = new FaultIngress("reader", router, counters,
            (record, disposition) -> observed.add(disposition));
    private final RecordingIommu first = new RecordingIommu();
    private final RecordingIommu second = new RecordingIommu();
    private final FaultPipeline toFirst = open("first", first);
    private final FaultPipeline toSecond = open("second", second);

    private FaultPipeline open(final String name, final RecordingIommu iommu) {
        return new FaultPipeline(new PipelineSettings(name, 16, InjectorMode.RUN_TO_COMPLETION), iommu,
                new FaultAccount(counters, name), FaultObserver.NONE);
    }

    private void fault(final int source, final int device, final int pasid, final long cookie) {
        ingress.claim(source, device, pasid).kind(FaultKind.SMMU_EVENT).cookie(cookie);
        ingress.publish();
    }

    @Test
    void eachFaultGoesWhereItsRouteLeads() {
        router.add(1, 10, new FaultRoute(toFirst, 100));
        router.add(1, 10, 5, new FaultRoute(toSecond, 200));
        fault(1, 10, FaultSink.NO_PASID, 1);
        fault(1, 10, 5, 2);
        fault(1, 10, 6, 3);
        ingress.flush();
        assertThat(first.cookies).containsExactly(1L, 3L);
        assertThat(second.cookies).containsExactly(2L);
        assertThat(ingress.read()).isEqualTo(3);
        assertThat(ingress.account().settled()).isZero();
    }

    @Test
    void claimedRecordKnowsWhereItComesFromAndWhoTheGuestThinksItIs() {
        router.add(3, 10, new FaultRoute(toFirst, 0x1742));
        final FaultRecord record = ingress.claim(3, 10, 0x77);
        assertThat(record.source()).isEqualTo(3);
        assertThat(record.hostDevice()).isEqualTo(10);
        assertThat(record.guestDevice()).isEqualTo(0x1742);
        assertThat(record.pasid()).isEqualTo(0x77);
        assertThat(record.hasPasid()).isTrue();
        assertThat(record.time()).isNotZero();
        record.kind(FaultKind.GENERIC);
        ingress.publish();
        assertThat(ingress.claim(3, 10, FaultSink.NO_PASID).hasPasid()).isFalse();
        ingress.publish();
    }

    @Test
    void faultWithoutRouteIsCountedWithItsReason() {
        fault(1, 99, FaultSink.NO_PASID, 1);
        ingress.reject(1, FaultDisposition.MALFORMED);
        ingress.flush();
        assertThat(observed).containsExactly(FaultDisposition.NO_ROUTE, FaultDisposition.MALFORMED);
        assertThat(ingress.account().count(FaultDisposition.NO_ROUTE)).isEqualTo(1);
        assertThat(ingress.account().count(FaultDisposition.MALFORMED)).isEqualTo(1);
        assertThat(ingress.read()).isEqualTo(2);
    }

    @Test
    void faultForAClosedPipelineIsCountedAsSuch() {
        router.add(1, 10, new FaultRoute(toFirst, 100));
        toFirst.close();
        fault(1, 10, FaultSink.NO_PASID, 1);
        assertThat(observed).containsExactly(FaultDisposition.CLOSED);
    }

    @ParameterizedTest
    @EnumSource(InjectorMode.class)
    void aFaultThatItsSourceClaimedAndNeverPublishedIsCountedOnceAndHoldsNobodyUp(final InjectorMode mode) {
        final RecordingIommu iommu = new RecordingIommu();
        try (FaultPipeline pipeline = new FaultPipeline(new PipelineSettings("third", 8, mode), iommu,
                new FaultAccount(counters, "third"), FaultObserver.NONE)) {
            router.add(1, 10, new FaultRoute(pipeline, 100));
            for (int i = 0; i < 30; i++) {
                fault(1, 10, FaultSink.NO_PASID, i);
                ingress.claim(1, 10, FaultSink.NO_PASID).kind(FaultKind.SMMU_EVENT).cookie(1000); // and fails
                if (i % 2 == 0) {
                    ingress.flush();
                }
                if (i % 5 == 0) {
                    ingress.reject(1, FaultDisposition.MALFORMED);
                }
            }
            ingress.flush();
            pipeline.awaitInjected();
            assertThat(iommu.cookies).hasSize(30).doesNotContain(1000L);
        }
        assertThat(ingress.account().count(FaultDisposition.SOURCE_FAILURE)).isEqualTo(30);
        assertThat(ingress.read()).isEqualTo(30 + ingress.account().settled()).isEqualTo(66);
    }

    @ParameterizedTest
    @EnumSource(Throwing.class)
    void whatTheObserverThrowsStopsNoReaderAndTheFaultIsCountedOnce(final Throwing thrown) {
        final FaultIngress thrower = new FaultIngress("thrower", router, counters,
                (record, disposition) -> thrown.now());
        for (int i = 0; i < 5; i++) {
            thrower.claim(1, 99, FaultSink.NO_PASID).kind(FaultKind.SMMU_EVENT);
            thrower.publish();
            thrower.reject(1, FaultDisposition.MALFORMED);
        }
        thrower.flush();
        assertThat(thrower.read()).isEqualTo(10);
        assertThat(thrower.account().settled()).isEqualTo(10);
    }

    @Test
    void aClosedIngressKeepsItsFiguresAndGoesOnCounting() {
        fault(1, 99, FaultSink.NO_PASID, 1);
        ingress.flush();
        ingress.close();
        fault(1, 99, FaultSink.NO_PASID, 2);
        ingress.flush();
        assertThat(ingress.read()).isEqualTo(2);
        assertThat(ingress.account().count(FaultDisposition.NO_ROUTE)).isEqualTo(2);
        for (int i = 0; i < 200; i++) {
            new FaultIngress("reader" + i, router, counters, FaultObserver.NONE).close();
        }
    }

    @Test
    void readEqualsTheSumOfAllEndings() {
        router.add(1, 10, new FaultRoute(toFirst, 100));
        router.add(1, 11, new FaultRoute(toSecond, 101));
        for (int i = 0; i < 1000; i++) {
            fault(1, 9 + i % 4, FaultSink.NO_PASID, i);
            if (i % 13 == 0) {
                ingress.reject(1, FaultDisposition.MALFORMED);
            }
        }
        ingress.flush();
        final Map<String, Long> labels = new LinkedHashMap<>();
        counters.forEach(labels::put);
        assertThat(labels).containsEntry("reader faults read", ingress.read());
        assertThat(ingress.read()).isEqualTo(1000 + 77);
        assertThat(ingress.account().settled() + toFirst.account().settled() + toSecond.account().settled())
                .isEqualTo(ingress.read());
    }
}
