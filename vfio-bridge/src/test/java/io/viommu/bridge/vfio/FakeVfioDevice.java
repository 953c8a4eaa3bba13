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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.iommufd.FakeFile;
import io.viommu.bridge.iommufd.FakeIommufd;
import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.FileMapping;
import io.viommu.bridge.uapi.VfioDevices.VfioAttachLayout;
import io.viommu.bridge.uapi.VfioDevices.VfioBindLayout;
import io.viommu.bridge.uapi.VfioDevices.VfioDetachLayout;
import io.viommu.bridge.uapi.VfioDevices.VfioDeviceInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqSetLayout;
import io.viommu.bridge.uapi.VfioRequest;
import io.viommu.fault.FaultSink;

/** A device of the fake VFIO: its infos are bytes that a test gives. */
public final class FakeVfioDevice {

    static final int ENODEV = 19;

    /** Answers to info requests by request and index; the kernel copies as much as argsz allows. */
    public final Map<Integer, byte[]> regions = new HashMap<>();
    /** Interrupt infos, likewise. */
    public final Map<Integer, byte[]> interrupts = new HashMap<>();
    /** SET_IRQS requests as index, start and descriptors. */
    public final List<String> armed = new ArrayList<>();
    /** What the next reads of the region give instead: an errno, or fewer bytes. */
    public final Deque<Long> readResults = new ArrayDeque<>();
    private FakeFaultRegion faults;
    private Integer regionCount;
    private boolean refusesWrites;
    private final FakeIommufd iommufd;
    private int iommufdFd = -1;
    private boolean gone;

    FakeVfioDevice(final FakeIommufd iommufd) {
        this.iommufd = iommufd;
    }

    void iommufdFd(final int fd) {
        iommufdFd = fd;
    }

    /** Gives it a DMA-fault region and the interrupt of it, behind those that its bus has. */
    public void faults(final FakeFaultRegion region) {
        faults = region;
        regions.put(FakeFaultRegion.INDEX, region.info());
        interrupts.put(FakeFaultRegion.INTERRUPT, region.interruptInfo());
        regionCount = FakeFaultRegion.INDEX + 1;
    }

    /** Lets it take no tail any more. */
    public void refuseWrites() {
        refusesWrites = true;
    }

    /** Lets it say that it has so many regions. */
    public void regionCount(final int count) {
        regionCount = count;
    }

    /** Unplugs it: every request fails from now on, and the kernel lets go of eventfds. */
    public void unplug() {
        gone = true;
        if (faults != null) {
            faults.arm(-1);
        }
    }

    /** Zeros to fill in the order of the host. */
    public static ByteBuffer bytes(final int length) {
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

            @Override
            public long readAt(final MemorySegment into, final long position) {
                final Long scripted = readResults.poll();
                if (gone || scripted != null) {
                    return gone ? -ENODEV : scripted;
                }
                return faults == null ? -Errno.EINVAL : faults.read(into, position);
            }

            @Override
            public long writeAt(final MemorySegment from, final long position) {
                return gone ? -ENODEV : faults == null || refusesWrites ? -Errno.EINVAL : faults.write(from, position);
            }

            @Override
            public FileMapping map(final long position, final long size, final boolean writable) {
                return faults == null ? super.map(position, size, writable) : faults.map(position, size, writable);
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
                argument.set(ValueLayout.JAVA_INT, VfioDeviceInfoLayout.NUM_REGIONS,
                        regionCount == null ? regions.size() : regionCount);
                argument.set(ValueLayout.JAVA_INT, VfioDeviceInfoLayout.NUM_IRQS,
                        interrupts.keySet().stream().mapToInt(index -> index + 1).max().orElse(0));
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
                final StringBuilder words = new StringBuilder();
                for (int at = VfioIrqSetLayout.FLAGS; at < length; at += Integer.BYTES) {
                    words.append(at == VfioIrqSetLayout.FLAGS ? "" : " ")
                            .append(argument.get(ValueLayout.JAVA_INT, at));
                }
                armed.add(words.toString());
                if (faults != null
                        && argument.get(ValueLayout.JAVA_INT, VfioIrqSetLayout.INDEX) == FakeFaultRegion.INTERRUPT) {
                    faults.arm(length == VfioIrqSetLayout.DATA
                            ? -1
                            : argument.get(ValueLayout.JAVA_INT, VfioIrqSetLayout.DATA));
                }
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
