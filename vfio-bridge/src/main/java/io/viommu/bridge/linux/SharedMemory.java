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

import io.viommu.lifecycle.Closing;

/**
 * Memory shared with another process: a memfd, mapped readable and writable.
 *
 * <p>Memory created here is sealed against shrinking and growing, since a peer that truncated it would turn the next
 * access into a SIGBUS; memory received from elsewhere is mapped only if it is sealed so, and its size fits.
 *
 * <p>Any thread may use the memory. Whoever looks through the raw {@link #address} must have ended before
 * {@link #close}: it unmaps, and nothing but {@link #segment} would notice.
 */
public final class SharedMemory implements AutoCloseable {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_SEAL_SHRINK_GROW = 7;
    private static final MethodHandle MEMFD_CREATE = LibC.call("memfd_create", LibC.INT, LibC.ADDRESS, LibC.INT);

    private final int fd;
    private final Arena arena;
    private final MemorySegment segment;
    private final Closing closing = new Closing("shared memory");

    @SuppressWarnings("restricted") // a mapping's size is what mmap was asked for
    private SharedMemory(final int fd, final MemorySegment mapping, final long size) {
        this.fd = fd;
        arena = Arena.ofShared();
        segment = mapping.reinterpret(size, arena, null);
    }

    /**
     * New shared memory, all zero, sealed at its size, close-on-exec, mapped.
     *
     * @param name for people, seen in /proc/PID/maps
     * @param size bytes, 1 or more
     * @return the memory
     * @throws LinuxException if the kernel refuses
     */
    public static SharedMemory create(final String name, final long size) {
        final int fd = createDescriptor(name, size);
        return map(fd, size);
    }

    /**
     * New shared memory as in {@link #create}, but not mapped; for a mapping that something else owns.
     *
     * @param name for people, seen in /proc/PID/maps
     * @param size bytes, 1 or more
     * @return a descriptor that the caller closes
     * @throws LinuxException if the kernel refuses
     */
    public static int createDescriptor(final String name, final long size) {
        if (size < 1) {
            throw new IllegalArgumentException("shared memory size must be 1 byte or more, not " + size + ".");
        }
        final LibC.State state = LibC.state();
        final int fd;
        try (Arena arena = Arena.ofConfined()) {
            fd = (int) MEMFD_CREATE.invokeExact(state.errno, arena.allocateFrom(name), MFD_CLOEXEC | MFD_ALLOW_SEALING);
        } catch (final Throwable thrown) {
            throw LibC.unexpected(thrown);
        }
        if (fd < 0) {
            throw new LinuxException("memfd_create of " + name, state.errno());
        }
        try {
            final int truncated = (int) LibC.FTRUNCATE.invokeExact(state.errno, fd, size);
            if (truncated < 0) {
                throw new LinuxException("ftruncate of " + name + " to " + size + " bytes", state.errno());
            }
            LibC.fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL_SHRINK_GROW, "seal " + name);
        } catch (final Throwable thrown) {
            LibC.close(fd);
            throw LibC.unexpected(thrown);
        }
        return fd;
    }

    /**
     * Maps memory received from elsewhere, all of it.
     *
     * @param fd a descriptor that nobody else closes; closed here also when mapping fails
     * @return the memory
     * @throws LinuxException if it can't be mapped or could be cut
     */
    public static SharedMemory map(final int fd) {
        final long size;
        try {
            requireSealed(fd);
            size = NativeFile.size(fd);
        } catch (final LinuxException failure) {
            LibC.close(fd);
            throw failure;
        }
        return map(fd, size);
    }

    /** Before its size is asked for: what is cut and then sealed would be shorter than it was. */
    private static void requireSealed(final int fd) {
        if ((LibC.fcntl(fd, F_GET_SEALS, 0, "ask for the seals of shared memory") & F_SEAL_SHRINK) == 0) {
            throw new LinuxException("Descriptor " + fd + " must be a memfd that is sealed against shrinking.", 0);
        }
    }

    /**
     * Maps the first bytes of memory received from elsewhere.
     *
     * @param fd a descriptor that nobody else closes; closed here also when mapping fails
     * @param size bytes, 1 or more, at most what the file has
     * @return the memory
     * @throws LinuxException if it can't be mapped, could be cut, or is shorter than {@code size}
     */
    public static SharedMemory map(final int fd, final long size) {
        try {
            requireSealed(fd);
            final long available = NativeFile.size(fd);
            if (size < 1 || size > available) {
                throw new LinuxException("mmap of " + size + " bytes failed: descriptor " + fd + " has " + available
                        + " bytes.", 0);
            }
            return new SharedMemory(fd, LibC.mmap(fd, 0, size, true, "of descriptor " + fd), size);
        } catch (final LinuxException failure) {
            LibC.close(fd);
            throw failure;
        }
    }

    /**
     * The descriptor, to hand to another process; this object goes on owning it.
     *
     * @return the number, -1 once closed
     */
    public int fd() {
        return closing.begun() ? -1 : fd;
    }

    /**
     * Where the memory is mapped, page-aligned.
     *
     * @return the address in this process, valid until {@link #close}
     */
    public long address() {
        return segment.address();
    }

    /**
     * The mapped size.
     *
     * @return bytes
     */
    public long size() {
        return segment.byteSize();
    }

    /**
     * The memory, checked: after {@link #close} every access throws.
     *
     * @return the mapping as a segment
     */
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        closing.close(() -> {
            final MemorySegment mapping = MemorySegment.ofAddress(segment.address());
            final long size = segment.byteSize();
            arena.close();
            LibC.munmap(mapping, size);
            LibC.close(fd);
        });
    }

    @Override
    public String toString() {
        return "SharedMemory(fd " + fd() + ", " + size() + " bytes)";
    }
}
