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
package io.viommu.smmu.hardware;

import java.nio.ByteOrder;

import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.iommu.NestedStreams;
import io.viommu.smmu.spec.CommandLayout;

/**
 * Invalidations on their way to the hardware: gathered, then handed over at once when the guest waits for them, or when
 * there is no more room. A command that the hardware refuses doesn't hold up those behind it. What it was to forget is
 * forgotten all the same, by CMD_TLBI_NSNH_ALL in its place, since to invalidate more than was asked is always legal;
 * a command about one stream is only skipped: the host refuses it because it knows no such stream, and a StreamID out
 * of range has no effect (IHI 0070, 4.1.7).
 *
 * <p>Used by one thread at a time. Work is bounded: each command is offered once, the one in their place
 * {@value #ATTEMPTS} times.
 */
final class CommandBatch {

    /** Everything that was added is done. */
    static final int DONE = 0;
    /** A device did not confirm the invalidation of its ATC. */
    static final int TIMED_OUT = 1;
    /** The hardware may still use what was to be forgotten. */
    static final int FAILED = 2;

    static final int CAPACITY = 256;
    private static final int ATTEMPTS = 3;

    private final NestedStreams host;
    private final UnsafeBuffer commands = buffer(CAPACITY);
    private final UnsafeBuffer everything = buffer(1);
    private final boolean[] ofOneStream = new boolean[CAPACITY];
    private int count;
    private int outcome = DONE;

    CommandBatch(final NestedStreams host) {
        this.host = host;
        everything.putLong(0, CommandLayout.TLBI_NSNH_ALL, ByteOrder.LITTLE_ENDIAN);
    }

    private static UnsafeBuffer buffer(final int entries) {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(entries * CommandLayout.LENGTH, Long.BYTES));
    }

    void add(final long word0, final long word1, final boolean aboutOneStream) {
        if (count == CAPACITY) {
            hand();
        }
        commands.putLong(count * CommandLayout.LENGTH, word0, ByteOrder.LITTLE_ENDIAN);
        commands.putLong(count * CommandLayout.LENGTH + Long.BYTES, word1, ByteOrder.LITTLE_ENDIAN);
        ofOneStream[count++] = aboutOneStream;
    }

    /** Hands over what is left, and tells the worst that happened since the last time. */
    int complete() {
        hand();
        final int result = outcome;
        outcome = DONE;
        return result;
    }

    void discard() {
        count = 0;
        outcome = DONE;
    }

    private void hand() {
        boolean refused = false;
        int next = 0;
        while (next < count) {
            final int done = host.invalidate(commands, next * CommandLayout.LENGTH, count - next);
            next += Math.clamp(done, 0, count - next);
            if (next < count) {
                if (!ofOneStream[next]) {
                    refused = true;
                } else if (host.timedOut()) {
                    worsen(TIMED_OUT);
                }
                next++;
            }
        }
        count = 0;
        if (refused && !forgetEverything()) {
            worsen(FAILED);
        }
    }

    private boolean forgetEverything() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (host.invalidate(everything, 0, 1) == 1) {
                return true;
            }
        }
        return false;
    }

    private void worsen(final int with) {
        outcome = Math.max(outcome, with);
    }
}
