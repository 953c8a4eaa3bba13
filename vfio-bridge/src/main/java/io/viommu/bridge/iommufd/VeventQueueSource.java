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
package io.viommu.bridge.iommufd;

import java.util.concurrent.atomic.AtomicLong;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.uapi.IommufdQueues.VeventArmSmmuv3Layout;
import io.viommu.bridge.uapi.IommufdQueues.VeventHeaderLayout;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;

/**
 * The reader's end of a vEVENTQ of an SMMUv3: raw event records that carry the guest's StreamID already, so a route's
 * host device is that StreamID.
 *
 * <p>How many events the kernel lost is exact: each event has a number, modulo 2^31, and a lost one uses up its number
 * too. A gap before an event, and a LOST_EVENTS header at the end of the queue, tell it; a record of kind LOST_EVENTS
 * for the host device {@link #WHOLE_QUEUE} then goes to the vIOMMU, in its place in the order.
 *
 * <p>One reader thread polls.
 */
public final class VeventQueueSource extends QueueSource {

    /** The host device of LOST_EVENTS records; give it a route like any other. */
    public static final int WHOLE_QUEUE = -1;

    private static final int EVENT = VeventHeaderLayout.LENGTH + VeventArmSmmuv3Layout.LENGTH;
    private static final int CAPACITY = 256 * EVENT;

    private final int source;
    private final AtomicLong lost = new AtomicLong();
    private int expected;

    /**
     * Reads a queue from its first event.
     *
     * @param name   for people.
     * @param source number of the source, as the routes know it.
     * @param file   the queue's file; the caller closes it when the reader has let go.
     */
    public VeventQueueSource(final String name, final int source, final KernelFile file) {
        super("event queue", name, file, CAPACITY);
        this.source = source;
    }

    /**
     * Reads a queue that others have read before: losses before its next event are unknown.
     *
     * @param sequence number of the next event.
     * @return this.
     */
    public VeventQueueSource expecting(final int sequence) {
        expected = sequence & VeventHeaderLayout.SEQUENCE_MASK;
        return this;
    }

    /** Where an event ends is seen only when it is taken. */
    @Override
    String misfit(final long bytes) {
        return null;
    }

    /** Takes one event, or the loss before it, which is a record of its own. */
    @Override
    int take(final FaultSink sink) {
        final UnsafeBuffer events = records();
        final int at = next();
        final boolean header = left() >= VeventHeaderLayout.LENGTH;
        final boolean end = header
                && (events.getInt(at + VeventHeaderLayout.FLAGS) & VeventHeaderLayout.FLAG_LOST_EVENTS) != 0;
        if (!header || !end && left() < EVENT) {
            fail("gave " + left() + " bytes where an event has " + EVENT);
            return 0;
        }
        final int sequence = events.getInt(at + VeventHeaderLayout.SEQUENCE);
        if (end) {
            skip(VeventHeaderLayout.LENGTH);
            return lose(sink, sequence - expected + 1, sequence + 1);
        }
        final int gap = lose(sink, sequence - expected, sequence);
        if (gap != 0) {
            return gap; // the event itself is the next to be taken
        }
        skip(EVENT);
        expected = sequence + 1 & VeventHeaderLayout.SEQUENCE_MASK;
        event(sink, events, at + VeventHeaderLayout.LENGTH, sequence);
        return 1;
    }

    private int lose(final FaultSink sink, final int gap, final int then) {
        final int count = gap & VeventHeaderLayout.SEQUENCE_MASK;
        expected = then & VeventHeaderLayout.SEQUENCE_MASK;
        if (count == 0) {
            return 0;
        }
        lost.lazySet(lost.getPlain() + count);
        sink.claim(source, WHOLE_QUEUE, FaultSink.NO_PASID).kind(FaultKind.LOST_EVENTS).word(0, count);
        sink.publish();
        return 1;
    }

    private void event(final FaultSink sink, final UnsafeBuffer events, final int at, final int sequence) {
        final long word0 = events.getLong(at);
        final FaultRecord record = sink.claim(source, (int) (word0 >>> Integer.SIZE), pasid(word0));
        record.kind(FaultKind.SMMU_EVENT).cookie(sequence).word(0, word0).word(1, events.getLong(at + 8))
                .word(2, events.getLong(at + 16)).word(3, events.getLong(at + 24));
        sink.publish();
    }

    /** C_BAD_SUBSTREAMID has a SubstreamID without SSV (IHI 0070, 7.3.9). */
    private static int pasid(final long word0) {
        return (word0 & VeventArmSmmuv3Layout.SSV) != 0
                || (word0 & VeventArmSmmuv3Layout.TYPE) == VeventArmSmmuv3Layout.C_BAD_SUBSTREAMID
                        ? (int) (word0 >>> VeventArmSmmuv3Layout.SUBSTREAM_SHIFT) & VeventArmSmmuv3Layout.SUBSTREAM_MASK
                        : FaultSink.NO_PASID;
    }

    /**
     * Events that the kernel lost so far.
     *
     * @return exact once the reader has stopped, else a momentary figure.
     */
    public long lost() {
        return lost.get();
    }
}
