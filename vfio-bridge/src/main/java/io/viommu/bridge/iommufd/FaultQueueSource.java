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

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.uapi.IommufdQueues.PgfaultLayout;
import io.viommu.fault.FaultDisposition;
import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;
import io.viommu.fault.PageResponder;

/**
 * The reader's end of an iommufd fault queue, and the way the answers go back.
 *
 * <p>The kernel hands out whole groups and numbers each with a cookie, which it uses again as soon as the group is
 * answered, also by itself when a device is detached. So a record carries that cookie with a generation above it, and
 * only the first answer to a group that is still open is written: one that comes late can't answer the wrong group.
 *
 * <p>The descriptor is always writable: wait for readability alone. One reader thread polls, any thread answers.
 */
public final class FaultQueueSource extends QueueSource implements PageResponder {

    private static final int FIRST_CAPACITY = 256 * PgfaultLayout.LENGTH;
    /** A group of more requests than this is not believed. */
    private static final int LAST_CAPACITY = (1 << 16) * PgfaultLayout.LENGTH;
    private static final int PASID_BITS = 20;
    private static final long FLAGS = PgfaultLayout.FLAG_PASID_VALID | PgfaultLayout.FLAG_LAST_PAGE;
    private static final long PERMISSIONS = PgfaultLayout.PERM_READ | PgfaultLayout.PERM_WRITE | PgfaultLayout.PERM_EXEC
            | PgfaultLayout.PERM_PRIV;

    private final int source;
    private final RecoverableForm form;
    private final OpenGroups groups = new OpenGroups();
    private final PageResponseWriter answers;
    private int cookie;
    private long token;

    /**
     * Reads a queue.
     *
     * @param name   for people.
     * @param source number of the source, as the routes know it.
     * @param file   the queue's file; the caller closes it when the reader has let go.
     * @param form   what the faults of its devices are.
     */
    public FaultQueueSource(final String name, final int source, final KernelFile file, final RecoverableForm form) {
        super("fault queue", name, file, FIRST_CAPACITY);
        this.source = source;
        this.form = form;
        this.answers = new PageResponseWriter(name, file, groups);
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
    String misfit(final long bytes) {
        return bytes % PgfaultLayout.LENGTH == 0 ? null : "which is not a multiple of " + PgfaultLayout.LENGTH;
    }

    /** Memory is made only when a group is larger than ever before: the first one doesn't fit. */
    @Override
    boolean grow() {
        final int capacity = records().capacity();
        if (capacity == LAST_CAPACITY) {
            return false;
        }
        room(Math.min(capacity * 4, LAST_CAPACITY));
        return true;
    }

    @Override
    int take(final FaultSink sink) {
        final UnsafeBuffer records = records();
        final int at = next();
        skip(PgfaultLayout.LENGTH);
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
            return 1;
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
        return 1;
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
}
