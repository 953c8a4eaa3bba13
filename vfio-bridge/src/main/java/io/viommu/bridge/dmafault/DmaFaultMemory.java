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
package io.viommu.bridge.dmafault;

import java.io.File;
import java.io.FileNotFoundException;

import net.openhft.chronicle.bytes.MappedBytes;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.SharedMemory;

/**
 * The memory of one DMA-fault region, mapped by this process. Close it when nobody looks through {@link #buffer} any
 * more: it unmaps.
 */
public final class DmaFaultMemory implements AutoCloseable {

    private final UnsafeBuffer buffer;
    private final AutoCloseable owner;
    private final int fd;
    private boolean closed;

    private DmaFaultMemory(final long address, final int size, final int fd, final AutoCloseable owner) {
        this.buffer = new UnsafeBuffer(address, size);
        this.fd = fd;
        this.owner = owner;
    }

    /**
     * New memory: a sealed memfd, mapped and owned by Chronicle Bytes, with an empty ring in it. This is the kernel's
     * part, setting up the region, for a producer that gets the descriptor later.
     *
     * @param name   for people, seen in /proc/PID/maps.
     * @param format what the entries hold; it sets their size.
     * @return the memory.
     * @throws io.viommu.bridge.linux.LinuxException if the kernel refuses.
     */
    public static DmaFaultMemory create(final String name, final EntryFormat format) {
        final int size = DmaFaultRegionLayout.regionSize(format.length());
        final int fd = SharedMemory.createDescriptor(name, size);
        final MappedBytes mapped;
        try {
            mapped = MappedBytes.singleMappedBytes(new File("/proc/self/fd/" + fd), size);
        } catch (final FileNotFoundException missing) {
            NativeFile.closeDescriptor(fd);
            throw new IllegalStateException("The DMA-fault region " + name + " can't be mapped: "
                    + missing.getMessage() + " (is /proc mounted?).", missing);
        } catch (final RuntimeException refused) {
            NativeFile.closeDescriptor(fd);
            throw refused;
        }
        // The thread that closes is not the one that reads; nothing is accessed through the mapped bytes themselves.
        mapped.singleThreadedCheckDisabled(true);
        final DmaFaultMemory memory = new DmaFaultMemory(mapped.addressForRead(0), size, fd, () -> {
            mapped.releaseLast();
            NativeFile.closeDescriptor(fd);
        });
        RingGeometry.standard(format).write(memory.buffer);
        return memory;
    }

    /**
     * Maps memory that another process made. If that process could still shrink it, a later access here would be a
     * SIGBUS; memory made by {@link #create} is sealed against that.
     *
     * @param fd a descriptor that nobody else closes; closed here also when mapping fails.
     * @return the memory, all of it.
     * @throws io.viommu.bridge.linux.LinuxException if it can't be mapped.
     */
    public static DmaFaultMemory map(final int fd) {
        final SharedMemory shared = SharedMemory.map(fd);
        if (shared.size() > Integer.MAX_VALUE) {
            final long size = shared.size();
            shared.close();
            throw new IllegalArgumentException("A DMA-fault region has less than 2 GiB, not " + size + " bytes.");
        }
        return new DmaFaultMemory(shared.address(), (int) shared.size(), fd, shared);
    }

    /**
     * The whole region. Not checked against {@link #close}.
     *
     * @return a view, valid until then.
     */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /**
     * The descriptor, to hand to another process; this object goes on owning it.
     *
     * @return the number.
     */
    public int fd() {
        return fd;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        buffer.wrap(0, 0); // a late access then fails its bounds check instead of the process
        try {
            owner.close();
        } catch (final Exception failure) {
            throw new IllegalStateException("closing a DMA-fault region", failure);
        }
    }
}
