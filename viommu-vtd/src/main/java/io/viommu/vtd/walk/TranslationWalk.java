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

package io.viommu.vtd.walk;

import io.viommu.memory.GuestMemory;
import io.viommu.vtd.config.DeviceConfiguration;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.InterruptRequestLayout;
import io.viommu.vtd.spec.PasidEntryLayout;

/**
 * Walks the tables of a checked configuration, whatever its type, and leaves the outcome in itself. One instance
 * belongs to one thread.
 *
 * <p>Flags of the leaves are set last, when nothing can stop the request any more, so that a blocked one leaves no page
 * dirty.
 */
public final class TranslationWalk {

    /** A table entry changed under the walk: it must be done again. Never leaves this package. */
    static final int CHANGED = -1;

    /** How often a walk is begun before a guest that keeps changing its tables gets a fault. */
    private static final int ATTEMPTS = 16;
    /** log2 of what pass-through covers, as far as a cache is concerned. */
    private static final int PASS_THROUGH_SHIFT = 30;

    private final FirstStageWalk first;
    private final SecondStageWalk second;
    private long address;
    private int shift;
    private int matchShift;
    private int permissions;

    /**
     * Makes the walker of one thread.
     *
     * @param memory where tables lie.
     */
    public TranslationWalk(final GuestMemory memory) {
        first = new FirstStageWalk(memory);
        second = new SecondStageWalk(memory);
    }

    /**
     * Translates.
     *
     * @param context the registers.
     * @param device  the configuration.
     * @param request what is asked.
     * @param update  whether accessed and dirty flags are set; without, nothing in memory changes.
     * @param fault   filled if there is one.
     * @return {@link VtdFault#NONE} or the code of the reason.
     */
    public int translate(final VtdContext context, final DeviceConfiguration device, final DmaRequest request,
            final boolean update, final VtdFault fault) {
        for (int i = 0; i < ATTEMPTS; i++) {
            final int result = device.type() == PasidEntryLayout.PGTT_PASS_THROUGH
                    ? passThrough(context, device, request, fault)
                    : walk(context, device, request, update, fault);
            if (result != CHANGED) {
                return result;
            }
        }
        return fault.raise(device.firstStageUsed() ? FaultReason.SFS_10 : FaultReason.SSS_6);
    }

    /**
     * Sets accessed and dirty flags in a table entry, atomically, since the guest's CPUs write there too (VT-d 3.6.2,
     * 3.7.2).
     *
     * @return {@link VtdFault#NONE}, {@link #CHANGED} if somebody changed the entry since it was read, so that what was
     *         concluded from it no longer holds, or the code of {@code failed} if the entry can't be written.
     */
    static int setFlags(final GuestMemory memory, final long place, final long entry, final long flags,
            final FaultReason failed, final VtdFault fault) {
        final int outcome = memory.compareAndSetLong(place, entry, entry | flags);
        if (outcome == GuestMemory.OK) {
            return VtdFault.NONE;
        }
        return outcome == GuestMemory.MISMATCH ? CHANGED : fault.raise(failed);
    }

    private int passThrough(final VtdContext context, final DeviceConfiguration device, final DmaRequest request,
            final VtdFault fault) {
        // 9.3: legacy pass-through ends where tables of its width would; 9.6: that of scalable mode has no width.
        final int width = device.scalable()
                ? Long.SIZE
                : Math.min(context.capabilities().guestAddressWidth(), device.secondStage().inputBits());
        if ((request.address() & (context.beyondHost() | -1L << width - 1 << 1)) != 0) {
            return fault.raise(device.scalable() ? FaultReason.SGN_4 : FaultReason.LGN_1);
        }
        found(request.address(), PASS_THROUGH_SHIFT, all(context));
        return clear(device, request, fault);
    }

    private int walk(final VtdContext context, final DeviceConfiguration device, final DmaRequest request,
            final boolean update, final VtdFault fault) {
        final int result = walkStages(context, device, request, update, fault);
        if (result != VtdFault.NONE) {
            return result;
        }
        if (permissions == 0) {
            return VtdFault.NONE; // only a translation request gets here
        }
        final int blocked = clear(device, request, fault);
        return blocked == VtdFault.NONE && update ? commit(device, request, fault) : blocked;
    }

