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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.TreeSet;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.iommufd.IommufdKernel;
import io.viommu.bridge.iommufd.KernelFile;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.VfioDevices.VfioBindLayout;
import io.viommu.bridge.uapi.VfioDevices.VfioDeviceInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqSetLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioRegionInfoLayout;
import io.viommu.bridge.uapi.VfioRequest;

/**
 * A device that VFIO gave us, whatever its bus. For set-up, by one thread at a time.
 */
public final class VfioDevice implements AutoCloseable {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    /** More than any info has; a kernel that asks for more is not believed. */
    private static final int MOST_INFO = 1 << 16;
    private static final int INFO_TRIES = 3;
    private static final int SIZE_AT = 0;
    private static final int INDEX_AT = 8;
    private static final int MOST_VECTORS = 4096;
    private static final int DISARMED = -1;
    private static final int PAGE = 4096;

    private final String name;
    private final KernelFile file;
    private final TreeSet<Integer> armed = new TreeSet<>();

    VfioDevice(final String name, final KernelFile file) {
        this.name = name;
        this.file = file;
    }

    /**
     * Opens a device by its own node. Nothing but {@link #bind} can be asked of it at first.
     *
     * @param kernel the kernel.
     * @param path   such as {@code /dev/vfio/devices/vfio0}.
     * @return the device.
     * @throws LinuxException in one sentence.
     */
    public static VfioDevice open(final IommufdKernel kernel, final String path) {
        return new VfioDevice(path, kernel.open(path));
    }

