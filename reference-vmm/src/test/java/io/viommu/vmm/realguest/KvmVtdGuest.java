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

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Debian's kernel for x86_64 on KVM behind a VT-d unit of ours that remaps interrupts. */
class KvmVtdGuest extends KvmScenarios {

    @Override
    KvmGuest start(final Path withDisk) throws IOException {
        return new KvmGuest(GuestKind.X86_SCALABLE, "", "intel_iommu=on,sm_on", "--drive", withDisk.toString());
    }

    private static final String UNMAPPED = "71] SM: Present bit in first-level paging entry is clear";
    private static final String READ_ONLY = "85] SM: No write permission for Write/AtomicOp request";

    private static String line(final String device, final long address, final String reason) {
        return "DMAR: [DMA Write NO_PASID] Request device [%s] fault addr 0x%x [fault reason 0x%s".formatted(device,
                address & -4096, reason);
    }

    @Test
    @Order(1)
    void theDriverFindsTheModelWithItsCapabilitiesAndRemapsInterrupts() {
        final Promise promise = new Promise("intel-iommu", Map.of());
        assertThat(guest().booted("dmar0: reg_base_addr")).endsWith("fed90000 ver 1:0 cap %x ecap %x"
                .formatted(promise.register(8, 8), promise.register(16, 8)));
        assertThat(guest().booted("DMAR-IR: Enabled IRQ remapping in x2apic mode")).isNotEmpty();
        assertThat(guest().booted("DMAR: dmar0: Using Queued invalidation")).isNotEmpty();
        assertThat(guest().ask("cat /sys/class/iommu/dmar0/intel-iommu/cap"))
                .isEqualTo("%x".formatted(promise.register(8, 8)));
        assertThat(guest().ask("grep -c IR-PCI-MSI /proc/interrupts")).isNotEqualTo("0");
    }

    @Test
    @Order(20)
    void aWriteToAPageThatTheDriverMappedToBeReadIsReported() {
        final int mark = guest().console().mark();
        final long address = trespass();
        assertThat(guest().await(mark, "DMAR: [DMA")).isEqualTo(line("00:02.0", address, READ_ONLY));
    }

    @Test
    @Order(21)
    void dmaToWhereNobodyMappedAnythingIsReported() {
        guest().console().letLimitPass();
        final int mark = guest().console().mark();
        writeToUnmapped();
        assertThat(guest().await(mark, "DMAR: [DMA")).isEqualTo(line("00:01.0", NOWHERE, UNMAPPED));
    }

    @Test
    @Order(22)
    void dmaAfterUnmapIsReported() {
        guest().console().letLimitPass();
        final int mark = guest().console().mark();
        final long address = useAfterUnmap();
        assertThat(guest().await(mark, "DMAR: [DMA")).isEqualTo(line("00:01.0", address, UNMAPPED));
    }
}
