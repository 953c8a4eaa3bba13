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

import java.util.regex.Pattern;

/**
 * What lines of a log tell beside the faults that can be read: faults of other IOMMUs, and troubles of SMMUv3 and VT-d
 * that leave no record which could be played to a guest. Such lines are named and counted.
 */
public enum OtherFault {
    /** The invalidation queue of a VT-d unit stopped, or a device did not answer. */
    VTD_INVALIDATION("VT-d invalidation errors (queue, completion, time-out)", true, "invalidation|qi head|qi prior",
            "VT-d detected Invalidation|Invalidation (?:Queue|Completion|Time-?out) Error|\\bQI (?:HEAD"
                    + "|PRIOR):|queue invalidation (?:fault|error)"),
    /** Page requests of VT-d that were refused or lost. */
    VTD_PAGE_REQUEST("VT-d page requests that were invalid or lost", true, "page request|prq overflow",
            "Invalid page request:|Page request (?:without|in |queue)|PRQ overflow"),
    /** VT-d faults in a form that only says that there was one. */
    VTD_STATUS("VT-d faults without their record", true, "vt-d|fault overflow|primary fault",
            "\\[VT-D\\].{0,60}(?:Fault Overflow|Primary Pending Fault|Invalidation .{0,20}error)"
                    + "|VT-d.{0,40}fault (?:event|reporting)"),
    /** Global errors of an SMMUv3: its queues, its interrupts, itself. */
    SMMU_GLOBAL_ERROR("SMMUv3 global errors (GERROR, command queue)", true,
            "smmu-v3|smmuv3|global error|write aborted|cmdq",
            "unexpected (?:secure )?global error|CMDQ (?:error|err\\b|timeout)|CMD_SYNC timeout|skipping "
                    + "command in error state"
                    + "|(?:GERROR|PRIQ|EVTQ|CMDQ|CMD_SYNC) (?:MSI )?write aborted|Service Failure Mode"
                    + "|retrying command fetch"
                    + "|failed to convert to CMD_SYNC"),
    /** An SMMUv3 event in a form that is not the Linux driver's. */
    SMMU_OTHER_FORM("SMMUv3 events in a form that is not known", true, "smmu",
            "smmu-?v3\\b.{0,120}(?:\\bfault\\b|F_TRANSLATION|F_PERMISSION|F_ADDR_SIZE|F_ACCESS"
                    + "|C_BAD_\\w+).{0,80}0x\\p{XDigit}"),
    /** The kernel's trace point, whatever the IOMMU. */
    TRACE("faults as the trace point io_page_fault prints them", false, "io_page_fault:",
            "\\bio_page_fault:\\s+IOMMU:"),
    /** AMD's IOMMU. */
    AMD_VI("faults of AMD-Vi, AMD's IOMMU", false, "amd-vi|amd_iommu|io_page_fault|ivhd|event logged",
            "AMD-Vi:.{0,60}(?:Event logged|Completion-Wait loop timed out|Invalid PPR|_FAULT|_ERROR|_TIMEOUT|error|RMP)"
                    + "|\\b(?:IO_PAGE_FAULT|ILLEGAL_DEV_TABLE_ENTRY|DEV_TAB_HARDWARE_ERROR"
                    + "|PAGE_TAB_HARDWARE_ERROR|RMP_PAGE_FAULT"
                    + "|RMP_HARDWARE_ERROR|ILLEGAL_COMMAND_ERROR|COMMAND_HARDWARE_ERROR|IOTLB_INV_TIMEOUT"
                    + "|INVALID_DEVICE_REQUEST"
                    + "|INVALID_PPR_REQUEST)\\b|amd_iommu_report_(?:page|rmp)_fault"),
    /** Arm's SMMU before version 3, Qualcomm's among them. */
    SMMU_V2("faults of SMMUv1 or SMMUv2 (arm-smmu)", false,
            "context fault|global fault|unknown stream id|fsynr|fsr |smmu|gfsr",
            "(?:unhandled|unexpected|unhandled arm-smmu) (?:context|global) fault|context fault:? fsr"
                    + "|Blocked unknown Stream ID"
                    + "|\\bG?FSR\\s*[:=]\\s*(?:0x)?\\p{XDigit}{4,8}"
                    + "|\\bFSYNR\\d?\\s*[:=]\\s*(?:0x)?\\p{XDigit}{4,8}|\\bGFSR\\s+0x"
                    + "|arm-smmu .{0,60}TLB sync timed out"),
    /** VMware ESXi. */
    ESXI("IOMMU faults as VMware ESXi tells them", false, "iommu",
            "IOMMU:\\s{0,4}\\d{1,6}:.{0,80}fault|IOMMU Fault detected|caused an IOMMU fault"),
    /** macOS. */
    MACOS("VT-d faults as macOS tells them", true, "vtd[|ioppf|dart", "\\bvtd\\[\\d{1,3}\\]\\s+fault:"),
    /** seL4. */
    SEL4("VT-d faults as seL4 tells them", true, "iommu: dma", "IOMMU: DMA (?:read|write) page fault"),
    /** FreeBSD and OpenBSD. */
    BSD("VT-d faults as BSD tells them", true, "fault|acpidmar",
            "\\bDMAR\\d{1,3}:? (?:fault|Fault)|fault acc \\p{XDigit}.{0,40}reason 0x|acpidmar\\d?:.{0,80}fault"),
    /** ACRN, Jailhouse and Hyper-V. */
    HYPERVISOR("VT-d faults as a hypervisor tells them", true, "vt-d fault|dmar fault|iommu fault|unhandled vt-d",
            "VT-d fault event|DMAR Fault (?:Reason|Record)|unhandled VT-d fault"),
    /** Samsung Exynos. */
    SYSMMU("faults of Exynos' System MMU", false, "sysmmu|fault occurred|page table base",
            "sysmmu.{0,80}(?:FAULT|page fault)|\\bFAULT occurred at 0x|(?:AR|AW|READ|WRITE|PTW) [A-Z "
                    + "]{0,40}FAULT occurred"),
    /** MediaTek. */
    MEDIATEK("faults of MediaTek's M4U", false, "iova=|mtk|m4u",
            "fault type=0x\\p{XDigit}{1,8},? iova=0x|\\bm4u\\b.{0,60}(?:fault|TRANSLATION)|mtk[-_]iommu.{0,80}fault"),
    /** Rockchip. */
    ROCKCHIP("faults of Rockchip's IOMMU", false, "rk_iommu|page fault at|dte_index|iommu",
            "Page fault at 0x\\p{XDigit}{1,16} of type|rk_iommu.{0,60}(?:fault|error)|iova = "
                    + "0x\\p{XDigit}{1,16}: dte_index"),
    /** Allwinner. */
    SUN50I("faults of Allwinner's IOMMU", false, "page fault for|sun50i|sunxi",
            "Page fault for 0x\\p{XDigit}{1,16} \\(master|sun[\\dx]{2}i?.{0,40}iommu.{0,60}(?:fault|invalid)"),
    /** Apple's own. */
    DART("faults of Apple's DART", false, "dart|stream:",
            "translation fault:? status:0x|(?:apple-)?dart\\b.{0,80}(?:fault|error status)"),
    /** NVIDIA Tegra before SMMUv3. */
    TEGRA("faults of Tegra's memory controller and SMMU", false, "tegra|emem|smmu translation|memory-controller",
            "EMEM (?:address )?decode error|SMMU translation error|memory-controller: .{0,60}(?:read"
                    + "|write) @0x|tegra-smmu.{0,60}fault"
                    + "|memory-controller: .{0,60}@0x\\p{XDigit}{1,16}:"),
    /** Qualcomm before SMMUv2, and its display and graphics on top of it. */
    MSM("faults of Qualcomm's MSM IOMMU", false, "msm|gpu fault|iommu page fault",
            "Unexpected IOMMU page fault|msm_iommu.{0,60}fault|\\*\\*\\* gpu fault|gpu fault: ttbr0"),
    /** Renesas. */
    IPMMU("faults of Renesas' IPMMU", false, "ipmmu|unhandled fault: status|multiple tlb hits",
            "Unhandled fault: status 0x\\p{XDigit}{1,8} iova|Multiple TLB hits @0x|ipmmu.{0,80}(?:fault|abort)"),
    /** Texas Instruments. */
    OMAP("faults of OMAP's IOMMU", false, "omap|da:0x|.mmu:",
            "errs:0x\\p{XDigit}{1,8} da:0x|omap[-_]iommu.{0,80}(?:fault|errs)|iommu fault: da 0x"),
    /** The paravirtualised one. */
    VIRTIO("faults of virtio-iommu", false, "fault from ep|virtio",
            "fault from EP \\d{1,10}\\b|virtio[-_]iommu.{0,80}fault"),
    /** RISC-V. */
    RISCV("faults of a RISC-V IOMMU", false, "devid:|riscv", "Fault \\d{1,5} devid: 0x|riscv[-_,]?iommu.{0,80}fault"),
    /** IBM Z. */
    S390("faults of a PCI function of IBM Z", false, "reports an error for pci function|zpci",
            "reports an error for PCI function 0x|zpci: .{0,60}Event 0x"),
    /** IBM POWER. */
    EEH("frozen partitionable endpoints of POWER (EEH)", false, "eeh:",
            "EEH: (?:Frozen PHB|Frozen PE|PHB#|Fenced PHB|Detected error on)"),
    /** Plainly a fault, but of whom? */
    UNKNOWN("IOMMU faults in a form that is not known", false, "iommu|dmar|vt-d|smmu|fault addr|fault reason",
            "(?:iommu|\\bdmar|vt-?d\\b|smmu|sysmmu|\\bdart\\b).{0,100}\\bfaults?\\b(?!\\s*(?:handler"
                    + "|injection|handling|tolerant"
                    + "|recording|interrupt|event irq|queue)).{0,100}(?:0x\\p{XDigit}|\\b\\p{XDigit}{6,16}\\b)"
                    + "|\\bfault\\s+(?:addr|address|reason|index)\\b.{0,60}(?:0x\\p{XDigit}"
                    + "|\\b\\d\\p{XDigit}{1,15}\\b).{0,100}(?:iommu|dmar|smmu)");

