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
package io.viommu.vmm.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.viommu.bridge.iommufd.IommufdRig;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultOutcome;
import io.viommu.fault.FaultSink;

/**
 * The whole road from a kernel's queues to the guest's driver and back: a reader thread, the pipeline, the SMMUv3, its
 * interrupt, Linux's driver in the guest, and the answer that the kernel gets. The same for the fake kernel, in every
 * build, and for a real one, in the profile real-kernel.
 */
@Timeout(120)
public abstract class KernelRoad {

    private static final int SID = 0x1742;
    private static final int NO_PASID = FaultSink.NO_PASID;
    private static final long STE = 0x1 | 5 << 1 | 0x0110_0000L;
    private static final int WRITE = 2;

    private final IommufdRig rig;

    KernelRoad(final IommufdRig rig) {
        this.rig = rig;
    }

    private static void say(final String form, final Object... values) {
        if (Boolean.getBoolean("viommu.loud")) {
            System.out.println("   " + String.format(form, values));
        }
    }

    private static void show(final KernelGuest guest) {
        guest.fetched.forEach(words -> say("the guest fetched %016x %016x %016x %016x", words[0], words[1], words[2],
                words[3]));
        guest.kernelLog.forEach(line -> say("the guest's kernel: %s", line));
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void aStalledTransactionReachesTheGuestsDriverAndItsAnswerTheKernel() throws Exception {
        try (KernelGuest guest = new KernelGuest(rig, 16)) {
            guest.passthrough.add(SID, guest.device);
            assertThat(guest.passthrough.host().streams().install(SID, STE, 0)).isTrue();
            for (int i = 0; i < 5; i++) {
                guest.device.fault(i == 3 ? 0x55 : NO_PASID, 7 + i, WRITE, 0x5000_0000L + i * 0x1000L);
                final int wanted = i + 1;
                KernelGuest.await(() -> guest.driver.stallsAnswered() == wanted);
                KernelGuest.await(() -> guest.passthrough.stalls().openGroups() == 0);
            }
            say("the kernel delivered %d page requests, %d answers were late", guest.passthrough.stalls().read(),
                    guest.passthrough.stalls().lateAnswers());
            show(guest);
            assertThat(guest.fetched).hasSize(5);
            for (int i = 0; i < 5; i++) {
                final long[] words = guest.fetched.get(i);
                assertThat(words[0]).isEqualTo(0x10 | (i == 3 ? 1L << 11 | 0x55 << 12 : 0) | (long) SID << 32);
                assertThat(words[1] >>> 31).as("Stall, a write, class IN").isEqualTo(0x401);
                assertThat(words[2]).isEqualTo(0x5000_0000L + i * 0x1000L);
            }
            assertThat(guest.passthrough.stalls().lateAnswers()).as("the kernel took each answer").isZero();
            assertThat(guest.account.count(FaultDisposition.DELIVERED)).isEqualTo(5);
        }
    }

    @Test
    void eventsReachTheGuestAndWhatTheKernelLostIsItsOverflow() throws Exception {
        try (KernelGuest guest = new KernelGuest(rig, 4)) {
            guest.passthrough.add(SID, guest.device);
            guest.device.event();
            KernelGuest.await(() -> guest.fetched.size() == 1);
            guest.reader.remove(guest.passthrough.events());
            for (int i = 0; i < 14; i++) {
                guest.device.event();
            }
            guest.reader.add(guest.passthrough.events());
            KernelGuest.await(() -> guest.driver.overflowsAcknowledged() == 1);
            KernelGuest.await(() -> guest.fetched.size() == 5);
            say("15 events into a queue of 4 that nobody read for a while: %d lost, %d fetched",
                    guest.passthrough.events().lost(), guest.fetched.size());
            show(guest);
            assertThat(guest.passthrough.events().lost()).isEqualTo(10);
            assertThat(guest.fetched).allSatisfy(words -> assertThat(words).containsExactly(0x10 | (long) SID << 32,
                    2L << 40 | 1L << 35, 0x2_0000L, 0L));
        }
    }

    @Test
    void aDeviceUnpluggedInAStormLeavesNothingWaiting() throws Exception {
        final long before;
        try (KernelGuest warm = new KernelGuest(rig, 16)) {
            assertThat(warm.iommufd.fd()).isPositive();
        }
        before = descriptors();
        try (KernelGuest guest = new KernelGuest(rig, 16)) {
            guest.passthrough.add(SID, guest.device);
            guest.passthrough.host().streams().install(SID, STE, 0);
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 20; i++) {
                    guest.device.fault(NO_PASID, i, WRITE, 0x1000L * i);
                    guest.device.event();
                }
                if (round % 2 == 0) {
                    guest.passthrough.remove(SID);
                    guest.passthrough.add(SID, guest.device);
                } else {
                    guest.passthrough.reset();
                }
                guest.passthrough.host().streams().install(SID, STE, 0);
            }
            KernelGuest.await(() -> guest.passthrough.stalls().openGroups() == 0);
            guest.reader.stop();
            final long read = guest.passthrough.stalls().read() + guest.passthrough.events().read();
            final long settled = guest.account.settled() + guest.ingress.account().settled();
            say("%d records were read, %d settled, %d delivered, %d without a route", read, settled,
                    guest.account.count(FaultOutcome.DELIVERED),
                    guest.ingress.account().count(FaultDisposition.NO_ROUTE));
            assertThat(settled).isEqualTo(read);
            assertThat(guest.passthrough.stalls().failure()).isNull();
        }
        assertThat(descriptors()).as("descriptors").isEqualTo(before);
    }
}
