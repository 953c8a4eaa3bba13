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

import java.util.ArrayList;
import java.util.List;

import org.agrona.DirectBuffer;

import io.viommu.bridge.uapi.VfioDevices.VfioCapHeaderLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioRegionInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioRegionTypeLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioSparseMmapLayout;

/**
 * A region of a device: what VFIO_DEVICE_GET_REGION_INFO tells of it.
 *
 * @param index    its number.
 * @param flags    of {@link VfioRegionInfoLayout}.
 * @param size     bytes, 0 if the device has no such region.
 * @param offset   where it is in the device's file.
 * @param type     its type, 0 for the regions of the bus itself.
 * @param subtype  its subtype.
 * @param version  version of the entries of a DMA-fault region (its capability 6), 0 for other regions.
 * @param mappable the parts that can be mapped; all of it in one part if nothing else is said.
 */
public record VfioRegion(int index, int flags, long size, long offset, int type, int subtype, int version,
        List<Area> mappable) {

    /**
     * A part of a region.
     *
     * @param offset within the region.
     * @param size   bytes.
     */
    public record Area(long offset, long size) {
    }

    static VfioRegion decode(final DirectBuffer info) {
        final int flags = info.getInt(VfioRegionInfoLayout.FLAGS);
        final long size = info.getLong(VfioRegionInfoLayout.SIZE);
        final int first = (flags & VfioRegionInfoLayout.FLAG_CAPS) == 0
                ? 0
                : info.getInt(VfioRegionInfoLayout.CAP_OFFSET);
        final CapabilityChain chain = new CapabilityChain("region info", info, VfioRegionInfoLayout.LENGTH, first);
        final int type = chain.find(VfioCapHeaderLayout.ID_TYPE, VfioRegionTypeLayout.LENGTH);
        final int sparse = chain.find(VfioCapHeaderLayout.ID_SPARSE_MMAP, VfioSparseMmapLayout.LENGTH);
        final int fault = chain.find(VfioCapHeaderLayout.ID_DMA_FAULT, VfioCapHeaderLayout.LENGTH + Integer.BYTES);
        final List<Area> areas;
        if ((flags & VfioRegionInfoLayout.FLAG_MMAP) == 0) {
            areas = List.of();
        } else {
            areas = sparse == 0 ? List.of(new Area(0, size)) : areas(info, sparse, size);
        }
        return new VfioRegion(info.getInt(VfioRegionInfoLayout.INDEX), flags, size,
                info.getLong(VfioRegionInfoLayout.OFFSET),
                type == 0 ? 0 : info.getInt(type + VfioRegionTypeLayout.TYPE),
                type == 0 ? 0 : info.getInt(type + VfioRegionTypeLayout.SUBTYPE),
                fault == 0 ? 0 : info.getInt(fault + VfioCapHeaderLayout.LENGTH), areas);
    }

    /**
     * The part that can be mapped and has all of a range.
     *
     * @param from   its first byte, within the region.
     * @param length bytes.
     * @return the part, or null.
     */
    public Area mappable(final long from, final long length) {
        for (final Area area : mappable) {
            if (from >= area.offset && length <= area.size && from - area.offset <= area.size - length) {
                return area;
            }
        }
        return null;
    }

    private static List<Area> areas(final DirectBuffer info, final int at, final long regionSize) {
        final int count = info.getInt(at + VfioSparseMmapLayout.NR_AREAS);
        final int room = (info.capacity() - at - VfioSparseMmapLayout.AREAS) / VfioSparseMmapLayout.AREA_LENGTH;
        if (count < 0 || count > room) {
            throw new IllegalArgumentException("The region info names " + Integer.toUnsignedString(count)
                    + " mappable parts and has room for " + room + ".");
        }
        final List<Area> areas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int entry = at + VfioSparseMmapLayout.AREAS + i * VfioSparseMmapLayout.AREA_LENGTH;
            final Area area = new Area(info.getLong(entry), info.getLong(entry + Long.BYTES));
            if (area.offset < 0 || area.size < 0 || area.size > regionSize - area.offset) {
                throw new IllegalArgumentException(String.format(
                        "The region info names a mappable part of 0x%x bytes at 0x%x, outside the region.", area.size,
                        area.offset));
            }
            areas.add(area);
        }
        return List.copyOf(areas);
    }
}
