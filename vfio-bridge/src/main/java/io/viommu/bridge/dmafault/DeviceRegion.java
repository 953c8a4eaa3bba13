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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioRegionInfoLayout;
import io.viommu.bridge.vfio.VfioDevice;
import io.viommu.bridge.vfio.VfioInterrupt;
import io.viommu.bridge.vfio.VfioRegion;

/**
 * The DMA-fault region of a VFIO device and its interrupt, found by their types among all that the device has. Nothing
 * that the device says is believed before it is checked.
 */
record DeviceRegion(VfioDevice vfio, VfioRegion region, VfioInterrupt interrupt, EntryFormat format) {

    /** More than any device has, and the most that are looked through. */
    private static final int MOST = 256;
    private static final int PAGE = DmaFaultRegionLayout.PAGE_SIZE;
    private static final int IRQ_TYPE_NESTED = 1;
    private static final int IRQ_SUBTYPE_DMA_FAULT = 1;
    private static final int READ_AND_WRITE = VfioRegionInfoLayout.FLAG_READ | VfioRegionInfoLayout.FLAG_WRITE;

    static DeviceRegion find(final VfioDevice vfio) {
        final VfioRegion region = findRegion(vfio);
        final EntryFormat format = new RegionInfo(region.size(), region.type(), region.subtype(), region.version())
                .format();
        return new DeviceRegion(vfio, region, findInterrupt(vfio), format);
    }

    private static VfioRegion findRegion(final VfioDevice vfio) {
        final int count = checked(vfio, vfio.regions(), "regions");
        for (int i = 0; i < count; i++) {
            final VfioRegion region = there(i, vfio::region);
            // up to v11 the type was 2, which others use as well: the version tells
            if (region != null && region.subtype() == RegionInfo.SUBTYPE_DMA_FAULT
                    && (region.type() == RegionInfo.TYPE_NESTED
                            || region.type() == RegionInfo.TYPE_NESTED_OLD && region.version() != 0)) {
                return region;
            }
        }
        throw new IllegalArgumentException("The device " + vfio + " has no DMA-fault region among its " + count
                + " regions.");
    }

    private static VfioInterrupt findInterrupt(final VfioDevice vfio) {
        final int count = checked(vfio, vfio.interrupts(), "interrupt indexes");
        for (int i = 0; i < count; i++) {
            final VfioInterrupt interrupt = there(i, vfio::interrupt);
            if (interrupt != null && interrupt.type() == IRQ_TYPE_NESTED
                    && interrupt.subtype() == IRQ_SUBTYPE_DMA_FAULT && interrupt.count() > 0
                    && (interrupt.flags() & VfioIrqInfoLayout.FLAG_EVENTFD) != 0) {
                return interrupt;
            }
        }
        throw new IllegalArgumentException("The device " + vfio + " has a DMA-fault region and no interrupt for it"
                + " among its " + count + " interrupt indexes.");
    }

    private static int checked(final VfioDevice vfio, final int count, final String what) {
        if (count < 0 || count > MOST) {
            throw new IllegalArgumentException("The device " + vfio + " says that it has "
                    + Integer.toUnsignedString(count) + " " + what + "; more than " + MOST + " are not believed.");
        }
        return count;
    }

    /** Asks about one of several. */
    private interface Question<T> {
        T of(int index);
    }

    /** Indexes that the bus has and the device doesn't answer EINVAL, such as the VGA region of a network card. */
    private static <T> T there(final int index, final Question<T> question) {
        try {
            return question.of(index);
        } catch (final LinuxException refused) {
            if (refused.errno() != Errno.EINVAL) {
                throw refused;
            }
            return null;
        }
    }

    /** Reads the header and maps the ring, or both if the device lets it. */
    DeviceRing map() {
        if (region.size() < 0 || region.offset() < 0 || region.offset() > Long.MAX_VALUE - region.size()) {
            throw new IllegalArgumentException(
                    String.format("The DMA-fault region of %s is at 0x%x of its file and has 0x%x bytes: no file is so"
                            + " long.", vfio, region.offset(), region.size()));
        }
        RingGeometry.checkSize(region.size());
        if ((region.flags() & READ_AND_WRITE) != READ_AND_WRITE) {
            throw new IllegalArgumentException(
                    "The DMA-fault region of " + vfio + " can't be both read and written: its flags are "
                            + region.flags() + ".");
        }
        final UnsafeBuffer header = header();
        final RingGeometry ring = RingGeometry.read(header, region.size(), format);
        final int end = ring.offset() + ring.length();
        final boolean whole = region.mappable(0, end) != null;
        final VfioRegion.Area area = region.mappable(whole ? 0 : ring.offset(), whole ? end : ring.length());
        if (area == null) {
            throw new IllegalArgumentException("The DMA-fault region of " + vfio + " can't be mapped: its ring of "
                    + ring.length() + " bytes at byte " + ring.offset() + " is not within one of its "
                    + region.mappable().size() + " mappable parts.");
        }
        final int start = whole ? 0 : Math.max((int) area.offset(), ring.offset() / PAGE * PAGE);
        final FileMapping mapping = vfio.map(region, start, end - start, whole);
        return new DeviceRing(this, ring, start, mapping, header.getInt(DmaFaultRegionLayout.TAIL));
    }

    private UnsafeBuffer header() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment header = arena.allocate(DmaFaultRegionLayout.HEADER_LENGTH, Long.BYTES);
            final long read = vfio.read(region, 0, header);
            if (read != header.byteSize()) {
                throw new LinuxException("The header of the DMA-fault region of " + vfio + " can't be read: "
                        + (read < 0 ? Errno.describe((int) -read) : read + " of 20 bytes were given") + ".", 0);
            }
            return new UnsafeBuffer(header.toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
