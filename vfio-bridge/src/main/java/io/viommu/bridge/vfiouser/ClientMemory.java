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

package io.viommu.bridge.vfiouser;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.LongStream;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.StrangersDescriptor;
import io.viommu.memory.GuestMemory;
import io.viommu.memory.GuestRam;

/**
 * The memory that a client made known: what it shares is mapped here, what it doesn't is reached by messages. It comes
 * and goes with the client's requests; without a client all of it is {@link #UNMAPPED}.
 *
 * <p>Shared memory behaves as {@link GuestMemory} says. Memory reached by messages is slower by far, allocates, and
 * gives no atomicity: {@link #compareAndSetLong} finds it {@link #UNMAPPED}.
 *
 * <p>Mapped is only what the client can't take away or hold back: memfds of ordinary pages that are sealed against
 * shrinking (QEMU: {@code memory-backend-memfd,seal=on}). Any other file, of whatever file system, is reached by
 * messages as though it had not been shared.
 */
public final class ClientMemory implements GuestMemory {

    private static final long[] NOTHING = {};
    private static final long PAGE = 4096;
    /** More than machines have, and less than would leave no address space to this process. */
    private static final long MOST = 1L << 45;

    private record Mapping(long address, long size, boolean writable, FileMapping shared) {
        long last() {
            return address + size - 1;
        }

        boolean overlaps(final long from, final long to) {
            return Long.compareUnsigned(from, last()) <= 0 && Long.compareUnsigned(address, to) <= 0;
        }

        boolean within(final long from, final long to) {
            return Long.compareUnsigned(from, address) <= 0 && Long.compareUnsigned(last(), to) <= 0;
        }
    }

    private final DmaMessages messages;
    private final Path backing;
    private final GuestRam shared = new GuestRam();
    /** Accesses hold it for reading, so that a mapping is gone from under nobody's hands. Never held for a message. */
    private final StampedLock use = new StampedLock();
    private final List<Mapping> mappings = new ArrayList<>();
    /** First, last and 1 for writable, of each mapping that is reached by messages. */
    private volatile long[] unshared = NOTHING;

    /** {@code backing} is the file that holds what comes without a descriptor, or null. */
    ClientMemory(final DmaMessages messages, final Path backing) {
        this.messages = messages;
        this.backing = backing;
    }

    @Override
    public int read(final long gpa, final MutableDirectBuffer target, final int targetOffset, final int length) {
        int result;
        final long stamp = use.readLock();
        try {
            result = shared.read(gpa, target, targetOffset, length);
        } catch (final InternalError cutShort) {
            return UNMAPPED;
        } finally {
            use.unlockRead(stamp);
        }
        if (result == UNMAPPED && byMessages(gpa, length) >= 0) {
            result = messages.read(gpa, target, targetOffset, length);
        }
        return result;
    }

    @Override
    public int write(final long gpa, final DirectBuffer source, final int sourceOffset, final int length) {
        final long stamp = use.readLock();
        final int result;
        try {
            result = shared.write(gpa, source, sourceOffset, length);
        } catch (final InternalError cutShort) {
            return UNMAPPED;
        } finally {
            use.unlockRead(stamp);
        }
        if (result != UNMAPPED) {
            return result;
        }
        return switch (byMessages(gpa, length)) {
            case 1 -> messages.write(gpa, source, sourceOffset, length);
            case 0 -> READ_ONLY;
            default -> UNMAPPED;
        };
    }

    @Override
    public int compareAndSetLong(final long gpa, final long expected, final long value) {
        final long stamp = use.readLock();
        try {
            return shared.compareAndSetLong(gpa, expected, value);
        } catch (final InternalError cutShort) {
            return UNMAPPED;
        } finally {
            use.unlockRead(stamp);
        }
    }

