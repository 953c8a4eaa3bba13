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

package io.viommu.vmm.machine;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.iommu.DmaSession;
import io.viommu.iommu.InterruptRemapper;
import io.viommu.memory.GuestMemory;

/**
 * The way of endpoints to memory: through the vIOMMU, if there is one, to RAM or to the window for interrupt messages.
 * Other devices' registers are not reached: a peer-to-peer request is aborted, so DMA never recurses.
 */
public final class DmaPath {

    private static final int MESSAGE_SIZE = Integer.BYTES;

    private final GuestMemory memory;
    private final MessageWindow window;
    private final InterruptLog interrupts;
    private final AttachedIommu iommu;
    private final StalledDma stalled;
    private final UnsafeBuffer messageData = new UnsafeBuffer(new byte[MESSAGE_SIZE]);

    /**
     * Who asks, and how.
     *
     * @param id     StreamID or source-id.
     * @param pasid  20 bits, or {@link DmaSession#NO_PASID}.
     * @param access {@link DmaSession#EXECUTE}, {@link DmaSession#PRIVILEGED}, {@link DmaSession#TRANSLATED}, or 0.
     */
    public record Requester(int id, int pasid, int access) {

        /**
         * An ordinary requester.
         *
         * @param id StreamID or source-id.
         * @return without PASID, unprivileged, for data.
         */
        public static Requester of(final int id) {
            return new Requester(id, DmaSession.NO_PASID, 0);
        }
    }

    DmaPath(final GuestMemory memory, final MessageWindow window, final InterruptLog interrupts,
            final AttachedIommu iommu) {
        this.memory = memory;
        this.window = window;
        this.interrupts = interrupts;
        this.iommu = iommu;
        this.stalled = iommu == null ? null : iommu.stalledDma();
        if (stalled != null) {
            stalled.path(this);
        }
    }

    /**
     * Writes through the vIOMMU.
     *
     * @param requester who.
     * @param iova      address of the first byte.
     * @param data      where the bytes come from.
     * @param offset    offset of the first byte in {@code data}.
     * @param length    number of bytes.
     * @return false if the transaction was aborted or is stalled; what went before the fault has been written. If it is
     *         stalled and the guest has it retried, the rest is written then.
     */
    public boolean write(final Requester requester, final long iova, final DirectBuffer data, final int offset,
            final int length) {
        if (remapper() != null && requester.pasid() == DmaSession.NO_PASID && window.takes(iova)) {
            return writeMessage(requester, iova, data, offset, length);
        }
        final DmaSession session = session();
        if (session == null) {
            return store(iova, data, offset, length);
        }
        session.begin();
        try {
            int done = 0;
            while (done < length) {
                final int outcome = session.translate(requester.id(), requester.pasid(), iova + done,
                        requester.access() | DmaSession.WRITE);
                final int piece = piece(session, outcome, length - done);
                if (outcome == DmaSession.STALLED) {
                    stalled.park(session.stallTag(), StalledDma.write(requester, iova + done, data, offset + done,
                            length - done));
                }
                if (piece == 0 || outcome == DmaSession.OK
                        && !store(session.address(), data, offset + done, piece)) {
                    return false;
                }
                done += piece;
            }
            return true;
        } finally {
            session.end();
        }
    }

    /**
     * Reads through the vIOMMU.
     *
     * @param requester who.
     * @param iova      address of the first byte.
     * @param target    where the bytes go.
     * @param offset    offset of the first byte in {@code target}.
     * @param length    number of bytes.
     * @return false if the transaction was aborted or is stalled. The data of one that is stalled and retried comes too
     *         late for anybody.
     */
    public boolean read(final Requester requester, final long iova, final MutableDirectBuffer target,
            final int offset, final int length) {
        final DmaSession session = session();
        if (session == null) {
            return memory.read(iova, target, offset, length) == GuestMemory.OK;
        }
        session.begin();
        try {
            int done = 0;
            while (done < length) {
                final int outcome = session.translate(requester.id(), requester.pasid(), iova + done,
                        requester.access() | DmaSession.READ);
                final int piece = piece(session, outcome, length - done);
                if (outcome == DmaSession.STALLED) {
                    stalled.park(session.stallTag(), StalledDma.read(requester, iova + done, length - done));
                }
                if (piece == 0 || outcome == DmaSession.OK
                        && memory.read(session.address(), target, offset + done, piece) != GuestMemory.OK) {
                    return false;
                }
                if (outcome == DmaSession.IGNORED) {
                    target.setMemory(offset + done, piece, (byte) 0);
                }
                done += piece;
            }
            return true;
        } finally {
            session.end();
        }
    }

    /** How many bytes the last translation is good for; 0 if the transaction ends here. */
    private static int piece(final DmaSession session, final int outcome, final int left) {
        return switch (outcome) {
            case DmaSession.OK -> (int) Math.min(left, Math.max(1, session.span()));
            case DmaSession.IGNORED -> left;
            default -> 0;
        };
    }

    /** Writes to where nothing translates any more: RAM, or the doorbell of an interrupt controller. */
    private boolean store(final long address, final DirectBuffer data, final int offset, final int length) {
        if (length == MESSAGE_SIZE && window.takes(address)) {
            interrupts.message(InterruptLog.Origin.REMAP, address, data.getInt(offset));
            return true;
        }
        return memory.write(address, data, offset, length) == GuestMemory.OK;
    }

    /**
     * A write into the interrupt address range is interrupt requests, one for each DWORD, and never DMA (VT-d, 3.14).
     * A blocked one is aborted.
     */
    private boolean writeMessage(final Requester requester, final long iova, final DirectBuffer data,
            final int offset, final int length) {
        if ((iova & 3) != 0 || (length & 3) != 0) {
            return false;
        }
        for (int done = 0; done < length; done += MESSAGE_SIZE) {
            if (!iommu.deviceMessage(requester.id(), iova + done, data.getInt(offset + done))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Sends an interrupt message as a device or an IOAPIC does: through interrupt remapping where there is one, else as
     * a write of 32 bits through the vIOMMU.
     *
     * @param requester StreamID or source-id of the sender.
     * @param address   the address written.
     * @param data      the 32 bits written.
     */
    public void message(final int requester, final long address, final int data) {
        messageData.putInt(0, data);
        write(Requester.of(requester), address, messageData, 0, MESSAGE_SIZE);
    }

    private DmaSession session() {
        return iommu == null ? null : iommu.session();
    }

    private InterruptRemapper remapper() {
        return iommu == null ? null : iommu.remapper();
    }
}
