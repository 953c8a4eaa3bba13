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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.RawWords;
import io.viommu.smmu.SmmuEventText;

/** Linux's own SMMUv3 driver, series 7, drives our model; interrupts are messages through the ITS. One boot for all. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SmmuGuestIT {

    private static final String SMMU = "arm-smmu-v3 3e000000.iommu: ";
    private static final String CLIENT = SMMU
            + "event: %s client: 0000:00:1e.0 sid: 0xf0 ssid: 0x0 iova: 0x%x ipa: 0x0";
    private static final Map<String, String> PROPERTIES = Map.of("eventq-log2max", "8");
    private static final int EVENTS = 256;
    private static final int LINUX_PRINTS = 10;

    private static Booted guest;

    @BeforeAll
    static void boot() throws Exception {
        guest = new Booted(GuestKind.ARM64_MSI, "7", PROPERTIES);
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    @Order(1)
    void theDriverFindsTheFeaturesThatTheIdRegistersPromise() {
        final String probe = guest.await(0, SMMU + "oas ");
        final Matcher features = Pattern.compile("oas 48-bit \\(features 0x([0-9a-f]+)\\)").matcher(probe);
        assertThat(features.find()).as(probe).isTrue();
        assertThat(Integer.parseInt(features.group(1), 16))
                .isEqualTo(new Promise("smmuv3", PROPERTIES).smmuFeatures());
        assertThat(guest.await(0, "entries for evtq")).isEqualTo(SMMU + "allocated 256 entries for evtq");
        assertThat(guest.ask("grep -c ITS-pMSI-3e000000.iommu /proc/interrupts")).isEqualTo("3");
    }

    @Test
    @Order(2)
    void theEndpointIsInAGroupAndItsBytesArriveThroughTheTablesOfTheDriver() {
        assertThat(guest.groupOf("0000:00:1e.0")).startsWith("DMA");
        assertThat(guest.groupOf("0000:00:1d.0")).startsWith("DMA");
        guest.bytesOfTheEndpoint();
    }

    @Test
    @Order(3)
    void theGuestDecodesEveryFieldOfAnInjectedEvent() {
        final int mark = guest.console().mark();
        assertThat(guest.door("fault event=0x10 sid=0xf0 iova=0xdeadbeef000 perm=w as-reported=1"))
                .isEqualTo("delivered=1");
        assertThat(guest.await(mark, "event: F_TRANSLATION")).isEqualTo(CLIENT.formatted("F_TRANSLATION",
                0xdeadbeef000L));
        assertThat(guest.await(mark, "unpriv")).isEqualTo(
                SMMU + "unpriv data write s1 \"Input address caused fault\" stag: 0x0");
        assertThat(guest.kernel(mark)).contains(SMMU + "\t0x000000f000000010", SMMU + "\t0x0000020000000000",
                SMMU + "\t0x00000deadbeef000");
        final int next = guest.console().mark();
        assertThat(guest.door("fault event=0x10 sid=0x55 ssid=0x9 iova=0x123456789000 perm=rp stall=0 as-reported=1"))
                .isEqualTo("delivered=1");
        assertThat(guest.await(next, "event: F_TRANSLATION")).isEqualTo(SMMU
                + "event: F_TRANSLATION client: (unassigned sid) sid: 0x55 ssid: 0x9 iova: 0x123456789000 ipa: 0x0");
        assertThat(guest.await(next, "data read")).isEqualTo(
                SMMU + "priv data read s1 \"Input address caused fault\" stag: 0x0");
        assertThat(guest.interrupts("arm-smmu-v3-evtq")).isPositive();
    }

    @Test
    @Order(4)
    void aWriteToAPageThatTheDriverMappedToBeReadIsAPermissionFault() {
        final int mark = guest.console().mark();
        final long address = guest.trespass();
        assertThat(guest.await(mark, "event: F_PERMISSION")).isEqualTo(SMMU
                + "event: F_PERMISSION client: 0000:00:1d.0 sid: 0xe8 ssid: 0x0 iova: 0x%x ipa: 0x0"
                        .formatted(address));
        assertThat(guest.await(mark, "unpriv")).isEqualTo(
                SMMU + "unpriv data write s1 \"Input address caused fault\" stag: 0x0");
        final int next = guest.console().mark();
        final long nowhere = guest.writeToUnmapped(0x123_4567_8000L);
        assertThat(guest.await(next, "event: F_TRANSLATION")).isEqualTo(CLIENT.formatted("F_TRANSLATION", nowhere));
    }

    @Test
    @Order(5)
    void aPageRequestIsAnsweredByTheGuestsPriResponse() {
        final int mark = guest.console().mark();
        guest.door("answers");
        assertThat(guest.door("fault grpid=0x17 sid=0xf0 iova=0xabc000 perm=w last=1")).isEqualTo("delivered=1");
        guest.await(mark, "unexpected PRI request received");
        assertThat(guest.await(mark, "sid 0x000000f0")).contains("[23L] unprivileged W access at iova "
                + "0x0000000000abc000");
        guest.run("true");
        assertThat(guest.door("answers")).isEqualTo("0xf0/0x17=failure");
        assertThat(guest.interrupts("arm-smmu-v3-priq")).isPositive();
    }

    @Test
    @Order(6)
    void useAfterUnmapFaults() {
        final int mark = guest.console().mark();
        final long address = guest.useAfterUnmap();
        assertThat(guest.await(mark, "event: F_TRANSLATION")).isEqualTo(CLIENT.formatted("F_TRANSLATION", address));
    }

    @Test
    @Order(7)
    void aCommandErrorIsReportedSkippedAndRecoveredFrom() {
        final int mark = guest.console().mark();
        guest.door("spoil");
        guest.run("echo 1 > /sys/bus/pci/devices/0000:00:1e.0/remove");
        guest.await(mark, "CMDQ error");
        guest.await(mark, "skipping command in error state");
        assertThat(guest.interrupts("arm-smmu-v3-gerror")).isPositive();
        guest.run("echo 1 > /sys/bus/pci/rescan");
        assertThat(guest.ask("ls /sys/kernel/iommu_groups/*/devices")).as("the queue goes on").contains(
                "0000:00:1e.0");
    }

    @Test
    @Order(8)
    void realFaultsShowTheSameWordsOnTheConsole() throws Exception {
        final List<LogFault> faults = RealFaults.of(LogFault.Kind.SMMU_EVENT);
        int shown = 0;
        for (int first = 0; first < faults.size(); first += LINUX_PRINTS) {
            guest.letLimitPass();
            final int mark = guest.console().mark();
            final List<List<String>> expected = new ArrayList<>();
            for (final LogFault fault : faults.subList(first, Math.min(first + LINUX_PRINTS, faults.size()))) {
                final String answer = guest.door("fault " + RealFaults.fields(fault));
                if (answer.equals("delivered=1")) {
                    expected.add(printed(fault.words()));
                } else {
                    assertThat(answer).as(RealFaults.words(fault)).isEqualTo("host-configuration=1");
                }
            }
            for (final List<String> lines : expected) {
                guest.console().awaitKernel(mark, lines);
                System.out.println(lines.getLast());
            }
            shown += expected.size();
        }
        assertThat(shown).as("with those of VtdGuestIT more than fifty").isGreaterThan(15);
    }

    /** Header, words, and what Linux 7 makes of them. */
    private static List<String> printed(final RawWords words) {
        return new SmmuEventText(words.get(0), words.get(1), words.get(2), words.get(3)).linux("3e000000.iommu",
                words.get(0) >>> 32 == 0xF0 ? "0000:00:1e.0" : null);
    }

    @Test
    @Order(9)
    void aHundredThousandFaultsAtFullSpeedLeaveTheGuestAliveAndTheCountsAgree() throws Exception {
        guest.letLimitPass();
        final int mark = guest.console().mark();
        final Map<String, Long> ended = Booted.counts(guest.door("storm 100000 event=0x10 sid=0xf0 iova=0x1000 perm=w"
                + " as-reported=1"));
        assertThat(ended.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(100_000);
        guest.await(mark, "EVTQ overflow detected");
        assertThat(ended.get("delivered")).isGreaterThanOrEqualTo(EVENTS - 1);
        guest.letLimitPass();
        // The limit's count of what it left out comes with the next message.
        guest.door("fault event=0x10 sid=0xf0 iova=0x2000 perm=w as-reported=1");
        guest.await(mark, "iova: 0x2000");
        assertThat(seen(mark)).as("what the guest took out of its queue")
                .isEqualTo(ended.get("delivered") + 1);
        assertThat(guest.ask("echo alive")).isEqualTo("alive");
    }

    @Test
    @Order(10)
    void aGuestThatRebootsFindsItsSmmuAgain() throws Exception {
        final int mark = guest.reboot();
        guest.await(mark, SMMU + "oas ");
        guest.groupOf("0000:00:1e.0");
        guest.bytesOfTheEndpoint();
        final int fault = guest.console().mark();
        guest.door("fault event=0x10 sid=0xf0 iova=0xdeadbeef000 perm=w as-reported=1");
        guest.await(fault, "event: F_TRANSLATION");
    }

    /** Printed events, and those that the guest says it did not print. */
    private static long seen(final int mark) {
        return guest.kernel(mark).stream().filter(line -> line.endsWith("event 0x10 received:")).count()
                + guest.suppressed(mark, "arm_smmu_\\w+").stream().mapToLong(Long::longValue).sum();
    }
}
