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
package io.viommu.bridge.vfio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.agrona.DirectBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.SharedMemory;

/**
 * A DMA-fault region as the kernel of the 2021 series gives it: a header page that is read and written by system calls,
 * a ring that is mapped, an interrupt that signals each fault, and a record that finds the ring full is dropped.
 */
public final class FakeFaultRegion implements AutoCloseable {

    /** Where the region and its interrupt are among those of a PCI device. */
    public static final int INDEX = 9;
    /** The interrupt's index. */
    public static final int INTERRUPT = 5;

    private static final int PAGE = 4096;
    private static final int ENTRIES = 512;
    private static final int HEAD = 16;
    private static final long FILE_OFFSET = 0x90_0000_0000L;

    /** Bytes of an entry: 64, or 128 with ours. */
    public final int entrySize;
    private final SharedMemory memory;
    private final MemorySegment bytes;
    private EventFd event;
    private int reads;
    private int mappings;
    /** Whether the header page may be mapped too. */
    private boolean headerMappable;

    /** Makes an empty ring. */
    public FakeFaultRegion(final int entrySize) {
        this.entrySize = entrySize;
        memory = SharedMemory.create("fake-fault-region", PAGE + ENTRIES * entrySize);
        bytes = memory.segment();
        put(4, entrySize);
        put(8, ENTRIES);
        put(12, PAGE);
    }

    /** Writes a word of the region, as a broken kernel might. */
    public void put(final int at, final int value) {
        bytes.set(ValueLayout.JAVA_INT, at, value);
    }

    /** Reads a word of the region. */
    public int get(final int at) {
        return bytes.get(ValueLayout.JAVA_INT, at);
    }

    /** Lets the header be mapped as well. */
    public void mapHeader() {
        headerMappable = true;
    }

    /** The region info: with the flag of a mappable region, and a sparse part unless the header is mappable too. */
    public byte[] info() {
        return info(15, memory.size(), FILE_OFFSET, headerMappable ? 0 : PAGE, memory.size());
    }

    /** The region info of a kernel that says what it likes; the mappable part goes to {@code end}. */
    public byte[] info(final int flags, final long size, final long offset, final long from, final long end) {
        final int version = entrySize == 64 ? 1 : 0x5649_0001;
        return FakeVfioDevice.bytes(92).putInt(92).putInt(flags).putInt(INDEX).putInt(32).putLong(size)
                .putLong(offset).putShort((short) 2).putShort((short) 1).putInt(48).putInt(4).putInt(1)
                .putShort((short) 1).putShort((short) 1).putInt(80).putInt(1).putInt(0).putLong(from)
                .putLong(end - from).putShort((short) 6).putShort((short) 1).putInt(0).putInt(version).array();
    }

    /** The interrupt's info. */
    public byte[] interruptInfo() {
        return FakeVfioDevice.bytes(36).putInt(36).putInt(1 | 1 << 4).putInt(INTERRUPT).putInt(1).putInt(20)
                .putShort((short) 3).putShort((short) 1).putInt(0).putInt(1).putInt(1).array();
    }

    /** A fault of the device: false if the ring was full. */
    public boolean fault(final DirectBuffer entry) {
        final int head = get(HEAD);
        if ((get(0) - head - 1 & ENTRIES - 1) < 1) {
            return false;
        }
        final byte[] copy = new byte[entrySize];
        entry.getBytes(0, copy);
        MemorySegment.copy(copy, 0, bytes, ValueLayout.JAVA_BYTE, PAGE + (long) head * entrySize, entrySize);
        bytes.set(ValueLayout.JAVA_INT, HEAD, head + 1 & ENTRIES - 1);
        if (event != null) {
            event.signal(1);
        }
        return true;
    }

    /** Whether an eventfd is told of faults. */
    public boolean armed() {
        return event != null;
    }

    /** How often the region was read. */
    public int reads() {
        return reads;
    }

    /** Mappings that were made so far. */
    public int mappings() {
        return mappings;
    }

    /** SET_IRQS; -1 takes the eventfd away. */
    void arm(final int fd) {
        if (event != null) {
            event.close();
        }
        event = fd < 0 ? null : EventFd.adopt(NativeFile.duplicate(fd));
    }

    long read(final MemorySegment into, final long position) {
        final long at = position - FILE_OFFSET;
        if (at < 0 || at >= memory.size()) {
            return -Errno.EINVAL;
        }
        reads++;
        final long length = Math.min(into.byteSize(), memory.size() - at);
        MemorySegment.copy(bytes, at, into, 0, length);
        return length;
    }

    /** Only a tail, whole and in range. */
    long write(final MemorySegment from, final long position) {
        final int tail = from.byteSize() == Integer.BYTES ? from.get(ValueLayout.JAVA_INT, 0) : -1;
        if (position != FILE_OFFSET || tail < 0 || tail >= ENTRIES) {
            return -Errno.EINVAL;
        }
        put(0, tail);
        return Integer.BYTES;
    }

    FileMapping map(final long position, final long size, final boolean writable) {
        final long at = position - FILE_OFFSET;
        if (at < (headerMappable ? 0 : PAGE) || at + size > memory.size()) {
            throw new LinuxException("mmap of " + size + " bytes", Errno.EINVAL);
        }
        mappings++;
        return FileMapping.map(memory.fd(), at, size, writable);
    }

    @Override
    public void close() {
        arm(-1);
        memory.close();
    }
}
