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
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A window on a file that somebody else handed over, such as the RAM of another process's guest: mapped shared, at an
 * offset, for reading or for both, without keeping the descriptor.
 *
 * <p>What a stranger hands over is mapped by {@link #ofStranger} only: another process could cut its file short, or
 * never come up with a page, and an access to the mapping would end or stop this process.
 */
public final class FileMapping implements AutoCloseable {
    private static final long PAGE = 4096;

    private final MemorySegment segment;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FileMapping(final MemorySegment segment) {
        this.segment = segment;
    }

    /**
     * Maps a part of a stranger's memory, if its pages can neither go nor fail to come: if it is a memfd of ordinary
     * pages that is sealed against shrinking. Never waits for the stranger.
     *
     * @param fd an open descriptor; the caller goes on owning it
     * @param offset bytes from the start of the file, a multiple of 4096
     * @param size bytes, 1 or more; the memfd must have all of them
     * @param writable whether the mapping takes stores
     * @return the mapping, or null if it is anything else, or the kernel does not map it so
     * @throws LinuxException if it is such a memfd and the range is not in it
     */
    public static FileMapping ofStranger(final int fd, final long offset, final long size, final boolean writable) {
        if (!StrangersDescriptor.keepsItsPages(fd)) {
            return null; // and its size is not asked for: that question may never be answered
        }
        checkRange(fd, offset, size); // what is sealed now stays as long as it is
        try {
            return ofDevice(fd, offset, size, writable);
        } catch (final LinuxException refused) {
            return null; // sealed against writing, opened for one direction only, host pages larger than 4 KiB
        }
    }

    /**
     * Maps a part of a file of our own.
     *
     * @param fd an open descriptor; the caller goes on owning it
     * @param offset bytes from the start of the file, a multiple of 4096
     * @param size bytes, 1 or more; the file must have all of them
     * @param writable whether the mapping takes stores
     * @return the mapping
     * @throws LinuxException if the range is not in the file or the kernel refuses
     */
    public static FileMapping map(final int fd, final long offset, final long size, final boolean writable) {
        checkRange(fd, offset, size);
        return ofDevice(fd, offset, size, writable);
    }

    private static void checkRange(final int fd, final long offset, final long size) {
        final long available = NativeFile.size(fd);
        if (offset < 0 || offset % PAGE != 0 || size < 1 || size > available - offset) {
            throw new LinuxException("mmap of " + size + " bytes at offset " + offset + " of a file of " + available
                    + " bytes", Errno.EINVAL);
        }
    }

    /**
     * Maps a part of a device's file, whose size can't be asked for: its driver checks the range.
     *
     * @param fd an open descriptor; the caller goes on owning it
     * @param offset bytes from the start of the file, a multiple of 4096
     * @param size bytes, 1 or more
     * @param writable whether the mapping takes stores
     * @return the mapping
     * @throws LinuxException if the driver refuses
     */
    @SuppressWarnings("restricted") // a mapping's size is what mmap was asked for
    public static FileMapping ofDevice(final int fd, final long offset, final long size, final boolean writable) {
        return new FileMapping(LibC.mmap(fd, offset, size, writable, "at offset " + offset).reinterpret(size));
    }

    /**
     * The mapped bytes.
     *
     * @return not to be touched once {@link #close} was called, which nothing checks
     */
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            LibC.munmap(segment, segment.byteSize());
        }
    }
}
