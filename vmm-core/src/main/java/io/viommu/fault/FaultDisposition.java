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

package io.viommu.fault;

/**
 * How and why a fault ended: the outcome and a sentence. Each has a counter of its own, so that nothing is lost without
 * a name.
 */
public enum FaultDisposition {
    /** In the guest's event queue, fault recording register or page request queue. */
    DELIVERED(FaultOutcome.DELIVERED, null),
    /** The record of a stalled transaction waits for room in the guest's queue; such records are never dropped. */
    STALL_WAITING(FaultOutcome.DELIVERED, "the record waits for room in the guest's queue"),

    /** The guest's event queue was full; PROD.OVFLG tells it so (IHI 0070, 7.4). */
    QUEUE_FULL(FaultOutcome.OVERFLOW, "the guest's queue was full; its overflow flag tells the guest"),
    /** The guest has not acknowledged an error on its queue and takes nothing until then. */
    QUEUE_ERROR(FaultOutcome.OVERFLOW, "the guest has an unacknowledged error on its queue"),
    /** Writing to the guest's queue aborted; a global error tells it so. */
    QUEUE_ABORTED(FaultOutcome.OVERFLOW, "the guest's queue is not backed by memory; a global error tells the guest"),
    /** An overflow is pending and, until the guest clears it, the architecture drops what follows. */
    OVERFLOW_PENDING(FaultOutcome.OVERFLOW, "the guest has not cleared an earlier overflow"),

    /** A fault of the same device is pending, and the architecture allows to report one for both. */
    MERGED(FaultOutcome.OVERFLOW, "merged into a pending fault of the same device"),

    /** The fault is of stage 2, which is the host's. */
    HOST_STAGE_2(FaultOutcome.HOST_ONLY, "a stage-2 (second-stage) fault is the host's"),
    /** The fault is of a structure that only the host writes. */
    HOST_CONFIGURATION(FaultOutcome.HOST_ONLY, "the fault is about a structure that only the host configures"),
    /** The fault is of the host's interrupt remapping. */
    HOST_INTERRUPT(FaultOutcome.HOST_ONLY, "interrupt remapping of a passed-through device is the host's"),
    /** The event has no meaning to a guest. */
    HOST_EVENT(FaultOutcome.HOST_ONLY, "the event type is the host's and not shown to guests"),

    /** No page request queue is offered or enabled; the request was answered as the architecture says. */
    NO_PAGE_REQUEST_QUEUE(FaultOutcome.AUTO_ANSWERED, "the guest takes no page requests"),
    /** The page request queue overflowed; the request was answered as the architecture says. */
    PAGE_REQUEST_OVERFLOW(FaultOutcome.AUTO_ANSWERED, "the guest's page request queue overflowed"),
    /** The request was refused by the guest's tables; it was answered as invalid. */
    PAGE_REQUEST_INVALID(FaultOutcome.AUTO_ANSWERED, "the guest's tables don't allow page requests of this device"),
    /** The guest can't take the stalled transaction; it was answered in its place. */
    STALL_NOT_TAKEN(FaultOutcome.AUTO_ANSWERED, "the guest can't take the stalled transaction"),

    /** No route leads from the device to a vIOMMU. */
    NO_ROUTE(FaultOutcome.REJECTED, "no route leads from this device to a vIOMMU"),
    /** The device reports more faults than its budget allows; the log of distinct faults still counts them. */
    THROTTLED(FaultOutcome.REJECTED, "the device reports more faults than its budget allows"),
    /** The pipeline was closed before the fault could be injected. */
    CLOSED(FaultOutcome.REJECTED, "the vIOMMU's pipeline was closed"),
    /** A guest's handler that runs on the injector itself made more faults than the ring takes. */
    INJECTOR_FULL(FaultOutcome.REJECTED, "the injector itself made more faults than its ring takes"),
    /** The guest has not enabled the queue, so the architecture drops the event without a trace. */
    QUEUE_DISABLED(FaultOutcome.REJECTED, "the guest has not enabled its queue"),
    /** The guest has not enabled translation, so its vIOMMU has no fault to report. */
    TRANSLATION_DISABLED(FaultOutcome.REJECTED, "the guest has not enabled translation"),
    /** The hardware behind the vIOMMU failed; until it is reset, the vIOMMU records nothing. */
    SERVICE_FAILURE(FaultOutcome.REJECTED, "the vIOMMU is in Service failure mode"),
    /** The guest set the fault-processing-disable bit of the structure at fault. */
    FAULT_PROCESSING_DISABLED(FaultOutcome.REJECTED, "the guest disabled fault processing for this device (FPD)"),
    /** The guest's own tables now allow the access, so there is nothing to report. */
    NOT_REPRODUCED(FaultOutcome.REJECTED, "the guest's tables allow the access"),
    /** The record belongs to another architecture than the vIOMMU. */
    WRONG_ARCHITECTURE(FaultOutcome.REJECTED, "the record is of another IOMMU architecture"),
    /** The record can't be expressed in this architecture. */
    NOT_REPRESENTABLE(FaultOutcome.REJECTED, "the record can't be expressed as an event of this vIOMMU"),
    /** The record contradicts itself or its format. */
    MALFORMED(FaultOutcome.REJECTED, "the record is malformed"),
    /** The source failed after it had claimed the record and before it had filled it. */
    SOURCE_FAILURE(FaultOutcome.REJECTED, "the source failed while it read the fault"),
    /** The model failed; a defect of ours, which must not take the pipeline down. */
    MODEL_FAILURE(FaultOutcome.REJECTED, "the vIOMMU model failed on this record");

    private final FaultOutcome outcome;
    private final String reason;

    FaultDisposition(final FaultOutcome outcome, final String reason) {
        this.outcome = outcome;
        this.reason = reason;
    }

    /**
     * Which of the five ways it is.
     *
     * @return the outcome.
     */
    public FaultOutcome outcome() {
        return outcome;
    }

    /**
     * Why it ended so.
     *
     * @return a clause, or null for a plain delivery.
     */
    public String reason() {
        return reason;
    }
}
