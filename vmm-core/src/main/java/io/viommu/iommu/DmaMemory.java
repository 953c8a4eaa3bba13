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

package io.viommu.iommu;

import java.nio.ByteOrder;
import java.util.Objects;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.memory.GuestMemory;

/**
 * Guest memory as a device behind a vIOMMU sees it: every address is translated, page by page, and what comes out is
 * RAM, an interrupt message, or nothing. Registers of other devices are not reached: a peer-to-peer request is aborted.
 * So is a transaction that begins within another of the same object, because a message was handled at once: DMA never
 * recurses.
 *
 * <pre>{@code
 * DmaMemory dma = new DmaMemory(memory, translator.openSession(), MessageWindow.localApics(remapper));
 * if (dma.write(requesterId, DmaSession.NO_PASID, 0, iova, bytes, 0, 64) != DmaMemory.OK) {
 *     // the device sees an error
 * }
 * }</pre>
 *
 * <p>A guest's invalidation waits for the transaction that is under way, copy included, and for no longer. Whether the
 * device may be a bus master at all is its own affair, and is to be asked before.
 *
 * <p>Used by one thread at a time, as the session in it. Nothing here allocates or throws on what a guest or a device
 * did; only a range outside the caller's own buffer does.
 */
public final class DmaMemory implements AutoCloseable {

    /** All bytes were moved, or vanished as the vIOMMU was configured to let them (SMMUv3 terminate RAZ/WI). */
    public static final int OK = DmaSession.OK;
    /** The transaction was aborted: the device sees an error. {@link #moved} bytes were moved before. */
    public static final int ABORTED = DmaSession.ABORTED;
    /**
     * What lies behind {@link #moved} bytes waits for the guest's answer, which names it by {@link #stallTag} and may
     * come before the caller has seen this.
     */
    public static final int STALLED = DmaSession.STALLED;

    private static final int MESSAGE_SIZE = Integer.BYTES;
    /** No PCIe request crosses such a boundary (PCI Express Base, 2.2.7), so each page's request is ended by itself. */
    private static final int REQUEST_BOUNDARY = 4096;

    private final GuestMemory memory;
    private final DmaSession session;
    private final MessageWindow window;
    private final UnsafeBuffer word = new UnsafeBuffer(new byte[MESSAGE_SIZE]);
    private int moved;
    private boolean busy;

    /**
     * Puts a way to memory together.
     *
     * @param memory  the guest's memory.
     * @param session a way through the vIOMMU, which belongs to this object from now on; null if nothing translates.
     * @param window  where devices' messages go.
     */
    public DmaMemory(final GuestMemory memory, final DmaSession session, final MessageWindow window) {
        this.memory = Objects.requireNonNull(memory, "memory");
        this.session = session;
        this.window = Objects.requireNonNull(window, "window");
    }

    /**
     * Writes.
     *
     * @param device       StreamID or requester id.
     * @param pasid        20 bits, or {@link DmaSession#NO_PASID}.
     * @param access       {@link DmaSession#PRIVILEGED}, {@link DmaSession#TRANSLATED}, or 0.
     * @param iova         address of the first byte.
     * @param source       where the bytes come from.
     * @param sourceOffset offset of the first byte in {@code source}.
     * @param length       number of bytes, not negative.
     * @return {@link #OK}, {@link #ABORTED} or {@link #STALLED}.
     */
    public int write(final int device, final int pasid, final int access, final long iova, final DirectBuffer source,
            final int sourceOffset, final int length) {
        source.boundsCheck(sourceOffset, length);
        final int reachable = reachable(iova, length);
        final boolean requests = window.untranslated() && pasid < 0 && (access & DmaSession.TRANSLATED) == 0;
        final int flags = access & ~DmaSession.EXECUTE | DmaSession.WRITE;
        if (busy) {
            return ABORTED;
        }
        busy = true;
        moved = 0;
        try {
            int outcome = OK;
            while (moved < reachable && outcome == OK) {
                final long at = iova + moved;
                final int end = requests ? moved + window.within(at, reachable - moved) : reachable;
                outcome = requests && window.takes(at)
                        ? request(device, at, source, sourceOffset, end)
                        : store(device, pasid, flags, at, source, sourceOffset, end);
            }
            return outcome == OK && reachable < length ? ABORTED : outcome;
        } finally {
            busy = false;
        }
    }

    /**
     * Reads.
     *
     * @param device       StreamID or requester id.
     * @param pasid        20 bits, or {@link DmaSession#NO_PASID}.
     * @param access       {@link DmaSession#EXECUTE}, {@link DmaSession#PRIVILEGED}, {@link DmaSession#TRANSLATED}, or
     *                     0.
     * @param iova         address of the first byte.
     * @param target       where the bytes go.
     * @param targetOffset offset of the first byte in {@code target}.
     * @param length       number of bytes, not negative.
     * @return {@link #OK}, {@link #ABORTED} or {@link #STALLED}; what lies behind {@link #moved} bytes in
     *         {@code target} is then undefined.
     */
    public int read(final int device, final int pasid, final int access, final long iova,
            final MutableDirectBuffer target, final int targetOffset, final int length) {
        target.boundsCheck(targetOffset, length);
        final int reachable = reachable(iova, length);
        if (busy) {
            return ABORTED;
        }
        busy = true;
        moved = 0;
        begin();
        try {
            int outcome = OK;
            while (moved < reachable && outcome == OK) {
                outcome = fetch(device, pasid, access & ~DmaSession.WRITE, iova + moved, target,
                        targetOffset + moved, reachable - moved);
            }
            return outcome == OK && reachable < length ? ABORTED : outcome;
        } finally {
            end();
            busy = false;
        }
    }

