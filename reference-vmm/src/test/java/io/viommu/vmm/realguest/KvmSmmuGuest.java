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

/** Debian's kernel for arm64 on KVM behind an SMMUv3 of ours; all messages go through the ITS in the kernel. */
class KvmSmmuGuest extends KvmScenarios {

    @Override
    KvmGuest start(final Path withDisk) throws IOException {
        return new KvmGuest(GuestKind.ARM64_MSI, "7", "", "--drive", withDisk.toString());
    }

    @Test
    @Order(1)
    void theDriverFindsTheModelWithItsFeatures() {
        final Promise promise = new Promise("smmuv3", Map.of());
        assertThat(guest().booted("(features 0x%08x".formatted(promise.smmuFeatures()))).isNotEmpty();
        assertThat(guest().ask("grep -c ITS-PCI-MSI /proc/interrupts")).isNotEqualTo("0");
    }

    @Test
    @Order(20)
    void aWriteToAPageThatTheDriverMappedToBeReadIsReported() {
        final int mark = guest().console().mark();
        final long address = trespass();
        assertThat(guest().await(mark, "event: F_PERMISSION")).contains("client: 0000:00:02.0", "sid: 0x10",
                "iova: 0x%x".formatted(address));
    }

    @Test
    @Order(21)
    void dmaToWhereNobodyMappedAnythingIsReported() {
        guest().console().letLimitPass();
        final int mark = guest().console().mark();
        writeToUnmapped();
        assertThat(guest().await(mark, "event: F_TRANSLATION")).contains("client: 0000:00:01.0", "sid: 0x8",
                "iova: 0x%x".formatted(NOWHERE));
    }

    @Test
    @Order(22)
    void dmaAfterUnmapIsReported() {
        guest().console().letLimitPass();
        final int mark = guest().console().mark();
        final long address = useAfterUnmap();
        assertThat(guest().await(mark, "event: F_TRANSLATION")).contains("client: 0000:00:01.0",
                "iova: 0x%x".formatted(address));
    }
}
