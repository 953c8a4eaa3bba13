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

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

import io.viommu.lifecycle.JvmFlag;

/**
 * Downcall handles of the C library. Every handle takes a capture segment for errno first: {@link #state()}.
 *
 * <p>Handles are static finals so that the JIT sees constants. None is {@code critical}: a critical call holds up
 * safepoints, and buys nothing measurable beside a system call.
 */
@SuppressWarnings("restricted") // the purpose of this class: calling into the C library
final class LibC {
    static {
        JvmFlag.require(LibC.class, JvmFlag.SYSTEM_CALLS);
    }

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final AddressLayout ADDRESS = ValueLayout.ADDRESS;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle CLOSE = call("close", INT, INT);
    static final MethodHandle OPEN = variadic("open", 2, INT, ADDRESS, INT, INT);
    private static final MethodHandle READ = call("read", LONG, INT, ADDRESS, LONG);
    private static final MethodHandle WRITE = call("write", LONG, INT, ADDRESS, LONG);
    private static final MethodHandle PREAD = call("pread", LONG, INT, ADDRESS, LONG, LONG);
    private static final MethodHandle PWRITE = call("pwrite", LONG, INT, ADDRESS, LONG, LONG);
    static final MethodHandle LSEEK = call("lseek", LONG, INT, LONG, INT);
    private static final MethodHandle FCNTL = variadic("fcntl", 2, INT, INT, INT, INT);
    static final MethodHandle IOCTL = variadic("ioctl", 2, INT, INT, LONG, ADDRESS);
    private static final MethodHandle POLL = call("poll", INT, ADDRESS, LONG, INT);
    static final MethodHandle FTRUNCATE = call("ftruncate", INT, INT, LONG);
    private static final MethodHandle MMAP = call("mmap", ADDRESS, ADDRESS, LONG, INT, INT, INT, LONG);
    private static final MethodHandle MUNMAP = call("munmap", INT, ADDRESS, LONG);

    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final long MAP_FAILED = -1;

    /** struct pollfd: s32 fd, s16 events, s16 revents; written as one int on this little-endian ABI. */
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;
    private static final int REVENTS = 16;

    /** Errno capture and a little scratch memory of one thread: hot calls allocate nothing and share nothing. */
    static final class State {
        final MemorySegment errno = Arena.ofAuto().allocate(STATE_LAYOUT);
        final MemorySegment scratch = Arena.ofAuto().allocate(16, 8);

        int errno() {
            return (int) ERRNO.get(errno, 0L);
        }

        /** What a call returned, or {@code -errno} if that is negative. */
        long outcome(final long returned) {
            return returned >= 0 ? returned : -errno();
        }
    }

    private static final ThreadLocal<State> STATE = ThreadLocal.withInitial(State::new);

    private LibC() {
    }

    static State state() {
        return STATE.get();
    }

