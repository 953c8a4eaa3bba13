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

package io.viommu.vtd.fault;

import io.viommu.vtd.spec.FaultReason;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Records in words. The expected kernel lines are as real kernels print them. */
class VtdFaultTextTest {

    @Test
    void dmaFaultWithoutPasidPrintsAsLinuxDoes() {
        assertThat(VtdFaultText.linuxLine(0xfffc_0000L, 0x8000_0002_0000_0301L)).isEqualTo(
                "DMAR: [DMA Write NO_PASID] Request device [03:00.1] fault addr 0xfffc0000 [fault reason 0x02] "
                        + "Present bit in context entry is clear");
        assertThat(VtdFaultText.linuxLine(0xffff_a000L, 0xC000_0006_0000_00F3L)).isEqualTo(
                "DMAR: [DMA Read NO_PASID] Request device [00:1e.3] fault addr 0xffffa000 [fault reason 0x06] "
                        + "PTE Read access is not set");
    }

    @Test
    void dmaFaultWithPasidPrintsIt() {
        assertThat(VtdFaultText.linuxLine(0x7f00_1234_5000L, 0xC000_1271_8000_6A00L)).isEqualTo(
                "DMAR: [DMA Read PASID 0x12] Request device [6a:00.0] fault addr 0x7f0012345000 [fault reason 0x71] "
                        + "SM: Present bit in first-level paging entry is clear");
    }

    @Test
    void interruptFaultPrintsTheIndex() {
        assertThat(VtdFaultText.linuxLine(0x003B_0000_0000_0000L, 0x8000_0022_0000_F0F8L)).isEqualTo(
                "DMAR: [INTR-REMAP] Request device [f0:1f.0] fault index 0x3b [fault reason 0x22] "
                        + "Present field in the IRTE entry is clear");
    }

    @Test
    void reasonsThatLinuxDoesNotKnowPrintAsUnknownDma() {
        assertThat(VtdFaultText.linuxLine(0x1000, 0x8000_0027_0000_0008L)).isEqualTo(
                "DMAR: [DMA Write NO_PASID] Request device [00:01.0] fault addr 0x1000 [fault reason 0x27] Unknown");
        assertThat(VtdFaultText.linuxLine(0x1000, 0x8000_0033_0000_0008L)).endsWith("[fault reason 0x33] Unknown");
        assertThat(VtdFaultText.linuxLine(0x1000, 0x8000_00FF_0000_0008L)).endsWith("[fault reason 0xff] Unknown");
    }

    @Test
    void explanationNamesReasonDeviceAddressPasidCauseAndSection() {
        assertThat(VtdFaultText.explain(0x1000, 0xE000_1285_B000_0108L)).isEqualTo(
                "reason 0x85 SGN.6: no write permission; device 01:01.0, privileged AtomicOp (translated request) at "
                        + "page 0x1000, PASID 0x12; likely DMA to an address that was never mapped, or was unmapped "
                        + "too early (VT-d 7.1.3)");
        assertThat(VtdFaultText.explain(0x0005_0000_0000_0000L, 0x8000_0025_0000_0010L)).isEqualTo(
                "reason 0x25 IR.25h: compatibility-format interrupt blocked; device 00:02.0, interrupt index 0x5; "
                        + "likely an interrupt that its driver programmed past the remapping (VT-d 5.1.4)");
        assertThat(VtdFaultText.explain(0, 0x0000_000F_0000_0010L)).isEqualTo(
                "reason 0x0f (reserved); device 00:02.0, write at page 0x0");
    }

    @Test
    void everyReasonIsFoundByItsCodeAndExplained() {
        for (final FaultReason reason : FaultReason.values()) {
            assertThat(FaultReason.of(reason.code())).isSameAs(reason);
            assertThat(VtdFaultText.explain(0, (long) reason.code() << 32)).contains(reason.conditionCode(),
                    reason.condition(), "likely ");
        }
    }

    @Test
    void unqualifiedReasonsAreThoseOfTable30() {
        assertThat(java.util.Arrays.stream(FaultReason.values()).filter(reason -> !reason.qualified())
                .map(reason -> Integer.toHexString(reason.code()))).containsExactlyInAnyOrder("1", "8", "9", "a", "20",
                        "21", "23", "25", "29", "30", "31", "32", "33", "38", "39", "3a", "40", "50", "58");
    }
}
