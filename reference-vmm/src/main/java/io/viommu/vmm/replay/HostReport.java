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

package io.viommu.vmm.replay;

import io.viommu.bridge.dmafault.FaultEntry;
import io.viommu.bridge.log.LogFault;
import io.viommu.bridge.log.SmmuLogPageRequest;
import io.viommu.bridge.log.VtdLogFault;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;

/**
 * What the host's kernel of 2021 made of a hardware record: the {@code struct iommu_fault} that it would have written
 * into the region. The SMMUv3 part is the kernel series' table; VT-d never got that far, so its part follows the
 * meanings that the structure gives its reasons.
 *
 * @param request      whether it is a page request instead of an unrecoverable fault.
 * @param reason       of {@link GenericFault}; the group of a page request.
 * @param flags        of {@link GenericFault}, without the PASID's.
 * @param pasid        20 bits, or {@link FaultSink#NO_PASID}.
 * @param permissions  of {@link GenericFault}.
 * @param address      the address at fault.
 * @param fetchAddress the address whose fetch aborted.
 */
record HostReport(boolean request, int reason, int flags, int pasid, int permissions, long address, long fetchAddress) {

    private static final int NOT_REPORTED = -1;
    private static final long STAGE_2 = 1L << 39;
    private static final long SUBSTREAM_VALID = 1L << 11;
    private static final int C_BAD_SUBSTREAMID = 0x08;
    /** Bits 51:3 of word 3: where a fetch was made. */
    private static final long FETCH_ADDRESS = 0x000F_FFFF_FFFF_FFF8L;

    /** The report of a fault, or null if the kernel of 2021 made none. */
    static HostReport of(final LogFault fault) {
        return switch (fault.kind()) {
            case SMMU_EVENT -> smmu(fault.words().get(0), fault.words().get(1), fault.words().get(2),
                    fault.words().get(3));
            case SMMU_PAGE_REQUEST -> pageRequest((SmmuLogPageRequest) fault);
            case VTD_DMA_FAULT -> vtd((VtdLogFault) fault);
            case VTD_INTERRUPT_FAULT -> null;
        };
    }

    /** What is left of a fault that the plain structure has no words for, beside the raw record. */
    static HostReport unknown(final int pasid) {
        return new HostReport(false, GenericFault.REASON_UNKNOWN, 0, pasid, 0, 0, 0);
    }

    private static HostReport smmu(final long word0, final long word1, final long word2, final long word3) {
        final int event = (int) word0 & 0xFF;
        final int reason = smmuReason(event);
        final boolean ofStage2 = (word1 & STAGE_2) != 0;
        if (reason == NOT_REPORTED || ofStage2 && event >= 0x0B) {
            return null;
        }
        final boolean hasPasid = (word0 & SUBSTREAM_VALID) != 0 || event == C_BAD_SUBSTREAMID;
        final int pasid = hasPasid ? (int) (word0 >>> 12) & 0xF_FFFF : FaultSink.NO_PASID;
        final boolean fetched = reason == GenericFault.REASON_PASID_FETCH || reason == GenericFault.REASON_WALK_EABT;
        final boolean addressed = event >= 0x0B;
        final int flags = (addressed ? GenericFault.FLAG_ADDR_VALID : 0)
                | (fetched ? GenericFault.FLAG_FETCH_ADDR_VALID : 0);
        return new HostReport(false, reason, flags, pasid, addressed ? smmuPermissions(word1) : 0,
                addressed ? word2 : 0, fetched ? word3 & FETCH_ADDRESS : 0);
    }

    private static int smmuReason(final int event) {
        return switch (event) {
            case C_BAD_SUBSTREAMID -> GenericFault.REASON_PASID_INVALID;
            case 0x09 -> GenericFault.REASON_PASID_FETCH;
            case 0x0A -> GenericFault.REASON_BAD_PASID_ENTRY;
            case 0x0B -> GenericFault.REASON_WALK_EABT;
            case 0x10 -> GenericFault.REASON_PTE_FETCH;
            case 0x11 -> GenericFault.REASON_OOR_ADDRESS;
            case 0x12 -> GenericFault.REASON_ACCESS;
            case 0x13 -> GenericFault.REASON_PERMISSION;
            default -> NOT_REPORTED;
        };
    }

