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

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultOutlet;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.OutgoingFault;
import io.viommu.iommu.DmaSession;
import io.viommu.smmu.config.SmmuContext;
import io.viommu.smmu.config.SmmuFault;
import io.viommu.smmu.config.StreamConfiguration;
import io.viommu.smmu.spec.ContextDescriptorLayout;
import io.viommu.smmu.spec.EventLayout;
import io.viommu.smmu.spec.StreamTableEntryLayout;

/**
 * Decides what a fault does to its transaction, and records it: abort, ignore or stall, with an event or without (IHI
 * 0070, 3.12, 5.5, 7.3). Belongs to one thread.
 */
public final class FaultReporter {

    private final StallPort stalls;
    private final OutgoingFault way;
    private int streamId;
    private int substreamId;
    private long address;
    private int access;
    private long attributes;
    private int stallTag = -1;

    /**
     * Makes the reporter of one thread.
     *
     * @param outlet leads to the pipeline.
     * @param stalls where transactions are parked that the guest wants stalled.
     */
    public FaultReporter(final FaultOutlet outlet, final StallPort stalls) {
        this.stalls = stalls;
        this.way = new OutgoingFault(outlet);
    }

    /**
     * Names the transaction that is under way.
     *
     * @param stream    StreamID.
     * @param substream SubstreamID, or -1.
     * @param input     the input address.
     * @param flags     of {@link DmaSession}.
     */
    public void transaction(final int stream, final int substream, final long input, final int flags) {
        streamId = stream;
        substreamId = substream;
        address = input;
        access = flags;
        attributes = (flags & DmaSession.WRITE) != 0 ? 0 : EventLayout.RNW;
    }

    /**
     * Names PnU and InD as the stream's overrides leave them.
     *
     * @param privileged  PnU.
     * @param instruction InD.
     */
    public void attributes(final boolean privileged, final boolean instruction) {
        attributes |= (privileged ? EventLayout.PNU : 0) | (instruction ? EventLayout.IND : 0);
    }

    /**
     * Ends an ordinary transaction that met a fault.
     *
     * @param context the registers.
     * @param stream  the configuration, as far as it was found.
     * @param fault   the fault.
     * @return {@link DmaSession#ABORTED}, {@link DmaSession#IGNORED} or {@link DmaSession#STALLED}.
     */
    public int end(final SmmuContext context, final StreamConfiguration stream, final SmmuFault fault) {
        if (fault.translationRelated()) {
            return fault.stage2() ? endOfStage2(stream, fault) : endOfStage1(stream, fault);
        }
        if (fault.event() == SmmuFault.SILENT
                || fault.event() == EventLayout.C_BAD_STREAMID && !context.recordsInvalidStreams()) {
            return DmaSession.ABORTED;
        }
        record(fault);
        return DmaSession.ABORTED;
    }

    /** A stage 1 that doesn't translate has no context descriptor to ask: its size fault is recorded and aborts. */
    private int endOfStage1(final StreamConfiguration stream, final SmmuFault fault) {
        if (!stream.stage1()) {
            record(fault);
            return DmaSession.ABORTED;
        }
        final int termination = stream.stage1Flag(ContextDescriptorLayout.A) ? DmaSession.ABORTED : DmaSession.IGNORED;
        return end(fault, stream.stage1Flag(ContextDescriptorLayout.S), stream.stage1Flag(ContextDescriptorLayout.R),
                termination);
    }

    private int endOfStage2(final StreamConfiguration stream, final SmmuFault fault) {
        return end(fault, stream.stage2Flag(StreamTableEntryLayout.S2S), stream.stage2Flag(StreamTableEntryLayout.S2R),
                DmaSession.ABORTED);
    }

    /** 5.5: a stall is always recorded; R silences only what terminates at once. */
    private int end(final SmmuFault fault, final boolean wait, final boolean records, final int termination) {
        if (wait) {
            final long ticket = stalls.stall(streamId, substreamId, address, access);
            if (ticket != StallPort.NO_TICKET) {
                return recordStall(fault, ticket) ? DmaSession.STALLED : termination;
            }
        }
        if (wait || records) {
            record(fault);
        }
        return termination;
    }

    private boolean recordStall(final SmmuFault fault, final long ticket) {
        stallTag = StallPort.tag(ticket);
        final boolean sent = publish(fault.event(), transactionWord(fault) | EventLayout.STALL | stallTag, address,
                ipa(fault), ticket);
        if (!sent) {
            stalls.withdraw(ticket);
        }
        return sent;
    }

    /**
     * The STAG of the last transaction that stalled.
     *
     * @return 16 bits, or -1 before the first.
     */
    public int stallTag() {
        return stallTag;
    }

    /**
     * Records a fault whatever a configuration says about recording.
     *
     * @param fault the fault.
     */
    public void record(final SmmuFault fault) {
        final int event = fault.event();
        if (fault.translationRelated()) {
            publish(event, transactionWord(fault), address, ipa(fault));
        } else if (event == EventLayout.F_WALK_EABT) {
            publish(event, transactionWord(fault), address, fault.address() & EventLayout.FETCH_ADDR);
        } else {
            publish(event, 0, 0, fault.address() & EventLayout.FETCH_ADDR);
        }
    }

    private static long ipa(final SmmuFault fault) {
        return fault.stage2() ? fault.address() & EventLayout.IPA : 0;
    }

    private long transactionWord(final SmmuFault fault) {
        long word = attributes | (long) fault.faultClass() << EventLayout.CLASS_SHIFT;
        if (fault.stage2()) {
            word |= EventLayout.S2;
        }
        if (fault.event() == EventLayout.F_PERMISSION && fault.stage2()
                && fault.faultClass() == EventLayout.CLASS_TT && !fault.tableWrite()) {
            word |= EventLayout.TTRNW;
        }
        return word;
    }

    /** 7.3.8: ATS translated traffic of a stream that may not have any. */
    public void recordForbidden() {
        publish(EventLayout.F_TRANSL_FORBIDDEN, attributes & EventLayout.RNW, address, 0);
    }

    /** 7.3.6: an ATS translation request of a stream that may not make any; for one translation unit. */
    public void recordBadRequest() {
        long word = 1 | EventLayout.ATS_R;
        word |= (access & DmaSession.WRITE) != 0 ? EventLayout.ATS_W : 0;
        word |= (access & DmaSession.EXECUTE) != 0 ? EventLayout.ATS_X : 0;
        word |= (access & DmaSession.PRIVILEGED) != 0 ? EventLayout.ATS_P : 0;
        publish(EventLayout.F_BAD_ATS_TREQ, word, address & EventLayout.PAGE, 0);
    }

    private void publish(final int event, final long word1, final long word2, final long word3) {
        publish(event, word1, word2, word3, 0);
    }

    /** False if nobody takes the record. */
    private boolean publish(final int event, final long word1, final long word2, final long word3,
            final long cookie) {
        final FaultRecord record = way.open(FaultKind.SMMU_EVENT, streamId, substreamId);
        if (record == null) {
            return false;
        }
        record.cookie(cookie).word(0, EventLayout.word0(event, streamId, substreamId)).word(1, word1).word(2, word2)
                .word(3, word3);
        way.send();
        return true;
    }
}
