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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

import io.viommu.bridge.log.LogAccess;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.VtdLogFault;
import io.viommu.vtd.fault.PhysicalFaultPolicy;
import io.viommu.vtd.spec.FaultReason;

/** What Linux's own VT-d driver must do and say in either of its modes; one boot, in this order. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class VtdScenarios {

    private static final String ENTROPY = "00:05.0";
    private static final String CONSOLE = "00:06.0";
    private static final int CAP = 0x08;
    private static final int ECAP = 0x10;
    private static final long PAGE = -4096;
    private static final long NOWHERE = 0x123_4567_8000L;
    private static final int STORM = 100_000;
    private static final int RATE_LIMIT = 10;
    /** With two questions for each of their interrupts, which are two at most, no more than ten. */
    private static final int AT_ONCE = 5;
    private static final int TRIES = 5;
    private static final String WITH_PFO = "DMAR: DRHD: handling fault status reg [0-9a-f]*[13579bdf]";

    private final GuestKind kind;
    private final Map<String, String> properties;
    private Booted guest;

    VtdScenarios(final GuestKind kind, final Map<String, String> properties) {
        this.kind = kind;
        this.properties = properties;
    }

    @BeforeAll
    void boot() throws Exception {
        guest = new Booted(kind, "", properties);
    }

    @AfterAll
    void end() {
        if (guest != null) {
            guest.close();
        }
    }

    Booted guest() {
        return guest;
    }

    /** The reason with its words that Linux must print for a page that isn't mapped. */
    abstract String unmapped();

    /** The same for a write to a page that is mapped to be read. */
    abstract String notToBeWritten();

    @Test
    @Order(1)
    void theDriverFindsTheCapabilitiesOfTheModel() {
        guest.await(0, "DMAR: dmar0: Using Queued invalidation");
        final Promise promise = new Promise("intel-iommu", properties);
        final long capabilities = promise.register(CAP, Long.BYTES);
        final long extended = promise.register(ECAP, Long.BYTES);
        guest.await(0, "dmar0: reg_base_addr fed90000 ver 1:0 cap %x ecap %x".formatted(capabilities, extended));
        final String sysfs = "cat /sys/class/iommu/dmar0/intel-iommu/";
        assertThat(guest.ask(sysfs + "cap")).isEqualTo("%x".formatted(capabilities));
        assertThat(guest.ask(sysfs + "ecap")).isEqualTo("%x".formatted(extended));
        assertThat(guest.ask(sysfs + "domains_supported")).as("CAP_REG.ND")
                .isEqualTo(Long.toString(1L << 4 + 2 * (capabilities & 7)));
    }

    @Test
    @Order(2)
    void theEndpointsAreInGroupsAndBytesArriveThroughTheTablesOfTheDriver() {
        assertThat(guest.groupOf("0000:" + ENTROPY)).isEqualTo("DMA");
        assertThat(guest.groupOf("0000:" + CONSOLE)).isEqualTo("DMA");
        guest.bytesOfTheEndpoint();
        assertThat(guest.interrupts("dmar0")).as("no fault so far").isZero();
    }

    @Test
    @Order(3)
    void aWriteToAPageThatTheDriverMappedToBeReadIsReported() {
        final int mark = guest.console().mark();
        final long interrupts = guest.interrupts("dmar0");
        final long address = guest.trespass();
        assertThat(guest.await(mark, "DMAR: [DMA")).isEqualTo(line("Write", CONSOLE, address, notToBeWritten()));
        assertThat(guest.interrupts("dmar0")).isEqualTo(interrupts + 1);
    }

    @Test
    @Order(4)
    void dmaToWhereNobodyMappedAnythingIsReported() {
        final int mark = guest.console().mark();
        guest.writeToUnmapped(NOWHERE);
        assertThat(guest.await(mark, "DMAR: [DMA")).isEqualTo(line("Write", ENTROPY, NOWHERE, unmapped()));
    }

    @Test
    @Order(5)
    void injectedFaultsArePrintedWithTheirFields() throws Exception {
        guest.letLimitPass();
        int mark = guest.console().mark();
        final long interrupts = guest.interrupts("dmar0");
        assertThat(guest.door("fault reason=5 sid=0x28 iova=0xbad0000000 perm=w as-reported=1"))
                .isEqualTo("delivered=1");
        assertThat(guest.await(mark, "DMAR: [DMA")).isEqualTo(
                line("Write", ENTROPY, 0xbad0000000L, "05] PTE Write access is not set"));
        guest.letHandlerEnd();
        mark = guest.console().mark();
        guest.door("fault reason=6 sid=0x0310 iova=0x1234000 perm=r as-reported=1");
        assertThat(guest.await(mark, "DMAR: [DMA")).isEqualTo(
                line("Read", "03:02.0", 0x1234000, "06] PTE Read access is not set"));
        guest.letHandlerEnd();
        mark = guest.console().mark();
        guest.door("fault reason=0x71 sid=0x28 ssid=0x123 iova=0x1234000 perm=r as-reported=1");
        assertThat(guest.await(mark, "DMAR: [DMA")).isEqualTo("DMAR: [DMA Read PASID 0x123] Request device [00:05.0] "
                + "fault addr 0x1234000 [fault reason 0x71] SM: Present bit in first-level paging entry is clear");
        assertThat(guest.interrupts("dmar0")).isEqualTo(interrupts + 3);
    }

    @Test
    @Order(6)
    void useAfterUnmapIsReported() throws Exception {
        guest.letLimitPass();
        final int mark = guest.console().mark();
        final long address = guest.useAfterUnmap();
        assertThat(guest.await(mark, "DMAR: [DMA")).isEqualTo(line("Write", ENTROPY, address, unmapped()));
    }

    @Test
    @Order(7)
    void realFaultsOfThisModeShowTheSameWordsOnTheConsole() throws Exception {
        final List<VtdLogFault> faults = new ArrayList<>();
        for (final LogFault fault : RealFaults.of(LogFault.Kind.VTD_DMA_FAULT)) {
            final VtdLogFault vtd = (VtdLogFault) fault;
            final FaultReason reason = FaultReason.of(vtd.reason().getAsInt());
            if (PhysicalFaultPolicy.shownAsRecorded(reason) && reason.scalable() == (kind == GuestKind.X86_SCALABLE)) {
                faults.add(vtd);
            }
        }
        for (int first = 0; first < faults.size(); first += AT_ONCE) {
            guest.letLimitPass();
            final int mark = guest.console().mark();
            final List<VtdLogFault> batch = faults.subList(first, Math.min(first + AT_ONCE, faults.size()));
            assertThat(guest.door("fault " + batch.stream().map(RealFaults::fields).collect(
                    Collectors.joining(" ; ")))).isEqualTo("delivered=" + batch.size());
            for (final VtdLogFault fault : batch) {
                final String words = words(fault);
                System.out.println(guest.await(mark, line -> line.contains(words), words));
            }
        }
        assertThat(faults).hasSizeGreaterThan(kind == GuestKind.X86_SCALABLE ? 9 : 40);
    }

    /** As Linux 6 says it: bus, slot and function, the page, and the reason with the words of the log. */
    private static String words(final VtdLogFault fault) {
        final int device = fault.sourceId().getAsInt();
        final String pasid = fault.pasid().isPresent()
                ? "PASID 0x%x".formatted(fault.pasid().getAsInt())
                : "NO_PASID";
        return "[DMA %s %s] Request device [%02x:%02x.%d] fault addr 0x%x [fault reason 0x%02x] %s".formatted(
                fault.access() == LogAccess.READ ? "Read" : "Write", pasid, device >> 8, device >> 3 & 0x1F,
                device & 7, fault.info().getAsLong() & -4096, fault.reason().getAsInt(), fault.reasonText());
    }

    /**
     * Linux asks its limit once for an interrupt, once for each record, and once where it finds no further record; it
     * counts what it leaves out. So the records that it took are all those questions but two for each interrupt. An
     * interrupt whose records the one before took along asks once or not at all: then the sum is short by one or two.
     */
    @Test
    @Order(9)
    void aHundredThousandFaultsAtFullSpeedLeaveTheGuestAliveAndTheCountsAgree() throws Exception {
        guest.letLimitPass();
        final int mark = guest.console().mark();
        final long before = guest.interrupts("dmar0");
        final Map<String, Long> ended = Booted.counts(guest.door("storm " + STORM
                + " reason=5 sid=0x28 iova=0xbad0000000 perm=w as-reported=1"));
        final long delivered = ended.remove("delivered");
        assertThat(ended.keySet()).as("the rest ran over").isSubsetOf("queue-full", "overflow-pending");
        assertThat(delivered + ended.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(STORM);
        guest.letLimitPass();
        final long interrupts = guest.interrupts("dmar0") - before;
        // The limit's count of what it left out comes with the next message.
        guest.door("fault reason=6 sid=0x28 iova=0x2000 perm=r as-reported=1");
        guest.await(mark, "fault addr 0x2000 ");
        final List<Long> suppressed = guest.suppressed(mark, "dmar_fault");
        final long asked = suppressed.stream().mapToLong(Long::longValue).sum() + RATE_LIMIT * suppressed.size();
        final long taken = asked - 2 * interrupts;
        System.out.printf("%s: of %d faults the guest took %d, asked %d times in %d interrupts; %d delivered, %s%n",
                kind, STORM, taken, asked, interrupts, delivered, ended);
        assertThat(delivered - taken).as("up to two for each interrupt that found nothing left").isBetween(0L,
                interrupts);
        assertThat(guest.ask("echo alive")).isEqualTo("alive");
    }

    /** Whether the guest's first look, the one it prints, comes before or after the overflow is a matter of luck. */
    @Test
    @Order(10)
    void anOverflowIsSeenInTheStatusThatTheGuestPrints() throws Exception {
        final int mark = guest.console().mark();
        for (int i = 0; i < TRIES && guest.kernel(mark).stream().noneMatch(line -> line.matches(WITH_PFO)); i++) {
            guest.letLimitPass();
            guest.door("storm 1000 reason=5 sid=0x28 iova=0xbad0000000 perm=w as-reported=1");
        }
        guest.await(mark, line -> line.matches(".*" + WITH_PFO), "a status with PFO");
    }

    @Test
    @Order(11)
    void aGuestThatRebootsFindsItsUnitAgain() throws Exception {
        final int mark = guest.reboot();
        final Promise promise = new Promise("intel-iommu", properties);
        guest.await(mark, "dmar0: reg_base_addr fed90000 ver 1:0 cap %x ecap %x".formatted(
                promise.register(CAP, Long.BYTES), promise.register(ECAP, Long.BYTES)));
        guest.groupOf("0000:" + ENTROPY);
        guest.bytesOfTheEndpoint();
        final int fault = guest.console().mark();
        guest.writeToUnmapped(NOWHERE);
        guest.await(fault, line("Write", ENTROPY, NOWHERE, unmapped()));
    }

    private static String line(final String access, final String device, final long address, final String reason) {
        return "DMAR: [DMA %s NO_PASID] Request device [%s] fault addr 0x%x [fault reason 0x%s".formatted(access,
                device, address & PAGE, reason);
    }
}
