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

package io.viommu.vtd.remap;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.InterruptRemapLayout;
import io.viommu.vtd.spec.InterruptRequestLayout;
import io.viommu.vtd.spec.PostedInterruptLayout;

/**
 * All that becomes of one interrupt message (VT-d 5.1.4), left in itself. One instance belongs to one thread.
 *
 * <p>Entries are read from memory each time: two loads cost less than any cache of them would, so what the guest
 * invalidates is nothing but interrupts under way. A guest changes both words of an entry at once, so they are read
 * until they belong together.
 */
public final class InterruptWalk {

    private static final int ATTEMPTS = 16;

    private final GuestMemory memory;
    private final PostedInterrupt posted;
    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private int index;
    private long low;
    private long high;
    private boolean delivers;
    private boolean posts;
    private long address;
    private int data;

    /**
     * Makes the walker of one thread.
     *
     * @param memory holds the table.
     */
    public InterruptWalk(final GuestMemory memory) {
        this.memory = memory;
        this.posted = new PostedInterrupt(memory);
    }

    /**
     * Remaps a message.
     *
     * @param context   the registers.
     * @param requester who sends it, 16 bits, or {@link io.viommu.iommu.InterruptRemapper#NO_REQUESTER}, which may use
     *                  any entry.
     * @param to        the address written, in the interrupt range.
     * @param what      the data written.
     * @param fault     cleared, then filled if there is one.
     * @return {@link VtdFault#NONE} or the code of the reason.
     */
    public int walk(final InterruptContext context, final int requester, final long to, final int what,
            final VtdFault fault) {
        posts = true;
        return look(context, requester, to, what, fault);
    }

    /**
     * Where a message would go, without sending it: as {@link #walk}, but nothing is posted, and a message that would
     * be doesn't count as delivered.
     *
     * @param context   the registers.
     * @param requester as in {@link #walk}.
     * @param to        the address that would be written.
     * @param what      the data that would be written.
     * @param fault     cleared, then filled if there would be one.
     * @return {@link VtdFault#NONE} or the code of the reason.
     */
    public int resolve(final InterruptContext context, final int requester, final long to, final int what,
            final VtdFault fault) {
        posts = false;
        return look(context, requester, to, what, fault);
    }

    private int look(final InterruptContext context, final int requester, final long to, final int what,
            final VtdFault fault) {
        fault.clear();
        index = 0;
        if (!context.remapping()) {
            deliver(to, what);
            return VtdFault.NONE;
        }
        if ((to & InterruptRequestLayout.REMAPPABLE) == 0) {
            if (!context.compatibilityPasses()) {
                return fault.raise(FaultReason.IR_25);
            }
            deliver(to, what);
            return VtdFault.NONE;
        }
        final boolean subhandle = (to & InterruptRequestLayout.SHV) != 0;
        if (subhandle && (what & InterruptRequestLayout.DATA_RESERVED) != 0) {
            return fault.raise(FaultReason.IR_20);
        }
        final int handle = (int) (to >>> InterruptRequestLayout.HANDLE_SHIFT) & InterruptRequestLayout.HANDLE_MASK
                | ((to & InterruptRequestLayout.HANDLE_15) != 0 ? InterruptRequestLayout.HANDLE_MASK + 1 : 0);
        final int entry = handle + (subhandle ? what & InterruptRequestLayout.SUBHANDLE : 0);
        index = entry & 0xFFFF;
        return entry >= context.entries()
                ? fault.raise(FaultReason.IR_21)
                : remap(context, entry, requester, fault);
    }

    private int remap(final InterruptContext context, final int entry, final int requester, final VtdFault fault) {
        final long place = context.tableAddress() + ((long) entry << InterruptRemapLayout.LENGTH_SHIFT);
        if (place >>> context.hostAddressWidth() != 0) {
            return fault.raise(FaultReason.IR_21);
        }
        if (!fetch(place)) {
            return fault.raise(FaultReason.IR_23);
        }
        fault.disableIf((low & InterruptRemapLayout.FPD) != 0);
        if ((low & InterruptRemapLayout.P) == 0) {
            return fault.raise(FaultReason.IR_22);
        }
        if (InterruptEntry.malformed(context, low, high)) {
            return fault.raise(FaultReason.IR_24);
        }
        if (!InterruptEntry.admits(high, requester)) {
            return fault.raise(FaultReason.IR_26);
        }
        if ((low & InterruptRemapLayout.IM) != 0) {
            return post(context, fault);
        }
        compose(context);
        return VtdFault.NONE;
    }

