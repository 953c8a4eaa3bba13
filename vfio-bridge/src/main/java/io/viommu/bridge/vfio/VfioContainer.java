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

import io.viommu.bridge.iommufd.IommufdKernel;
import io.viommu.bridge.iommufd.KernelFile;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.VfioDevices.VfioDmaMapLayout;
import io.viommu.bridge.uapi.VfioDevices.VfioDmaUnmapLayout;
import io.viommu.bridge.uapi.VfioRequest;

/**
 * A container of VFIO: the address space of groups on a kernel, or for a device, without iommufd. It knows one stage
 * only, so a guest's faults come through a DMA-fault region of the device, if it has one.
 */
public final class VfioContainer implements AutoCloseable {

    /** The node that makes containers. */
    public static final String PATH = "/dev/vfio/vfio";

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final KernelFile file;

    private VfioContainer(final KernelFile file) {
        this.file = file;
    }

    /**
     * Makes an empty container.
     *
     * @param kernel the kernel.
     * @return the container.
     * @throws LinuxException in one sentence.
     */
    public static VfioContainer open(final IommufdKernel kernel) {
        final KernelFile file = kernel.open(PATH);
        final int version = file.ioctl(VfioRequest.GET_API_VERSION, MemorySegment.NULL);
        final int known = file.ioctl(VfioRequest.CHECK_EXTENSION,
                MemorySegment.ofAddress(VfioRequest.TYPE1V2_IOMMU));
        if (version != 0 || known != 1) {
            file.close();
            throw new LinuxException("The VFIO of this kernel has version " + version
                    + (known == 1 ? "" : " and no type-1 IOMMU") + "; version 0 with a type-1 IOMMU is needed.", 0);
        }
        return new VfioContainer(file);
    }

    int fd() {
        return file.fd();
    }

    /** Chooses the kind of IOMMU; possible when the first group is in. */
    void choose() {
        call(VfioRequest.SET_IOMMU, MemorySegment.ofAddress(VfioRequest.TYPE1V2_IOMMU), "VFIO_SET_IOMMU");
    }

    /**
     * Maps guest RAM for the devices of all groups.
     *
     * @param memory page-aligned memory that stays mapped in this process.
     * @param iova   the guest physical address it appears at.
     * @throws LinuxException in one sentence.
     */
    public void map(final MemorySegment memory, final long iova) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = VfioDevice.argument(arena, VfioDmaMapLayout.LENGTH);
            argument.set(ValueLayout.JAVA_INT, VfioDmaMapLayout.FLAGS,
                    VfioDmaMapLayout.FLAG_READ | VfioDmaMapLayout.FLAG_WRITE);
            argument.set(LONG, VfioDmaMapLayout.VADDR, memory.address());
            argument.set(LONG, VfioDmaMapLayout.IOVA, iova);
            argument.set(LONG, VfioDmaMapLayout.SIZE, memory.byteSize());
            call(VfioRequest.IOMMU_MAP_DMA, argument, String.format("VFIO_IOMMU_MAP_DMA at 0x%x", iova));
        }
    }

    /**
     * Takes a mapping away.
     *
     * @param iova   its first address.
     * @param length its length.
     * @throws LinuxException in one sentence.
     */
    public void unmap(final long iova, final long length) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = VfioDevice.argument(arena, VfioDmaUnmapLayout.LENGTH);
            argument.set(LONG, VfioDmaUnmapLayout.IOVA, iova);
            argument.set(LONG, VfioDmaUnmapLayout.SIZE, length);
            call(VfioRequest.IOMMU_UNMAP_DMA, argument, String.format("VFIO_IOMMU_UNMAP_DMA at 0x%x", iova));
        }
    }

    private void call(final int request, final MemorySegment argument, final String what) {
        final int result = file.ioctl(request, argument);
        if (result < 0) {
            throw new LinuxException(what, -result);
        }
    }

    /** Lets go of the container and of all its mappings; close groups first. */
    @Override
    public void close() {
        file.close();
    }
}
