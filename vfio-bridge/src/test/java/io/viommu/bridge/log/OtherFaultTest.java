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
package io.viommu.bridge.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines that tell of faults of other kinds, as their drivers print them, are named and counted. */
class OtherFaultTest {
    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~', value = {
        "VTD_INVALIDATION; DMAR: VT-d detected Invalidation Time-out Error: SID 0",
        "VTD_INVALIDATION; DMAR: VT-d detected Invalidation Completion Error: SID ffff",
        "VTD_INVALIDATION; DMAR: VT-d detected Invalidation Queue Error: Reason f",
        "VTD_INVALIDATION; DMAR: QI PRIOR: Device-TLB Invalidation qw0 = 0x5300530000000003, qw1 = 0x7fffffffffffff001",
        "VTD_INVALIDATION; DMAR: Invalidation Time-out Error (ITE) cleared",
        "VTD_PAGE_REQUEST; DMAR: Invalid page request: 0000000100000001 00000000fffff007",
        "VTD_PAGE_REQUEST; DMAR: IOMMU: dmar0: PRQ overflow detected",
        "SMMU_GLOBAL_ERROR; arm-smmu-v3 a.auto: unexpected global error reported (0x00000001), this could be serious",
        "SMMU_GLOBAL_ERROR; arm-smmu-v3 a.auto: CMDQ error (cons 0x03000000): Illegal command",
        "SMMU_GLOBAL_ERROR; arm-smmu-v3 a.auto: EVTQ write aborted -- events may have been lost",
        "SMMU_GLOBAL_ERROR; arm-smmu-v3 a.auto: PRIQ MSI write aborted",
        "SMMU_GLOBAL_ERROR; arm-smmu-v3 a.auto: CMD_SYNC timeout at 0x00000001 [hwprod 0x00000002, hwcons 0x00000001]",
        "SMMU_GLOBAL_ERROR; arm-smmu-v3 a.auto: device has entered Service Failure Mode!",
        "AMD_VI; nvme 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0000 address=0xfc189000 flags=0x0000]",
        "AMD_VI; AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=63:00.0 address=0x42b5b01a0]",
        "AMD_VI; AMD-Vi: Completion-Wait loop timed out",
        "AMD_VI; (XEN) AMD-Vi: IO_PAGE_FAULT: 0000:03:00.0 d0 addr 00000000fec00000 flags 0x20",
        "SMMU_V2; arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x9c4b9000, fsynr=0x7c0020, cbfrsynra=0x800, cb=7",
        "SMMU_V2; arm-smmu 15000000.iommu: FSYNR0 = 007c0020 [S1CBNDX=124 PNU PLVL=0]",
        "SMMU_V2; arm-smmu 5040000.iommu: Unexpected global fault, this could be serious",
        "SMMU_V2; arm-smmu 5040000.iommu: Blocked unknown Stream ID 0x401; boot with \"arm-smmu.disable_bypass=0\" to allow",
        "ESXI; cpu12:2098765)IOMMU: 2500: IOMMU Fault detected for 0000:da:00.0 (vmgfx0/x) IOaddr: 0xa1fc6a000 Mask: 0x6",
        "ESXI; PCI passthru device 0000:8b:00.1 caused an IOMMU fault type 4 at address 0x12345000",
        "MACOS; vtd[0] fault: device 83:0:0 reason 0x6 R:0x101700000",
        "SEL4; IOMMU: DMA write page fault from 0x10 (bus: 0x0/dev: 0x2/fun: 0x0) on address 0x0:1000 with reason code 0x5",
        "SYSMMU; exynos-sysmmu 13620000.sysmmu: AR PAGE FAULT occurred at 0x20000000",
        "MEDIATEK; mtk-iommu 10205000.iommu: fault type=0x280 iova=0xfe000000 pa=0x0 master=0x500019a(larb=4 port=8) layer=1 read",
        "ROCKCHIP; rk_iommu ff914000.iommu: Page fault at 0x00000000fff00000 of type write",
        "SUN50I; sun50i-iommu 30f0000.iommu: Page fault for 0x00000000f8000000 (master 0, dir read)",
        "DART; apple-dart 231304000.iommu: translation fault: status:0x80000001 stream:0 code:0x1 (NO_DAPF_MATCH) at 0x1000",
        "TEGRA; tegra-mc 70019000.memory-controller: vic: secure read @0x00000001f8e3d000: EMEM address decode error (SMMU translation error [--W])",
        "MSM; msm_iommu 7500000.iommu: Unexpected IOMMU page fault!",
        "IPMMU; ipmmu-vmsa fe951000.iommu: Unhandled fault: status 0x00000201 iova 0x00000000",
        "OMAP; omap-iommu 55082000.mmu: 55082000.mmu: errs:0x00000002 da:0x9f000000 pgd:0xee0bc000 *pgd:px00000000",
        "VIRTIO; virtio_iommu virtio0: page fault from EP 8 at 0x1000 [R  ]",
        "RISCV; riscv,iommu 3010000.iommu: Fault 12 devid: 0x8 iotval: 1000 iotval2: 0",
        "S390; zpci: 0000:00:00.0: Event 0x3a reports an error for PCI function 0x30",
        "EEH; EEH: Frozen PHB#0-PE#2 detected",
        "TRACE; io_page_fault: IOMMU:0000:01:00.0 iova=0x0000000000001000 flags=0x0001",
        "UNKNOWN; frobiommu 4000.iommu: translation fault, master 3, address 0xdeadb000" })
    void lineIsNamed(final OtherFault what, final String line) {
        final ParsedLog log = ParsedLog.of("[   12.000001] " + line, "unrelated", "<3>" + line);
        assertThat(log.faults).isEmpty();
        assertThat(log.statistics.others()).isEqualTo(Map.of(what, 2L));
    }

    @ParameterizedTest
    @ValueSource(strings = { "iommu: Default domain type: Translated", "DMAR: IOMMU enabled",
        "AMD-Vi: Interrupt remapping enabled",
        "arm-smmu-v3 a.auto: ias 48-bit, oas 48-bit (features 0x00001fef)",
        "arm-smmu-v3 a.auto: allocated 65536 entries for cmdq",
        "arm-smmu-v3 a.auto: no priq irq - PRI will be broken", "EXT4-fs error (device sda1): htree_dirblock_to_tree",
        "Memory failure: 0x1234: recovery action", "traps: app[77] general protection fault ip:7f00 sp:7f00 error:0",
        "+\tdev_err(smmu->dev, \"EVTQ write aborted -- events may have been lost\\n\") %s",
        "blk_update_request: I/O error",
        "DMAR: Host address width 39", "arm-smmu 5040000.iommu: probing hardware configuration...",
        "page fault handler of 0x1000" })
    void lineThatTellsOfNoFaultIsNotCounted(final String line) {
        final ParsedLog log = ParsedLog.of("[   12.000001] " + line);
        assertThat(log.faults).isEmpty();
        assertThat(log.statistics.others()).isEmpty();
    }

    @Test
    void eachKindSaysWhatItIsAndWhyItIsOnlyCounted() {
        for (final OtherFault each : OtherFault.values()) {
            assertThat(each.what()).isNotBlank();
            assertThat(each.why()).isIn("which can't be replayed", "which are not SMMUv3 or VT-d");
        }
    }

    @Test
    void lineIsLookedAtOnceHoweverManyRecordsItSeemsToBegin() {
        final ParsedLog log = ParsedLog.of("[DMA a frobiommu fault 0x1000 ".repeat(2000));
        assertThat(log.faults).isEmpty();
        assertThat(log.statistics.others()).isEqualTo(Map.of(OtherFault.UNKNOWN, 1L));
    }
}
