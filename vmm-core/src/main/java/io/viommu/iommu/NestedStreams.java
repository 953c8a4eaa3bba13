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

import java.util.function.IntConsumer;

import org.agrona.DirectBuffer;

/**
 * Streams of a virtual SMMUv3 that the host's SMMUv3 serves: it walks the guest's own context descriptors and stage-1
 * tables, on top of the host's stage 2. The model tells it what the guest installs and invalidates.
 *
 * <p>Called by vCPU threads, possibly at once. Nothing a guest gives throws: what the hardware does not take is
 * answered, and the device is cut off rather than left on a table that the guest has given up.
 */
public interface NestedStreams {

    /** No such streams. */
    NestedStreams NONE = new NestedStreams() {
        @Override
        public boolean owns(final int streamId) {
            return false;
        }

        @Override
        public boolean install(final int streamId, final long word0, final long word1) {
            return false;
        }

        @Override
        public int invalidate(final DirectBuffer commands, final int offset, final int count) {
            return count;
        }

        @Override
        public void forEach(final IntConsumer action) {
            // there is none
        }
    };

    /** {@link #identification}: the register is not known, and bounds nothing. */
    int UNKNOWN = -1;

    /**
     * Whether a stream is one of these.
     *
     * @param streamId the guest's StreamID.
     * @return true if {@link #install} is to be told of its stream table entry.
     */
    boolean owns(int streamId);

    /**
     * Makes the hardware treat a stream as the guest's stream table entry says (IHI 0070, 5.2); what was installed
     * before is gone. Give an entry of 0, which isn't valid, to take it away: the stream's transactions then end in an
     * abort. Configuration caches for this stream hold nothing old afterwards.
     *
     * @param streamId the guest's StreamID.
     * @param word0    the entry's word 0 as the guest wrote it, 64 bits; fields that aren't stage 1's are ignored.
     * @param word1    word 1, likewise.
     * @return false if the hardware can't take the entry or the stream is not one of these; it then aborts all
     *         transactions of the stream.
     */
    boolean install(int streamId, long word0, long word1);

    /**
     * Passes commands that invalidate TLB entries, context descriptors and ATCs (CMD_TLBI_*, CMD_CFGI_CD*,
     * CMD_ATC_INV; IHI 0070, 4) to the hardware, in order. When it returns, those done have completed, as after a
     * CMD_SYNC.
     *
     * @param commands of 16 bytes each, little-endian, with the guest's StreamIDs.
     * @param offset   of the first.
     * @param count    how many.
     * @return how many were done from the first on; fewer than {@code count} if the hardware refused the next one.
     */
    int invalidate(DirectBuffer commands, int offset, int count);

    /**
     * Names the streams that there are now: what a command about all streams, or a whole range of them, is applied to.
     *
     * @param action takes the guest's StreamID of each; may call {@link #install}.
     */
    void forEach(IntConsumer action);

    /**
     * Why the last {@link #invalidate} stopped. Asked by the thread that called it, before it calls again.
     *
     * @return true if the command it stopped at was taken, but a device did not confirm it in time (ETIMEDOUT).
     */
    default boolean timedOut() {
        return false;
    }

    /**
     * An identification register of the hardware (IHI 0070, 6.3.1 to 6.3.6), which bounds what the model offers.
     *
     * @param index 0 to 5 for IDR0 to IDR5; only the fields that linux/iommufd.h allows to interpret mean anything.
     * @return its value, or {@link #UNKNOWN}.
     */
    default int identification(final int index) {
        return UNKNOWN;
    }
}
