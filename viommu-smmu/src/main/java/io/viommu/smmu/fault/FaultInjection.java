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

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.LostEventPolicy;
import io.viommu.smmu.page.PageRequests;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.SmmuCapabilities;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.SmmuRegisters;

/**
 * Takes each fault that the pipeline brings and ends it: in the guest's Event queue, with an automatic answer, or with
 * a reason why the guest doesn't see it. Runs on the injector only.
 */
public final class FaultInjection {

    /** How often a batch looks again that wrote nothing: handlers that acknowledge for ever don't hold the injector. */
    private static final int MAX_IDLE_LOOKS = 64;

    private final RegisterFrame frame;
    private final EventQueue events;
    private final SmmuCapabilities capabilities;
    private final LostEventPolicy lostEvents;
    private final StallTable stalls;
    private final PageRequests pageRequests;
    private final GuestTables tables;
    private final GuestEvent event = new GuestEvent();
    private final GuestEvent waiting = new GuestEvent();

    /**
     * Makes the intake.
     *
     * @param frame      the registers.
     * @param events     the guest's Event queue.
     * @param lostEvents what the guest learns of losses of the host.
     * @param stalls     the stalled transactions.
     * @param pages      the page requests.
     * @param tables     the guest's tables, for live faults.
     */
    public FaultInjection(final RegisterFrame frame, final EventQueue events, final LostEventPolicy lostEvents,
            final StallTable stalls, final PageRequests pages, final GuestTables tables) {
        this.frame = frame;
        this.events = events;
        this.capabilities = frame.capabilities();
        this.lostEvents = lostEvents;
        this.stalls = stalls;
        this.pageRequests = pages;
        this.tables = tables;
    }

    /**
     * Ends one fault.
     *
     * @param record the fault; it is left as it is.
     * @return how it ended.
     */
    public FaultDisposition inject(final FaultRecord record) {
        recordWaiting();
        return switch (record.kind()) {
            case FaultKind.SMMU_EVENT -> record.emulated() ? emulated(record) : physical(record);
            case FaultKind.GENERIC -> generic(record);
            case FaultKind.PAGE_REQUEST -> pageRequests.inject(record);
            case FaultKind.LOST_EVENTS -> lost();
            case FaultKind.VTD_FAULT -> FaultDisposition.WRONG_ARCHITECTURE;
            default -> FaultDisposition.MALFORMED;
        };
    }

    /** A transaction that was ended before its record came here leaves no trace of itself. */
    private FaultDisposition emulated(final FaultRecord record) {
        event.set(record.word(0), record.word(1), record.word(2), record.word(3));
        if (!stalled()) {
            return write();
        }
        final long ticket = record.cookie();
        if (frame.failed()) {
            stalls.abort(ticket); // it was parked while the device failed
            return FaultDisposition.STALL_NOT_TAKEN;
        }
        return writeStalled(ticket);
    }

    private FaultDisposition physical(final FaultRecord record) {
        event.set(record.word(0), record.word(1), record.word(2), record.word(3));
        return own(record);
    }

    private FaultDisposition generic(final FaultRecord record) {
        final int code = GenericFaultEvent.code(record);
        if (code != 0) {
            GenericFaultEvent.rebuild(record, code, event);
            return own(record);
        }
        return GenericFaultEvent.unexplained(record) && !record.asReported()
                ? explain(record)
                : FaultDisposition.NOT_REPRESENTABLE;
    }

    /** A live fault without a reason gets that of the guest's tables, which makes it the guest's. */
    private FaultDisposition explain(final FaultRecord record) {
        final int code = GenericFaultEvent.code(record, tables);
        switch (code) {
            case GuestTables.ALLOWED :
                return FaultDisposition.NOT_REPRODUCED;
            case GuestTables.SUPPRESSED :
                return FaultDisposition.FAULT_PROCESSING_DISABLED;
            case GuestTables.STAGE_2 :
                return FaultDisposition.NOT_REPRESENTABLE;
            default :
                GenericFaultEvent.rebuild(record, code, event);
                event.word0 = event.word0 & ~EventLayout.STREAM
                        | (long) record.guestDevice() << EventLayout.STREAM_SHIFT;
                event.word3 = tables.fetchAddress();
                return write();
        }
    }

