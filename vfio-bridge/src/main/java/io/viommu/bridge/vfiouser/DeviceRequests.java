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

package io.viommu.bridge.vfiouser;

import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.uapi.VfioDevices.VfioDeviceInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqInfoLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioIrqSetLayout;
import io.viommu.bridge.uapi.VfioRegions.VfioRegionInfoLayout;

/**
 * What a client asks about the device and its interrupts: the structures of linux/vfio.h. Each method answers with the
 * length of the reply's body, or {@code -errno}.
 */
final class DeviceRequests {

    /** The structure without cap_offset, which the protocol does not have. */
    private static final int DEVICE_INFO_LENGTH = VfioDeviceInfoLayout.CAP_OFFSET;
    private static final int DATA_TYPES = VfioIrqSetLayout.FLAG_DATA_NONE | VfioIrqSetLayout.FLAG_DATA_BOOL
            | VfioIrqSetLayout.FLAG_DATA_EVENTFD;
    private static final int ACTIONS = VfioIrqSetLayout.FLAG_ACTION_MASK | VfioIrqSetLayout.FLAG_ACTION_UNMASK
            | VfioIrqSetLayout.FLAG_ACTION_TRIGGER;

    private final VfioUserFunction function;
    private final InterruptInputs interrupts;

    DeviceRequests(final VfioUserFunction function, final InterruptInputs interrupts) {
        this.function = function;
        this.interrupts = interrupts;
    }

    int deviceInfo(final Message request, final MutableDirectBuffer answer) {
        if (request.bodyLength() < DEVICE_INFO_LENGTH) {
            return -Errno.EINVAL;
        }
        answer.putInt(VfioDeviceInfoLayout.ARGSZ, DEVICE_INFO_LENGTH);
        answer.putInt(VfioDeviceInfoLayout.FLAGS, VfioDeviceInfoLayout.FLAG_RESET | VfioDeviceInfoLayout.FLAG_PCI);
        answer.putInt(VfioDeviceInfoLayout.NUM_REGIONS, VfioUserFunction.REGIONS);
        answer.putInt(VfioDeviceInfoLayout.NUM_IRQS, VfioUserFunction.INTERRUPT_KINDS);
        return DEVICE_INFO_LENGTH;
    }

    int regionInfo(final Message request, final MutableDirectBuffer answer) {
        final int index = request.bodyLength() < VfioRegionInfoLayout.LENGTH
                ? -1
                : request.body().getInt(VfioRegionInfoLayout.INDEX);
        if (index < 0 || index >= VfioUserFunction.REGIONS) {
            return -Errno.EINVAL;
        }
        final long size = function.regionSize(index);
        answer.putInt(VfioRegionInfoLayout.ARGSZ, VfioRegionInfoLayout.LENGTH);
        answer.putInt(VfioRegionInfoLayout.FLAGS,
                size == 0 ? 0 : VfioRegionInfoLayout.FLAG_READ | VfioRegionInfoLayout.FLAG_WRITE);
        answer.putInt(VfioRegionInfoLayout.INDEX, index);
        answer.putInt(VfioRegionInfoLayout.CAP_OFFSET, 0);
        answer.putLong(VfioRegionInfoLayout.SIZE, size);
        answer.putLong(VfioRegionInfoLayout.OFFSET, 0);
        return VfioRegionInfoLayout.LENGTH;
    }

    int interruptInfo(final Message request, final MutableDirectBuffer answer) {
        final int kind = request.bodyLength() < VfioIrqInfoLayout.LENGTH
                ? -1
                : request.body().getInt(VfioIrqInfoLayout.INDEX);
        if (kind < 0 || kind >= VfioUserFunction.INTERRUPT_KINDS) {
            return -Errno.EINVAL;
        }
        final int count = interrupts.count(kind);
        final int flags = kind == VfioUserFunction.INTX
                ? VfioIrqInfoLayout.FLAG_EVENTFD | VfioIrqInfoLayout.FLAG_MASKABLE
                        | VfioIrqInfoLayout.FLAG_AUTOMASKED
                : VfioIrqInfoLayout.FLAG_EVENTFD | VfioIrqInfoLayout.FLAG_NORESIZE;
        answer.putInt(VfioIrqInfoLayout.ARGSZ, VfioIrqInfoLayout.LENGTH);
        answer.putInt(VfioIrqInfoLayout.FLAGS, count == 0 ? 0 : flags);
        answer.putInt(VfioIrqInfoLayout.INDEX, kind);
        answer.putInt(VfioIrqInfoLayout.COUNT, count);
        return VfioIrqInfoLayout.LENGTH;
    }

