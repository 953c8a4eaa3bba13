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
import java.util.HashSet;
import java.util.Set;

import io.viommu.bridge.uapi.IommufdTables.HwptAllocLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptInvalidateLayout;
import io.viommu.bridge.uapi.IommufdRequest;
import io.viommu.bridge.uapi.IommufdObjects.VdeviceAllocLayout;
import io.viommu.bridge.uapi.IommufdQueues.VeventqAllocLayout;
import io.viommu.bridge.uapi.IommufdObjects.ViommuAllocLayout;

/**
 * A kernel with a mock IOMMU in the place of an SMMUv3: types and data that the mock can't know are replaced by its own
 * (iommufd_test.h), and nothing else; ids, errors, queues and counts are the kernel's.
 */
final class MockDriver implements IommufdKernel {

    private static final int TYPE_VIOMMU = 0xDEAD_BEEF;
    private static final int TYPE_TABLE = 0xDEAD;
    private static final int TYPE_EVENTS = 0xBEEF_BEEF;
    private static final int TYPE_INVALIDATION = 0xDEAD_BEEF;
    private static final int VIOMMU_DATA = 24;
    private static final int ALL = 1;
    private static final int NO_SUCH_CACHE = 99;
    private static final Set<Integer> COMMANDS = Set.of(0x30, 0x10, 0x11, 0x12, 0x13, 0x40, 0x05, 0x06);
    private static final Set<Integer> WITH_STREAM = Set.of(0x40, 0x05, 0x06);

    private final IommufdKernel kernel;
    private final Set<Integer> viommus = new HashSet<>();
    private int eventFd = -1;
    private int anyName;

    MockDriver(final IommufdKernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public KernelFile open(final String path) {
        return new Device(kernel.open(path));
    }

    @Override
    public KernelFile adopt(final int fd) {
        final boolean events = fd == eventFd;
        eventFd = -1;
        return events ? new MockEvents(kernel.adopt(fd)) : kernel.adopt(fd);
    }

    private final class Device implements KernelFile {
        private final KernelFile file;

        Device(final KernelFile file) {
            this.file = file;
        }

        @Override
        public int fd() {
            return file.fd();
        }

        @Override
        public int ioctl(final int request, final MemorySegment argument) {
            try (Arena arena = Arena.ofConfined()) {
                if (request == IommufdRequest.VIOMMU_ALLOC.number()) {
                    return viommu(arena, request, argument);
                }
                if (request == IommufdRequest.HWPT_ALLOC.number()) {
                    return table(arena, request, argument);
                }
                if (request == IommufdRequest.VEVENTQ_ALLOC.number()) {
                    return events(request, argument);
                }
                if (request == IommufdRequest.HWPT_INVALIDATE.number()) {
                    return invalidate(arena, request, argument);
                }
                final int result = file.ioctl(request, argument);
                if (result == 0 && request == IommufdRequest.VDEVICE_ALLOC.number()) {
                    anyName = (int) argument.get(LONG, VdeviceAllocLayout.VIRT_ID);
                }
                return result;
            }
        }

        private int viommu(final Arena arena, final int request, final MemorySegment argument) {
            argument.set(INT, ViommuAllocLayout.TYPE, TYPE_VIOMMU);
            argument.set(INT, ViommuAllocLayout.DATA_LEN, VIOMMU_DATA);
            argument.set(LONG, ViommuAllocLayout.DATA_UPTR, arena.allocate(VIOMMU_DATA, 8).address());
            final int result = file.ioctl(request, argument);
            if (result == 0) {
                viommus.add(argument.get(INT, ViommuAllocLayout.OUT_VIOMMU_ID));
            }
            return result;
        }

        private int table(final Arena arena, final int request, final MemorySegment argument) {
            if (argument.get(INT, HwptAllocLayout.DATA_TYPE) != HwptAllocLayout.DATA_NONE) {
                argument.set(INT, HwptAllocLayout.DATA_TYPE, TYPE_TABLE);
                argument.set(INT, HwptAllocLayout.DATA_LEN, Integer.BYTES);
                argument.set(LONG, HwptAllocLayout.DATA_UPTR, arena.allocateFrom(INT, 0x0BAD_BEEF).address());
            }
            return file.ioctl(request, argument);
        }

        private int events(final int request, final MemorySegment argument) {
            argument.set(INT, VeventqAllocLayout.TYPE, TYPE_EVENTS);
            final int result = file.ioctl(request, argument);
            if (result == 0) {
                eventFd = argument.get(INT, VeventqAllocLayout.OUT_VEVENTQ_FD);
            }
            return result;
        }

        /** A command of an SMMUv3 is {flags, name, cache} of a mock vIOMMU; of a table it is {flags, entry}. */
        private int invalidate(final Arena arena, final int request, final MemorySegment argument) {
            final int count = argument.get(INT, HwptInvalidateLayout.ENTRY_NUM);
            final int given = argument.get(INT, HwptInvalidateLayout.ENTRY_LEN);
            final boolean viommu = viommus.contains(argument.get(INT, HwptInvalidateLayout.HWPT_ID));
            final MemorySegment from = FakeIommufd.data(argument.get(LONG, HwptInvalidateLayout.DATA_UPTR),
                    (long) count * given);
            final int length = viommu ? 12 : 8;
            final MemorySegment entries = arena.allocate((long) Math.max(1, count) * length, 4);
            for (int i = 0; i < count; i++) {
                final long word0 = from.get(LONG, (long) i * given);
                entries.set(INT, (long) i * length, ALL);
                if (viommu) {
                    final int code = (int) word0 & 0xFF;
                    entries.set(INT, i * 12L + 4, WITH_STREAM.contains(code) ? (int) (word0 >>> 32) : anyName);
                    entries.set(INT, i * 12L + 8, COMMANDS.contains(code) ? 0 : NO_SUCH_CACHE);
                }
            }
            argument.set(INT, HwptInvalidateLayout.DATA_TYPE, TYPE_INVALIDATION);
            argument.set(INT, HwptInvalidateLayout.ENTRY_LEN, length);
            argument.set(LONG, HwptInvalidateLayout.DATA_UPTR, entries.address());
            return file.ioctl(request, argument);
        }

        @Override
        public long read(final MemorySegment into) {
            return file.read(into);
        }

        @Override
        public long write(final MemorySegment from) {
            return file.write(from);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
