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

package io.viommu.vtd.page;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.RegisterFile;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;
import io.viommu.iommu.DmaSession;
import io.viommu.iommu.IommuPlatform;
import io.viommu.memory.GuestMemory;
import io.viommu.vtd.register.EventLine;
import io.viommu.vtd.register.RegisterFrame;
import io.viommu.vtd.spec.CapabilityFields;
import io.viommu.vtd.spec.PageRequestLayout;
import io.viommu.vtd.spec.StatusFields;
import io.viommu.vtd.spec.VtdRegisters;

/**
 * The page request queue (VT-d 7.4). A request that the guest's tables forbid is refused before it comes here, and
 * answered as invalid; one that finds the queue full, or still marked as overflowed, is answered as served, so that the
 * device tries again. Answers are owed only for the last request of a group, and never for a stop marker.
 *
 * <p>Requests come in on the injector, answers on vCPU threads.
 */
public final class PageRequestQueue {

    /** Learns which translation a request shows to be stale. */
    @FunctionalInterface
    public interface Translations {
        /**
         * A device asks for a page that it found missing (VT-d 6.5.3.1). Called by the injector.
         *
         * @param sourceId requester id.
         * @param pasid    20 bits, or {@link DmaSession#NO_PASID}.
         * @param address  of the page.
         */
        void pageRequested(int sourceId, int pasid, long address);
    }

    private final RegisterFile registers;
    private final GuestMemory memory;
    private final Translations translations;
    private final PageResponder host;
    private final PendingGroups pending = new PendingGroups();
    private final UnsafeBuffer descriptor = new UnsafeBuffer(ByteBuffer.allocateDirect(PageRequestLayout.LENGTH));
    /** The page request event, or null if the unit takes no page requests. */
    private final EventLine event;

    /**
     * Takes charge of the queue's registers, if the unit has them.
     *
     * @param frame        of the unit.
     * @param platform     the guest's memory, which holds the queue; takes the event's message, and answers.
     * @param translations forgets what a request shows to be stale.
     */
    public PageRequestQueue(final RegisterFrame frame, final IommuPlatform platform, final Translations translations) {
        this.registers = frame.registers();
        this.memory = platform.memory();
        this.translations = translations;
        this.host = platform.host();
        this.event = frame.capabilities().hasExtended(CapabilityFields.PRS)
                ? EventLine.pageRequest(registers, platform.interrupts())
                : null;
    }

    /**
     * Ends a page request. Called by the injector.
     *
     * @param record of kind PAGE_REQUEST.
     * @return how it ended.
     */
    public FaultDisposition inject(final FaultRecord record) {
        if (event == null) {
            if (last(record)) {
                host.respond(record.source(), record.cookie(), PageResponder.INVALID);
            }
            return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
        }
        if ((registers.get(VtdRegisters.PRS) & StatusFields.PAGE_REQUEST_OVERFLOW) != 0) {
            answerLast(record, PageResponder.SUCCESS);
            return FaultDisposition.PAGE_REQUEST_OVERFLOW;
        }
        return enqueue(record, requester(record), pasid(record));
    }

    /**
     * Ends a page request that the guest's tables forbid. Called by the injector.
     *
     * @param record of kind PAGE_REQUEST.
     * @return how it ended.
     */
    public FaultDisposition refuse(final FaultRecord record) {
        answerLast(record, PageResponder.INVALID);
        return FaultDisposition.PAGE_REQUEST_INVALID;
    }

    /**
     * Whether the unit takes page requests.
     *
     * @return ECAP.PRS.
     */
    public boolean offered() {
        return event != null;
    }

    /** Lets the event of what came in go, once. Called by the injector. */
    public void endOfBatch() {
        if (event != null) {
            event.deliver();
        }
    }

    /**
     * Who asks.
     *
     * @param record of kind PAGE_REQUEST.
     * @return the requester id that the guest knows.
     */
    public static int requester(final FaultRecord record) {
        return record.guestDevice() & 0xFFFF;
    }

    /**
     * For which address space.
     *
     * @param record of kind PAGE_REQUEST.
     * @return 20 bits, or {@link DmaSession#NO_PASID}.
     */
    public static int pasid(final FaultRecord record) {
        final boolean present = record.hasPasid() || (record.word(0) & GenericFault.REQUEST_PASID_VALID) != 0;
        return present ? record.pasid() & 0xF_FFFF : DmaSession.NO_PASID;
    }

