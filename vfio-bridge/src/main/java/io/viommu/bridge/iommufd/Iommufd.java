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

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.IommufdObjects.DestroyLayout;
import io.viommu.bridge.uapi.IommufdQueues.FaultAllocLayout;
import io.viommu.bridge.uapi.IommufdObjects.IoasAllocLayout;
import io.viommu.bridge.uapi.IommufdRequest;

/**
 * An open /dev/iommu: where all objects begin. Closing it closes every object in the right order. For set-up, by any
 * thread.
 */
public final class Iommufd implements AutoCloseable {

    /** The device node. */
    public static final String PATH = "/dev/iommu";

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int SIZE = 0;

    private final IommufdKernel kernel;
    private final KernelFile file;
    private final List<IommufdObject> roots = new ArrayList<>();

    private Iommufd(final IommufdKernel kernel, final KernelFile file) {
        this.kernel = kernel;
        this.file = file;
    }

    /**
     * Opens /dev/iommu.
     *
     * @param kernel {@link IommufdKernel#host()}.
     * @return the open device.
     * @throws LinuxException in one sentence; with ENOENT the kernel has no iommufd.
     */
    public static Iommufd open(final IommufdKernel kernel) {
        try {
            return new Iommufd(kernel, kernel.open(PATH));
        } catch (final LinuxException refused) {
            if (refused.errno() != Errno.ENOENT) {
                throw refused;
            }
            throw new LinuxException("open " + PATH + ", which needs Linux 6.2 or newer with CONFIG_IOMMUFD,",
                    Errno.ENOENT);
        }
    }

    /**
     * The descriptor, to bind devices to.
     *
     * @return the number, -1 once closed.
     */
    public int fd() {
        return file.fd();
    }

    /**
     * Makes an empty IO address space.
     *
     * @return the address space.
     * @throws LinuxException in one sentence.
     */
    public Ioas ioas() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = argument(arena, IoasAllocLayout.LENGTH);
            call(IommufdRequest.IOAS_ALLOC, argument, "");
            return new Ioas(this, argument.get(INT, IoasAllocLayout.OUT_IOAS_ID));
        }
    }

    /**
     * Makes a queue for recoverable faults.
     *
     * @return the queue.
     * @throws LinuxException in one sentence; with ENOTTY the kernel is older than 6.11.
     */
    public FaultQueue faultQueue() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = argument(arena, FaultAllocLayout.LENGTH);
            call(IommufdRequest.FAULT_QUEUE_ALLOC, argument, "");
            return new FaultQueue(this, argument.get(INT, FaultAllocLayout.OUT_FAULT_ID),
                    kernel.adopt(argument.get(INT, FaultAllocLayout.OUT_FAULT_FD)));
        }
    }

    /**
     * Asks what IOMMU a device is behind.
     *
     * @param device iommufd id of the device.
     * @return what it is and can do.
     * @throws LinuxException in one sentence; with ENOTTY the kernel is older than 6.6.
     */
    public HardwareInfo hardwareInfo(final int device) {
        return HardwareInfo.of(this, device);
    }

    KernelFile adopt(final int fd) {
        return kernel.adopt(fd);
    }

    /** A cleared argument with its size filled in: the newest structure goes with every kernel while its tail is 0. */
    static MemorySegment argument(final Arena arena, final int length) {
        final MemorySegment argument = arena.allocate(length, Long.BYTES);
        argument.set(INT, SIZE, length);
        return argument;
    }

    /** Makes a request that must succeed; what it is about goes into the sentence. */
    void call(final IommufdRequest request, final MemorySegment argument, final String about) {
        check(file.ioctl(request.number(), argument), request, about);
    }

    private static void check(final int result, final IommufdRequest request, final String about) {
        if (result < 0) {
            final String needs = result == -Errno.ENOTTY ? ", which needs " + request.needs() + "," : "";
            throw new LinuxException("IOMMU_" + request + about + needs, -result);
        }
    }

    /** Makes a request whose failure the caller understands. */
    int tryCall(final IommufdRequest request, final MemorySegment argument) {
        return file.ioctl(request.number(), argument);
    }

    /** A vDEVICE has gone already if its device was unbound: the kernel keeps its id, and the id alone. */
    void destroy(final IommufdObject object) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = argument(arena, DestroyLayout.LENGTH);
            argument.set(INT, DestroyLayout.ID, object.id());
            final int result = tryCall(IommufdRequest.DESTROY, argument);
            if (result != -Errno.ENOENT) {
                check(result, IommufdRequest.DESTROY, " of " + object);
            }
        }
    }

    synchronized void addRoot(final IommufdObject root) {
        roots.add(root);
    }

    synchronized void removeRoot(final IommufdObject root) {
        roots.remove(root);
    }

    /**
     * Closes all objects, the youngest first, and the device. What the kernel refuses to destroy goes with the
     * descriptor.
     */
    @Override
    public synchronized void close() {
        try {
            IommufdObject.closeAll(List.copyOf(roots));
        } finally {
            file.close();
        }
    }
}