    /** Lets the policy decide whose the event is; a stalled transaction that the guest can't take is ended. */
    private FaultDisposition own(final FaultRecord record) {
        final PhysicalEventPolicy policy = record.asReported()
                ? PhysicalEventPolicy.AS_REPORTED
                : PhysicalEventPolicy.REWALK;
        final FaultDisposition verdict = policy.apply(event, record.guestDevice(), capabilities.ats(), tables);
        if (verdict != FaultDisposition.DELIVERED) {
            return verdict;
        }
        final boolean disabled = !frame.enabled(SmmuRegisters.CR0_SMMUEN) && !recordedWhileDisabled();
        if (stalled()) {
            return disabled ? endStall(record) : stall(record);
        }
        return disabled && !frame.failed() ? FaultDisposition.TRANSLATION_DISABLED : write();
    }

    private FaultDisposition stall(final FaultRecord record) {
        if (!capabilities.stalls()) {
            return endStall(record);
        }
        final long ticket = record.asReported()
                ? stalls.admitReported(stream(), tag(), record.source(), record.cookie())
                : stalls.admit(stream(), record.source(), record.cookie());
        if (ticket == StallTable.NO_TICKET) {
            return endStall(record);
        }
        if (!record.asReported()) {
            event.word1 = event.word1 & ~EventLayout.STAG | StallPort.tag(ticket);
        }
        return writeStalled(ticket);
    }

    private FaultDisposition endStall(final FaultRecord record) {
        stalls.refuse(record.source(), record.cookie());
        return FaultDisposition.STALL_NOT_TAKEN;
    }

    /** Records of stalled transactions keep their order and are never dropped (7.2.1). */
    private FaultDisposition writeStalled(final long ticket) {
        if (!stalls.hasWaiting() && events.writable()) {
            if (!stalls.record(ticket)) {
                return FaultDisposition.STALL_NOT_TAKEN;
            }
            if (write() == FaultDisposition.DELIVERED) {
                return FaultDisposition.DELIVERED;
            }
        }
        return stalls.await(ticket, event) ? FaultDisposition.STALL_WAITING : FaultDisposition.STALL_NOT_TAKEN;
    }

    /**
     * Ends a batch: the interrupts go out. The guest may take events at once, which makes room for records that wait. A
     * turn that writes one leaves fewer of them; turns that write none, since the write aborts and the guest
     * acknowledges, are numbered.
     */
    public void endOfBatch() {
        int idle = 0;
        do {
            idle = recordWaiting() ? 0 : idle + 1;
            events.endOfBatch();
            pageRequests.endOfBatch();
        } while (stalls.hasWaiting() && events.writable() && idle <= MAX_IDLE_LOOKS);
    }

    /**
     * Brings records that wait into the queue, as far as there is room. Each turn takes one that waits, and only the
     * injector lets more wait, so it ends whatever the guest does meanwhile.
     *
     * @return whether one was written.
     */
    private boolean recordWaiting() {
        boolean written = false;
        while (stalls.hasWaiting() && events.writable()) {
            final long ticket = stalls.recordNext(waiting);
            if (ticket == StallTable.NO_TICKET) {
                return written;
            }
            if (events.append(waiting.word0, waiting.word1, waiting.word2,
                    waiting.word3) != FaultDisposition.DELIVERED) {
                stalls.await(ticket, waiting);
                return written;
            }
            written = true;
        }
        return written;
    }

    private int stream() {
        return EventLayout.stream(event.word0);
    }

    private int tag() {
        return (int) (event.word1 & EventLayout.STAG);
    }

    private boolean stalled() {
        final EventType type = EventType.of(EventLayout.type(event.word0));
        return type != null && type.canStall() && (event.word1 & EventLayout.STALL) != 0;
    }

    /** The three events that may be recorded while SMMUEN is 0 (7.2.1). */
    private boolean recordedWhileDisabled() {
        final int type = EventLayout.type(event.word0);
        return type == EventLayout.F_UUT || type == EventLayout.F_BAD_ATS_TREQ
                || type == EventLayout.F_TRANSL_FORBIDDEN;
    }

    private FaultDisposition write() {
        return events.append(event.word0, event.word1, event.word2, event.word3);
    }

    private FaultDisposition lost() {
        return lostEvents == LostEventPolicy.GUEST_OVERFLOW ? events.reportLoss() : FaultDisposition.HOST_EVENT;
    }
}