    int setInterrupts(final Message request) {
        if (request.bodyLength() < VfioIrqSetLayout.LENGTH) {
            return -Errno.EINVAL;
        }
        final UnsafeBuffer body = request.body();
        final int flags = body.getInt(VfioIrqSetLayout.FLAGS);
        final int kind = body.getInt(VfioIrqSetLayout.INDEX);
        final int first = body.getInt(VfioIrqSetLayout.START);
        final int count = body.getInt(VfioIrqSetLayout.COUNT);
        if ((flags & ~(DATA_TYPES | ACTIONS)) != 0 || Integer.bitCount(flags & DATA_TYPES) != 1
                || Integer.bitCount(flags & ACTIONS) != 1 || kind < 0 || kind >= VfioUserFunction.INTERRUPT_KINDS
                || first < 0 || count < 0 || first > interrupts.count(kind)
                || count > interrupts.count(kind) - first) {
            return -Errno.EINVAL;
        }
        if ((flags & VfioIrqSetLayout.FLAG_DATA_BOOL) != 0
                && request.bodyLength() < VfioIrqSetLayout.LENGTH + count) {
            return -Errno.EINVAL;
        }
        return (flags & VfioIrqSetLayout.FLAG_ACTION_TRIGGER) != 0
                ? trigger(request, flags, kind, first, count)
                : mask(request, flags, kind, first, count);
    }

    private int trigger(final Message request, final int flags, final int kind, final int first, final int count) {
        if ((flags & VfioIrqSetLayout.FLAG_DATA_EVENTFD) != 0) {
            return arm(request, kind, first, count);
        }
        if (count == 0 && (flags & VfioIrqSetLayout.FLAG_DATA_NONE) != 0) {
            interrupts.disarm(kind, 0, interrupts.count(kind));
            return 0;
        }
        for (int i = 0; i < count; i++) {
            if (chosen(request, flags, i)) {
                if (kind == VfioUserFunction.INTX) {
                    interrupts.pulse();
                } else {
                    interrupts.trigger(kind, first + i);
                }
            }
        }
        return 0;
    }

    /** All descriptors of the range, or none, which disarms it (vfio-user protocol, "Device SET_IRQS"). */
    private int arm(final Message request, final int kind, final int first, final int count) {
        if (request.descriptorCount() == 0) {
            interrupts.disarm(kind, first, count);
            return 0;
        }
        if (request.descriptorCount() != count) {
            return -Errno.EINVAL;
        }
        boolean taken = true;
        for (int i = 0; i < count; i++) {
            taken &= interrupts.arm(kind, first + i, request.takeDescriptor());
        }
        return taken ? 0 : -Errno.EINVAL;
    }

    /** Only INTx can be masked here; MSI and MSI-X are masked in the function's own registers. */
    private int mask(final Message request, final int flags, final int kind, final int first, final int count) {
        if (kind != VfioUserFunction.INTX || (flags & VfioIrqSetLayout.FLAG_DATA_EVENTFD) != 0) {
            return -Errno.EINVAL;
        }
        if (count == 1 && chosen(request, flags, 0)) {
            interrupts.mask((flags & VfioIrqSetLayout.FLAG_ACTION_MASK) != 0);
        }
        return 0;
    }

    private static boolean chosen(final Message request, final int flags, final int i) {
        return (flags & VfioIrqSetLayout.FLAG_DATA_BOOL) == 0
                || request.body().getByte(VfioIrqSetLayout.DATA + i) != 0;
    }
}