    /** Reads both words as they were at one moment. */
    private boolean fetch(final long place) {
        if (!read(place)) {
            return false;
        }
        low = word();
        for (int i = 0; i < ATTEMPTS; i++) {
            final long before = low;
            if (!read(place + Long.BYTES)) {
                return false;
            }
            high = word();
            if (!read(place)) {
                return false;
            }
            low = word();
            if (low == before) {
                return true;
            }
        }
        return false;
    }

    private boolean read(final long place) {
        return memory.read(place, bytes, 0, Long.BYTES) == GuestMemory.OK;
    }

    private long word() {
        return bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    private void compose(final InterruptContext context) {
        long flags = (low & InterruptRemapLayout.DM) != 0 ? InterruptRequestLayout.DESTINATION_LOGICAL : 0;
        flags |= (low & InterruptRemapLayout.RH) != 0 ? InterruptRequestLayout.REDIRECTION : 0;
        final int trigger = (low & InterruptRemapLayout.TM) != 0 ? InterruptRequestLayout.TRIGGER_LEVEL : 0;
        final int mode = (int) (low >>> InterruptRemapLayout.DLM_SHIFT) & 7;
        final int vector = (int) (low >>> InterruptRemapLayout.VECTOR_SHIFT) & 0xFF;
        deliver(destination(context, (int) (low >>> InterruptRemapLayout.DST_SHIFT)) | flags,
                trigger | InterruptRequestLayout.ASSERT | mode << InterruptRequestLayout.DELIVERY_SHIFT | vector);
    }

    private int post(final InterruptContext context, final VtdFault fault) {
        if (!posts) {
            delivers = false;
            return VtdFault.NONE;
        }
        final long descriptor = high & InterruptRemapLayout.PDA_HIGH | (low & InterruptRemapLayout.PDA_LOW) >>> 32;
        final FaultReason refusal = posted.post(context, descriptor,
                (int) (low >>> InterruptRemapLayout.VECTOR_SHIFT) & 0xFF, (low & InterruptRemapLayout.URG) != 0);
        if (refusal != null) {
            return fault.raise(refusal);
        }
        delivers = false;
        if (posted.notifies()) {
            final long control = posted.control();
            deliver(destination(context, (int) (control >>> PostedInterruptLayout.NDST_SHIFT)),
                    InterruptRequestLayout.ASSERT | (int) (control >>> PostedInterruptLayout.NV_SHIFT) & 0xFF);
        }
        return VtdFault.NONE;
    }

    private static long destination(final InterruptContext context, final int field) {
        final int destination = context.wideDestinations()
                ? field
                : field >>> InterruptRemapLayout.DST_8_BIT_SHIFT & 0xFF;
        return InterruptRequestLayout.RANGE | (destination & 0xFFL) << InterruptRequestLayout.DESTINATION_SHIFT
                | (long) (destination & InterruptRequestLayout.DESTINATION_HIGH) << Integer.SIZE;
    }

    private void deliver(final long to, final int what) {
        delivers = true;
        address = to;
        data = what;
    }

    /**
     * The index that the last message named.
     *
     * @return 16 bits; 0 if it named none.
     */
    public int index() {
        return index;
    }

    /**
     * Whether a message goes to the local APICs.
     *
     * @return false if the interrupt was posted without a notification; meaningful without a fault.
     */
    public boolean delivers() {
        return delivers;
    }

    /**
     * Where the message goes.
     *
     * @return an address in the interrupt range; bits 63 to 40 hold bits 31 to 8 of a wide destination.
     */
    public long address() {
        return address;
    }

    /**
     * What the message says.
     *
     * @return its data.
     */
    public int data() {
        return data;
    }
}
