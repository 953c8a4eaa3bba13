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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.iommufd.FakeFile;
import io.viommu.bridge.iommufd.FakeIommufd;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.VfioAttachLayout;
import io.viommu.bridge.uapi.VfioBindLayout;
import io.viommu.bridge.uapi.VfioDetachLayout;
import io.viommu.bridge.uapi.VfioDeviceInfoLayout;
import io.viommu.bridge.uapi.VfioIrqSetLayout;
import io.viommu.bridge.uapi.VfioRequest;
import io.viommu.fault.FaultSink;

/** A device of the fake VFIO: its infos are bytes that a test gives. */
final class FakeVfioDevice {

    static final int ENODEV = 19;

    /** Answers to info requests by request and index; the kernel copies as much as argsz allows. */
    final Map<Integer, byte[]> regions = new HashMap<>();
    final Map<Integer, byte[]> interrupts = new HashMap<>();
    /** SET_IRQS requests as index, start and descriptors. */
    final List<String> armed = new ArrayList<>();
    private final FakeIommufd iommufd;
    private int iommufdFd = -1;
    private boolean gone;

    FakeVfioDevice(final FakeIommufd iommufd) {
        this.iommufd = iommufd;
    }

    void iommufdFd(final int fd) {
        iommufdFd = fd;
    }

    /** Unplugs it: every request fails from now on. */
    void unplug() {
        gone = true;
    }

    static ByteBuffer bytes(final int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
    }

    /** A device that was opened through its group needs no binding. */
    FakeFile open(final boolean ofGroup) {
        return new FakeFile() {
            private int bound;

            @Override
            public int ioctl(final int request, final MemorySegment argument) {
                if (gone) {
                    return -ENODEV;
                }
                return switch (request) {
                    case VfioRequest.DEVICE_BIND_IOMMUFD -> bind(argument);
                    case VfioRequest.DEVICE_ATTACH_IOMMUFD_PT -> bound == 0
                            ? -Errno.EINVAL
                            : iommufd.attach(bound, pasid(argument, VfioAttachLayout.PASID),
                                    argument.get(ValueLayout.JAVA_INT, VfioAttachLayout.PT_ID));
                    case VfioRequest.DEVICE_DETACH_IOMMUFD_PT -> detach(argument);
                    default -> bound != 0 || ofGroup ? describe(request, argument) : -Errno.EINVAL;
                };
            }

            private int bind(final MemorySegment argument) {
                if (ofGroup || bound != 0 || argument.get(ValueLayout.JAVA_INT, VfioBindLayout.IOMMUFD) != iommufdFd) {
                    return -Errno.EINVAL;
                }
                bound = iommufd.device();
                argument.set(ValueLayout.JAVA_INT, VfioBindLayout.OUT_DEVID, bound);
                return 0;
            }

            private int detach(final MemorySegment argument) {
                iommufd.detach(bound, pasid(argument, VfioDetachLayout.PASID));
                return 0;
            }

            @Override
            public void close() {
                if (bound != 0 && isOpen()) {
                    iommufd.unbind(bound);
                }
                super.close();
            }
        };
    }

    private static int pasid(final MemorySegment argument, final int at) {
        return argument.get(ValueLayout.JAVA_INT, VfioAttachLayout.FLAGS) == 0
                ? FaultSink.NO_PASID
                : argument.get(ValueLayout.JAVA_INT, at);
    }

    private int describe(final int request, final MemorySegment argument) {
        switch (request) {
            case VfioRequest.DEVICE_GET_INFO -> {
                argument.set(ValueLayout.JAVA_INT, VfioDeviceInfoLayout.FLAGS, VfioDeviceInfoLayout.FLAG_PLATFORM);
                argument.set(ValueLayout.JAVA_INT, VfioDeviceInfoLayout.NUM_REGIONS, regions.size());
                argument.set(ValueLayout.JAVA_INT, VfioDeviceInfoLayout.NUM_IRQS, interrupts.size());
                return 0;
            }
            case VfioRequest.DEVICE_GET_REGION_INFO -> {
                return info(regions, argument);
            }
            case VfioRequest.DEVICE_GET_IRQ_INFO -> {
                return info(interrupts, argument);
            }
            case VfioRequest.DEVICE_SET_IRQS -> {
                final int length = argument.get(ValueLayout.JAVA_INT, VfioIrqSetLayout.ARGSZ);
                final StringBuilder request1 = new StringBuilder();
                for (int at = VfioIrqSetLayout.FLAGS; at < length; at += Integer.BYTES) {
                    request1.append(at == VfioIrqSetLayout.FLAGS ? "" : " ")
                            .append(argument.get(ValueLayout.JAVA_INT, at));
                }
                armed.add(request1.toString());
                return 0;
            }
            default -> {
                return -Errno.ENOTTY;
            }
        }
    }

    /** Infos begin with argsz, flags, index; the index is where the caller put it. */
    private static int info(final Map<Integer, byte[]> infos, final MemorySegment argument) {
        final byte[] info = infos.get(argument.get(ValueLayout.JAVA_INT, 8));
        if (info == null) {
            return -Errno.EINVAL;
        }
        final int room = argument.get(ValueLayout.JAVA_INT, 0);
        MemorySegment.copy(info, 0, argument, ValueLayout.JAVA_BYTE, 0, Math.min(room, info.length));
        return 0;
    }
}
