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
 * An open file descriptor with the plain calls on it: a device node, an iommufd queue, a file handed over by another
 * process.
 *
 * <p>Reads and writes return byte counts, or {@code -errno}; EINTR is retried. Several threads may call; close once
 * all of them have ended, since Linux reuses descriptor numbers.
 */
public final class NativeFile extends Descriptor {
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int USUAL_MODE = 0666;
    private static final MethodHandle FALLOCATE = LibC.call("fallocate", LibC.INT, LibC.INT, LibC.INT, LibC.LONG,
            LibC.LONG);
    private static final int SEEK_END = 2;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    static final int O_NONBLOCK = 0x800;

    private NativeFile(final int fd) {
        super(fd);
    }

    /**
     * Opens an existing file or device node for reading and writing, close-on-exec.
     *
     * @param path the path, for instance {@code /dev/iommu}
     * @return the open file
     * @throws LinuxException if open(2) fails
     */
    public static NativeFile open(final String path) {
        final LibC.State state = LibC.state();
        try (Arena arena = Arena.ofConfined()) {
            final int fd = (int) LibC.OPEN.invokeExact(state.errno, arena.allocateFrom(path), O_RDWR | O_CLOEXEC, 0);
            if (fd < 0) {
                throw new LinuxException("open " + path, state.errno());
            }
            return new NativeFile(fd);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * Makes a file of zeros, with all its blocks: a full disk is told now and not while the file is used. A file system
     * that can't reserve blocks gives a sparse file, whose writes may fail later.
     *
     * @param path where nothing may exist, not even a symbolic link
     * @param size bytes, 1 or more
     * @return the open file
     * @throws LinuxException if the file can't be made; nothing is left then
     */
    public static NativeFile create(final Path path, final long size) {
        final LibC.State state = LibC.state();
        final int fd;
        try (Arena arena = Arena.ofConfined()) {
            fd = (int) LibC.OPEN.invokeExact(state.errno, arena.allocateFrom(path.toString()),
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, USUAL_MODE);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (fd < 0) {
            throw new LinuxException("create " + path, state.errno());
        }
        try {
            reserve(fd, size, path);
            return new NativeFile(fd);
        } catch (final LinuxException refused) {
            LibC.close(fd);
            try {
                Files.deleteIfExists(path);
            } catch (final IOException left) {
                refused.addSuppressed(left);
            }
            throw refused;
        }
    }

    private static void reserve(final int fd, final long size, final Path path) {
        final LibC.State state = LibC.state();
        int errno;
        try {
            do {
                final int reserved = (int) FALLOCATE.invokeExact(state.errno, fd, 0, 0L, size);
                errno = reserved < 0 ? state.errno() : 0;
            } while (errno == Errno.EINTR);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (errno == Errno.ENOTSUP || errno == Errno.ENOSYS) {
            truncate(fd, size);
        } else if (errno != 0) {
            throw new LinuxException("reserve " + size + " bytes for " + path, errno);
        }
    }

    private static void truncate(final int fd, final long size) {
        final LibC.State state = LibC.state();
        final int result;
        try {
            result = (int) LibC.FTRUNCATE.invokeExact(state.errno, fd, size);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (result < 0) {
            throw new LinuxException("ftruncate to " + size + " bytes", state.errno());
        }
    }

    /**
     * Sets the size: cuts, or adds zeros.
     *
     * @param size bytes, 0 or more
     * @throws LinuxException if ftruncate(2) fails
     */
    public void truncate(final long size) {
        truncate(fd(), size);
    }

    /**
     * How many bytes it has.
     *
     * @return the size now
     * @throws LinuxException if it can't be asked for
     */
    public long size() {
        return size(fd());
    }

    /**
     * Takes over a descriptor: this object closes it from now on.
     *
     * @param fd an open descriptor that nobody else closes
     * @return the file
     */
    public static NativeFile adopt(final int fd) {
        return new NativeFile(fd);
    }

    /**
     * Duplicates a descriptor, close-on-exec; the caller owns the copy.
     *
     * @param fd an open descriptor
     * @return a new descriptor of the same open file
     * @throws LinuxException if there is no room for another descriptor or {@code fd} is not open
     */
    public static int duplicate(final int fd) {
        return LibC.fcntl(fd, F_DUPFD_CLOEXEC, 3, "duplicate a descriptor");
    }

    /**
     * Closes a descriptor that no object owns, for instance one received and not wanted.
     *
     * @param fd the descriptor
     */
    public static void closeDescriptor(final int fd) {
        LibC.close(fd);
    }

    static void setNonBlocking(final int fd) {
        final int flags = LibC.fcntl(fd, F_GETFL, 0, "read the file flags");
        LibC.fcntl(fd, F_SETFL, flags | O_NONBLOCK, "set O_NONBLOCK");
    }

    static long size(final int fd) {
        final LibC.State state = LibC.state();
        final long size;
        try {
            size = (long) LibC.LSEEK.invokeExact(state.errno, fd, 0L, SEEK_END);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (size < 0) {
            throw new LinuxException("read the size of descriptor " + fd, state.errno());
        }
        return size;
    }

    /**
     * read(2) into all of a native segment.
     *
     * @param into where to; its size is the byte count asked for
     * @return bytes read, 0 at the end (or for an empty iommufd queue), or {@code -errno}
     */
    public long read(final MemorySegment into) {
        return LibC.read(fd(), into, into.byteSize());
    }

    /**
     * write(2) of all of a native segment.
     *
     * @param from the bytes
     * @return bytes written, possibly fewer than asked, or {@code -errno}
     */
    public long write(final MemorySegment from) {
        return LibC.write(fd(), from, from.byteSize());
    }

    /**
     * pread(2) into all of a native segment.
     *
     * @param into where to; its size is the byte count asked for
     * @param position byte offset in the file
     * @return bytes read, or {@code -errno}
     */
    public long readAt(final MemorySegment into, final long position) {
        return LibC.pread(fd(), into, into.byteSize(), position);
    }

    /**
     * pwrite(2) of all of a native segment.
     *
     * @param from the bytes
     * @param position byte offset in the file
     * @return bytes written, or {@code -errno}
     */
    public long writeAt(final MemorySegment from, final long position) {
        return LibC.pwrite(fd(), from, from.byteSize(), position);
    }

    /**
     * ioctl(2) with a pointer argument.
     *
     * @param request the request number
     * @param argument a native segment, or {@link MemorySegment#NULL}
     * @return the call's result, 0 or positive, or {@code -errno}
     */
    public int ioctl(final long request, final MemorySegment argument) {
        final LibC.State state = LibC.state();
        final int fd = fd();
        try {
            long result;
            do {
                result = state.outcome((int) LibC.IOCTL.invokeExact(state.errno, fd, request, argument));
            } while (result == -Errno.EINTR);
            return (int) result;
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }

    /**
     * ioctl(2) that a signal may end early, as KVM_RUN must be: EINTR is reported, not retried.
     *
     * @param request the request number
     * @param argument a native segment, or {@link MemorySegment#NULL}
     * @return the call's result, 0 or positive, or {@code -errno}
     */
    public int ioctlInterruptible(final long request, final MemorySegment argument) {
        final LibC.State state = LibC.state();
        try {
            return (int) state.outcome((int) LibC.IOCTL.invokeExact(state.errno, fd(), request, argument));
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
    }
}
