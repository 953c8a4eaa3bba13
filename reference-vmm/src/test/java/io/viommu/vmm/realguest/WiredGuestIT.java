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

import org.junit.jupiter.api.Test;

/** Linux's own SMMUv3 driver, series 6, drives our model; one wire, which is the INTx pin of the function. */
class WiredGuestIT {

    @Test
    void eventsAndErrorsComeByTheWire() throws Exception {
        try (Booted guest = new Booted(GuestKind.ARM64_WIRED, "6", Map.of("msi", "off"))) {
            guest.await(0, "arm-smmu-v3 3e000000.iommu: ias 48-bit, oas 48-bit");
            assertThat(guest.groupOf("0000:00:1e.0")).startsWith("DMA");
            guest.bytesOfTheEndpoint();
            for (int i = 1; i <= 3; i++) {
                final int mark = guest.console().mark();
                assertThat(guest.door("fault event=0x10 sid=0xf0 iova=0x%x perm=w as-reported=1"
                        .formatted(i * 0x1000L))).isEqualTo("delivered=1");
                guest.await(mark, "event 0x10 received:");
                guest.await(mark, "0x%016x".formatted(i * 0x1000L));
            }
            assertThat(guest.interrupts("arm-smmu-v3-combined-irq")).as("one may bring several").isPositive();
            int mark = guest.console().mark();
            final long page = guest.trespass();
            guest.await(mark, "event 0x13 received:");
            guest.await(mark, "0x%016x".formatted(page));
            mark = guest.console().mark();
            final long address = guest.useAfterUnmap();
            guest.await(mark, "event 0x10 received:");
            guest.await(mark, "0x%016x".formatted(address));
        }
    }
}