    private static final OtherFault[] VALUES = values();

    /** Every line that tells of one has one of these in it. */
    private static final Markers MARKERS = new Markers("fault", "error", "_timeout", "time-out", "timed out", "smmu",
            "amd-vi", "invalid",
            "aborted", "qi head", "qi prior", "fsr", "fsynr", "eeh:", "overflow", "page request", "event logged",
            "multiple tlb", "memory-controller", "errs:0x", "unknown stream");

    private final String what;
    private final boolean ofReadArchitecture;
    private final String[] hints;
    private final Pattern pattern;

    OtherFault(final String what, final boolean ofReadArchitecture, final String hints, final String pattern) {
        this.what = what;
        this.ofReadArchitecture = ofReadArchitecture;
        this.hints = hints.split("\\|");
        this.pattern = Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
    }

    /**
     * What the lines tell.
     *
     * @return for a sentence such as "3 lines tell of …"
     */
    public String what() {
        return what;
    }

    /**
     * Why it is only counted.
     *
     * @return the rest of the sentence
     */
    public String why() {
        return ofReadArchitecture ? "which can't be replayed" : "which are not SMMUv3 or VT-d";
    }

    /** Whether a line may tell of one. Quick. */
    static boolean mayBeIn(final String line) {
        return MARKERS.areIn(line);
    }

    /** What a line tells of; null for nearly all lines, and for a line of source code. */
    static OtherFault of(final String text, final String lower) {
        if (text.indexOf('%') >= 0 && (lower.contains("%s") || lower.contains("%p") || lower.contains("%#")
                || lower.contains("%0") || lower.contains("%l") || lower.contains("%u") || lower.contains("%x"))) {
            return null;
        }
        for (final OtherFault each : VALUES) {
            if (each.hinted(lower) && each.pattern.matcher(text).find()) {
                return each;
            }
        }
        return null;
    }

    private boolean hinted(final String lower) {
        for (final String hint : hints) {
            if (lower.contains(hint)) {
                return true;
            }
        }
        return false;
    }
}