    private int walkStages(final VtdContext context, final DeviceConfiguration device, final DmaRequest request,
            final boolean update, final VtdFault fault) {
        final boolean privileged = request.privileged() || device.ridPrivileged();
        found(request.address(), Integer.MAX_VALUE, all(context));
        if (device.firstStageUsed()) {
            final int wanted = Permission.of(request, privileged);
            final int result = first.walk(context, device, request.address(), wanted, update, fault);
            if (result != VtdFault.NONE) {
                return result;
            }
            found(first.address(), first.shift(),
                    first.present() ? first.permissions(device, update && request.dirties()) : 0);
        }
        if (device.secondStageUsed() && permissions != 0) {
            final int result = second.walk(context, device.secondStage(), address, wanted(context, request), update,
                    device.scalable() ? SecondStageUse.SCALABLE : SecondStageUse.LEGACY, fault);
            if (result != VtdFault.NONE) {
                return result;
            }
            address = second.address();
            if (!device.firstStageUsed()) {
                matchShift = second.shift();
            }
            shift = Math.min(shift, second.shift());
            permissions &= second.permissions(device.secondStage(), update && request.dirties());
        }
        return VtdFault.NONE;
    }

    /** Without execute requests nobody may execute, wherever it is. */
    private static int all(final VtdContext context) {
        return context.has(CapabilityFields.ERS) ? Permission.ALL : Permission.ALL & ~Permission.EXECUTES;
    }

    private static int wanted(final VtdContext context, final DmaRequest request) {
        if (request.zeroLength() && context.capabilities().has(CapabilityFields.ZLR)) {
            return SecondStageWalk.PRESENCE;
        }
        final int read = request.reads() ? SecondStageWalk.READ : 0;
        return request.writes() ? read | SecondStageWalk.WRITE : read;
    }

    private int commit(final DeviceConfiguration device, final DmaRequest request,
            final VtdFault fault) {
        final boolean dirty = request.dirties() && (permissions & Permission.WRITES) != 0;
        if (device.firstStageUsed()) {
            final int result = first.commit(device, dirty, fault);
            if (result != VtdFault.NONE) {
                return result;
            }
        }
        return device.secondStageUsed() ? second.commit(device.secondStage(), dirty, fault) : VtdFault.NONE;
    }

    private void found(final long output, final int pageShift, final int granted) {
        address = output;
        shift = pageShift;
        matchShift = pageShift;
        permissions = granted;
    }

    /**
     * Keeps the request clear of the interrupt range (VT-d 3.14): the very address decides, not its page, and what is
     * kept of a larger page ends where the range begins, on either side of the translation.
     */
    private int clear(final DeviceConfiguration device, final DmaRequest request, final VtdFault fault) {
        if (InterruptRequestLayout.inRange(address)) {
            return fault.raise(device.scalable() ? FaultReason.SGN_8 : FaultReason.LGN_4);
        }
        if (overlaps(address) || overlaps(request.address())) {
            shift = Math.min(shift, InterruptRequestLayout.RANGE_SHIFT);
        }
        return VtdFault.NONE;
    }

    private boolean overlaps(final long inside) {
        return (inside ^ InterruptRequestLayout.RANGE) >>> shift == 0;
    }

    /**
     * Where the request goes.
     *
     * @return a physical address, of the very byte that was asked for.
     */
    public long address() {
        return address;
    }

    /**
     * log2 of the block, aligned, that is translated alike.
     *
     * @return 12 to 30.
     */
    public int shift() {
        return shift;
    }

    /**
     * log2 of the block by which invalidations find the translation: that of the first stage where it translates, since
     * software invalidates the blocks that it made, whatever the second stage cut them into.
     *
     * @return at least {@link #shift()}.
     */
    public int matchShift() {
        return matchShift;
    }

    /**
     * What may be done without walking again: no writes while a dirty flag is left to be set.
     *
     * @return bits of {@link Permission}; 0 if a translation request found no page.
     */
    public int permissions() {
        return permissions;
    }
}
