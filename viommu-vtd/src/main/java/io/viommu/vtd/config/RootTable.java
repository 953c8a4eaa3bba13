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

package io.viommu.vtd.config;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.iommu.DmaSession;
import io.viommu.memory.GuestMemory;
import io.viommu.tlb.KeptConfigurations;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.ContextEntryLayout;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.GlobalFields;
import io.viommu.vtd.spec.RootEntryLayout;
import io.viommu.vtd.spec.ScalableContextEntryLayout;

/**
 * Finds, checks and decodes the context entry of a requester, in legacy and in scalable mode (VT-d 3.4.2, 3.4.3). One
 * instance belongs to one thread.
 *
 * <p>Each entry is read once; of its faults an access error comes first, then P, then reserved bits, then the rest.
 * Valid entries are kept until the guest invalidates them: the context cache. What is wrong is never kept, so that
 * software has to invalidate nothing that it makes present (VT-d 6.1, CAP.CM).
 */
public final class RootTable {

    private final GuestMemory memory;
    private final KeptConfigurations<UnsafeBuffer> kept;
    private final ContextEntry legacyEntry = new ContextEntry();
    private final ScalableContextEntry scalableEntry = new ScalableContextEntry();
    private final UnsafeBuffer root = new UnsafeBuffer(ByteBuffer.allocateDirect(RootEntryLayout.LENGTH));

    /**
     * Makes the look-up of one thread.
     *
     * @param memory where the tables lie; their addresses are never translated.
     * @param kept   the context cache of that thread, for entries of {@link #entry()}.
     */
    public RootTable(final GuestMemory memory, final KeptConfigurations<UnsafeBuffer> kept) {
        this.memory = memory;
        this.kept = kept;
    }

    /**
     * Makes room for one entry of a context cache.
     *
     * @return room for a context entry of either mode.
     */
    public static UnsafeBuffer entry() {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(ScalableContextEntryLayout.LENGTH));
    }

    /** Forgets every entry that is kept. */
    public void forget() {
        kept.forget();
    }

    /**
     * Looks a requester up.
     *
     * @param context the registers.
     * @param request who asks; its kind is checked against what the entry lets through.
     * @param into    filled if the entry is valid.
     * @param fault   filled otherwise; learns the FPD bit in any case.
     * @return {@link VtdFault#NONE} or the code of the reason.
     */
    public int lookup(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        final FaultReason refusal = refusal(context, request);
        if (refusal != null) {
            return fault.raise(refusal);
        }
        final boolean scalable = context.mode() == GlobalFields.TTM_SCALABLE;
        final boolean read = !kept.find(request.sourceId(), DmaSession.NO_PASID);
        final UnsafeBuffer entry = kept.place();
        if (read) {
            final int missing = scalable
                    ? readScalable(context, request.sourceId(), entry, fault)
                    : readLegacy(context, request.sourceId(), entry, fault);
            if (missing != VtdFault.NONE) {
                return missing;
            }
        }
        final long fpd = scalable ? ScalableContextEntryLayout.FPD : ContextEntryLayout.FPD;
        fault.disableIf((entry.getLong(0, ByteOrder.LITTLE_ENDIAN) & fpd) != 0);
        final int wrong = read ? check(context, scalable, entry, fault) : VtdFault.NONE;
        if (wrong != VtdFault.NONE) {
            return wrong;
        }
        final int result = scalable
                ? scalableEntry.of(entry).decode(context, request, into, fault)
                : legacyEntry.of(entry).decode(request, into, fault);
        if (read && result == VtdFault.NONE) {
            kept.keep(0, 0);
        }
        return result;
    }

    /** Checks what depends on the entry and the registers alone; once is enough for an entry that is kept. */
    private int check(final VtdContext context, final boolean scalable, final UnsafeBuffer entry,
            final VtdFault fault) {
        final FaultReason broken = scalable
                ? ScalableContextRule.firstBroken(scalableEntry.of(entry), context)
                : ContextRule.firstBroken(legacyEntry.of(entry), context);
        return broken == null ? VtdFault.NONE : fault.raise(broken);
    }

    /** What the root table address register alone forbids (VT-d 7.1.3, RTA). */
    private static FaultReason refusal(final VtdContext context, final DmaRequest request) {
        return switch (context.mode()) {
            case GlobalFields.TTM_LEGACY -> {
                if (request.pageRequest()) {
                    yield FaultReason.RTA_3;
                }
                yield request.hasPasid() ? FaultReason.RTA_2 : null;
            }
            case GlobalFields.TTM_SCALABLE -> context.has(CapabilityFields.SMTS) ? null : FaultReason.RTA_1;
            case GlobalFields.TTM_ABORT -> context.has(CapabilityFields.ADMS) ? FaultReason.RTA_4 : FaultReason.RTA_1;
            default -> FaultReason.RTA_1;
        };
    }

    private int readLegacy(final VtdContext context, final int sourceId, final UnsafeBuffer entry,
            final VtdFault fault) {
        if (!read(rootEntry(context, sourceId), root, RootEntryLayout.LENGTH)) {
            return fault.raise(FaultReason.LRT_1);
        }
        final long word = word(0);
        if ((word & RootEntryLayout.P) == 0) {
            return fault.raise(FaultReason.LRT_2);
        }
        if ((word & (RootEntryLayout.RESERVED | context.beyondHost())) != 0 || word(1) != 0) {
            return fault.raise(FaultReason.LRT_3);
        }
        final long at = (word & RootEntryLayout.TABLE) + ((sourceId & 0xFFL) << ContextEntryLayout.LENGTH_SHIFT);
        return read(at, entry, ContextEntryLayout.LENGTH) ? VtdFault.NONE : fault.raise(FaultReason.LCT_1);
    }

    private int readScalable(final VtdContext context, final int sourceId, final UnsafeBuffer entry,
            final VtdFault fault) {
        if (!read(rootEntry(context, sourceId), root, RootEntryLayout.LENGTH)) {
            return fault.raise(FaultReason.SRT_1);
        }
        final int function = sourceId & 0xFF;
        final long half = word(function < RootEntryLayout.UPPER_HALF ? 0 : 1);
        if ((half & RootEntryLayout.P) == 0) {
            return fault.raise(FaultReason.SRT_2);
        }
        if ((half & (RootEntryLayout.RESERVED | context.beyondHost())) != 0) {
            return fault.raise(FaultReason.SRT_3);
        }
        final long index = function & RootEntryLayout.UPPER_HALF - 1;
        final long at = (half & RootEntryLayout.TABLE) + (index << ScalableContextEntryLayout.LENGTH_SHIFT);
        return read(at, entry, ScalableContextEntryLayout.LENGTH)
                ? VtdFault.NONE
                : fault.raise(FaultReason.SCT_1);
    }

    private static long rootEntry(final VtdContext context, final int sourceId) {
        final long bus = sourceId >>> 8;
        return (context.rootTable() & GlobalFields.TABLE_ADDRESS) + (bus << RootEntryLayout.LENGTH_SHIFT);
    }

    private boolean read(final long address, final UnsafeBuffer into, final int length) {
        return memory.read(address, into, 0, length) == GuestMemory.OK;
    }

    private long word(final int index) {
        return root.getLong(index * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }
}
