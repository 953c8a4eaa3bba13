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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;

/**
 * An epoll(7) set, level-triggered, for reading only: an iommufd fault queue reports itself writable always, so a mask
 * with EPOLLOUT would spin.
 *
 * <pre>
 *  struct epoll_event    x86-64 (packed)      elsewhere
 *    events  u32           0                     0
 *    data    u64           4                     8
 *    size                 12                    16
 * </pre>
 *
 * <p>Any thread may add and remove; one thread awaits and reads the results, which stay valid until its next
 * {@link #await}. {@link #await} allocates nothing.
 */
public final class Epoll extends Descriptor {
    /** There is something to read (EPOLLIN). */
    public static final int READABLE = 1;
    /** The descriptor is in error (EPOLLERR); always reported. */
    public static final int ERROR = 8;
    /** The peer has hung up (EPOLLHUP); always reported. */
    public static final int HANG_UP = 16;

    private static final boolean PACKED = isPacked(System.getProperty("os.arch"));
    static final int EVENT_SIZE = eventSize(PACKED);
    static final int DATA_OFFSET = dataOffset(PACKED);

    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final ValueLayout.OfLong DATA = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt EVENTS = ValueLayout.JAVA_INT_UNALIGNED;

    private static final MethodHandle CREATE = LibC.call("epoll_create1", LibC.INT, LibC.INT);
    private static final MethodHandle CONTROL = LibC.call("epoll_ctl", LibC.INT, LibC.INT, LibC.INT, LibC.INT,
            LibC.ADDRESS);
    private static final MethodHandle WAIT = LibC.call("epoll_wait", LibC.INT, LibC.INT, LibC.ADDRESS, LibC.INT,
            LibC.INT);

    private final int capacity;
    private final MemorySegment ready;

    private Epoll(final int fd, final int capacity) {
        super(fd);
        this.capacity = capacity;
        ready = Arena.ofAuto().allocate((long) capacity * EVENT_SIZE, 8);
    }

    static boolean isPacked(final String architecture) {
        return architecture.equals("amd64") || architecture.equals("x86_64");
    }

    static int eventSize(final boolean packed) {
        return packed ? 12 : 16;
    }

    static int dataOffset(final boolean packed) {
        return packed ? 4 : 8;
    }

    /**
     * A new, empty set.
     *
     * @param capacity how many ready descriptors one {@link #await} can report, 1 or more; more may be watched
     * @return the set
     * @throws LinuxException if epoll_create1(2) fails
     */
    public static Epoll create(final int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("epoll capacity must be 1 or more, not " + capacity + ".");
        }
        final LibC.State state = LibC.state();
        final int fd;
        try {
            fd = (int) CREATE.invokeExact(state.errno, EPOLL_CLOEXEC);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (fd < 0) {
            throw new LinuxException("epoll_create1", state.errno());
        }
        return new Epoll(fd, capacity);
    }

    /**
     * Watches a descriptor for reading.
     *
     * @param fd the descriptor
     * @param token what {@link #token} answers for it
     * @throws LinuxException if it is watched already, is not open, or can't be watched (a plain file)
     */
    public void add(final int fd, final long token) {
        final LibC.State state = LibC.state();
        state.scratch.set(EVENTS, 0, READABLE);
        state.scratch.set(DATA, DATA_OFFSET, token);
        control(state, EPOLL_CTL_ADD, fd, "epoll_ctl add of descriptor " + fd);
    }

    /**
     * Stops watching a descriptor; do it before closing the descriptor.
     *
     * @param fd the descriptor
     * @throws LinuxException if it is not watched
     */
    public void remove(final int fd) {
        control(LibC.state(), EPOLL_CTL_DEL, fd, "epoll_ctl remove of descriptor " + fd);
    }

    private void control(final LibC.State state, final int operation, final int fd, final String what) {
        final int result;
        try {
            result = (int) CONTROL.invokeExact(state.errno, fd(), operation, fd, state.scratch);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (result < 0) {
            throw new LinuxException(what, state.errno());
        }
    }

    /**
     * Waits until a watched descriptor is ready. An interrupted wait goes on for the rest of its time.
     *
     * @param timeoutMillis milliseconds; 0 to look only, -1 for ever
     * @return how many are ready, 0 after the time is up, or {@code -errno}
     */
    public int await(final int timeoutMillis) {
        final LibC.State state = LibC.state();
        final long start = timeoutMillis > 0 ? System.nanoTime() : 0;
        int left = timeoutMillis;
        try {
            while (true) {
                final int count = (int) WAIT.invokeExact(state.errno, fd(), ready, capacity, left);
                if (count >= 0) {
                    return count;
                }
                final int errno = state.errno();
                if (errno != Errno.EINTR) {
                    return -errno;
                }
                if (timeoutMillis > 0) {
                    final long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                    left = (int) Math.max(0, timeoutMillis - passed);
                }
            }
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * The token of a ready descriptor.
     *
     * @param index 0 to the last {@link #await}'s result less one
     * @return the token given to {@link #add}
     */
    public long token(final int index) {
        return ready.get(DATA, (long) index * EVENT_SIZE + DATA_OFFSET);
    }

    /**
     * Why a descriptor is ready.
     *
     * @param index 0 to the last {@link #await}'s result less one
     * @return a set of {@link #READABLE}, {@link #ERROR}, {@link #HANG_UP}
     */
    public int events(final int index) {
        return ready.get(EVENTS, (long) index * EVENT_SIZE);
    }
}
