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

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.device.MmioDevice;
import io.viommu.fault.FaultDisposition;

@Timeout(60)
class DmarDriverTest {

    private static final int FSTS = 0x34;

    private static DmarDriver driver(final Guest guest) {
        return new DmarDriver(guest.device(), guest.interrupts, guest.pages(), guest.kernelLog::add, guest::take);
    }

    /** Root table 20, global command 18, fault event data, address and upper address 3c to 44, control 38. */
    @ParameterizedTest
    @ValueSource(strings = { "on", "off" })
    void registersAreProgrammedInLinuxsOrder(final String scalable) {
        try (Guest guest = new Guest("intel-iommu", Map.of("scalable-mode", scalable))) {
            guest.start(driver(guest));
            assertThat(guest.writes).containsSubsequence("88/4", "90/8", "18/4", "20/8", "18/4", "3c/4", "40/4", "44/4",
                    "38/4", "18/4");
            assertThat(guest.iommu.read(0x1C, 4) & 0xC400_0000L).as("GSTS: TES, RTPS, QIES").isEqualTo(0xC400_0000L);
            assertThat(guest.iommu.read(0x38, 4)).as("FECTL is unmasked").isZero();
            assertThat(guest.iommu.read(0x20, 8) >>> 10 & 3).as("RTADDR.TTM").isEqualTo("on".equals(scalable) ? 1 : 0);
        }
    }

    @Test
    void aRecordedFaultIsFetchedAndClearedAndItsStatusGoes() throws InterruptedException {
        try (Guest guest = new Guest("intel-iommu", Map.of())) {
            final DmarDriver driver = guest.start(driver(guest));
            assertThat(guest.injectWriteFault(0x0500, 0x5000)).isEqualTo(FaultDisposition.DELIVERED);
            guest.iommu.endOfBatch();
            Guest.await(() -> driver.fetched() == 1 && (guest.iommu.read(FSTS, 4) & 0xFF) == 0);
            assertThat(guest.fetched).singleElement()
                    .isEqualTo(new long[]{ 0x5000, 0x8000_0005_0000_0500L, 0, 0 });
            assertThat(guest.kernelLog).containsExactly("DRHD: handling fault status reg 2");
            assertThat(guest.interrupts.raised()).isEqualTo(1);
        }
    }

    @Test
    void recordsAreWalkedRoundTheEndFromTheOneThatFsts() throws InterruptedException {
        try (Guest guest = new Guest("intel-iommu", Map.of("fault-records", "4"))) {
            final DmarDriver driver = guest.start(driver(guest));
            assertThat(driver.room()).isEqualTo(4);
            for (int burst = 0; burst < 7; burst++) {
                for (int i = 0; i < 3; i++) {
                    guest.injectWriteFault(0x0500, (burst * 3L + i) << 12);
                }
                guest.iommu.endOfBatch();
                final int sum = burst * 3 + 3;
                Guest.await(() -> driver.fetched() == sum && (guest.iommu.read(FSTS, 4) & 0xFF) == 0);
            }
            for (int i = 0; i < 21; i++) {
                assertThat(guest.fetched.get(i)[0]).isEqualTo((long) i << 12);
            }
        }
    }

    @Test
    void anOverflowIsClearedSoThatFaultsComeAgain() throws InterruptedException {
        try (Guest guest = new Guest("intel-iommu", Map.of("fault-records", "2"))) {
            final DmarDriver driver = guest.start(driver(guest));
            assertThat(guest.injectWriteFault(0x0500, 0)).isEqualTo(FaultDisposition.DELIVERED);
            assertThat(guest.injectWriteFault(0x0600, 0)).isEqualTo(FaultDisposition.DELIVERED);
            assertThat(guest.injectWriteFault(0x0700, 0).outcome().text()).isEqualTo("overflow");
            guest.iommu.endOfBatch();
            Guest.await(() -> driver.overflowsAcknowledged() == 1 && (guest.iommu.read(FSTS, 4) & 0xFF) == 0);
            assertThat(driver.fetched()).isEqualTo(2);
            assertThat(guest.injectWriteFault(0x0700, 0)).isEqualTo(FaultDisposition.DELIVERED);
            guest.iommu.endOfBatch();
            Guest.await(() -> driver.fetched() == 3);
        }
    }

    @Test
    void faultsOfAnEarlierKernelAreTakenOverAtTheStart() {
        try (Guest guest = new Guest("intel-iommu", Map.of())) {
            try (DmarDriver first = new DmarDriver(guest.device(), new GuestInterrupts(0), guest.pages(),
                    KernelLog.SILENT, guest::take)) {
                first.start();
            }
            guest.injectWriteFault(0x0500, 0x1000);
            guest.iommu.endOfBatch();
            assertThat(guest.fetched).isEmpty();
            final DmarDriver driver = guest.start(driver(guest));
            assertThat(driver.fetched()).isEqualTo(1);
            assertThat(guest.iommu.read(FSTS, 4)).isZero();
        }
    }

    @Test
    void aUnitThatIsNotThereIsSaidSo() {
        try (Guest guest = new Guest("intel-iommu", Map.of())) {
            final MmioDevice nothing = new MmioDevice() {
                @Override
                public long mmioSize() {
                    return 4096;
                }

                @Override
                public long read(final long offset, final int size) {
                    return size == 8 ? -1 : 0xFFFF_FFFFL;
                }

                @Override
                public void write(final long offset, final int size, final long value) {
                    // nobody listens
                }
            };
            final DmarDriver driver = new DmarDriver(nothing, guest.interrupts, guest.pages(), KernelLog.SILENT,
                    guest::take);
            assertThatThrownBy(driver::start).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("all ones");
        }
    }
}
