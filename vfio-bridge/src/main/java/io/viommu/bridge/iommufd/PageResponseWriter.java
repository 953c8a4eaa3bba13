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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.IommufdQueues.PageResponseLayout;
import io.viommu.fault.PageResponder;

/** Writes answers to a fault queue, by any thread; each thread has eight bytes of its own for it. */
final class PageResponseWriter {

    private static final System.Logger LOG = System.getLogger(PageResponseWriter.class.getName());
    private static final ThreadLocal<MemorySegment> ANSWER = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(PageResponseLayout.LENGTH, Long.BYTES));
    private static final int BATCH = 64;

    private final String name;
    private final KernelFile file;
    private final OpenGroups groups;
    private final AtomicLong late = new AtomicLong();
    private final AtomicBoolean complained = new AtomicBoolean();

    PageResponseWriter(final String name, final KernelFile file, final OpenGroups groups) {
        this.name = name;
        this.file = file;
        this.groups = groups;
    }

    /** Answers the group of a token, unless it has been answered. */
    void answer(final long token, final int code) {
        if (groups.close(token)) {
            write((int) token, code);
        } else {
            late.incrementAndGet();
        }
    }

    /** Refuses a group that no table has. */
    void refuse(final int cookie) {
        write(cookie, PageResponder.INVALID);
    }

    private void write(final int cookie, final int code) {
        final MemorySegment answer = ANSWER.get();
        put(answer, 0, cookie, code);
        final long done = file.write(answer);
        if (done == -Errno.EINVAL) {
            late.incrementAndGet(); // the kernel answered by itself: the device was detached
        } else if (done != PageResponseLayout.LENGTH) {
            complain(done);
        }
    }

    /** The kernel knows two codes and refuses any other, so a failure is told as invalid. */
    private static void put(final MemorySegment to, final int at, final int cookie, final int code) {
        to.set(Iommufd.INT, at + PageResponseLayout.COOKIE, cookie);
        to.set(Iommufd.INT, at + PageResponseLayout.CODE,
                code == PageResponder.SUCCESS ? PageResponseLayout.SUCCESS : PageResponseLayout.INVALID);
    }

    /** Answers all that is open, many at a time. */
    int answerAll(final int code) {
        int answered = 0;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment batch = arena.allocate((long) BATCH * PageResponseLayout.LENGTH, Long.BYTES);
            int cookie = groups.closeNext(1);
            while (cookie != 0) {
                int count = 0;
                while (cookie != 0 && count < BATCH) {
                    put(batch, count++ * PageResponseLayout.LENGTH, cookie, code);
                    cookie = groups.closeNext(cookie + 1);
                }
                answered += writeAll(batch, count);
            }
        }
        return answered;
    }

    /** The kernel stops at the first answer it doesn't want, and tells only how many it took before: go on behind. */
    private int writeAll(final MemorySegment batch, final int count) {
        int at = 0;
        int answered = 0;
        while (at < count) {
            final long done = file.write(batch.asSlice((long) at * PageResponseLayout.LENGTH,
                    (long) (count - at) * PageResponseLayout.LENGTH));
            if (done < 0 && done != -Errno.EINVAL) {
                complain(done);
                return answered;
            }
            final int taken = (int) Math.max(done, 0) / PageResponseLayout.LENGTH;
            answered += taken;
            at += taken;
            if (taken == 0) {
                late.incrementAndGet();
                at++;
            }
        }
        return answered;
    }

    private void complain(final long result) {
        if (complained.compareAndSet(false, true)) {
            LOG.log(System.Logger.Level.WARNING,
                    "Answers to the fault queue " + name + " are lost: write "
                            + (result < 0 ? "failed: " + Errno.describe((int) -result) : "took " + result + " bytes")
                            + ".");
        }
    }

    long late() {
        return late.get();
    }
}
