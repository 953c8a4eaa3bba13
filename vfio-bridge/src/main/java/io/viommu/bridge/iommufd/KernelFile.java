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
package io.viommu.bridge.iommufd;

import java.lang.foreign.MemorySegment;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.LinuxException;

/**
 * An open file of the kernel with the plain calls on it. Results are those of the system calls, with {@code -errno} for
 * a failure. Several threads may call; a closed file answers {@code -EBADF}.
 */
public interface KernelFile extends AutoCloseable {

    /**
     * The descriptor, for epoll or to name the file to the kernel.
     *
     * @return the number, -1 once closed.
     */
    int fd();

    /**
     * ioctl(2).
     *
     * @param request  the request number.
     * @param argument its structure, native memory.
     * @return 0 or positive, or {@code -errno}.
     */
    int ioctl(int request, MemorySegment argument);

    /**
     * read(2).
     *
     * @param into native memory; its size is the byte count asked for.
     * @return bytes read, or {@code -errno}.
     */
    long read(MemorySegment into);

    /**
     * write(2).
     *
     * @param from native memory; its size is the byte count asked for.
     * @return bytes written, possibly fewer than asked, or {@code -errno}.
     */
    long write(MemorySegment from);

    /**
     * pread(2); a queue has no positions and answers {@code -ESPIPE}.
     *
     * @param into     native memory; its size is the byte count asked for.
     * @param position where in the file.
     * @return bytes read, or {@code -errno}.
     */
    default long readAt(final MemorySegment into, final long position) {
        return -Errno.ESPIPE;
    }

    /**
     * pwrite(2); a queue has no positions and answers {@code -ESPIPE}.
     *
     * @param from     native memory; its size is the byte count asked for.
     * @param position where in the file.
     * @return bytes written, or {@code -errno}.
     */
    default long writeAt(final MemorySegment from, final long position) {
        return -Errno.ESPIPE;
    }

    /**
     * mmap(2), shared; a queue can't be mapped.
     *
     * @param position where in the file, a multiple of the page size.
     * @param size     bytes.
     * @param writable whether the mapping takes stores.
     * @return the mapping, which the caller closes.
     * @throws LinuxException in one sentence.
     */
    default FileMapping map(final long position, final long size, final boolean writable) {
        throw new LinuxException("mmap of " + size + " bytes of descriptor " + fd(), Errno.ENODEV);
    }

    @Override
    void close();
}
