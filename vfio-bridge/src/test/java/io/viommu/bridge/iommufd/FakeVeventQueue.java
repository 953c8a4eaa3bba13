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

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.IommufdQueues.VeventArmSmmuv3Layout;
import io.viommu.bridge.uapi.IommufdQueues.VeventHeaderLayout;

/** A vEVENTQ as the kernel's eventq.c behaves: numbers modulo 2^31, one LOST_EVENTS node at the tail. */
final class FakeVeventQueue extends FakeFile {

    private record Event(int sequence, long[] words) {
    }

    private final int depth;
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private int sequence;
    private int lostSequence = -1;

    FakeVeventQueue(final int depth) {
        this.depth = depth;
    }

    /** Lets the next event have this number. */
    synchronized void sequence(final int next) {
        sequence = next;
    }

    synchronized void report(final long... words) {
        final int number = sequence;
        sequence = sequence + 1 & VeventHeaderLayout.SEQUENCE_MASK;
        if (events.size() == depth) {
            lostSequence = number; // the node moves to the tail and carries the latest number
        } else {
            lostSequence = -1; // the node goes before an event is stored: then only the gap tells
            events.add(new Event(number, words));
        }
        readable(true);
    }

    @Override
    public synchronized long read(final MemorySegment into) {
        if (!isOpen()) {
            return -Errno.EBADF;
        }
        if (into.byteSize() < VeventHeaderLayout.LENGTH) {
            return -Errno.EINVAL;
        }
        final int length = VeventHeaderLayout.LENGTH + VeventArmSmmuv3Layout.LENGTH;
        long done = 0;
        while (!events.isEmpty()) {
            if (into.byteSize() - done < length) {
                return done == 0 ? -Errno.EINVAL : done;
            }
            final Event event = events.poll();
            header(into, done, 0, event.sequence());
            for (int i = 0; i < event.words().length; i++) {
                into.set(ValueLayout.JAVA_LONG, done + VeventHeaderLayout.LENGTH + i * 8L, event.words()[i]);
            }
            done += length;
        }
        if (lostSequence >= 0) {
            if (into.byteSize() - done < VeventHeaderLayout.LENGTH) {
                return done;
            }
            header(into, done, VeventHeaderLayout.FLAG_LOST_EVENTS, lostSequence);
            lostSequence = -1;
            done += VeventHeaderLayout.LENGTH;
        }
        readable(false);
        return done;
    }

    private static void header(final MemorySegment to, final long at, final int flags, final int number) {
        to.set(ValueLayout.JAVA_INT, at + VeventHeaderLayout.FLAGS, flags);
        to.set(ValueLayout.JAVA_INT, at + VeventHeaderLayout.SEQUENCE, number);
    }
}
