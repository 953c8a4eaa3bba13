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

package io.viommu.vmm.virtio;

import java.util.Arrays;

/**
 * The common configuration of the modern PCI transport (VIRTIO 1.2, 4.1.4.3). Each field takes accesses of its own
 * width; a 64-bit one takes its halves.
 *
 * <pre>
 *  0x00 u32 device feature select   0x10 u16 config vector       0x18 u16 queue size         0x20 u64 descriptors
 *  0x04 u32 device feature          0x12 u16 number of queues    0x1a u16 queue vector       0x28 u64 available
 *  0x08 u32 driver feature select   0x14 u8  device status       0x1c u16 queue enable       0x30 u64 used
 *  0x0c u32 driver feature          0x15 u8  config generation   0x1e u16 queue notify offset
 *                                   0x16 u16 queue select
 * </pre>
 */
final class CommonConfig {

    static final int SIZE = 0x38;

    /** Feature bit 32: this is no legacy device. */
    static final long VERSION_1 = 1L << 32;
    /** Feature bit 33: addresses in the queue are for the IOMMU. */
    static final long ACCESS_PLATFORM = 1L << 33;

    private static final int DEVICE_FEATURE_SELECT = 0x00;
    private static final int DEVICE_FEATURE = 0x04;
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0C;
    private static final int CONFIG_VECTOR = 0x10;
    private static final int QUEUES = 0x12;
    private static final int STATUS = 0x14;
    private static final int QUEUE_SELECT = 0x16;
    private static final int QUEUE_SIZE = 0x18;
    private static final int QUEUE_VECTOR = 0x1A;
    private static final int QUEUE_ENABLE = 0x1C;
    private static final int ADDRESSES = 0x20;

    private static final int DRIVER_OK = 4;
    private static final int FEATURES_OK = 8;
    private static final int NEEDS_RESET = 0x40;
    private static final int NO_VECTOR = 0xFFFF;
    private static final int BYTE = 0xFF;

    private final long offered;
    private final SplitRing[] rings;
    private final Runnable onReset;
    private final int vectors;
    private final int[] queueVectors;
    private int configVector;
    private int deviceSelect;
    private int driverSelect;
    private long accepted;
    private int status;
    private int queue;

    /** {@code vectors} is the size of the MSI-X table, 0 without one. */
    CommonConfig(final long offered, final SplitRing[] rings, final int vectors, final Runnable onReset) {
        this.offered = offered;
        this.rings = rings;
        this.vectors = vectors;
        this.onReset = onReset;
        queueVectors = new int[rings.length];
        forgetVectors();
    }

    private void forgetVectors() {
        configVector = NO_VECTOR;
        Arrays.fill(queueVectors, NO_VECTOR);
    }

    /** The vector that a queue's interrupts use; one beyond the table stands for none. */
    int queueVector(final int which) {
        return queueVectors[which];
    }

    /** The vector of changes of the configuration. */
    int configVector() {
        return configVector;
    }

    /** What can't be used is answered with "none" (4.1.5.1.2.1). */
    private int vector(final int value) {
        return (value & NO_VECTOR) < vectors ? value & NO_VECTOR : NO_VECTOR;
    }

    void reset() {
        deviceSelect = 0;
        driverSelect = 0;
        accepted = 0;
        status = 0;
        queue = 0;
        forgetVectors();
        for (final SplitRing ring : rings) {
            ring.reset();
        }
        onReset.run();
    }

    /** Whether the driver has finished and nothing has broken since. */
    boolean running() {
        return (status & (DRIVER_OK | NEEDS_RESET)) == DRIVER_OK;
    }

    /** Says that the device can't go on; true if the driver has to be told. */
    boolean fail() {
        final boolean news = (status & (DRIVER_OK | NEEDS_RESET)) == DRIVER_OK;
        status |= NEEDS_RESET;
        return news;
    }

    private static int width(final int offset) {
        if (offset >= ADDRESSES || offset < CONFIG_VECTOR) {
            return Integer.BYTES;
        }
        return offset == STATUS || offset == STATUS + 1 ? Byte.BYTES : Short.BYTES;
    }

    private static int half(final long value, final int select) {
        return select == 0 ? (int) value : select == 1 ? (int) (value >>> 32) : 0;
    }

    int read(final int offset, final int size) {
        if (size != width(offset) || offset % size != 0) {
            return 0;
        }
        return switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceSelect;
            case DEVICE_FEATURE -> half(offered, deviceSelect);
            case DRIVER_FEATURE_SELECT -> driverSelect;
            case DRIVER_FEATURE -> half(accepted, driverSelect);
            case CONFIG_VECTOR -> configVector;
            case QUEUE_VECTOR -> queue < rings.length ? queueVectors[queue] : NO_VECTOR;
            case QUEUES -> rings.length;
            case STATUS -> status;
            case QUEUE_SELECT -> queue;
            default -> queue < rings.length ? readQueue(rings[queue], offset) : 0;
        };
    }

    private static int readQueue(final SplitRing ring, final int offset) {
        return switch (offset) {
            case QUEUE_SIZE -> ring.size();
            case QUEUE_ENABLE -> ring.enabled() ? 1 : 0;
            default -> offset >= ADDRESSES ? half(ring.address(offset - ADDRESSES >> 3), offset >> 2 & 1) : 0;
        };
    }

    void write(final int offset, final int size, final int value) {
        if (size != width(offset) || offset % size != 0) {
            return;
        }
        switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceSelect = value;
            case DRIVER_FEATURE_SELECT -> driverSelect = value;
            case DRIVER_FEATURE -> accept(value);
            case STATUS -> setStatus(value & BYTE);
            case CONFIG_VECTOR -> configVector = vector(value);
            case QUEUE_SELECT -> queue = value & NO_VECTOR;
            case QUEUE_VECTOR -> {
                if (queue < rings.length) {
                    queueVectors[queue] = vector(value);
                }
            }
            default -> {
                if (queue < rings.length) {
                    writeQueue(rings[queue], offset, value);
                }
            }
        }
    }

    private void accept(final int value) {
        if ((status & FEATURES_OK) != 0 || driverSelect < 0 || driverSelect > 1) {
            return;
        }
        final int shift = 32 * driverSelect;
        accepted = accepted & ~(0xFFFF_FFFFL << shift) | (value & 0xFFFF_FFFFL) << shift;
    }

    /** FEATURES_OK stays only if the driver took what it must and nothing that was not offered. */
    private void setStatus(final int value) {
        if (value == 0) {
            reset();
            return;
        }
        final boolean agreed = (accepted & ~offered) == 0 && (accepted & VERSION_1) != 0;
        status = (agreed ? value : value & ~FEATURES_OK) | status & NEEDS_RESET;
    }

    private static void writeQueue(final SplitRing ring, final int offset, final int value) {
        if (offset >= ADDRESSES) {
            final int part = offset - ADDRESSES >> 3;
            final int shift = 8 * (offset & 4);
            ring.address(part, ring.address(part) & ~(0xFFFF_FFFFL << shift) | (value & 0xFFFF_FFFFL) << shift);
        } else if (offset == QUEUE_SIZE) {
            ring.size(value & NO_VECTOR);
        } else if (offset == QUEUE_ENABLE && (value & NO_VECTOR) == 1) {
            ring.enable();
        }
    }
}
