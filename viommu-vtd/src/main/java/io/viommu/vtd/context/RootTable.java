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

package io.viommu.vtd.context;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.vtd.fault.FaultReason;
import io.viommu.vtd.layout.CapabilityFields;
import io.viommu.vtd.layout.GlobalFields;
import io.viommu.vtd.layout.RootEntryLayout;
import io.viommu.vtd.layout.ScalableContextEntryLayout;

/**
 * Finds, checks and decodes the context entry of a requester, in legacy and in scalable mode (VT-d 3.4.2, 3.4.3). One
 * instance belongs to one thread.
 *
 * <p>Each entry is read once; of its faults an access error comes first, then P, then reserved bits, then the rest.
 */
public final class RootTable {

    private final GuestMemory memory;
    private final UnsafeBuffer bytes = new UnsafeBuffer(
            ByteBuffer.allocateDirect(ScalableContextEntryLayout.LENGTH));

    /**
     * Makes the look-up of one thread.
     *
     * @param memory where the tables lie; their addresses are never translated.
     */
    public RootTable(final GuestMemory memory) {
        this.memory = memory;
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
        return switch (context.mode()) {
            case GlobalFields.TTM_LEGACY -> legacy(context, request, into, fault);
            case GlobalFields.TTM_SCALABLE -> context.has(CapabilityFields.SMTS)
                    ? scalable(context, request, into, fault)
                    : fault.raise(FaultReason.RTA_1);
            case GlobalFields.TTM_ABORT -> fault.raise(
                    context.has(CapabilityFields.ADMS) ? FaultReason.RTA_4 : FaultReason.RTA_1);
            default -> fault.raise(FaultReason.RTA_1);
        };
    }

    private int legacy(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        if (request.pageRequest()) {
            return fault.raise(FaultReason.RTA_3);
        }
        if (request.hasPasid()) {
            return fault.raise(FaultReason.RTA_2);
        }
        if (!read(rootEntry(context, request), RootEntryLayout.LENGTH)) {
            return fault.raise(FaultReason.LRT_1);
        }
        final long root = word(0);
        if ((root & RootEntryLayout.P) == 0) {
            return fault.raise(FaultReason.LRT_2);
        }
        if ((root & (RootEntryLayout.RESERVED | context.beyondHost())) != 0 || word(1) != 0) {
            return fault.raise(FaultReason.LRT_3);
        }
        final long at = (root & RootEntryLayout.TABLE)
                + ((long) (request.sourceId() & 0xFF) << ContextEntry.LENGTH_SHIFT);
        if (!read(at, ContextEntry.LENGTH)) {
            return fault.raise(FaultReason.LCT_1);
        }
        return ContextEntry.decode(context, request, word(0), word(1), into, fault);
    }

    private int scalable(final VtdContext context, final DmaRequest request, final DeviceConfiguration into,
            final VtdFault fault) {
        if (request.executes() && !context.has(CapabilityFields.ERS)) {
            return fault.raise(FaultReason.RTA_5);
        }
        if (!read(rootEntry(context, request), RootEntryLayout.LENGTH)) {
            return fault.raise(FaultReason.SRT_1);
        }
        final int function = request.sourceId() & 0xFF;
        final long half = word(function < RootEntryLayout.UPPER_HALF ? 0 : 1);
        if ((half & RootEntryLayout.P) == 0) {
            return fault.raise(FaultReason.SRT_2);
        }
        if ((half & (RootEntryLayout.RESERVED | context.beyondHost())) != 0) {
            return fault.raise(FaultReason.SRT_3);
        }
        final long index = function & RootEntryLayout.UPPER_HALF - 1;
        final long at = (half & RootEntryLayout.TABLE) + (index << ScalableContextEntryLayout.LENGTH_SHIFT);
        if (!read(at, ScalableContextEntryLayout.LENGTH)) {
            return fault.raise(FaultReason.SCT_1);
        }
        return ScalableContextEntry.decode(context, request, bytes, into, fault);
    }

    private static long rootEntry(final VtdContext context, final DmaRequest request) {
        final long bus = request.sourceId() >>> 8;
        return (context.rootTable() & GlobalFields.TABLE_ADDRESS) + (bus << RootEntryLayout.LENGTH_SHIFT);
    }

    private boolean read(final long address, final int length) {
        return memory.read(address, bytes, 0, length) == GuestMemory.OK;
    }

    private long word(final int index) {
        return bytes.getLong(index * Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }
}