    static MethodHandle call(final String name, final MemoryLayout result, final MemoryLayout... arguments) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    static MethodHandle variadic(final String name, final int first, final MemoryLayout result,
            final MemoryLayout... arguments) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(first));
    }

    /** A downcall handle throws only on a programming error: a wrong type or a dead segment. */
    static IllegalStateException unexpected(final Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException runtime) {
            throw runtime;
        }
        return new IllegalStateException(thrown);
    }

    /** Closes and reports nothing: after close(2) the descriptor is gone whatever it returned. */
    static void close(final int fd) {
        try {
            final int ignored = (int) CLOSE.invokeExact(state().errno, fd);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static int fcntl(final int fd, final int command, final int argument, final String what) {
        final int result = tryFcntl(fd, command, argument);
        if (result < 0) {
            throw new LinuxException(what + " (descriptor " + fd + ")", -result);
        }
        return result;
    }

    /** fcntl(2) with a number: its result or {@code -errno}. */
    static int tryFcntl(final int fd, final int command, final int argument) {
        final State state = state();
        try {
            return (int) state.outcome((int) FCNTL.invokeExact(state.errno, fd, command, argument));
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** A shared mapping, as a segment of no size; {@code where} ends the sentence if the kernel refuses. */
    static MemorySegment mmap(final int fd, final long offset, final long size, final boolean writable,
            final String where) {
        final State state = state();
        final MemorySegment mapping;
        try {
            mapping = (MemorySegment) MMAP.invokeExact(state.errno, MemorySegment.NULL, size,
                    writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
        if (mapping.address() == MAP_FAILED) {
            throw new LinuxException("mmap of " + size + " bytes " + where, state.errno());
        }
        return mapping;
    }

    /** Unmaps and reports nothing: it fails only for a range that is none. */
    static void munmap(final MemorySegment mapping, final long size) {
        try {
            final int ignored = (int) MUNMAP.invokeExact(state().errno, mapping, size);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** read(2), EINTR retried: a byte count or {@code -errno}. */
    static long read(final int fd, final MemorySegment bytes, final long length) {
        final State state = state();
        try {
            long done;
            do {
                done = state.outcome((long) READ.invokeExact(state.errno, fd, bytes, length));
            } while (done == -Errno.EINTR);
            return done;
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** write(2), EINTR retried: a byte count or {@code -errno}. */
    static long write(final int fd, final MemorySegment bytes, final long length) {
        final State state = state();
        try {
            long done;
            do {
                done = state.outcome((long) WRITE.invokeExact(state.errno, fd, bytes, length));
            } while (done == -Errno.EINTR);
            return done;
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** pread(2), EINTR retried: a byte count or {@code -errno}. */
    static long pread(final int fd, final MemorySegment bytes, final long length, final long position) {
        final State state = state();
        try {
            long done;
            do {
                done = state.outcome((long) PREAD.invokeExact(state.errno, fd, bytes, length, position));
            } while (done == -Errno.EINTR);
            return done;
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** pwrite(2), EINTR retried: a byte count or {@code -errno}. */
    static long pwrite(final int fd, final MemorySegment bytes, final long length, final long position) {
        final State state = state();
        try {
            long done;
            do {
                done = state.outcome((long) PWRITE.invokeExact(state.errno, fd, bytes, length, position));
            } while (done == -Errno.EINTR);
            return done;
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** poll(2) of one descriptor for reading: positive when ready, 0 when the time is up, or {@code -errno}. */
    static int poll(final int fd, final int timeoutMillis) {
        return poll(fd, POLLIN, timeoutMillis);
    }

    /**
     * Waits until a descriptor takes bytes, or has some, again and again until a time; interrupted waits go on.
     *
     * @param end a time of {@link System#nanoTime}
     * @return false when the time is up
     */
    static boolean await(final int fd, final boolean forWriting, final long end) {
        while (true) {
            final long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            final int millis = (int) Math.min(Integer.MAX_VALUE, left / 1_000_000 + 1);
            final int ready = poll(fd, forWriting ? POLLOUT : POLLIN, millis);
            if (ready > 0 || ready < 0 && ready != -Errno.EINTR) {
                return true; // also when it is in error: the next call says how
            }
        }
    }

    /** Whether a write to a descriptor would not wait now. */
    static boolean takesWrites(final int fd) {
        return poll(fd, POLLOUT, 0) > 0 && (state().scratch.get(INT, 4) >>> REVENTS & POLLOUT) != 0;
    }

    private static int poll(final int fd, final int events, final int timeoutMillis) {
        if (fd < 0) {
            return -Errno.EBADF; // poll(2) would ignore a negative descriptor and wait for ever
        }
        final State state = state();
        state.scratch.set(INT, 0, fd);
        state.scratch.set(INT, 4, events); // and revents, the upper half, 0
        try {
            final int ready = (int) POLL.invokeExact(state.errno, state.scratch, 1L, timeoutMillis);
            return (int) state.outcome(ready);
        } catch (final Throwable thrown) {
            throw unexpected(thrown);
        }
    }
}
