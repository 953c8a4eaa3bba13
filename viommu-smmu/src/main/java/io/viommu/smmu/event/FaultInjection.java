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

package io.viommu.smmu.event;

import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;
import io.viommu.smmu.layout.EventLayout;
import io.viommu.smmu.layout.SmmuRegisters;
import io.viommu.smmu.queue.EventQueue;
import io.viommu.smmu.register.RegisterFrame;
import io.viommu.smmu.register.SmmuOptions;

/**
 * Takes each fault that the pipeline brings and ends it: in the guest's Event queue, with an automatic answer, or with
 * a reason why the guest doesn't see it. Runs on the injector only.
 */
public final class FaultInjection {

    private final RegisterFrame frame;
    private final EventQueue events;
    private final SmmuOptions options;
    private final PageResponder host;
    private final LostEventPolicy lostEvents;
    private final GuestEvent event = new GuestEvent();

    /**
     * Makes the intake.
     *
     * @param frame      the registers.
     * @param events     the guest's Event queue.
     * @param options   what the device offers.
     * @param host       takes automatic answers.
     * @param lostEvents what the guest learns of losses of the host.
     */
    public FaultInjection(final RegisterFrame frame, final EventQueue events, final SmmuOptions options,
            final PageResponder host, final LostEventPolicy lostEvents) {
        this.frame = frame;
        this.events = events;
        this.options = options;
        this.host = host;
        this.lostEvents = lostEvents;
    }

    /**
     * Ends one fault.
     *
     * @param record the fault; it is left as it is.
     * @return how it ended.
     */
    public FaultDisposition inject(final FaultRecord record) {
        return switch (record.kind()) {
            case FaultKind.SMMU_EVENT -> record.emulated() ? emulated(record) : physical(record);
            case FaultKind.GENERIC -> generic(record);
            case FaultKind.PAGE_REQUEST -> pageRequest(record);
            case FaultKind.LOST_EVENTS -> lost();
            case FaultKind.VTD_FAULT -> FaultDisposition.WRONG_ARCHITECTURE;
            default -> FaultDisposition.MALFORMED;
        };
    }

    private FaultDisposition emulated(final FaultRecord record) {
        event.set(record.word(0), record.word(1), record.word(2), record.word(3));
        return write();
    }

    private FaultDisposition physical(final FaultRecord record) {
        return own(record, record.word(0), record.word(1), record.word(2), record.word(3));
    }

    private FaultDisposition generic(final FaultRecord record) {
        if (!GenericFaultEvent.rebuild(record, event)) {
            return FaultDisposition.NOT_REPRESENTABLE;
        }
        return own(record, event.word0, event.word1, event.word2, event.word3);
    }

    /** Lets the policy decide whose the event is; a stalled transaction that the guest can't take is ended. */
    private FaultDisposition own(final FaultRecord record, final long word0, final long word1, final long word2,
            final long word3) {
        final PhysicalEventPolicy policy = record.asReported()
                ? PhysicalEventPolicy.AS_REPORTED
                : PhysicalEventPolicy.LIVE;
        final FaultDisposition verdict = policy.apply(word0, word1, word2, word3, record.guestDevice(), options.ats(),
                event);
        if (verdict != FaultDisposition.DELIVERED) {
            return verdict;
        }
        if (stalled() && !options.stalls()) {
            host.respond(record.source(), record.cookie(), PageResponder.INVALID);
            return FaultDisposition.STALL_NOT_TAKEN;
        }
        if (!frame.enabled(SmmuRegisters.CR0_SMMUEN) && !recordedWhileDisabled()) {
            return FaultDisposition.TRANSLATION_DISABLED;
        }
        return write();
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

    /** A group is answered once, at its last request. */
    private FaultDisposition pageRequest(final FaultRecord record) {
        if ((record.word(0) & GenericFault.REQUEST_LAST_PAGE) != 0) {
            host.respond(record.source(), record.cookie(), PageResponder.FAILURE);
        }
        return FaultDisposition.NO_PAGE_REQUEST_QUEUE;
    }

    private FaultDisposition lost() {
        return lostEvents == LostEventPolicy.GUEST_OVERFLOW ? events.reportLoss() : FaultDisposition.HOST_EVENT;
    }
}
