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

package io.viommu.smmu;

import static io.viommu.smmu.SmmuMachine.EVENTQ_CONS;
import static io.viommu.smmu.SmmuMachine.EVENTQ_PROD;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.viommu.counters.CounterFile;
import io.viommu.counters.FaultAccount;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultObserver;
import io.viommu.fault.FaultRoute;
import io.viommu.fault.FaultRouter;
import io.viommu.pipeline.FaultIngress;
import io.viommu.pipeline.FaultPipeline;
import io.viommu.pipeline.InjectorMode;
import io.viommu.pipeline.PipelineSettings;

/** From a source to a tiny guest driver that fetches records in its interrupt handler. */
class FaultPathTest {

    private static final int SOURCE = 3;
    private static final int FAULTS = 500;

    /** Reads PROD, fetches 32 bytes an entry, moves CONS, looks again: what Linux does. */
    private static final class Driver {
        private final SmmuMachine machine;
        private final List<Long> addresses = new ArrayList<>();
        private int cons;
        private boolean overflow;

        Driver(final SmmuMachine machine) {
            this.machine = machine;
        }

        synchronized void interrupt() {
            int prod = machine.read(EVENTQ_PROD);
            while ((prod & 0x1F) != (cons & 0x1F)) {
                addresses.add(machine.load64(SmmuMachine.EVENTQ + 32L * (cons & 0xF) + 16));
                cons = cons + 1 & 0x1F;
                machine.write(EVENTQ_CONS, cons | (overflow ? 0x8000_0000L : 0));
                prod = machine.read(EVENTQ_PROD);
                overflow = prod < 0;
            }
            machine.write(EVENTQ_CONS, cons | (overflow ? 0x8000_0000L : 0));
        }

        synchronized List<Long> addresses() {
            return List.copyOf(addresses);
        }
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    @Timeout(30)
    void everyFaultEndsInTheGuestOrIsCountedWithAReason(final InjectorMode mode) {
        final SmmuMachine machine = new SmmuMachine().start(4);
        final Driver driver = new Driver(machine);
        machine.onInterrupt = driver::interrupt;
        final CounterFile counters = CounterFile.inMemory();
        final FaultAccount account = new FaultAccount(counters, "smmu");
        final FaultRouter router = new FaultRouter();
        try (FaultPipeline pipeline = new FaultPipeline(new PipelineSettings("test", 64, mode), machine.smmu, account,
                FaultObserver.NONE)) {
            router.add(SOURCE, 0x1234, new FaultRoute(pipeline, 8));
            final FaultIngress ingress = new FaultIngress("reader", router, counters, FaultObserver.NONE);
            for (int i = 0; i < FAULTS; i++) {
                ingress.claim(SOURCE, 0x1234, -1).kind(FaultKind.SMMU_EVENT).asReported(true)
                        .word(0, 0x0000_1234_0000_0010L).word(1, 0x0000_0208_0000_0000L).word(2, i * 0x1000L);
                ingress.publish();
                ingress.flush();
            }
            pipeline.awaitInjected();
        }
        assertThat(account.settled()).isEqualTo(FAULTS);
        assertThat(account.count(FaultDisposition.DELIVERED) + account.count(FaultDisposition.QUEUE_FULL))
                .isEqualTo(FAULTS);
        assertThat(driver.addresses()).as("all that was delivered, in order, was fetched")
                .hasSize((int) account.count(FaultDisposition.DELIVERED)).isSorted();
        assertThat(machine.read(EVENTQ_PROD) & 0x1F).isEqualTo(machine.read(EVENTQ_CONS) & 0x1F);
    }

    @ParameterizedTest
    @EnumSource(value = InjectorMode.class, names = { "BLOCKING", "RUN_TO_COMPLETION" })
    @Timeout(30)
    void disablingTheQueueWaitsForRecordsUnderWay(final InjectorMode mode) {
        final SmmuMachine machine = new SmmuMachine().start(4);
        final FaultAccount account = new FaultAccount(CounterFile.inMemory(), "smmu");
        final FaultRouter router = new FaultRouter();
        try (FaultPipeline pipeline = new FaultPipeline(new PipelineSettings("test", 64, mode), machine.smmu, account,
                FaultObserver.NONE)) {
            router.add(SOURCE, 0x1234, new FaultRoute(pipeline, 8));
            final FaultIngress ingress = new FaultIngress("reader", router, CounterFile.inMemory(), FaultObserver.NONE);
            for (int i = 0; i < 10; i++) {
                ingress.claim(SOURCE, 0x1234, -1).kind(FaultKind.SMMU_EVENT).word(0, 0x0A);
                ingress.publish();
            }
            machine.write(SmmuMachine.CR0, 0);
            assertThat(account.settled()).as("all ended before CR0ACK followed").isEqualTo(10);
            assertThat(machine.read(SmmuMachine.CR0ACK)).isZero();
        }
    }
}
