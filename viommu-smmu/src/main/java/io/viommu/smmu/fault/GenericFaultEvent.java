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

package io.viommu.smmu.fault;

import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.iommu.DmaSession;
import io.viommu.smmu.spec.EventLayout;

/**
 * Rebuilds an event record from the architecture-neutral fault of the 2021 DMA-fault region: the reason names the event
 * type, the permissions give RnW, InD and PnU, the PASID gives SSV and SubstreamID. What that format does not carry is
 * what an ordinary stage-1 fault has: S2=0, Stall=0, CLASS=IN, or CLASS=TT for an aborted walk (IHI 0070, 7.3.12).
 *
 * <p>The fetch address is taken as a byte address. (The one kernel series that filled it shifted it right by three; a
 * source that reads from such a kernel has to shift it back.)
 */
final class GenericFaultEvent {

    private static final int[] TYPES = new int[GenericFault.REASON_OOR_ADDRESS + 1];
    static {
        TYPES[GenericFault.REASON_PASID_FETCH] = EventLayout.F_CD_FETCH;
        TYPES[GenericFault.REASON_BAD_PASID_ENTRY] = EventLayout.C_BAD_CD;
        TYPES[GenericFault.REASON_PASID_INVALID] = EventLayout.C_BAD_SUBSTREAMID;
        TYPES[GenericFault.REASON_WALK_EABT] = EventLayout.F_WALK_EABT;
        TYPES[GenericFault.REASON_PTE_FETCH] = EventLayout.F_TRANSLATION;
        TYPES[GenericFault.REASON_PERMISSION] = EventLayout.F_PERMISSION;
        TYPES[GenericFault.REASON_ACCESS] = EventLayout.F_ACCESS;
        TYPES[GenericFault.REASON_OOR_ADDRESS] = EventLayout.F_ADDR_SIZE;
    }

    private GenericFaultEvent() {
    }

    /** The event that the reason names; 0 if it names none. */
    static int code(final FaultRecord record) {
        final int reason = (int) record.word(0);
        return reason > 0 && reason < TYPES.length ? TYPES[reason] : 0;
    }

    /** Whether the source says that it knows no reason. */
    static boolean unexplained(final FaultRecord record) {
        return (int) record.word(0) == GenericFault.REASON_UNKNOWN;
    }

    /** Asks the guest's tables for the event of a fault that came without a reason. */
    static int code(final FaultRecord record, final GuestTables tables) {
        final int flags = (int) (record.word(0) >>> 32);
        final int permissions = (int) record.word(1);
        return tables.eventOf(record.guestDevice(), substream(record, flags), record.word(2),
                ((permissions & GenericFault.PERM_WRITE) != 0 ? DmaSession.WRITE : DmaSession.READ)
                        | ((permissions & GenericFault.PERM_EXEC) != 0 ? DmaSession.EXECUTE : 0)
                        | ((permissions & GenericFault.PERM_PRIV) != 0 ? DmaSession.PRIVILEGED : 0));
    }

    /** Fills the event of a number. */
    static void rebuild(final FaultRecord record, final int code, final GuestEvent event) {
        final EventType type = EventType.of(code);
        final int flags = (int) (record.word(0) >>> 32);
        final long address = (flags & GenericFault.FLAG_ADDR_VALID) != 0 ? record.word(2) : 0;
        final long fetch = (flags & GenericFault.FLAG_FETCH_ADDR_VALID) != 0 ? record.word(3) : 0;
        final boolean fetched = (type.word3() & ~EventLayout.IPA) != 0;
        event.set(EventLayout.word0(code, record.hostDevice(), substream(record, flags)),
                access((int) record.word(1), type) & type.word1(), address & type.word2(),
                fetched ? fetch & type.word3() : 0);
    }

    private static int substream(final FaultRecord record, final int flags) {
        return record.hasPasid() || (flags & GenericFault.FLAG_PASID_VALID) != 0 ? record.pasid() : -1;
    }

    /** InD is 0 for writes (13.1.2); a fault that names neither access is taken for a read. */
    private static long access(final int permissions, final EventType type) {
        final boolean write = (permissions & GenericFault.PERM_WRITE) != 0;
        final boolean execute = !write && (permissions & GenericFault.PERM_EXEC) != 0;
        final long fault = type == EventType.F_WALK_EABT ? EventLayout.CLASS_TT : EventLayout.CLASS_IN;
        return (write ? 0 : EventLayout.RNW) | (execute ? EventLayout.IND : 0)
                | ((permissions & GenericFault.PERM_PRIV) != 0 ? EventLayout.PNU : 0)
                | fault << EventLayout.CLASS_SHIFT;
    }
}