    private FaultDisposition enqueue(final FaultRecord record, final int requester, final int pasid) {
        final long queue = registers.get(VtdRegisters.PQA);
        final long mask = (1L << (queue & PageRequestLayout.QUEUE_SIZE) + 12) - 1 & PageRequestLayout.QUEUE_OFFSET;
        final long tailRegister = registers.get(VtdRegisters.PQT);
        final long tail = tailRegister & mask;
        final long next = tail + PageRequestLayout.LENGTH & mask;
        final boolean owed = last(record) && !stopMarker(record);
        if (next == (registers.get(VtdRegisters.PQH) & mask)) {
            event.set(StatusFields.PAGE_REQUEST_OVERFLOW);
            answerLast(record, PageResponder.SUCCESS);
            return FaultDisposition.PAGE_REQUEST_OVERFLOW;
        }
        translations.pageRequested(requester, pasid, record.word(2) & PageRequestLayout.ADDRESS);
        fill(record, requester, pasid);
        if (memory.write((queue & PageRequestLayout.QUEUE_ADDRESS) + tail, descriptor, 0,
                PageRequestLayout.LENGTH) != GuestMemory.OK) {
            answerLast(record, PageResponder.INVALID);
            return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
        }
        // Whom to answer is known before the guest can see the request, which it may answer at once.
        final long key = PendingGroups.key(requester, pasid, group(record));
        if (owed && !pending.add(key, record.source(), record.cookie())) {
            answerLast(record, PageResponder.SUCCESS);
            return FaultDisposition.PAGE_REQUEST_OVERFLOW;
        }
        if (!registers.compareAndSet(VtdRegisters.PQT, tailRegister, next)) {
            // The guest is just setting its queue up anew and will not see the request: the device is to try again.
            if (owed) {
                pending.answer(key, host, PageResponder.SUCCESS);
            }
            return FaultDisposition.PAGE_REQUEST_OVERFLOW;
        }
        event.set(StatusFields.PENDING_PAGE_REQUEST);
        return FaultDisposition.DELIVERED;
    }

    private void fill(final FaultRecord record, final int requester, final int pasid) {
        final long permissions = record.word(1);
        long word0 = PageRequestLayout.TYPE | (long) requester << PageRequestLayout.REQUESTER_SHIFT;
        if (pasid != DmaSession.NO_PASID) {
            word0 |= PageRequestLayout.PASID_PRESENT | (long) pasid << PageRequestLayout.PASID_SHIFT
                    | bit(permissions, GenericFault.PERM_EXEC, PageRequestLayout.EXECUTE)
                    | bit(permissions, GenericFault.PERM_PRIV, PageRequestLayout.PRIVILEGED);
        }
        final long word1 = record.word(2) & PageRequestLayout.ADDRESS
                | (long) group(record) << PageRequestLayout.GROUP_SHIFT
                | bit(permissions, GenericFault.PERM_READ, PageRequestLayout.READ)
                | bit(permissions, GenericFault.PERM_WRITE, PageRequestLayout.WRITE)
                | (last(record) ? PageRequestLayout.LAST : 0);
        descriptor.putLong(0, word0, ByteOrder.LITTLE_ENDIAN);
        descriptor.putLong(8, word1, ByteOrder.LITTLE_ENDIAN);
        descriptor.putLong(16, 0);
        descriptor.putLong(24, 0);
    }

    private static long bit(final long permissions, final int permission, final long bit) {
        return (permissions & permission) != 0 ? bit : 0;
    }

    /** Answers in the guest's place, if an answer is owed. */
    private void answerLast(final FaultRecord record, final int code) {
        if (last(record) && !stopMarker(record)) {
            host.respond(record.source(), record.cookie(), code);
        }
    }

    private static boolean last(final FaultRecord record) {
        return (record.word(0) & GenericFault.REQUEST_LAST_PAGE) != 0;
    }

    /** A last request that asks for nothing marks the end of a PASID's use (PCIe ATS, stop marker message). */
    private static boolean stopMarker(final FaultRecord record) {
        return (record.word(1) & (GenericFault.PERM_READ | GenericFault.PERM_WRITE)) == 0;
    }

    private static int group(final FaultRecord record) {
        return (int) (record.word(0) >>> 32) & PageRequestLayout.GROUP_MASK;
    }

    /**
     * Brings the guest's answer to a group back to where the group came from; an answer to nothing is ignored. Called
     * by the vCPU that drains the invalidation queue.
     *
     * @param requesterId the device.
     * @param pasid       20 bits, or -1 without PASID.
     * @param group       group index.
     * @param code        response code; reserved ones mean invalid.
     */
    public void respond(final int requesterId, final int pasid, final int group, final int code) {
        final int answer = switch (code) {
            case PageRequestLayout.SUCCESS -> PageResponder.SUCCESS;
            case PageRequestLayout.FAILURE -> PageResponder.FAILURE;
            default -> PageResponder.INVALID;
        };
        pending.answer(PendingGroups.key(requesterId, pasid, group), host, answer);
    }

    /**
     * Forgets the open groups of a PASID, without an answer: the host has cut it off and answered them itself.
     *
     * @param requesterId the device.
     * @param pasid       20 bits, or -1 without PASID.
     */
    public void forget(final int requesterId, final int pasid) {
        pending.forget(requesterId, pasid);
    }

    /** Ends all open groups as invalid: the guest that knew of them is gone. */
    public void reset() {
        pending.answerAll(host, PageResponder.INVALID);
    }
}
