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

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A listening unix(7) stream socket: bound to a path that it removes when closed, or to an abstract name, which leaves
 * nothing behind whatever happens.
 */
public final class UnixListener extends Descriptor {
    private static final int ACCEPT_CLOEXEC = 0x80000;
    private static final int BACKLOG = 16;
    private static final MethodHandle BIND = LibC.call("bind", LibC.INT, LibC.INT, LibC.ADDRESS, LibC.INT);
    private static final MethodHandle LISTEN = LibC.call("listen", LibC.INT, LibC.INT, LibC.INT);
    private static final MethodHandle ACCEPT = LibC.call("accept4", LibC.INT, LibC.INT, LibC.ADDRESS, LibC.ADDRESS,
            LibC.INT);

    private final String name;
    private final Path path;

    private UnixListener(final int fd, final String name, final Path path) {
        super(fd);
        this.name = name;
        this.path = path;
    }

    /**
     * Binds and listens. Who may connect is decided by the folder's permissions.
     *
     * @param path where, at most 107 bytes; nothing may exist there
     * @return the listener
     * @throws LinuxException if the path can't be bound, for instance because it exists
     */
    public static UnixListener bind(final Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return bind(UnixAddress.of(path, arena), path.toString(), path);
        }
    }

    /**
     * Binds to an abstract name and listens. Everybody on this machine may connect: look at
     * {@link UnixSocket#peerProcess} of who did.
     *
     * @param name at most 106 bytes; nobody may have it
     * @return the listener
     * @throws LinuxException if the name can't be bound, for instance because somebody has it
     */
    public static UnixListener bindAbstract(final String name) {
        try (Arena arena = Arena.ofConfined()) {
            return bind(UnixAddress.ofAbstract(name, arena), "@" + name, null);
        }
    }

    private static UnixListener bind(final MemorySegment address, final String name, final Path path) {
        final int fd = UnixSocket.open();
        final LibC.State state = LibC.state();
        try {
            final int bound = (int) BIND.invokeExact(state.errno, fd, address, (int) address.byteSize());
            if (bound < 0) {
                throw new LinuxException("bind to " + name, state.errno());
            }
            final int listening = (int) LISTEN.invokeExact(state.errno, fd, BACKLOG);
            if (listening < 0) {
                throw new LinuxException("listen on " + name, state.errno());
            }
        } catch (final Throwable thrown) {
            LibC.close(fd);
            throw LibC.unexpected(thrown);
        }
        return new UnixListener(fd, name, path);
    }

    /**
     * Waits until somebody connects.
     *
     * @param timeoutMillis milliseconds; 0 to look only, -1 for ever
     * @return false when the time is up, or a signal interrupted the wait
     */
    public boolean await(final int timeoutMillis) {
        return LibC.poll(fd(), timeoutMillis) > 0;
    }

    /**
     * Accepts one connection, waiting for it.
     *
     * @return the connection
     * @throws LinuxException if accept4(2) fails
     */
    public UnixSocket accept() {
        final LibC.State state = LibC.state();
        int fd;
        int errno = 0;
        try {
            do {
                fd = (int) ACCEPT.invokeExact(state.errno, fd(), MemorySegment.NULL, MemorySegment.NULL,
                        ACCEPT_CLOEXEC);
                errno = fd < 0 ? state.errno() : 0;
            } while (errno == Errno.EINTR);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (fd < 0) {
            throw new LinuxException("accept on " + name, errno);
        }
        return UnixSocket.adopt(fd);
    }

    @Override
    public void close() {
        if (!release() || path == null) {
            return;
        }
        try {
            Files.deleteIfExists(path);
        } catch (final IOException gone) {
            // The socket file is only a name; a folder removed meanwhile took it along.
        }
    }
}
