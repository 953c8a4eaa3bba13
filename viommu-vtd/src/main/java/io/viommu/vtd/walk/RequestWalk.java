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

import io.viommu.iommu.DmaSession;
import io.viommu.memory.GuestMemory;
import io.viommu.tlb.KeptConfigurations;
import io.viommu.vtd.config.DeviceConfiguration;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.PasidTable;
import io.viommu.vtd.config.RootTable;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.InterruptRequestLayout;

/**
 * All that becomes of a request, from the root table to the physical address, past the cache of translations. Without
 * caches of configurations either it depends on nothing but memory, registers and the request, so it also tells what a
 * physical fault means in the guest's terms. One instance belongs to one thread; the outcome of the last walk stays in
 * it until the next.
 */
public final class RequestWalk {

    /** log2 of what an address stands for where nothing is translated. */
    private static final int WHOLE_SPACE = 52;

    private final RootTable roots;
    private final PasidTable pasids;
    private final TranslationWalk translation;
    private final DeviceConfiguration device = new DeviceConfiguration();
    private VtdContext registers;
    private boolean translated;
    private long address;
    private int shift;

    /**
     * Makes the walker of one thread, which reads all tables each time.
     *
     * @param memory the guest's memory.
     */
    public RequestWalk(final GuestMemory memory) {
        this(memory, new RootTable(memory, KeptConfigurations.ofNothing(RootTable::entry)),
                PasidTable.reading(memory));
    }

    /**
     * Makes the walker of one thread with caches of what configures devices.
     *
     * @param memory   the guest's memory.
     * @param contexts finds context entries.
     * @param pasids   finds PASID table entries.
     */
    public RequestWalk(final GuestMemory memory, final RootTable contexts, final PasidTable pasids) {
        this.roots = contexts;
        this.pasids = pasids;
        translation = new TranslationWalk(memory);
    }

    /**
     * Walks.
     *
     * @param context the registers.
     * @param request what is asked.
     * @param update  whether accessed and dirty flags are set; without, nothing in memory changes.
     * @param fault   cleared, then filled if there is one; knows of the FPD bits on the way in any case.
     * @return {@link VtdFault#NONE} or the code of the reason.
     */
    public int walk(final VtdContext context, final DmaRequest request, final boolean update, final VtdFault fault) {
        fault.clear();
        translated = false;
        if (context != registers) {
            // Entries belong to the root table under which they were found, whatever overtook this walk meanwhile.
            registers = context;
            roots.forget();
            pasids.forget();
        }
        address = request.address();
        if (!context.translating()) {
            shift = WHOLE_SPACE;
            return VtdFault.NONE;
        }
        if (interrupt(request)) {
            shift = InterruptRequestLayout.RANGE_SHIFT;
            return (request.access() & DmaSession.WRITE) != 0 || context.likeQemu()
                    ? VtdFault.NONE
                    : fault.raise(FaultReason.IR_29);
        }
        int result = roots.lookup(context, request, device, fault);
        if (result != VtdFault.NONE) {
            return result;
        }
        if (request.translated()) {
            return passTranslated(fault);
        }
        if (device.scalable()) {
            result = pasids.lookup(context, request, device, fault);
            if (result != VtdFault.NONE) {
                return result;
            }
        }
        if (request.pageRequest()) {
            return VtdFault.NONE;
        }
        result = translation.translate(context, device, request, update, fault);
        translated = result == VtdFault.NONE;
        address = translation.address();
        shift = translation.shift();
        return result;
    }

    /**
     * Whether a request is an interrupt message (VT-d 3.14): untranslated and without PASID, in the interrupt range.
     * Such writes are not translated; the VMM gives them to interrupt remapping. Reads are blocked.
     *
     * @param request the request.
     * @return true if so.
     */
    public static boolean interrupt(final DmaRequest request) {
        return InterruptRequestLayout.inRange(request.address()) && !request.hasPasid() && !request.translated()
                && !request.translation() && !request.pageRequest();
    }

    /** A device that may use its own TLB is believed, but for the interrupt range. */
    private int passTranslated(final VtdFault fault) {
        shift = InterruptRequestLayout.RANGE_SHIFT;
        if (InterruptRequestLayout.inRange(address)) {
            return fault.raise(device.scalable() ? FaultReason.SGN_8 : FaultReason.LGN_4);
        }
        return VtdFault.NONE;
    }

    /**
     * Whether the last request went through the tables to its end, so that the outcome is worth keeping.
     *
     * @return false also for a request that passed without translation.
     */
    public boolean translated() {
        return translated;
    }

    /**
     * Where the last request goes.
     *
     * @return a physical address, of the very byte that was asked for.
     */
    public long address() {
        return address;
    }

    /**
     * log2 of the block, aligned, that goes the same way.
     *
     * @return 12 to 52.
     */
    public int shift() {
        return shift;
    }

    /**
     * log2 of the block by which invalidations find the translation.
     *
     * @return at least {@link #shift()}; meaningful if {@link #translated()}.
     */
    public int matchShift() {
        return translation.matchShift();
    }

    /**
     * What may be done without walking again.
     *
     * @return bits of {@link Permission}; meaningful if {@link #translated()}.
     */
    public int permissions() {
        return translation.permissions();
    }

    /**
     * The configuration that was found.
     *
     * @return meaningful if {@link #translated()}.
     */
    public DeviceConfiguration device() {
        return device;
    }
}