    /** Whether the whole range lies in one mapping reached by messages: 1, 0 if that is read-only, -1 if not. */
    private int byMessages(final long gpa, final int length) {
        final long[] ranges = unshared;
        for (int i = 0; i < ranges.length; i += 3) {
            if (Long.compareUnsigned(ranges[i], gpa) <= 0 && Long.compareUnsigned(gpa, ranges[i + 1]) <= 0
                    && length - 1 <= ranges[i + 1] - gpa) {
                return (int) ranges[i + 2];
            }
        }
        return -1;
    }

    /**
     * Makes a range known.
     *
     * @param fd the file that holds it, or -1; the caller goes on owning it.
     * @return 0 or an errno.
     */
    synchronized int map(final long address, final long size, final boolean writable, final int fd,
            final long offset) {
        final long last = address + size - 1;
        if (size <= 0 || Long.compareUnsigned(last, address) < 0 || address % PAGE != 0 || size % PAGE != 0) {
            return Errno.EINVAL; // in whole pages host addresses are aligned as guest addresses are
        }
        if (mappings.size() == Capabilities.MAX_MAPPINGS) {
            return Errno.ENOSPC;
        }
        if (mappings.stream().anyMatch(other -> other.overlaps(address, last))) {
            return Errno.EEXIST;
        }
        if (size > MOST - mappings.stream().mapToLong(Mapping::size).sum()) {
            return Errno.ENOSPC;
        }
        if (fd >= 0 && (offset < 0 || offset % PAGE != 0 || size > Long.MAX_VALUE - offset
                || !StrangersDescriptor.isFile(fd))) {
            return Errno.EINVAL;
        }
        try {
            final FileMapping file = file(fd, offset, size, writable);
            mappings.add(new Mapping(address, size, writable, file));
            if (file != null) {
                shared.addRegion(address, file.segment(), writable);
            } else {
                listUnshared();
            }
            return 0;
        } catch (final LinuxException refused) {
            return refused.errno() == 0 ? Errno.EINVAL : refused.errno();
        }
    }

    private FileMapping file(final int fd, final long offset, final long size, final boolean writable) {
        if (fd >= 0) {
            return FileMapping.ofStranger(fd, offset, size, writable);
        }
        if (backing == null || !writable) {
            return null; // ROM is in no file of the guest's RAM
        }
        try (NativeFile file = NativeFile.open(backing.toString())) {
            return FileMapping.ofStranger(file.fd(), offset, size, true);
        }
    }

    /**
     * Takes back all mappings in a range. When this returns nobody touches them any more.
     *
     * @return 0 or an errno, and then nothing was taken back.
     */
    synchronized int unmap(final long address, final long size) {
        final long last = address + size - 1;
        if (size <= 0 || Long.compareUnsigned(last, address) < 0
                || mappings.stream().anyMatch(one -> one.overlaps(address, last) && !one.within(address, last))) {
            return Errno.EINVAL;
        }
        if (mappings.stream().noneMatch(one -> one.within(address, last))) {
            return Errno.ENOENT;
        }
        remove(address, last);
        return 0;
    }

    /** Takes back everything. */
    synchronized void clear() {
        remove(0, -1);
    }

    private void remove(final long first, final long last) {
        final List<FileMapping> gone = new ArrayList<>();
        final Iterator<Mapping> all = mappings.iterator();
        while (all.hasNext()) {
            final Mapping mapping = all.next();
            if (mapping.within(first, last)) {
                all.remove();
                if (mapping.shared != null) {
                    shared.removeRegion(mapping.address);
                    gone.add(mapping.shared);
                }
            }
        }
        listUnshared();
        final long stamp = use.writeLock(); // every access that may have found one of them has ended now
        use.unlockWrite(stamp);
        gone.forEach(FileMapping::close);
    }

    private void listUnshared() {
        unshared = mappings.stream().filter(one -> one.shared == null)
                .flatMapToLong(one -> LongStream.of(one.address, one.last(), one.writable ? 1 : 0))
                .toArray();
    }
}
