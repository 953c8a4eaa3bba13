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

import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.lifecycle.Closing;
import io.viommu.lifecycle.JvmFlag;

/**
 * The memory of one DMA-fault region, mapped by this process. Closing it waits for a poll or a production that is
 * under way, and unmaps it; whoever looks through {@link #buffer} by other means must have ended before.
 */
public final class DmaFaultMemory implements AutoCloseable {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private final UnsafeBuffer buffer;
    private final Runnable unmap;
    private final int fd;
    private final Closing closing = new Closing("DMA-fault region");
    private final Closing producing = new Closing("DMA-fault region");

    private DmaFaultMemory(final long address, final int size, final int fd, final Runnable unmap) {
        this.buffer = new UnsafeBuffer(address, size);
        this.fd = fd;
        this.unmap = unmap;
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
        JvmFlag.require(MappedBytes.class, JvmFlag.FILE_CHANNELS, JvmFlag.REFLECTION, JvmFlag.CLEANERS,
                JvmFlag.UNSAFE_MEMORY);
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
            release(mapped);
            NativeFile.closeDescriptor(fd);
        });
        RingGeometry.standard(format).write(memory.buffer);
        return memory;
    }

    /** Chronicle's own release leaves the store with one reference too many, and so mapped for ever. */
    private static void release(final MappedBytes mapped) {
        final BytesStore<?, ?> store = mapped.bytesStore();
        mapped.releaseLast();
        if (store.refCount() > 0) {
            store.releaseLast();
        }
        BackgroundResourceReleaser.releasePendingResources(); // unmapped when this returns
    }

    /**
     * Maps memory that another process made: a memfd sealed against shrinking, as {@link #create} makes it, since
     * otherwise a later access here could be a SIGBUS.
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
        return new DmaFaultMemory(shared.address(), (int) shared.size(), fd, shared::close);
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

    /** The consumer looks at the memory while it has entered. */
    Closing consuming() {
        return closing;
    }

    /** A producer in this process looks at the memory while it has entered. */
    Closing producing() {
        return producing;
    }

    @Override
    public void close() {
        closing.close(() -> producing.close(() -> {
            buffer.wrap(0, 0); // a late access then fails its bounds check instead of the process
            unmap.run();
        }));
    }
}
