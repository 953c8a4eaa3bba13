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
import io.viommu.vtd.spec.FaultReason;
import io.viommu.vtd.spec.PostedInterruptLayout;

/**
 * Posts an interrupt in a descriptor that a guest's hypervisor reads too (VT-d 5.2.3). The request is visible before
 * the notification is. One instance belongs to one thread.
 */
final class PostedInterrupt {

    /** How often a word is tried that others keep changing. */
    private static final int ATTEMPTS = 64;

    private final GuestMemory memory;
    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private long control;
    private boolean notifies;

    PostedInterrupt(final GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Posts.
     *
     * @return null, or why it can't be.
     */
    FaultReason post(final InterruptContext context, final long descriptor, final int vector, final boolean urgent) {
        notifies = false;
        if (descriptor >>> context.hostAddressWidth() != 0 || !read(descriptor + PostedInterruptLayout.CONTROL)) {
            return FaultReason.IR_27;
        }
        final long reserved = context.wideDestinations()
                ? PostedInterruptLayout.RESERVED
                : PostedInterruptLayout.RESERVED | PostedInterruptLayout.NDST_RESERVED_8_BIT;
        if ((bytes.getLong(0, ByteOrder.LITTLE_ENDIAN) & reserved) != 0) {
            return FaultReason.IR_28;
        }
        final long place = descriptor + (vector >>> 6) * Long.BYTES;
        if (!set(place, 1L << (vector & 63), 0)
                || !set(descriptor + PostedInterruptLayout.CONTROL, PostedInterruptLayout.ON,
                        urgent ? PostedInterruptLayout.ON : PostedInterruptLayout.ON | PostedInterruptLayout.SN)) {
            return FaultReason.IR_27;
        }
        return null;
    }

    /** Sets a bit unless one of others is set; leaves the word before that in {@link #control}. */
    private boolean set(final long place, final long bit, final long unless) {
        for (int i = 0; i < ATTEMPTS; i++) {
            if (!read(place)) {
                return false;
            }
            control = bytes.getLong(0, ByteOrder.LITTLE_ENDIAN);
            notifies = (control & unless) == 0;
            if (!notifies) {
                return true;
            }
            final int outcome = memory.compareAndSetLong(place, control, control | bit);
            if (outcome != GuestMemory.MISMATCH) {
                return outcome == GuestMemory.OK;
            }
        }
        return false;
    }

    private boolean read(final long place) {
        return memory.read(place, bytes, 0, Long.BYTES) == GuestMemory.OK;
    }

    /** Whether the descriptor asks for a notification now. */
    boolean notifies() {
        return notifies;
    }

    /** The word that says whom to notify. */
    long control() {
        return control;
    }
}
