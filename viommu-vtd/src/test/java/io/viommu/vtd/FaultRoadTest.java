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

package io.viommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.fault.FaultSink;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/** From a source to the lines in the guest's log: ingress, pipeline, unit, interrupt, driver. */
class FaultRoadTest {

    private static final int HOST_DEVICE = 0x6A00;
    private static final int GUEST_DEVICE = 0x0018;

    private final TestGuest guest = new TestGuest().boot(0);
    private final CounterFile counters = CounterFile.inMemory();
    private final FaultAccount account = new FaultAccount(counters, "unit");
    private final FaultRouter router = new FaultRouter();
    private final FaultIngress ingress = new FaultIngress("reader", router, counters, FaultObserver.NONE);

    private FaultPipeline connect(final InjectorMode mode) {
        final FaultPipeline pipeline = new FaultPipeline(PipelineSettings.named("unit").mode(mode), guest.unit, account,
                FaultObserver.NONE);
        router.add(1, HOST_DEVICE, new FaultRoute(pipeline, GUEST_DEVICE));
        return pipeline;
    }

    private void report(final int reason, final boolean read, final long page) {
        ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(FaultKind.VTD_FAULT).asReported(true).word(0, page)
                .word(1, (long) reason << 32 | (read ? 1L << 62 : 0) | HOST_DEVICE);
        ingress.publish();
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void faultsReachTheGuestsLogInOrderUnderItsOwnDeviceNames(final InjectorMode mode) {
        try (FaultPipeline pipeline = connect(mode)) {
            report(0x05, false, 0xfffc_0000L);
            report(0x06, true, 0x1000);
            report(0x79, true, 0x2000);
            report(0x02, false, 0x3000);
            ingress.flush();
            pipeline.awaitInjected();
        }
        assertThat(guest.messages.take()).isNotEmpty().allMatch("fee00000:41"::equals);
        guest.dmarFault();
        assertThat(guest.log).containsExactly("DMAR: DRHD: handling fault status reg 2",
                "DMAR: [DMA Write NO_PASID] Request device [00:03.0] fault addr 0xfffc0000 [fault reason 0x05] "
                        + "PTE Write access is not set",
                "DMAR: [DMA Read NO_PASID] Request device [00:03.0] fault addr 0x1000 [fault reason 0x06] "
                        + "PTE Read access is not set",
                "DMAR: [DMA Write NO_PASID] Request device [00:03.0] fault addr 0x3000 [fault reason 0x02] "
                        + "Present bit in context entry is clear");
        assertThat(account.count(FaultDisposition.HOST_STAGE_2)).isEqualTo(1);
    }

    @Test
    void oneBatchRaisesOneInterrupt() {
        try (FaultPipeline _ = connect(InjectorMode.RUN_TO_COMPLETION)) {
            for (int i = 0; i < 8; i++) {
                report(0x05, false, 0x1000L * i);
            }
            ingress.flush();
        }
        assertThat(guest.messages.take()).containsExactly("fee00000:41");
    }

    /** A storm against a driver that reads as fast as it can: what is read equals what ended, by name. */
    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    void nothingIsLostSilently(final InjectorMode mode) {
        final int faults = 20_000;
        try (FaultPipeline pipeline = connect(mode)) {
            for (int i = 0; i < faults; i++) {
                report(0x05, false, 0x1000L * i);
                if (i % 3 == 0) {
                    ingress.flush();
                }
                if (i % 7 == 0) {
                    guest.dmarFault();
                }
            }
            ingress.flush();
            pipeline.awaitInjected();
        }
        while (guest.dmarFault()) {
            assertThat(guest.log).hasSizeLessThan(3 * faults);
        }
        assertThat(ingress.read()).isEqualTo(faults);
        assertThat(account.settled()).isEqualTo(faults);
        final long printed = guest.log.stream().filter(line -> line.contains("[DMA")).count();
        assertThat(account.count(FaultOutcome.DELIVERED)).isEqualTo(printed);
        assertThat(account.count(FaultOutcome.DELIVERED) + account.count(FaultOutcome.OVERFLOW)).isEqualTo(faults);
    }

    @Test
    void recordsOfOtherKindsEndByName() {
        try (FaultPipeline _ = connect(InjectorMode.RUN_TO_COMPLETION)) {
            ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(FaultKind.SMMU_EVENT);
            ingress.publish();
            ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(FaultKind.LOST_EVENTS).word(0, 3);
            ingress.publish();
            ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(77);
            ingress.publish();
            ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(FaultKind.VTD_FAULT).emulated(true)
                    .word(0, 0x5000).word(1, 0x0000_0079_0000_0042L);
            ingress.publish();
            ingress.flush();
        }
        assertThat(account.count(FaultDisposition.WRONG_ARCHITECTURE)).isEqualTo(1);
        assertThat(account.count(FaultDisposition.HOST_EVENT)).isEqualTo(1);
        assertThat(account.count(FaultDisposition.MALFORMED)).isEqualTo(1);
        assertThat(guest.readq(guest.faultOffset() + 8)).as("the unit's own walk is final").isEqualTo(
                0x8000_0079_0000_0042L);
    }

    @Test
    void lossesOfTheHostAreToldByPfoIfTheUserWantsIt() {
        final TestGuest telling = new TestGuest(Map.of("lost-events", "overflow")).boot(0);
        try (FaultPipeline pipeline = new FaultPipeline(
                PipelineSettings.named("telling").mode(InjectorMode.RUN_TO_COMPLETION), telling.unit, account,
                FaultObserver.NONE)) {
            router.add(1, HOST_DEVICE, new FaultRoute(pipeline, GUEST_DEVICE));
            ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(FaultKind.LOST_EVENTS).word(0, 3);
            ingress.publish();
            ingress.flush();
            assertThat(telling.readl(TestGuest.FSTS)).as("nothing pending, so software would not look").isZero();
            report(0x05, false, 0x1000);
            ingress.claim(1, HOST_DEVICE, FaultSink.NO_PASID).kind(FaultKind.LOST_EVENTS).word(0, 3);
            ingress.publish();
            ingress.flush();
        }
        assertThat(telling.readl(TestGuest.FSTS)).isEqualTo(3);
        assertThat(account.count(FaultDisposition.HOST_EVENT)).isEqualTo(1);
        assertThat(account.count(FaultDisposition.DELIVERED)).isEqualTo(2);
    }

    @Test
    void pageRequestsAreAnsweredInvalidWhereThereIsNoQueue() {
        final TestGuest plain = new TestGuest(Map.of("svm", "off"));
        try (FaultPipeline pipeline = new FaultPipeline(
                PipelineSettings.named("plain").mode(InjectorMode.RUN_TO_COMPLETION), plain.unit, account,
                FaultObserver.NONE)) {
            router.add(2, HOST_DEVICE, new FaultRoute(pipeline, GUEST_DEVICE));
            ingress.claim(2, HOST_DEVICE, 5).kind(FaultKind.PAGE_REQUEST).cookie(77).word(0, 1);
            ingress.publish();
            ingress.claim(2, HOST_DEVICE, 5).kind(FaultKind.PAGE_REQUEST).cookie(77).word(0, 3);
            ingress.publish();
            ingress.flush();
        }
        assertThat(plain.answers).as("a group is answered once").isEqualTo(List.of("2/77/1"));
        assertThat(account.count(FaultDisposition.NO_PAGE_REQUEST_QUEUE)).isEqualTo(2);
    }
}
