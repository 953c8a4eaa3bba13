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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.iommufd.FakeFile;
import io.viommu.bridge.iommufd.FakeIommufd;
import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.iommufd.IommufdKernel;
import io.viommu.bridge.iommufd.KernelFile;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.VfioDevices.VfioGroupStatusLayout;
import io.viommu.bridge.uapi.VfioRequest;

/** A kernel with VFIO devices: nodes of their own, one group, containers, and an iommufd beside them. */
public final class FakeVfio implements IommufdKernel {

    /** The group's number. */
    public static final int GROUP = 26;
    /** Nodes of devices, without the number. */
    public static final String NODE = "/dev/vfio/devices/vfio";
    /** The device of the group. */
    public static final String NAME = "fff51000.ethernet";

    /** What container requests have done. */
    final List<String> mapped = new ArrayList<>();
    public final FakeIommufd iommufd = new FakeIommufd();
    public final FakeVfioDevice device = new FakeVfioDevice(iommufd);
    boolean viable = true;
    int apiVersion;
    private final Map<Integer, KernelFile> files = new HashMap<>();
    private int iommufdFd = -1;

    @Override
    public KernelFile open(final String path) {
        if (path.equals(Iommufd.PATH)) {
            final KernelFile file = iommufd.open(path);
            iommufdFd = file.fd();
            device.iommufdFd(iommufdFd);
            return file;
        }
        if (path.equals(NODE + 0)) {
            return device.open(false);
        }
        if (path.equals(VfioContainer.PATH)) {
            return new Container();
        }
        if (path.equals("/dev/vfio/" + GROUP)) {
            return new Group();
        }
        throw new LinuxException("open " + path, Errno.ENOENT);
    }

    @Override
    public KernelFile adopt(final int fd) {
        return files.containsKey(fd) ? files.get(fd) : iommufd.adopt(fd);
    }

    private final class Container extends FakeFile {
        private boolean chosen;

        Container() {
            files.put(number(), this);
        }

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            return switch (request) {
                case VfioRequest.GET_API_VERSION -> apiVersion;
                case VfioRequest.CHECK_EXTENSION -> argument.address() == VfioRequest.TYPE1V2_IOMMU ? 1 : 0;
                case VfioRequest.SET_IOMMU -> {
                    chosen = true;
                    yield argument.address() == VfioRequest.TYPE1V2_IOMMU ? 0 : -Errno.EINVAL;
                }
                case VfioRequest.IOMMU_MAP_DMA -> chosen ? range("map", argument, 16, 24) : -Errno.EINVAL;
                case VfioRequest.IOMMU_UNMAP_DMA -> chosen ? range("unmap", argument, 8, 16) : -Errno.EINVAL;
                default -> -Errno.ENOTTY;
            };
        }

        private int range(final String what, final MemorySegment argument, final int iova, final int size) {
            mapped.add(String.format("%s %x+%x", what, argument.get(ValueLayout.JAVA_LONG, iova),
                    argument.get(ValueLayout.JAVA_LONG, size)));
            return 0;
        }
    }

    private final class Group extends FakeFile {
        private boolean contained;

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            switch (request) {
                case VfioRequest.GROUP_GET_STATUS -> {
                    argument.set(ValueLayout.JAVA_INT, VfioGroupStatusLayout.FLAGS,
                            (viable ? VfioGroupStatusLayout.FLAG_VIABLE : 0)
                                    | (contained ? VfioGroupStatusLayout.FLAG_CONTAINER_SET : 0));
                    return 0;
                }
                case VfioRequest.GROUP_SET_CONTAINER -> {
                    final int fd = argument.get(ValueLayout.JAVA_INT, 0);
                    contained = files.containsKey(fd) || fd == iommufdFd;
                    return contained ? 0 : -Errno.EINVAL;
                }
                case VfioRequest.GROUP_GET_DEVICE_FD -> {
                    if (!contained) {
                        return -Errno.EINVAL;
                    }
                    if (!argument.getString(0).equals(NAME)) {
                        return -FakeVfioDevice.ENODEV;
                    }
                    final FakeFile file = device.open(true);
                    files.put(file.number(), file);
                    return file.number();
                }
                default -> {
                    return -Errno.ENOTTY;
                }
            }
        }
    }
}
