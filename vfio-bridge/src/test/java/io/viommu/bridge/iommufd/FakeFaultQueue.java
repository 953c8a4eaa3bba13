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
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.IommufdQueues.PageResponseLayout;
import io.viommu.bridge.uapi.IommufdQueues.PgfaultLayout;

/** A fault queue as the kernel's eventq.c behaves: whole groups, the lowest free cookie, 0 when empty. */
final class FakeFaultQueue extends FakeFile {

    /** One request of a group. */
    record Request(int device, int flags, int pasid, int group, int permissions, long address) {
    }

    /** An answer that reached the device; automatic ones are the kernel's own. */
    record Answer(int device, int group, int code, boolean automatic) {
    }

    final List<Answer> answers = new ArrayList<>();

    /** The requests of a group, and the attachment they came through: a PASID's own, or -1. */
    private record Group(int attachment, List<Request> requests) {
        Request first() {
            return requests.getFirst();
        }
    }

    private final ArrayDeque<Group> deliver = new ArrayDeque<>();
    private final TreeMap<Integer, Group> response = new TreeMap<>();

    synchronized void add(final int attachment, final List<Request> group) {
        deliver.add(new Group(attachment, group));
        readable(true);
    }

    /** The attachment is gone: what it has queued or unanswered is answered, and its cookies are free again. */
    synchronized void detach(final int device, final int attachment) {
        drop(deliver.iterator(), device, attachment);
        drop(response.values().iterator(), device, attachment);
        readable(!deliver.isEmpty());
    }

    private void drop(final Iterator<Group> groups, final int device, final int attachment) {
        while (groups.hasNext()) {
            final Group group = groups.next();
            final Request first = group.first();
            if (first.device() == device && group.attachment() == attachment) {
                answers.add(new Answer(device, first.group(), PageResponseLayout.INVALID, true));
                groups.remove();
            }
        }
    }

    @Override
    public synchronized long read(final MemorySegment into) {
        if (!isOpen()) {
            return -Errno.EBADF;
        }
        if (into.byteSize() % PgfaultLayout.LENGTH != 0) {
            return -Errno.ESPIPE;
        }
        long done = 0;
        while (!deliver.isEmpty()) {
            final List<Request> group = deliver.peek().requests();
            if ((long) group.size() * PgfaultLayout.LENGTH > into.byteSize() - done) {
                return done == 0 ? -Errno.EINVAL : done;
            }
            final int cookie = freeCookie();
            response.put(cookie, deliver.poll());
            for (final Request request : group) {
                put(into.asSlice(done, PgfaultLayout.LENGTH), request, cookie);
                done += PgfaultLayout.LENGTH;
            }
        }
        readable(false);
        return done;
    }

    private int freeCookie() {
        int cookie = 1;
        while (response.containsKey(cookie)) {
            cookie++;
        }
        return cookie;
    }

    private static void put(final MemorySegment to, final Request request, final int cookie) {
        to.fill((byte) 0);
        to.set(ValueLayout.JAVA_INT, PgfaultLayout.FLAGS, request.flags());
        to.set(ValueLayout.JAVA_INT, PgfaultLayout.DEV_ID, request.device());
        to.set(ValueLayout.JAVA_INT, PgfaultLayout.PASID, request.pasid());
        to.set(ValueLayout.JAVA_INT, PgfaultLayout.GRPID, request.group());
        to.set(ValueLayout.JAVA_INT, PgfaultLayout.PERM, request.permissions());
        to.set(ValueLayout.JAVA_LONG, PgfaultLayout.ADDR, request.address());
        to.set(ValueLayout.JAVA_INT, PgfaultLayout.COOKIE, cookie);
    }

    @Override
    public synchronized long write(final MemorySegment from) {
        if (!isOpen()) {
            return -Errno.EBADF;
        }
        if (from.byteSize() % PageResponseLayout.LENGTH != 0) {
            return -Errno.ESPIPE;
        }
        long done = 0;
        while (done < from.byteSize()) {
            final int cookie = from.get(ValueLayout.JAVA_INT, done + PageResponseLayout.COOKIE);
            final int code = from.get(ValueLayout.JAVA_INT, done + PageResponseLayout.CODE);
            final boolean known = code == PageResponseLayout.SUCCESS || code == PageResponseLayout.INVALID;
            final Group group = known ? response.remove(cookie) : null;
            if (group == null) {
                return done == 0 ? -Errno.EINVAL : done;
            }
            answers.add(new Answer(group.first().device(), group.first().group(), code, false));
            done += PageResponseLayout.LENGTH;
        }
        return done;
    }
}
