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

import static io.viommu.bridge.iommufd.Iommufd.INT;
import static io.viommu.bridge.iommufd.Iommufd.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import io.viommu.bridge.uapi.IommufdTables.HwptAllocLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasMapLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasUnmapLayout;
import io.viommu.bridge.uapi.IommufdRequest;

/** An IO address space: guest physical addresses to memory of this process. */
public final class Ioas extends IommufdObject {

    Ioas(final Iommufd iommufd, final int id) {
        super(iommufd, "IOAS", id);
        register();
    }

    /**
     * Maps guest RAM for devices to read and write.
     *
     * @param memory page-aligned memory that stays mapped in this process.
     * @param iova   the guest physical address it appears at.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; EEXIST if something is mapped there.
     */
    public void map(final MemorySegment memory, final long iova) {
        map(memory, iova, true);
    }

    /**
     * Maps guest memory for devices.
     *
     * @param memory   page-aligned memory that stays mapped in this process.
     * @param iova     the guest physical address it appears at.
     * @param writable false for ROM.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; EEXIST if something is mapped there.
     */
    public void map(final MemorySegment memory, final long iova, final boolean writable) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, IoasMapLayout.LENGTH);
            argument.set(INT, IoasMapLayout.FLAGS,
                    IoasMapLayout.FLAG_FIXED_IOVA | IoasMapLayout.FLAG_READABLE
                            | (writable ? IoasMapLayout.FLAG_WRITEABLE : 0));
            argument.set(INT, IoasMapLayout.IOAS_ID, id());
            argument.set(LONG, IoasMapLayout.USER_VA, memory.address());
            argument.set(LONG, IoasMapLayout.LENGTH_OF_RANGE, memory.byteSize());
            argument.set(LONG, IoasMapLayout.IOVA, iova);
            iommufd().call(IommufdRequest.IOAS_MAP, argument, String.format(" at 0x%x", iova));
        }
    }

    /**
     * Takes a mapping away.
     *
     * @param iova   its first address.
     * @param length its length.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence.
     */
    public void unmap(final long iova, final long length) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, IoasUnmapLayout.LENGTH);
            argument.set(INT, IoasUnmapLayout.IOAS_ID, id());
            argument.set(LONG, IoasUnmapLayout.IOVA, iova);
            argument.set(LONG, IoasUnmapLayout.LENGTH_OF_RANGE, length);
            iommufd().call(IommufdRequest.IOAS_UNMAP, argument, String.format(" at 0x%x", iova));
        }
    }

    /**
     * Makes the hardware's second stage of this address space, for nested tables to stand on.
     *
     * @param device iommufd id of a device behind the hardware that is to walk it.
     * @return the table.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence.
     */
    public NestParent nestParent(final int device) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, HwptAllocLayout.LENGTH);
            argument.set(INT, HwptAllocLayout.FLAGS, HwptAllocLayout.FLAG_NEST_PARENT);
            argument.set(INT, HwptAllocLayout.DEV_ID, device);
            argument.set(INT, HwptAllocLayout.PT_ID, id());
            iommufd().call(IommufdRequest.HWPT_ALLOC, argument, " of a nesting parent for device " + device);
            return new NestParent(this, argument.get(INT, HwptAllocLayout.OUT_HWPT_ID));
        }
    }
}