    /** PnU, InD and RnW: bits 33 to 35 of word 1. */
    private static int smmuPermissions(final long word1) {
        final int attributes = (int) (word1 >>> 33);
        return ((attributes & 4) != 0 ? GenericFault.PERM_READ : GenericFault.PERM_WRITE)
                | ((attributes & 2) != 0 ? GenericFault.PERM_EXEC : 0)
                | ((attributes & 1) != 0 ? GenericFault.PERM_PRIV : 0);
    }

    private static HostReport pageRequest(final SmmuLogPageRequest fault) {
        // IHI 0070, 8.1: bits 61 to 58 of word 0 are W, R, X and P.
        final long word0 = fault.words().get(0);
        final int permissions = ((word0 >>> 60 & 1) != 0 ? GenericFault.PERM_READ : 0)
                | ((word0 >>> 61 & 1) != 0 ? GenericFault.PERM_WRITE : 0)
                | ((word0 >>> 59 & 1) != 0 ? GenericFault.PERM_EXEC : 0)
                | ((word0 >>> 58 & 1) != 0 ? GenericFault.PERM_PRIV : 0);
        return new HostReport(true, fault.group().orElse(0), fault.last() ? GenericFault.REQUEST_LAST_PAGE : 0,
                fault.substreamId().orElse(FaultSink.NO_PASID), permissions, fault.address().orElse(0), 0);
    }

    private static HostReport vtd(final VtdLogFault fault) {
        final int reason = vtdReason(fault.reason().orElse(0));
        if (reason == NOT_REPORTED) {
            return null;
        }
        final int permissions = switch (fault.access()) {
            case READ -> GenericFault.PERM_READ;
            case WRITE -> GenericFault.PERM_WRITE;
            case EXECUTE -> GenericFault.PERM_READ | GenericFault.PERM_EXEC;
            case UNKNOWN -> 0;
        };
        return new HostReport(false, reason, GenericFault.FLAG_ADDR_VALID, fault.pasid().orElse(FaultSink.NO_PASID),
                permissions, fault.words().get(0) & -4096L, 0);
    }

    private static int vtdReason(final int reason) {
        return switch (reason) {
            case 0x58, 0x50 -> GenericFault.REASON_PASID_FETCH;
            case 0x5A, 0x5B, 0x52 -> GenericFault.REASON_BAD_PASID_ENTRY;
            case 0x46, 0x51, 0x59 -> GenericFault.REASON_PASID_INVALID;
            case 0x07, 0x70, 0x73, 0x78 -> GenericFault.REASON_WALK_EABT;
            case 0x71 -> GenericFault.REASON_PTE_FETCH;
            case 0x05, 0x06, 0x79, 0x81, 0x82, 0x85, 0x86 -> GenericFault.REASON_PERMISSION;
            case 0x04, 0x80, 0x83, 0x84 -> GenericFault.REASON_OOR_ADDRESS;
            default -> NOT_REPORTED;
        };
    }

    /** Writes it into an entry. */
    void fill(final FaultEntry entry) {
        if (request) {
            entry.pageRequest(flags, pasid, reason, permissions, address);
        } else {
            entry.unrecoverable(reason, flags, pasid, permissions, address, fetchAddress);
        }
    }

    /** Whether a record read from a plain entry is this one. */
    boolean matches(final FaultRecord record) {
        final int codeOf = request ? (int) (record.word(0) >>> Integer.SIZE) : (int) record.word(0);
        return codeOf == reason && record.word(1) == permissions && record.word(2) == address
                && (request || record.word(3) == fetchAddress)
                && record.hasPasid() == (pasid != FaultSink.NO_PASID)
                && (!record.hasPasid() || record.pasid() == pasid);
    }
}
