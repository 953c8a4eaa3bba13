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

import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.iommufd.IommufdKernel;
import io.viommu.bridge.iommufd.KernelFile;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.VfioDevices.VfioGroupStatusLayout;
import io.viommu.bridge.uapi.VfioRequest;

/**
 * Devices that their IOMMU can't tell apart: the older way to a device, for kernels or devices without a node of their
 * own. A device found this way has no name in an iommufd, so no nested table and no fault queue.
 */
public final class VfioGroup implements AutoCloseable {

    private final IommufdKernel kernel;
    private final String path;
    private final KernelFile file;

    private VfioGroup(final IommufdKernel kernel, final String path, final KernelFile file) {
        this.kernel = kernel;
        this.path = path;
        this.file = file;
    }

    /**
     * Opens a group.
     *
     * @param kernel the kernel.
     * @param number of the group, as in /dev/vfio.
     * @return the group.
     * @throws LinuxException in one sentence, also if a device of the group is still with its host driver.
     */
    public static VfioGroup open(final IommufdKernel kernel, final int number) {
        final String path = "/dev/vfio/" + number;
        final VfioGroup group = new VfioGroup(kernel, path, kernel.open(path));
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment status = VfioDevice.argument(arena, VfioGroupStatusLayout.LENGTH);
            group.call(VfioRequest.GROUP_GET_STATUS, status, "VFIO_GROUP_GET_STATUS");
            if ((status.get(ValueLayout.JAVA_INT, VfioGroupStatusLayout.FLAGS)
                    & VfioGroupStatusLayout.FLAG_VIABLE) == 0) {
                throw new LinuxException(
                        "The group " + path + " can't be used: some of its devices are not bound to VFIO.", 0);
            }
            return group;
        } catch (final LinuxException refused) {
            group.close();
            throw refused;
        }
    }

    /**
     * Puts the group into a container.
     *
     * @param container the container.
     * @throws LinuxException in one sentence.
     */
    public void join(final VfioContainer container) {
        setContainer(container.fd());
        container.choose();
    }

    /**
     * Puts the group on the compatibility address space of an iommufd.
     *
     * @param iommufd the iommufd.
     * @throws LinuxException in one sentence.
     */
    public void join(final Iommufd iommufd) {
        setContainer(iommufd.fd());
    }

    private void setContainer(final int fd) {
        try (Arena arena = Arena.ofConfined()) {
            call(VfioRequest.GROUP_SET_CONTAINER, arena.allocateFrom(ValueLayout.JAVA_INT, fd),
                    "VFIO_GROUP_SET_CONTAINER");
        }
    }

    /**
     * Opens a device of the group, which must be in a container.
     *
     * @param name as its bus names it, such as {@code 0000:03:00.0} or {@code fff51000.ethernet}.
     * @return the device.
     * @throws LinuxException in one sentence.
     */
    public VfioDevice device(final String name) {
        try (Arena arena = Arena.ofConfined()) {
            final int fd = call(VfioRequest.GROUP_GET_DEVICE_FD, arena.allocateFrom(name),
                    "VFIO_GROUP_GET_DEVICE_FD of " + name);
            return new VfioDevice(name, kernel.adopt(fd));
        }
    }

    private int call(final int request, final MemorySegment argument, final String what) {
        final int result = file.ioctl(request, argument);
        if (result < 0) {
            throw new LinuxException(what + " on " + path, -result);
        }
        return result;
    }

    /** Lets go of the group; close its devices first. */
    @Override
    public void close() {
        file.close();
    }
}
