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
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A connected stream socket of the unix(7) family that can carry file descriptors (SCM_RIGHTS), which the JDK's own
 * socket channels can't.
 *
 * <p>One thread may send while another receives; several senders (or receivers) take turns under a lock. This is the
 * control path: receiving descriptors allocates. {@link #shutdown} wakes a receiver; close after it has ended.
 */
public final class UnixSocket extends Descriptor {
    /** How many descriptors one message can carry; the kernel's limit. */
    public static final int MAX_DESCRIPTORS = MessageHeader.MAX_DESCRIPTORS;

    static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int SHUT_RDWR = 2;
    private static final int[] NONE = {};

    static final MethodHandle SOCKET = LibC.call("socket", LibC.INT, LibC.INT, LibC.INT, LibC.INT);
    private static final MethodHandle SOCKETPAIR = LibC.call("socketpair", LibC.INT, LibC.INT, LibC.INT, LibC.INT,
            LibC.ADDRESS);
    private static final MethodHandle CONNECT = LibC.call("connect", LibC.INT, LibC.INT, LibC.ADDRESS, LibC.INT);
    private static final MethodHandle SENDMSG = LibC.call("sendmsg", LibC.LONG, LibC.INT, LibC.ADDRESS, LibC.INT);
    private static final MethodHandle RECVMSG = LibC.call("recvmsg", LibC.LONG, LibC.INT, LibC.ADDRESS, LibC.INT);
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int UCRED = 12;
    private static final int SO_RCVTIMEO = 20;
    private static final MethodHandle SETSOCKOPT = LibC.call("setsockopt", LibC.INT, LibC.INT, LibC.INT, LibC.INT,
            LibC.ADDRESS, LibC.INT);
    private static final MethodHandle GETSOCKOPT = LibC.call("getsockopt", LibC.INT, LibC.INT, LibC.INT, LibC.INT,
            LibC.ADDRESS, LibC.ADDRESS);
    private static final MethodHandle SHUTDOWN = LibC.call("shutdown", LibC.INT, LibC.INT, LibC.INT);

    private final MessageHeader outgoing = new MessageHeader();
    private final MessageHeader incoming = new MessageHeader();
    private volatile long sendNanos;

    /**
     * What one receive call brought.
     *
     * @param bytes how many bytes, 0 when the peer has closed
     * @param descriptors the descriptors that came with them, close-on-exec, owned by the caller; mostly empty
     */
    public record Received(int bytes, int[] descriptors) {
        /**
         * Whether the peer has closed its end.
         *
         * @return true at the end of the stream
         */
        public boolean atEnd() {
            return bytes == 0;
        }
    }

    private UnixSocket(final int fd) {
        super(fd);
    }

    /**
     * Takes over a connected stream socket.
     *
     * @param fd a descriptor that nobody else closes
     * @return the socket
     */
    public static UnixSocket adopt(final int fd) {
        return new UnixSocket(fd);
    }

    /**
     * Two sockets connected to each other.
     *
     * @return an array of two
     * @throws LinuxException if socketpair(2) fails
     */
    public static UnixSocket[] pair() {
        final LibC.State state = LibC.state();
        final MemorySegment two = state.scratch;
        final int result;
        try {
            result = (int) SOCKETPAIR.invokeExact(state.errno, UnixAddress.AF_UNIX, SOCK_STREAM_CLOEXEC, 0, two);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (result < 0) {
            throw new LinuxException("socketpair", state.errno());
        }
        return new UnixSocket[]{ new UnixSocket(two.get(LibC.INT, 0)), new UnixSocket(two.get(LibC.INT, 4)) };
    }

    /**
     * Connects to a listening socket.
     *
     * @param path where it listens, at most 107 bytes
     * @return the connection
     * @throws LinuxException if nobody listens there
     */
    public static UnixSocket connect(final Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return connect(UnixAddress.of(path, arena), path.toString());
        }
    }

    /**
     * Connects to a socket that listens at an abstract name.
     *
     * @param name at most 106 bytes
     * @return the connection
     * @throws LinuxException if nobody listens there
     */
    public static UnixSocket connectAbstract(final String name) {
        try (Arena arena = Arena.ofConfined()) {
            return connect(UnixAddress.ofAbstract(name, arena), "@" + name);
        }
    }

    private static UnixSocket connect(final MemorySegment address, final String name) {
        final int fd = open();
        final LibC.State state = LibC.state();
        final int result;
        try {
            result = (int) CONNECT.invokeExact(state.errno, fd, address, (int) address.byteSize());
        } catch (final Throwable thrown) {
            LibC.close(fd);
            throw LibC.unexpected(thrown);
        }
        if (result < 0) {
            final int errno = state.errno();
            LibC.close(fd);
            throw new LinuxException("connect to " + name, errno);
        }
        return new UnixSocket(fd);
    }

    /**
     * Who connected, or listened when this connected: the kernel's word, not the peer's.
     *
     * @return its process id
     * @throws LinuxException if the kernel doesn't tell
     */
    public long peerProcess() {
        final LibC.State state = LibC.state();
        final int result;
        final int process;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment credentials = arena.allocate(UCRED, Integer.BYTES); // pid, uid, gid
            final MemorySegment size = arena.allocateFrom(LibC.INT, UCRED);
            result = (int) GETSOCKOPT.invokeExact(state.errno, fd(), SOL_SOCKET, SO_PEERCRED, credentials, size);
            process = credentials.get(LibC.INT, 0);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (result < 0) {
            throw new LinuxException("ask who the peer is", state.errno());
        }
        return process;
    }

    static int open() {
        final LibC.State state = LibC.state();
        final int fd;
        try {
            fd = (int) SOCKET.invokeExact(state.errno, UnixAddress.AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (fd < 0) {
            throw new LinuxException("socket", state.errno());
        }
        return fd;
    }

    /**
     * Sends all bytes, waiting for room; copies of the descriptors go with the first of them.
     *
     * @param bytes a native segment of 1 byte or more
     * @param descriptors at most {@link #MAX_DESCRIPTORS}; the caller goes on owning its own
     * @throws LinuxException if the peer has gone or the kernel refuses
     */
    public void send(final MemorySegment bytes, final int... descriptors) {
        if (descriptors.length > MAX_DESCRIPTORS || bytes.byteSize() == 0) {
            throw new IllegalArgumentException("A message has 1 byte or more and at most " + MAX_DESCRIPTORS
                    + " descriptors, not " + bytes.byteSize() + " bytes and " + descriptors.length + ".");
        }
        synchronized (outgoing) {
            final long bound = sendNanos;
            final long end = bound == 0 ? 0 : System.nanoTime() + bound;
            final int flags = bound == 0 ? MSG_NOSIGNAL : MSG_NOSIGNAL | MSG_DONTWAIT;
            int[] attached = descriptors;
            long sent = 0;
            while (sent < bytes.byteSize()) {
                final long done = transfer(SENDMSG, outgoing.toSend(bytes.asSlice(sent), attached), flags);
                if (done == -Errno.EAGAIN && bound != 0 && LibC.await(fd(), true, end)) {
                    continue;
                }
                if (done < 0) {
                    throw new LinuxException("sendmsg of " + bytes.byteSize() + " bytes and " + descriptors.length
                            + " descriptors", (int) -done);
                }
                sent += done;
                attached = NONE;
            }
        }
    }

    /**
     * Waits for bytes and takes what is there, at most the buffer's size.
     *
     * @param buffer a native segment of 1 byte or more
     * @return how many bytes and which descriptors
     * @throws LinuxException if the kernel refuses, or some of the descriptors sent could not be received (too many
     *         open files); those that could are closed then
     */
    public Received receive(final MemorySegment buffer) {
        synchronized (incoming) {
            return received(transfer(RECVMSG, incoming.toReceive(buffer), MSG_CMSG_CLOEXEC));
        }
    }

    /**
     * Waits for bytes as {@link #receive(MemorySegment)} does, but not beyond a time, which may stand for several
     * calls: who sends a byte now and then doesn't get more of it.
     *
     * @param buffer a native segment of 1 byte or more
     * @param end when to give up, as {@link System#nanoTime} counts
     * @return how many bytes and which descriptors
     * @throws LinuxException as there; ETIMEDOUT when the time is up
     */
    public Received receive(final MemorySegment buffer, final long end) {
        synchronized (incoming) {
            while (true) {
                final long done = transfer(RECVMSG, incoming.toReceive(buffer), MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
                if (done != -Errno.EAGAIN) {
                    return received(done);
                }
                if (!LibC.await(fd(), false, end)) {
                    throw new LinuxException("recvmsg of the rest of a message", Errno.ETIMEDOUT);
                }
            }
        }
    }

    private Received received(final long done) {
        if (done < 0) {
            throw new LinuxException("recvmsg", (int) -done);
        }
        final int[] descriptors = incoming.received();
        if (incoming.truncated() || descriptors.length > 0 && StrangersDescriptor.tooMany()) {
            for (final int fd : descriptors) {
                StrangersDescriptor.close(fd);
            }
            throw new LinuxException("recvmsg lost descriptors: raise the open-files limit (ulimit -n)", 0);
        }
        return new Received((int) done, descriptors);
    }

    private long transfer(final MethodHandle call, final MemorySegment header, final int flags) {
        final LibC.State state = LibC.state();
        try {
            long done;
            do {
                done = state.outcome((long) call.invokeExact(state.errno, fd(), header, flags));
            } while (done == -Errno.EINTR);
            return done;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * Waits until there is something to receive (or the peer has closed).
     *
     * @param timeoutMillis milliseconds; 0 to look only, -1 for ever
     * @return false when the time is up, or a signal interrupted the wait
     */
    public boolean await(final int timeoutMillis) {
        return LibC.poll(fd(), timeoutMillis) > 0;
    }

    /**
     * Bounds how long {@link #send} takes in all for a peer that does not read, or reads a byte now and then; one that
     * takes longer fails with EAGAIN and may have sent a part, so the connection is of no more use then.
     *
     * @param millis milliseconds, 1 or more
     */
    public void sendTimeout(final int millis) {
        sendNanos = millis * 1_000_000L;
    }

    /**
     * Bounds how long {@link #receive} waits; one that takes longer fails with EAGAIN.
     *
     * @param millis milliseconds; 0 for no bound
     * @throws LinuxException if setsockopt(2) fails
     */
    public void receiveTimeout(final int millis) {
        final LibC.State state = LibC.state();
        final MemorySegment interval = state.scratch; // struct timeval: seconds, microseconds
        interval.set(LibC.LONG, 0, millis / 1000);
        interval.set(LibC.LONG, 8, millis % 1000 * 1000L);
        final int result;
        try {
            result = (int) SETSOCKOPT.invokeExact(state.errno, fd(), SOL_SOCKET, SO_RCVTIMEO, interval, 16);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (result < 0) {
            throw new LinuxException("set the receive timeout", state.errno());
        }
    }

    /**
     * Closes it without waiting: descriptors that the peer has sent and nobody has received are closed with it, and
     * that may take as long as the peer wants.
     */
    public void closeStranger() {
        final int fd = take();
        if (fd >= 0) {
            StrangersDescriptor.close(fd);
        }
    }

    /** Ends the connection in both directions: the peer, and a receiver in another thread here, see the end. */
    public void shutdown() {
        final int fd = fd();
        try {
            final int ignored = (int) SHUTDOWN.invokeExact(LibC.state().errno, fd, SHUT_RDWR);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }
}
