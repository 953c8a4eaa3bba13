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
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.PgfaultLayout;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;

/**
 * The reader's end of an iommufd fault queue, and the way the answers go back.
 *
 * <p>The kernel hands out whole groups and numbers each with a cookie, which it uses again as soon as the group is
 * answered, also by itself when a device is detached. So a record carries that cookie with a generation above it, and
 * only the first answer to a group that is still open is written: one that comes late can't answer the wrong group.
 *
 * <p>A read of 0 means that the queue is empty, not that it ended, and the descriptor is always writable: wait for
 * readability alone. One reader thread polls, any thread answers. The queue's file is not closed here.
 */
public final class FaultQueueSource implements FaultSource, PageResponder {

    private static final System.Logger LOG = System.getLogger(FaultQueueSource.class.getName());
    private static final int FIRST_CAPACITY = 256 * PgfaultLayout.LENGTH;
    /** A group of more requests than this is not believed. */
    private static final int LAST_CAPACITY = (1 << 16) * PgfaultLayout.LENGTH;
    private static final int PASID_BITS = 20;
    private static final long FLAGS = PgfaultLayout.FLAG_PASID_VALID | PgfaultLayout.FLAG_LAST_PAGE;
    private static final long PERMISSIONS = PgfaultLayout.PERM_READ | PgfaultLayout.PERM_WRITE | PgfaultLayout.PERM_EXEC
            | PgfaultLayout.PERM_PRIV;

    private final String name;
    private final int source;
    private final KernelFile file;
    private final RecoverableForm form;
    private final OpenGroups groups = new OpenGroups();
    private final PageResponseWriter answers;
    private final UnsafeBuffer records = new UnsafeBuffer();
    private final AtomicLong read = new AtomicLong();
    private MemorySegment segment;
    private int next;
    private int filled;
    private int cookie;
    private long token;
    private boolean hungUp;
    private volatile String failure;

    /**
     * Reads a queue.
     *
     * @param name   for people.
     * @param source number of the source, as the routes know it.
     * @param file   the queue's file; the caller closes it when the reader has let go.
     * @param form   what the faults of its devices are.
     */
    public FaultQueueSource(final String name, final int source, final KernelFile file, final RecoverableForm form) {
        this.name = name;
        this.source = source;
        this.file = file;
        this.form = form;
        this.answers = new PageResponseWriter(name, file, groups);
        room(FIRST_CAPACITY);
    }

    private void room(final int capacity) {
        final ByteBuffer memory = ByteBuffer.allocateDirect(capacity);
        segment = MemorySegment.ofBuffer(memory);
        records.wrap(memory);
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * The number that the records carry.
     *
     * @return 0 to 65535.
     */
    public int source() {
        return source;
    }

    @Override
    public int readyFd() {
        return file.fd();
    }

    @Override
    public void hungUp() {
        hungUp = true;
    }

    /**
     * {@inheritDoc} Memory is made only when a group is larger, or more groups are open, than ever before.
     */
    @Override
    public int poll(final FaultSink sink, final int limit) {
        int taken = 0;
        while (taken < limit && (next < filled || fill())) {
            take(sink);
            taken++;
        }
        if (taken > 0) {
            read.lazySet(read.getPlain() + taken);
        }
        return taken;
    }

    private boolean fill() {
        while (failure == null) {
            final long got = file.read(segment);
            if (got > 0 && got <= records.capacity() && got % PgfaultLayout.LENGTH == 0) {
                next = 0;
                filled = (int) got;
                return true;
            }
            if (got == 0 || got == -Errno.EAGAIN || got == -Errno.EINTR) {
                if (hungUp) {
                    fail("was closed by the other side");
                }
                return false;
            }
            if (got != -Errno.EINVAL || records.capacity() == LAST_CAPACITY) {
                fail(got > 0
                        ? "gave " + got + " bytes, which is not a multiple of " + PgfaultLayout.LENGTH
                        : "can't be read: " + Errno.describe((int) -got));
                return false;
            }
            room(Math.min(records.capacity() * 4, LAST_CAPACITY)); // the first group is larger than the buffer
        }
        return false;
    }

    private void fail(final String what) {
        failure = "The fault queue " + name + " " + what + ".";
        LOG.log(System.Logger.Level.WARNING, failure);
    }

    private void take(final FaultSink sink) {
        final int at = next;
        next = at + PgfaultLayout.LENGTH;
        final int kernelCookie = records.getInt(at + PgfaultLayout.COOKIE);
        if (at == 0 || kernelCookie != cookie) {
            cookie = kernelCookie;
            token = groups.open(kernelCookie);
        }
        final int flags = records.getInt(at + PgfaultLayout.FLAGS);
        final boolean hasPasid = (flags & PgfaultLayout.FLAG_PASID_VALID) != 0;
        final int pasid = hasPasid ? records.getInt(at + PgfaultLayout.PASID) : FaultSink.NO_PASID;
        if (token == OpenGroups.NONE || hasPasid && pasid >>> PASID_BITS != 0) {
            sink.reject(source, FaultDisposition.MALFORMED);
            if (token == OpenGroups.NONE) {
                answers.refuse(kernelCookie);
            } else {
                answers.answer(token, INVALID);
            }
            return;
        }
        final FaultRecord record = sink.claim(source, records.getInt(at + PgfaultLayout.DEV_ID), pasid);
        final long group = Integer.toUnsignedLong(records.getInt(at + PgfaultLayout.GRPID));
        final long permissions = records.getInt(at + PgfaultLayout.PERM) & PERMISSIONS;
        final long address = records.getLong(at + PgfaultLayout.ADDR);
        record.cookie(token);
        if (form == RecoverableForm.STALL) {
            StalledEvent.fill(record, pasid, group, permissions, address);
        } else {
            // the bits of GenericFault are those of the kernel
            record.kind(FaultKind.PAGE_REQUEST).word(0, flags & FLAGS | group << Integer.SIZE).word(1, permissions)
                    .word(2, address);
        }
        sink.publish();
    }

    @Override
    public boolean exhausted() {
        return failure != null;
    }

    /**
     * Why the source gave up.
     *
     * @return one sentence, or null while it works.
     */
    public String failure() {
        return failure;
    }

    /**
     * {@inheritDoc} The kernel has no answer {@link GenericFault failure}; it is told that the request was invalid.
     */
    @Override
    public void respond(final int ofSource, final long ofCookie, final int code) {
        answers.answer(ofCookie, code);
    }

    /**
     * Answers every open group: the last step of a teardown, after the reader has let go of the source.
     *
     * @param code see {@link PageResponder}.
     * @return how many groups were answered; those that the kernel had answered itself are not among them.
     */
    public int answerOpen(final int code) {
        return answers.answerAll(code);
    }

    /**
     * Groups that were read and not answered yet.
     *
     * @return a momentary figure.
     */
    public int openGroups() {
        return groups.count();
    }

    /**
     * Answers that came after the group was answered already, by the guest or by the kernel.
     *
     * @return how many so far.
     */
    public long lateAnswers() {
        return answers.late();
    }

    /**
     * Records read so far.
     *
     * @return exact once the reader has stopped, else a momentary figure.
     */
    public long read() {
        return read.get();
    }

    /** Does nothing: the file belongs to the {@link FaultQueue}. */
    @Override
    public void close() {
        // nothing of its own
    }

    @Override
    public String toString() {
        return "FaultQueueSource(" + name + ")";
    }
}
