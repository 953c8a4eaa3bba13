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

import io.viommu.bridge.uapi.IommufdTables.ArmSmmuv3InvalidateLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptAllocLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptArmSmmuv3Layout;
import io.viommu.bridge.uapi.IommufdTables.HwptInvalidateLayout;
import io.viommu.bridge.uapi.IommufdRequest;
import io.viommu.bridge.uapi.IommufdObjects.VdeviceAllocLayout;
import io.viommu.bridge.uapi.IommufdQueues.VeventqAllocLayout;

/** The hardware's share of a virtual SMMUv3. */
public final class Viommu extends IommufdObject {

    private volatile int refusal;

    Viommu(final NestParent parent, final int id) {
        super(parent.iommufd(), "vIOMMU", id, parent);
        register();
    }

    /**
     * Tells the hardware what the guest calls a device.
     *
     * @param device   iommufd id of the device.
     * @param streamId the guest's StreamID of it.
     * @return the vDEVICE.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; EEXIST if the device or the StreamID has one.
     */
    public Vdevice vdevice(final int device, final int streamId) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, VdeviceAllocLayout.LENGTH);
            argument.set(INT, VdeviceAllocLayout.VIOMMU_ID, id());
            argument.set(INT, VdeviceAllocLayout.DEV_ID, device);
            argument.set(LONG, VdeviceAllocLayout.VIRT_ID, Integer.toUnsignedLong(streamId));
            iommufd().call(IommufdRequest.VDEVICE_ALLOC, argument,
                    String.format(" of device %d as StreamID 0x%x", device, streamId));
            return new Vdevice(this, argument.get(INT, VdeviceAllocLayout.OUT_VDEVICE_ID));
        }
    }

    /**
     * Makes a nested table from a guest's stream table entry.
     *
     * @param device iommufd id of the device.
     * @param word0  word 0 of the entry, only the fields that {@link HwptArmSmmuv3Layout} names.
     * @param word1  word 1, likewise.
     * @param faults takes the faults of stalled transactions and page requests, or null.
     * @return the table.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; EIO for an entry that the hardware can't take.
     */
    public NestedTable nested(final int device, final long word0, final long word1, final FaultQueue faults) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment data = arena.allocate(HwptArmSmmuv3Layout.LENGTH, Long.BYTES);
            data.set(LONG, HwptArmSmmuv3Layout.STE, word0);
            data.set(LONG, HwptArmSmmuv3Layout.STE + Long.BYTES, word1);
            return NestedTable.allocate(this, device, HwptAllocLayout.DATA_ARM_SMMUV3, data, faults, 0);
        }
    }

    /**
     * Makes the queue of unrecoverable events.
     *
     * @param depth events it holds, 1 to 524288.
     * @return the queue.
     * @throws io.viommu.bridge.linux.LinuxException in one sentence; EEXIST if there is one, with ENOTTY the kernel is
     *                                               older than 6.15.
     */
    public VeventQueue eventQueue(final int depth) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, VeventqAllocLayout.LENGTH);
            argument.set(INT, VeventqAllocLayout.VIOMMU_ID, id());
            argument.set(INT, VeventqAllocLayout.TYPE, VeventqAllocLayout.TYPE_ARM_SMMUV3);
            argument.set(INT, VeventqAllocLayout.VEVENTQ_DEPTH, depth);
            iommufd().call(IommufdRequest.VEVENTQ_ALLOC, argument, " with depth " + depth);
            return new VeventQueue(this, argument.get(INT, VeventqAllocLayout.OUT_VEVENTQ_ID),
                    iommufd().adopt(argument.get(INT, VeventqAllocLayout.OUT_VEVENTQ_FD)));
        }
    }

    /**
     * Passes commands of the guest to the hardware, many at once.
     *
     * @param commands native memory with commands of 16 bytes, as {@link ArmSmmuv3InvalidateLayout} says.
     * @return how many were done; fewer than given if the hardware refused the one after them.
     */
    public int invalidate(final MemorySegment commands) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment argument = Iommufd.argument(arena, HwptInvalidateLayout.LENGTH);
            final int count = (int) (commands.byteSize() / ArmSmmuv3InvalidateLayout.LENGTH);
            argument.set(INT, HwptInvalidateLayout.HWPT_ID, id());
            argument.set(LONG, HwptInvalidateLayout.DATA_UPTR, commands.address());
            argument.set(INT, HwptInvalidateLayout.DATA_TYPE, HwptInvalidateLayout.DATA_ARM_SMMUV3);
            argument.set(INT, HwptInvalidateLayout.ENTRY_LEN, ArmSmmuv3InvalidateLayout.LENGTH);
            argument.set(INT, HwptInvalidateLayout.ENTRY_NUM, count);
            refusal = -Math.min(0, iommufd().tryCall(IommufdRequest.HWPT_INVALIDATE, argument));
            if (refusal == 0) {
                return count;
            }
            final int done = argument.get(INT, HwptInvalidateLayout.ENTRY_NUM);
            return done < 0 || done >= count ? 0 : done; // untouched if the kernel doesn't know the request
        }
    }

    /**
     * Why the last {@link #invalidate} stopped.
     *
     * @return the error number, 0 if it did not stop.
     */
    public int refusal() {
        return refusal;
    }
}
