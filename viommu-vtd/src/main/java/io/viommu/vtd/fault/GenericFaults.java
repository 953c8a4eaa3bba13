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

import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.iommu.DmaSession;
import io.viommu.vtd.page.PageRequestQueue;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.FaultRecordingLayout;

/**
 * A fault of {@code struct iommu_fault} as a fault recording register. That form knows no VT-d reasons, so the one is
 * chosen that a unit would report for the like cause, by the mode of the guest's tables:
 *
 * <pre>
 * reason            legacy               scalable
 * ----------------  -------------------  ------------------------------
 * PASID_FETCH       -                    58h  SPT.1
 * BAD_PASID_ENTRY   -                    5Bh  SPT.4
 * PASID_INVALID     31h RTA.2            46h  SCT.7
 * WALK_EABT         07h LSS.1            70h  SFS.1
 * PTE_FETCH         05h/06h LGN.2/LGN.3  71h  SFS.2
 * PERMISSION        05h/06h LGN.2/LGN.3  85h/86h/82h SGN.6/SGN.7/SGN.3
 * ACCESS            -                    -    (hardware sets access flags itself)
 * OOR_ADDRESS       04h LGN.1            80h  SGN.1
 * UNKNOWN           -                    -
 * </pre>
 *
 * <p>05h and 85h are for writes, 82h for instruction fetches, the rest for reads; a dash can't be expressed.
 */
final class GenericFaults {

    private GenericFaults() {
    }

    /** The reason, or null if VT-d has none. */
    static FaultReason reasonFor(final FaultRecord record, final boolean scalable) {
        final long permissions = record.word(1);
        final boolean write = (permissions & GenericFault.PERM_WRITE) != 0;
        return switch ((int) record.word(0)) {
            case GenericFault.REASON_PASID_FETCH -> scalable ? FaultReason.SPT_1 : null;
            case GenericFault.REASON_BAD_PASID_ENTRY -> scalable ? FaultReason.SPT_4 : null;
            case GenericFault.REASON_PASID_INVALID -> scalable ? FaultReason.SCT_7 : FaultReason.RTA_2;
            case GenericFault.REASON_WALK_EABT -> scalable ? FaultReason.SFS_1 : FaultReason.LSS_1;
            case GenericFault.REASON_PTE_FETCH -> scalable ? FaultReason.SFS_2 : legacyPermission(write);
            case GenericFault.REASON_PERMISSION -> scalable
                    ? scalablePermission(write, (permissions & GenericFault.PERM_EXEC) != 0)
                    : legacyPermission(write);
            case GenericFault.REASON_OOR_ADDRESS -> scalable ? FaultReason.SGN_1 : FaultReason.LGN_1;
            default -> null;
        };
    }

    private static FaultReason legacyPermission(final boolean write) {
        return write ? FaultReason.LGN_2 : FaultReason.LGN_3;
    }

    private static FaultReason scalablePermission(final boolean write, final boolean execute) {
        if (write) {
            return FaultReason.SGN_6;
        }
        return execute ? FaultReason.SGN_3 : FaultReason.SGN_7;
    }

    /** Fills a fault with what the record says; the requester is the policy's. */
    static void rebuild(final FaultRecord record, final FaultReason reason, final GuestFault fault) {
        fault.set(lowWord(record), highWord(record) | (long) reason.code() << FaultRecordingLayout.REASON_SHIFT);
    }

    /** The low word: the address, if the record has one. */
    private static long lowWord(final FaultRecord record) {
        return (record.word(0) >>> 32 & GenericFault.FLAG_ADDR_VALID) == 0 ? 0 : record.word(2);
    }

    /** The high word without requester and reason. */
    private static long highWord(final FaultRecord record) {
        final long permissions = record.word(1);
        long high = (permissions & GenericFault.PERM_WRITE) == 0 ? FaultRecordingLayout.T1 : 0;
        if ((permissions & GenericFault.PERM_EXEC) != 0) {
            high |= FaultRecordingLayout.EXECUTE;
        }
        if ((permissions & GenericFault.PERM_PRIV) != 0) {
            high |= FaultRecordingLayout.PRIVILEGED;
        }
        if ((record.word(0) >>> 32 & GenericFault.FLAG_PASID_VALID) != 0) {
            high |= FaultRecordingLayout.PASID_PRESENT
                    | (long) (record.pasid() & 0xF_FFFF) << FaultRecordingLayout.PASID_SHIFT;
        }
        return high;
    }

    /** Fills a fault with a page request that is refused: its type bits are 01 (VT-d 11.4.7.6). */
    static void ofPageRequest(final FaultRecord record, final int reason, final GuestFault fault) {
        final long permissions = record.word(1);
        final int pasid = PageRequestQueue.pasid(record);
        long high = PageRequestQueue.requester(record) | FaultRecordingLayout.T2
                | (long) reason << FaultRecordingLayout.REASON_SHIFT;
        if (pasid != DmaSession.NO_PASID) {
            high |= FaultRecordingLayout.PASID_PRESENT | (long) pasid << FaultRecordingLayout.PASID_SHIFT;
            high |= (permissions & GenericFault.PERM_EXEC) != 0 ? FaultRecordingLayout.EXECUTE : 0;
            high |= (permissions & GenericFault.PERM_PRIV) != 0 ? FaultRecordingLayout.PRIVILEGED : 0;
        }
        fault.set(record.word(2), high);
    }
}