    /**
     * Sends an interrupt message as a device does: a write of 32 bits without PASID.
     *
     * @param device  StreamID or requester id of the sender.
     * @param address the address written, a multiple of 4.
     * @param data    the 32 bits written.
     * @return {@link #OK}, {@link #ABORTED} or {@link #STALLED}.
     */
    public int message(final int device, final long address, final int data) {
        if (busy) {
            return ABORTED;
        }
        word.putInt(0, data, ByteOrder.LITTLE_ENDIAN);
        return write(device, DmaSession.NO_PASID, 0, address, word, 0, MESSAGE_SIZE);
    }

    /**
     * How far the last transaction came.
     *
     * @return bytes.
     */
    public int moved() {
        return moved;
    }

    /**
     * Which of its stalled transactions the last one is.
     *
     * @return the vIOMMU's tag, after {@link #STALLED}.
     */
    public int stallTag() {
        return session.stallTag();
    }

    /** Closes the session. */
    @Override
    public void close() {
        if (session != null) {
            session.close();
        }
    }

    /** How many bytes come before the top of the address space, behind which a transaction doesn't go on at 0. */
    private static int reachable(final long iova, final int length) {
        return iova != 0 && Long.compareUnsigned(-iova, length) < 0 ? (int) -iova : length;
    }

    /** Writes of interrupt requests, one for each DWORD. */
    private int request(final int device, final long first, final DirectBuffer source, final int sourceOffset,
            final int end) {
        if ((first & 3) != 0 || (end - moved & 3) != 0) {
            return ABORTED;
        }
        long at = first;
        while (moved < end) {
            if (!window.deliver(device, at, source.getInt(sourceOffset + moved, ByteOrder.LITTLE_ENDIAN))) {
                return ABORTED;
            }
            at += MESSAGE_SIZE;
            moved += MESSAGE_SIZE;
        }
        return OK;
    }

    private int store(final int device, final int pasid, final int access, final long first,
            final DirectBuffer source, final int sourceOffset, final int end) {
        long at = first;
        begin();
        try {
            while (moved < end) {
                final int outcome = translate(device, pasid, at, access);
                final int piece = piece(outcome, at, end - moved);
                if (piece == 0) {
                    return outcome;
                }
                if (outcome == DmaSession.OK && !put(device, address(at), source, sourceOffset + moved, piece)) {
                    return ABORTED;
                }
                at += piece;
                moved += piece;
            }
            return OK;
        } finally {
            end();
        }
    }

    /** Writes to where nothing translates any more. */
    private boolean put(final int device, final long address, final DirectBuffer source, final int offset,
            final int length) {
        if (window.takes(address)) {
            return !window.untranslated() && length == MESSAGE_SIZE && (address & 3) == 0
                    && window.deliver(device, address, source.getInt(offset, ByteOrder.LITTLE_ENDIAN));
        }
        return memory.write(address, source, offset, length) == GuestMemory.OK;
    }

    private int fetch(final int device, final int pasid, final int access, final long at,
            final MutableDirectBuffer target, final int offset, final int left) {
        final int outcome = translate(device, pasid, at, access);
        final int piece = piece(outcome, at, left);
        if (piece == 0) {
            return outcome;
        }
        if (outcome == DmaSession.IGNORED) {
            target.setMemory(offset, piece, (byte) 0);
        } else if (memory.read(address(at), target, offset, piece) != GuestMemory.OK) {
            return ABORTED;
        }
        moved += piece;
        return OK;
    }

    private int translate(final int device, final int pasid, final long iova, final int access) {
        return session == null ? DmaSession.OK : session.translate(device, pasid, iova, access);
    }

    private long address(final long iova) {
        return session == null ? iova : session.address();
    }

    /** How many bytes the translation just made is good for; 0 if the transaction ends there. */
    private int piece(final int outcome, final long iova, final int left) {
        return switch (outcome) {
            case DmaSession.OK -> {
                final long span = session == null ? left : Math.max(1, session.span());
                yield window.within(address(iova), (int) Math.min(left, span));
            }
            case DmaSession.IGNORED -> Math.min(left, REQUEST_BOUNDARY - (int) (iova & REQUEST_BOUNDARY - 1));
            default -> 0;
        };
    }

    private void begin() {
        if (session != null) {
            session.begin();
        }
    }

    private void end() {
        if (session != null) {
            session.end();
        }
    }
}
