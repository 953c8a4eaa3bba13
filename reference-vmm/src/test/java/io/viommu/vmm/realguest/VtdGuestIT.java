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

import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Linux's own VT-d driver drives our model, in legacy and in scalable mode; its fault event is an MSI. */
class VtdGuestIT {

    private static final String WRITE_FAULT = "DMAR: [DMA Write NO_PASID] Request device [00:05.0] fault addr 0x%x "
            + "[fault reason 0x%s]";

    private Booted guest;

    @AfterEach
    void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void legacyMode() throws Exception {
        guest = new Booted(GuestKind.X86_LEGACY, "", Map.of("intremap", "off", "fault-records", "32"));
        guest.await(0, "DMAR: dmar0: Using Queued invalidation");
        bytesArriveAndUseAfterUnmapFaults("05", " PTE Write access is not set");
        injectedFaultsArePrintedWithTheirFields();
    }

    @Test
    void scalableMode() throws Exception {
        guest = new Booted(GuestKind.X86_SCALABLE, "", Map.of("intremap", "off"));
        assertThat(guest.kernel(0)).noneMatch(line -> line.contains("Scalable mode is disallowed"));
        bytesArriveAndUseAfterUnmapFaults("71", " SM: Present bit in first-level paging entry is clear");
    }

    private void bytesArriveAndUseAfterUnmapFaults(final String reason, final String words) {
        assertThat(guest.ask("ls /sys/kernel/iommu_groups/0/devices")).isEqualTo("0000:00:05.0");
        assertThat(guest.ask("dd if=/dev/hwrng bs=16 count=1 2>/dev/null | xxd -p")).hasSize(32)
                .isNotEqualTo("0".repeat(32));
        guest.run("rmmod virtio_rng");
        final int mark = guest.console().mark();
        final String moved = guest.door("dma write last");
        assertThat(moved).startsWith("aborted 0x");
        final long page = Long.parseUnsignedLong(moved.substring(10), 16) & ~0xFFFL;
        assertThat(guest.await(mark, "DMAR: [DMA Write")).isEqualTo(WRITE_FAULT.formatted(page, reason) + words);
        assertThat(guest.interrupts("dmar0")).isEqualTo(1);
    }

    private void injectedFaultsArePrintedWithTheirFields() {
        int mark = guest.console().mark();
        assertThat(guest.door("fault reason=5 sid=0x28 iova=0xbad0000000 perm=w as-reported=1"))
                .isEqualTo("delivered=1");
        assertThat(guest.await(mark, "DMAR: [DMA Write")).isEqualTo(
                WRITE_FAULT.formatted(0xbad0000000L, "05") + " PTE Write access is not set");
        mark = guest.console().mark();
        guest.door("fault reason=6 sid=0x0310 iova=0x1234000 perm=r as-reported=1");
        assertThat(guest.await(mark, "DMAR: [DMA Read")).isEqualTo("DMAR: [DMA Read NO_PASID] Request device [03:02.0] "
                + "fault addr 0x1234000 [fault reason 0x06] PTE Read access is not set");
        assertThat(guest.interrupts("dmar0")).isEqualTo(3);
    }
}
