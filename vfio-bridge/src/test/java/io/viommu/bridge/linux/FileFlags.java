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

/** What somebody else who shares an open file can do to it. */
public final class FileFlags {
    /** memfd_create(2): seals may be added. */
    public static final int ALLOW_SEALING = 2;
    /** memfd_create(2): of huge pages. */
    public static final int HUGE_PAGES = 4;
    /** Seal: the file gets no shorter. */
    public static final int SEAL_SHRINK = 2;
    /** Seal: the file gets no longer. */
    public static final int SEAL_GROW = 4;
    /** Seal: nobody writes any more. */
    public static final int SEAL_WRITE = 8;
    /** Seal: nobody new writes. */
    public static final int SEAL_FUTURE_WRITE = 16;

    private static final int F_SETFL = 4;
    private static final int F_ADD_SEALS = 1033;
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM_NONBLOCK = 1 | 0x800;
    private static final int SOL_SOCKET = 1;
    private static final int SO_LINGER = 13;
    private static final MethodHandle CONNECT = LibC.call("connect", LibC.INT, LibC.INT, LibC.ADDRESS, LibC.INT);
    private static final MethodHandle SETSOCKOPT = LibC.call("setsockopt", LibC.INT, LibC.INT, LibC.INT, LibC.INT,
            LibC.ADDRESS, LibC.INT);
    private static final MethodHandle MEMFD_CREATE = LibC.call("memfd_create", LibC.INT, LibC.ADDRESS, LibC.INT);

    private FileFlags() {
    }

    /** Has reads and writes of the open file wait. */
    public static void makeBlocking(final int fd) {
        LibC.fcntl(fd, F_SETFL, 0, "clear O_NONBLOCK");
    }

    /** Adds seals to a memfd; refused by anything else. */
    public static void seal(final int fd, final int seals) {
        LibC.fcntl(fd, F_ADD_SEALS, seals, "seal");
    }

    /** A new memfd with flags of memfd_create(2), of so many bytes; nothing is sealed. */
    public static NativeFile memfd(final int flags, final long size) {
        final LibC.State state = LibC.state();
        try (Arena arena = Arena.ofConfined()) {
            final int fd = (int) MEMFD_CREATE.invokeExact(state.errno, arena.allocateFrom("strange"), flags);
            if (fd < 0) {
                throw new LinuxException("memfd_create", state.errno());
            }
            final NativeFile file = NativeFile.adopt(fd);
            cut(file, size);
            return file;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /** Makes a file that long. */
    public static void cut(final NativeFile file, final long size) {
        final LibC.State state = LibC.state();
        try {
            if ((int) LibC.FTRUNCATE.invokeExact(state.errno, file.fd(), size) < 0) {
                throw new LinuxException("ftruncate", state.errno());
            }
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * A TCP socket whose last close(2) takes so long: it is connected to a listener on this host, which takes nothing,
     * and it has more to send than fits.
     */
    public static int lingering(final int port, final int seconds) {
        final LibC.State state = LibC.state();
        try (Arena arena = Arena.ofConfined()) {
            final int fd = (int) UnixSocket.SOCKET.invokeExact(state.errno, AF_INET, SOCK_STREAM_NONBLOCK, 0);
            final MemorySegment address = arena.allocate(16, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
            address.set(ValueLayout.JAVA_SHORT, 2, Short.reverseBytes((short) port));
            address.set(ValueLayout.JAVA_INT, 4, 0x0100_007F);
            final int connecting = (int) CONNECT.invokeExact(state.errno, fd, address, 16);
            final MemorySegment linger = arena.allocate(8, 4);
            linger.set(ValueLayout.JAVA_INT, 0, 1);
            linger.set(ValueLayout.JAVA_INT, 4, seconds);
            final int set = (int) SETSOCKOPT.invokeExact(state.errno, fd, SOL_SOCKET, SO_LINGER, linger, 8);
            if (fd < 0 || set < 0 || !LibC.takesWrites(fd) && connecting < 0 && !waitForRoom(fd)) {
                throw new LinuxException("a lingering socket", state.errno());
            }
            final MemorySegment bytes = arena.allocate(1 << 16);
            while (LibC.write(fd, bytes, bytes.byteSize()) > 0) {
                Thread.onSpinWait();
            }
            return fd;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    private static boolean waitForRoom(final int fd) {
        return LibC.await(fd, true, System.nanoTime() + 10_000_000_000L);
    }
}