    /**
     * Binds the device to an iommufd; only a device that was opened by its own node. It stays bound until it is closed.
     *
     * @param iommufd the iommufd.
     * @return what can be attached to tables.
     * @throws LinuxException in one sentence.
     */
    public VfioBinding bind(final Iommufd iommufd) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = argument(arena, VfioBindLayout.LENGTH);
            argument.set(INT, VfioBindLayout.IOMMUFD, iommufd.fd());
            call(VfioRequest.DEVICE_BIND_IOMMUFD, argument, "VFIO_DEVICE_BIND_IOMMUFD");
            return new VfioBinding(this, argument.get(INT, VfioBindLayout.OUT_DEVID));
        }
    }

    /**
     * How many regions the device has.
     *
     * @return {@link #region} takes 0 to one less.
     * @throws LinuxException in one sentence.
     */
    public int regions() {
        return deviceInfo(VfioDeviceInfoLayout.NUM_REGIONS);
    }

    /**
     * How many interrupt indexes the device has.
     *
     * @return {@link #interrupt} takes 0 to one less.
     * @throws LinuxException in one sentence.
     */
    public int interrupts() {
        return deviceInfo(VfioDeviceInfoLayout.NUM_IRQS);
    }

    private int deviceInfo(final int field) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = argument(arena, VfioDeviceInfoLayout.LENGTH);
            call(VfioRequest.DEVICE_GET_INFO, argument, "VFIO_DEVICE_GET_INFO");
            return argument.get(INT, field);
        }
    }

    /**
     * Asks about a region.
     *
     * @param index its number.
     * @return what it is.
     * @throws LinuxException           in one sentence; EINVAL if there is no such region.
     * @throws IllegalArgumentException in one sentence, if its capabilities are broken.
     */
    public VfioRegion region(final int index) {
        return VfioRegion.decode(info(VfioRequest.DEVICE_GET_REGION_INFO, VfioRegionInfoLayout.LENGTH, index,
                "VFIO_DEVICE_GET_REGION_INFO"));
    }

    /**
     * Reads from a region, as its driver sees it.
     *
     * @param region of this device.
     * @param at     byte of the region.
     * @param into   native memory; its size is the byte count asked for.
     * @return bytes read, or {@code -errno}; {@code -EINVAL} for a range that the region doesn't have.
     */
    public long read(final VfioRegion region, final long at, final MemorySegment into) {
        return has(region, at, into.byteSize()) ? file.readAt(into, region.offset() + at) : -Errno.EINVAL;
    }

    /**
     * Writes to a region.
     *
     * @param region of this device.
     * @param at     byte of the region.
     * @param from   native memory; its size is the byte count asked for.
     * @return bytes written, or {@code -errno}; {@code -EINVAL} for a range that the region doesn't have.
     */
    public long write(final VfioRegion region, final long at, final MemorySegment from) {
        return has(region, at, from.byteSize()) ? file.writeAt(from, region.offset() + at) : -Errno.EINVAL;
    }

    /** Positions in the file are signed; a region that goes beyond has none there. */
    private static boolean has(final VfioRegion region, final long at, final long length) {
        return at >= 0 && at <= region.size() - length && region.offset() >= 0
                && region.offset() <= Long.MAX_VALUE - region.size();
    }

    /**
     * Maps a part of a region.
     *
     * @param region   of this device.
     * @param at       byte of the region.
     * @param length   bytes.
     * @param writable whether the mapping takes stores.
     * @return the mapping, which the caller closes.
     * @throws LinuxException in one sentence, if the region or the kernel doesn't allow it.
     */
    public FileMapping map(final VfioRegion region, final long at, final long length, final boolean writable) {
        if (!has(region, at, length) || region.mappable(at, length) == null || (region.offset() + at) % PAGE != 0) {
            throw new LinuxException(String.format(
                    "Region %d of %s can't be mapped: 0x%x bytes at 0x%x of it, which is at 0x%x of the file, are not a"
                            + " mappable part that begins a page.",
                    region.index(), name, length, at, region.offset()), 0);
        }
        return file.map(region.offset() + at, length, writable);
    }

    /**
     * Asks about an interrupt index.
     *
     * @param index its number.
     * @return what it is.
     * @throws LinuxException           in one sentence; EINVAL if there is no such index.
     * @throws IllegalArgumentException in one sentence, if its capabilities are broken.
     */
    public VfioInterrupt interrupt(final int index) {
        return VfioInterrupt.decode(info(VfioRequest.DEVICE_GET_IRQ_INFO, VfioIrqInfoLayout.LENGTH, index,
                "VFIO_DEVICE_GET_IRQ_INFO"));
    }

    /** Asks once for the structure, and again with room for what the kernel says is behind it. */
    private UnsafeBuffer info(final int request, final int length, final int index, final String what) {
        int size = length;
        for (int i = 0; i < INFO_TRIES; i++) {
            final UnsafeBuffer buffer = new UnsafeBuffer(new byte[size]);
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment argument = argument(arena, size);
                argument.set(INT, INDEX_AT, index);
                call(request, argument, what + " of index " + index);
                final int wanted = argument.get(INT, SIZE_AT);
                MemorySegment.copy(argument, ValueLayout.JAVA_BYTE, 0, buffer.byteArray(), 0, size);
                if (wanted <= size) {
                    return buffer;
                }
                if (wanted > MOST_INFO) {
                    break;
                }
                size = wanted;
            }
        }
        throw new IllegalArgumentException(
                "The device " + name + " answers " + what + " of index " + index + " with more bytes each time.");
    }

    /**
     * Lets interrupts signal eventfds from now on.
     *
     * @param index the interrupt index.
     * @param start the first interrupt.
     * @param fds   a descriptor for each.
     * @throws LinuxException in one sentence.
     */
    public void signal(final int index, final int start, final int... fds) {
        if (fds.length > MOST_VECTORS) {
            throw new IllegalArgumentException("A device has at most " + MOST_VECTORS + " interrupts, not "
                    + fds.length + ".");
        }
        try (Arena arena = Arena.ofConfined()) {
            final int length = VfioIrqSetLayout.DATA + fds.length * Integer.BYTES;
            final MemorySegment argument = argument(arena, length);
            argument.set(INT, VfioIrqSetLayout.FLAGS,
                    VfioIrqSetLayout.FLAG_DATA_EVENTFD | VfioIrqSetLayout.FLAG_ACTION_TRIGGER);
            argument.set(INT, VfioIrqSetLayout.INDEX, index);
            argument.set(INT, VfioIrqSetLayout.START, start);
            argument.set(INT, VfioIrqSetLayout.COUNT, fds.length);
            MemorySegment.copy(fds, 0, argument, INT, VfioIrqSetLayout.DATA, fds.length);
            call(VfioRequest.DEVICE_SET_IRQS, argument, "VFIO_DEVICE_SET_IRQS of index " + index);
            armed.add(index);
        }
    }

    /**
     * Takes the eventfd of one interrupt away; nothing is signalled afterwards.
     *
     * @param index  the interrupt index.
     * @param vector the interrupt.
     * @throws LinuxException in one sentence.
     */
    public void silence(final int index, final int vector) {
        signal(index, vector, DISARMED);
    }

    /**
     * Stops all interrupts of an index.
     *
     * @param index the interrupt index.
     * @throws LinuxException in one sentence.
     */
    public void silence(final int index) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = argument(arena, VfioIrqSetLayout.LENGTH);
            argument.set(INT, VfioIrqSetLayout.FLAGS,
                    VfioIrqSetLayout.FLAG_DATA_NONE | VfioIrqSetLayout.FLAG_ACTION_TRIGGER);
            argument.set(INT, VfioIrqSetLayout.INDEX, index);
            call(VfioRequest.DEVICE_SET_IRQS, argument, "VFIO_DEVICE_SET_IRQS of index " + index);
            armed.remove(index);
        }
    }

    /**
     * Stops all interrupts that were given an eventfd: the last step of a teardown, when nobody waits for them.
     *
     * @throws LinuxException in one sentence, the first of several; the others are stopped all the same.
     */
    public void silence() {
        LinuxException first = null;
        for (final int index : List.copyOf(armed)) {
            try {
                silence(index);
            } catch (final LinuxException refused) {
                first = first == null ? refused : first;
            }
        }
        armed.clear();
        if (first != null) {
            throw first;
        }
    }

    static MemorySegment argument(final Arena arena, final int length) {
        final MemorySegment argument = arena.allocate(length, Long.BYTES);
        argument.set(INT, SIZE_AT, length);
        return argument;
    }

    void call(final int request, final MemorySegment argument, final String what) {
        final int result = file.ioctl(request, argument);
        if (result < 0) {
            throw new LinuxException(what + " on " + name, -result);
        }
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
