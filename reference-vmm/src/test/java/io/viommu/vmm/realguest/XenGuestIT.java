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
package io.viommu.vmm.realguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

/** Xen's VT-d driver, from another hand than Linux's, drives our model; Linux is its first domain, and owns the devices. */
class XenGuestIT {

    /** Xen sees only the first of several records after a wrap; see docs/real-guest.md. */
    private static final Map<String, String> PLAIN = Map.of("intremap", "off", "fault-records", "1");
    private static final Map<String, String> REMAPPING = Map.of("intremap", "on", "eim", "on", "fault-records", "1");
    private static final String ENTROPY = "[0000:00:05.0]";
    /** Injected faults are this one's: after ten in quick succession Xen stops a device. */
    private static final String CONSOLE = "[0000:00:06.0]";
    private static final long NOWHERE = 0xbad_0000_0000L;

    private static Booted xen(final Map<String, String> properties, final String options) throws Exception {
        return new Booted(new GuestBoot(GuestFiles.inCache(), GuestKind.X86_XEN, "", options), properties);
    }

    private static void awaitFault(final Booted xen, final int mark, final String line, final String reason) {
        xen.console().await(mark, said -> said.contains(line), line);
        xen.console().await(mark, said -> said.contains(reason), reason);
    }

    /** DMA that the model must abort, and what Xen must print of it. */
    private static void aborts(final Booted xen, final String access, final long address, final String reason) {
        final int mark = xen.console().mark();
        assertThat(xen.door("dma %s 0x%x".formatted(access.toLowerCase(), address)))
                .isEqualTo("aborted 0x%x".formatted(address));
        awaitFault(xen, mark, "[VT-D]DMAR:[DMA %s] Request device %s fault addr %x".formatted(access, ENTROPY, address),
                reason);
    }

    /** Xen prints a fault before it gives the only record back: until then, another runs over. */
    private static void inject(final Booted xen, final String fault) throws InterruptedException {
        String ended = xen.door(fault);
        for (int more = 0; more < 600 && ended.matches("(queue-full|overflow-pending)=1"); more++) {
            Thread.sleep(100);
            ended = xen.door(fault);
        }
        assertThat(ended).isEqualTo("delivered=1");
    }

    private static void says(final Booted xen, final String... lines) {
        final List<String> said = xen.console().hypervisor(0);
        for (final String line : lines) {
            assertThat(said).anySatisfy(one -> assertThat(one).contains(line));
        }
    }

    @Test
    void xenQueuesInvalidationsPrintsAFaultOfEachKindAndFindsItsUnitAgainWhenItReboots() throws Exception {
        try (Booted xen = xen(PLAIN, "iommu=verbose,debug,no-intremap")) {
            says(xen, "Queued Invalidation enabled", "Dom0 DMA Passthrough not enabled", "Dom0 mode: Relaxed");
            xen.bytesOfTheEndpoint();
            aborts(xen, "Write", NOWHERE, "DMAR: reason 05 - PTE Write access is not set");
            aborts(xen, "Read", NOWHERE + 0x1000, "DMAR: reason 06 - PTE Read access is not set");
            for (int reason = 0x01; reason <= 0x0D; reason++) {
                final int mark = xen.console().mark();
                inject(xen, "fault reason=0x%x sid=0x30 iova=0x%x perm=w as-reported=1".formatted(reason,
                        NOWHERE + 0x1000L * reason));
                awaitFault(xen, mark, "[DMA Write] Request device " + CONSOLE + " fault addr %x"
                        .formatted(NOWHERE + 0x1000L * reason), "DMAR: reason %02x - ".formatted(reason));
            }
            xen.bytesOfTheEndpoint();
            final int rebooted = xen.reboot();
            xen.console().await(rebooted, line -> line.contains("Queued Invalidation enabled"), "its unit again");
            xen.bytesOfTheEndpoint();
            aborts(xen, "Write", NOWHERE, "DMAR: reason 05 - PTE Write access is not set");
        }
    }

    @Test
    void xenInvalidatesByRegistersToo() throws Exception {
        try (Booted xen = xen(PLAIN, "iommu=verbose,debug,no-intremap,no-qinval")) {
            says(xen, "Queued Invalidation not enabled");
            xen.bytesOfTheEndpoint();
            aborts(xen, "Write", NOWHERE, "DMAR: reason 05 - PTE Write access is not set");
            xen.bytesOfTheEndpoint();
        }
    }

    @Test
    void devicesOfAFirstDomainThatIsPassedThroughReachAllMemory() throws Exception {
        try (Booted xen = xen(PLAIN, "iommu=verbose,debug,no-intremap dom0-iommu=passthrough")) {
            says(xen, "Dom0 DMA Passthrough enabled", "Dom0 mode: Passthrough");
            xen.bytesOfTheEndpoint();
            final int mark = xen.console().mark();
            assertThat(xen.door("dma write 0x%x".formatted(NOWHERE))).as("there is no memory, which is no fault")
                    .startsWith("aborted");
            xen.bytesOfTheEndpoint();
            assertThat(xen.console().hypervisor(mark)).noneMatch(line -> line.contains("DMAR"));
        }
    }

    /** QEMU's IOAPIC is not behind the unit, so an endpoint's interrupt is not heard: no bytes arrive here. */
    @Test
    void xenRemapsInterruptsWithX2apicAndKeepsItsFirstDomainStrict() throws Exception {
        try (Booted xen = xen(REMAPPING, "iommu=verbose,debug,force dom0-iommu=strict")) {
            says(xen, "Switched to APIC driver x2apic", "Interrupt Remapping enabled", "Queued Invalidation enabled",
                    "Dom0 mode: Strict");
            aborts(xen, "Write", NOWHERE, "DMAR: reason 05 - PTE Write access is not set");
            final int mark = xen.console().mark();
            xen.door("dma write 0xfee00000 4");
            awaitFault(xen, mark, "INTR-REMAP: Request device " + ENTROPY,
                    "INTR-REMAP: reason 25 - Blocked a compatibility format interrupt request");
            for (int reason = 0x20; reason <= 0x26; reason++) {
                final int at = xen.console().mark();
                inject(xen, "fault reason=0x%x sid=0x30 iova=0x7000000000000 as-reported=1".formatted(reason));
                awaitFault(xen, at, "INTR-REMAP: Request device " + CONSOLE + " fault index 7",
                        "INTR-REMAP: reason %02x - ".formatted(reason));
            }
        }
    }
}
