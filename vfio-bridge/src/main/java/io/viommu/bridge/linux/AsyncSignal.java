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

/**
 * Signals eventfds of strangers without ever waiting for them. A write(2) to an eventfd that is full waits unless the
 * open file is non-blocking, and whoever shares it can change that, and fill it, at any moment. The kernel's own
 * signal, which it sends when an asynchronous request of io_submit(2) ends, never waits: so the request here is to poll
 * a socket of our own that always takes writes, and ends at once.
 *
 * <pre>
 *  struct iocb   0 data  8 key  12 rw_flags  16 u16 opcode  20 fd  24 buf (poll: the events)  32 nbytes  40 offset
 *               56 flags  60 resfd                                                             (64 bytes)
 * </pre>
 *
 * <p>Any thread, one at a time.
 */
final class AsyncSignal {
    private static final int EVENT_SIZE = 32;
    private static final int ROOM = 16;
    private static final int OPCODE = 16;
    private static final int FD = 20;
    private static final int EVENTS = 24;
    private static final int FLAGS = 56;
    private static final int RESULT_FD = 60;
    private static final int IOCB_SIZE = 64;
    private static final short IOCB_CMD_POLL = 5;
    private static final int IOCB_FLAG_RESFD = 1;
    private static final long POLLOUT = 4;

    private static final boolean X86 = Epoll.isPacked(System.getProperty("os.arch"));
    private static final long IO_SETUP = X86 ? 206 : 0;
    private static final long IO_GETEVENTS = X86 ? 208 : 4;
    private static final long IO_SUBMIT = X86 ? 209 : 2;

    private static final MethodHandle SETUP = LibC.variadic("syscall", 1, LibC.LONG, LibC.LONG, LibC.INT,
            LibC.ADDRESS);
    private static final MethodHandle SUBMIT = LibC.variadic("syscall", 1, LibC.LONG, LibC.LONG, LibC.LONG, LibC.LONG,
            LibC.ADDRESS);
    private static final MethodHandle GET_EVENTS = LibC.variadic("syscall", 1, LibC.LONG, LibC.LONG, LibC.LONG,
            LibC.LONG, LibC.LONG, LibC.ADDRESS, LibC.ADDRESS);

    private static final AsyncSignal SHARED = new AsyncSignal();

    private final MemorySegment request = Arena.ofAuto().allocate(IOCB_SIZE, 8);
    private final MemorySegment requests = Arena.ofAuto().allocate(8, 8);
    private final MemorySegment ended = Arena.ofAuto().allocate((long) ROOM * EVENT_SIZE, 8);
    private int writable;
    private long context;

    private AsyncSignal() {
    }

    /** The one of this process. */
    static AsyncSignal shared() {
        return SHARED;
    }

    /**
     * Adds one to an eventfd's count, or leaves it at the most that it can hold.
     *
     * @return 0; {@code -EINVAL} if it is no eventfd; {@code -ENOSYS} if this kernel, or what confines this process,
     *         has no asynchronous requests
     */
    synchronized int signal(final int fd) {
        if (context == 0 && !setUp()) {
            return -Errno.ENOSYS;
        }
        request.set(LibC.INT, RESULT_FD, fd);
        final LibC.State state = LibC.state();
        try {
            final long submitted = state
                    .outcome((long) SUBMIT.invokeExact(state.errno, IO_SUBMIT, context, 1L, requests));
            if (submitted < 0) {
                return (int) submitted;
            }
            // What it said is told by the eventfd; here it only makes room for the next.
            final long ignored = (long) GET_EVENTS.invokeExact(state.errno, IO_GETEVENTS, context, 0L, (long) ROOM,
                    ended, MemorySegment.NULL);
            return 0;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    private boolean setUp() {
        final LibC.State state = LibC.state();
        final MemorySegment made = state.scratch;
        made.set(LibC.LONG, 0, 0);
        try {
            final long result = (long) SETUP.invokeExact(state.errno, IO_SETUP, ROOM, made);
            if (result < 0) {
                return false;
            }
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        context = made.get(LibC.LONG, 0);
        writable = UnixSocket.open();
        request.set(ValueLayout.JAVA_SHORT, OPCODE, IOCB_CMD_POLL);
        request.set(LibC.INT, FD, writable);
        request.set(LibC.LONG, EVENTS, POLLOUT);
        request.set(LibC.INT, FLAGS, IOCB_FLAG_RESFD);
        requests.set(LibC.LONG, 0, request.address());
        return true;
    }
}
