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
import io.viommu.fault.FaultSink;
import io.viommu.fault.FaultSource;
import io.viommu.lifecycle.JvmFlag;

/**
 * The reader's end of a queue of iommufd. A read gives whole records, as many as fit; a read of 0 means that it is
 * empty, not that it ended. One reader thread polls. The queue's file is not closed here.
 */
abstract class QueueSource implements FaultSource {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private static final System.Logger LOG = System.getLogger(QueueSource.class.getName());

    private final String title;
    private final String name;
    private final KernelFile file;
    private final AtomicLong read = new AtomicLong();
    private final UnsafeBuffer records = new UnsafeBuffer();
    private MemorySegment segment;
    private int next;
    private int filled;
    private boolean hungUp;
    private volatile String failure;

    /** {@code title} is what people call such a queue, {@code capacity} the bytes to be read at once. */
    QueueSource(final String title, final String name, final KernelFile file, final int capacity) {
        this.title = title;
        this.name = name;
        this.file = file;
        room(capacity);
    }

    final void room(final int capacity) {
        final ByteBuffer memory = ByteBuffer.allocateDirect(capacity);
        segment = MemorySegment.ofBuffer(memory);
        records.wrap(memory);
    }

    /** What was read last; the bytes from {@link #next()} on have not been taken. */
    final UnsafeBuffer records() {
        return records;
    }

    final int next() {
        return next;
    }

    final int left() {
        return filled - next;
    }

    final void skip(final int length) {
        next += length;
    }

    /** Takes what is next, and gives how many records it made of it for the sink. */
    abstract int take(FaultSink sink);

    /** What is wrong with a read of so many bytes; null if they can be records. */
    abstract String misfit(long bytes);

    /** Makes room for a record that didn't fit; false if no larger one is believed. */
    boolean grow() {
        return false;
    }

    @Override
    public final int poll(final FaultSink sink, final int limit) {
        int taken = 0;
        while (taken < limit && (next < filled || fill())) {
            taken += take(sink);
        }
        if (taken > 0) {
            read.lazySet(read.getPlain() + taken);
        }
        return taken;
    }

    private boolean fill() {
        while (failure == null) {
            final long got = file.read(segment);
            if (got == 0 || got == -Errno.EAGAIN || got == -Errno.EINTR) {
                if (hungUp) {
                    fail("was closed by the other side");
                }
                return false;
            }
            if (got > 0) {
                return accept(got);
            }
            if (got != -Errno.EINVAL || !grow()) {
                fail("can't be read: " + Errno.describe((int) -got));
            }
        }
        return false;
    }

    private boolean accept(final long got) {
        final String misfit = got > records.capacity() ? "more than was asked for" : misfit(got);
        if (misfit != null) {
            fail("gave " + got + " bytes, " + misfit);
            return false;
        }
        next = 0;
        filled = (int) got;
        return true;
    }

    final void fail(final String what) {
        next = filled;
        failure = "The " + title + " " + name + " " + what + ".";
        LOG.log(System.Logger.Level.WARNING, failure);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int readyFd() {
        return file.fd();
    }

    @Override
    public final void hungUp() {
        hungUp = true;
    }

    @Override
    public final boolean exhausted() {
        return failure != null;
    }

    /**
     * Why the source gave up.
     *
     * @return one sentence, or null while it works.
     */
    public final String failure() {
        return failure;
    }

    /**
     * Records made so far, of whatever kind.
     *
     * @return exact once the reader has stopped, else a momentary figure.
     */
    public final long read() {
        return read.get();
    }

    /** Does nothing: the file belongs to the queue. */
    @Override
    public final void close() {
        // nothing of its own
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "(" + name + ")";
    }
}
