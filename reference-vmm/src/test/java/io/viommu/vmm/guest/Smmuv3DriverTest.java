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

package io.viommu.vmm.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.device.MmioDevice;
import io.viommu.fault.FaultDisposition;

@Timeout(60)
class Smmuv3DriverTest {

    private static final int EVENTQ_PROD = 0x1_00A8;
    private static final int EVENTQ_CONS = 0x1_00AC;

    private static Smmuv3Driver driver(final Guest guest, final int log2Events) {
        return new Smmuv3Driver(guest.device(), guest.interrupts, guest.pages(), log2Events, guest.kernelLog::add,
                guest::take);
    }

    /** The order of a Linux probe; CR0 is 20, the stream table 80, command queue 90, event queue a0, IRQ_CTRL 50. */
    @Test
    void registersAreProgrammedInLinuxsOrder() {
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            guest.start(driver(guest, 6));
            assertThat(guest.writes).containsSubsequence("20/4", "28/4", "2c/4", "80/8", "88/4", "90/8", "98/4", "9c/4",
                    "20/4", "a0/8", "100a8/4", "100ac/4", "20/4", "50/4", "b0/8", "50/4", "20/4");
            assertThat(guest.iommu.read(0x24, 4) & 0xD).as("CR0ACK: SMMUEN, EVENTQEN, CMDQEN").isEqualTo(0xD);
            assertThat(guest.iommu.read(0x54, 4)).as("IRQ_CTRLACK: EVENTQ, GERROR").isEqualTo(5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "on", "off" })
    void eventsReachTheHandlerByMessageAndByWire(final String msi) throws InterruptedException {
        try (Guest guest = new Guest("smmuv3", Map.of("msi", msi))) {
            final Smmuv3Driver driver = guest.start(driver(guest, 6));
            assertThat(guest.injectTranslationFault(0x2100, 0x1234_5000)).isEqualTo(FaultDisposition.DELIVERED);
            guest.iommu.endOfBatch();
            Guest.await(() -> driver.fetched() == 1);
            assertThat(guest.fetched).singleElement().isEqualTo(
                    new long[]{ 0x0000_2100_0000_0010L, 0x0000_0200_0000_0000L, 0x1234_5000L, 0 });
            assertThat(guest.interrupts.raised()).as("one interrupt, not one for each way").isEqualTo(1);
        }
    }

    @Test
    void theQueueIsAsLargeAsTheDeviceAllowsAndTheDriverWants() {
        try (Guest guest = new Guest("smmuv3", Map.of("eventq-log2max", "4"))) {
            assertThat(guest.start(driver(guest, Smmuv3Driver.LINUX_LOG2_EVENTS)).room()).isEqualTo(16);
        }
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            assertThat(guest.start(driver(guest, 3)).room()).isEqualTo(8);
        }
    }

    @Test
    void manyRoundsOfTheQueueLoseNothingAndKeepTheOrder() throws InterruptedException {
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            final Smmuv3Driver driver = guest.start(driver(guest, 1));
            for (int i = 0; i < 101; i++) {
                final int before = i;
                Guest.await(() -> driver.fetched() == before);
                assertThat(guest.injectTranslationFault(1, (long) i << 12)).isEqualTo(FaultDisposition.DELIVERED);
                guest.iommu.endOfBatch();
            }
            Guest.await(() -> driver.fetched() == 101);
            for (int i = 0; i < 101; i++) {
                assertThat(guest.fetched.get(i)[2]).isEqualTo((long) i << 12);
            }
        }
    }

    @Test
    void anOverflowIsSeenSaidAndAcknowledgedOnce() throws InterruptedException {
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            final Smmuv3Driver driver = guest.start(driver(guest, 2));
            for (int i = 0; i < 7; i++) {
                assertThat(guest.injectTranslationFault(1, i)).isEqualTo(
                        i < 4 ? FaultDisposition.DELIVERED : FaultDisposition.QUEUE_FULL);
            }
            assertThat(guest.iommu.read(EVENTQ_PROD, 4) >>> 31).as("OVFLG").isEqualTo(1);
            guest.iommu.endOfBatch();
            Guest.await(() -> driver.overflowsAcknowledged() == 1);
            assertThat(driver.fetched()).isEqualTo(4);
            assertThat(guest.iommu.read(EVENTQ_CONS, 4) >>> 31).as("OVACKFLG").isEqualTo(1);
            assertThat(guest.kernelLog).contains("EVTQ overflow detected -- events lost");
            assertThat(guest.injectTranslationFault(1, 7)).isEqualTo(FaultDisposition.DELIVERED);
            guest.iommu.endOfBatch();
            Guest.await(() -> driver.fetched() == 5);
            assertThat(driver.overflowsAcknowledged()).isEqualTo(1);
        }
    }

    @Test
    void anAbortedEventQueueIsReportedByTheErrorHandlerAndAcknowledged() throws InterruptedException {
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            guest.start(driver(guest, 2));
            guest.memory.removeRegion(Guest.RAM);
            assertThat(guest.injectTranslationFault(1, 0)).isEqualTo(FaultDisposition.QUEUE_ABORTED);
            guest.iommu.endOfBatch();
            Guest.await(() -> guest.iommu.read(0x60, 4) == guest.iommu.read(0x64, 4));
            assertThat(guest.kernelLog).contains("EVTQ write aborted -- events may be lost");
        }
    }

    @Test
    void aDeviceLeftEnabledIsMadeToAbortBeforeItIsReset() {
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            guest.iommu.write(0x20, 4, 1);
            guest.start(driver(guest, 2));
            assertThat(guest.kernelLog).first().isEqualTo("SMMU currently enabled! Resetting...");
            assertThat(guest.writes.subList(0, 2)).isEqualTo(List.of("44/4", "20/4"));
        }
    }

    @Test
    void aDeviceThatNeverAcknowledgesStopsTheProbeInOneSentence() {
        try (Guest guest = new Guest("smmuv3", Map.of())) {
            final MmioDevice deaf = new MmioDevice() {
                @Override
                public long mmioSize() {
                    return 0x2_0000;
                }

                @Override
                public long read(final long offset, final int size) {
                    return offset == 0x24 ? 0x55 : 0;
                }

                @Override
                public void write(final long offset, final int size, final long value) {
                    // deaf
                }
            };
            final Smmuv3Driver driver = new Smmuv3Driver(deaf, guest.interrupts, guest.pages(), 2, KernelLog.SILENT,
                    guest::take);
            assertThatThrownBy(driver::start).isInstanceOf(IllegalStateException.class)
                    .hasMessage("arm-smmu-v3: the SMMU did not acknowledge a write of CR0: wanted 0x0, found 0x55");
        }
    }
}
