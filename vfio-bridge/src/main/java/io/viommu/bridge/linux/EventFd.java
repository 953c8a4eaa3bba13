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
package io.viommu.bridge.linux;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * An eventfd(2) in counting, non-blocking mode: the wake-up of the fault path in both directions.
 *
 * <p>Any thread may signal or drain. {@link #signal} and {@link #drain} never block and never allocate. Close it when
 * its users have ended: Linux reuses descriptor numbers.
 */
public final class EventFd extends Descriptor {
    /** The largest count {@link #drain} reports; the kernel's limit is 2^64 - 2. */
    public static final long MAX_COUNT = Long.MAX_VALUE;

    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    private static final MethodHandle EVENTFD = LibC.call("eventfd", LibC.INT, LibC.INT, LibC.INT);

    private EventFd(final int fd) {
        super(fd);
    }

    /**
     * A new eventfd with count 0, close-on-exec.
     *
     * @return the eventfd
     * @throws LinuxException if eventfd(2) fails, for instance because too many files are open
     */
    public static EventFd create() {
        final LibC.State state = LibC.state();
        final int fd;
        try {
            fd = (int) EVENTFD.invokeExact(state.errno, 0, EFD_CLOEXEC | EFD_NONBLOCK);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (fd < 0) {
            throw new LinuxException("eventfd", state.errno());
        }
        return new EventFd(fd);
    }

    /**
     * Takes over an eventfd received from elsewhere and makes it non-blocking (for all who share the open file): a
     * peer's choice must not be able to block a reader here.
     *
     * @param fd a descriptor that nobody else closes
     * @return the eventfd
     * @throws LinuxException if {@code fd} is not open, or /proc doesn't say that it is an eventfd
     */
    public static EventFd adopt(final int fd) {
        NativeFile.setNonBlocking(fd);
        if (!StrangersDescriptor.isEventFd(fd)) {
            throw new LinuxException("Descriptor " + fd + " must be an eventfd", Errno.EINVAL);
        }
        return new EventFd(fd);
    }

    /**
     * Adds to the count and wakes whoever waits.
     *
     * @param count 1 or more
     * @return 0, or {@code -EAGAIN} when the count would overflow (the waiter is awake in that case anyway), or
     *         another {@code -errno}
     */
    public int signal(final long count) {
        final MemorySegment value = LibC.state().scratch;
        value.set(LibC.LONG, 0, count);
        return (int) Math.min(LibC.write(fd(), value, Long.BYTES), 0);
    }

    /**
     * Adds one to the count of an eventfd that a stranger shares, who may make it blocking again and fill it at any
     * moment: the kernel signals it for us, which never waits. Where there are no asynchronous requests (io_submit),
     * one that is filled between the look and the signal blocks.
     *
     * @return 0, or {@code -EAGAIN} when the count would overflow, or another {@code -errno}
     */
    public int signalStranger() {
        if (!LibC.takesWrites(fd())) {
            return -Errno.EAGAIN;
        }
        final int done = AsyncSignal.shared().signal(fd());
        return done == -Errno.ENOSYS ? signal(1) : done;
    }

    /**
     * Takes the whole count.
     *
     * @return the count taken, 0 if there was none, or a negative {@code -errno} other than EAGAIN
     */
    public long drain() {
        final MemorySegment value = LibC.state().scratch;
        final long result = LibC.read(fd(), value, Long.BYTES);
        if (result > 0) {
            final long count = value.get(LibC.LONG, 0);
            return count < 0 ? MAX_COUNT : count;
        }
        return result == -Errno.EAGAIN ? 0 : result;
    }

    /**
     * Waits until the count is not 0.
     *
     * @param timeoutMillis how long at most; -1 for ever
     * @return positive if there is a count, 0 when the time is up, or {@code -errno}
     */
    public int await(final int timeoutMillis) {
        return LibC.poll(fd(), timeoutMillis);
    }
}
