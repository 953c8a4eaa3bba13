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

package io.viommu.vmm.machine;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.MmioDevice;
import io.viommu.memory.GuestMemory;

/**
 * QEMU's {@code iommu-testdev}: writes a pattern through the vIOMMU and reads it back past it. Registers are 4 bytes
 * wide and take accesses of 4 bytes only.
 *
 * <pre>
 *  0x00 TRIGGER: reading runs the armed DMA       0x14 doorbell: bit 0 arms, 0 disarms
 *  0x04 IOVA low        0x08 IOVA high            0x18 attributes: [0] secure [2:1] space [3] space valid
 *  0x0c length          0x10 RESULT               0x1c physical address low   0x20 high
 * </pre>
 */
final class IommuTestdev extends PciFunction implements MmioDevice {

    private static final int VENDOR_RED_HAT = 0x1B36;
    private static final int DEVICE_TEST = 0x0005;
    private static final int SIZE = 0x1000;

    private static final int TRIGGER = 0x00;
    private static final int IOVA_LOW = 0x04;
    private static final int IOVA_HIGH = 0x08;
    private static final int LENGTH = 0x0C;
    private static final int RESULT = 0x10;
    private static final int DOORBELL = 0x14;
    private static final int ATTRIBUTES = 0x18;
    private static final int PHYSICAL_LOW = 0x1C;
    private static final int PHYSICAL_HIGH = 0x20;

    private static final int DONE = 0;
    private static final int IDLE = 0xFFFF_FFFF;
    private static final int BUSY = 0xFFFF_FFFE;
    private static final int BAD_LENGTH = 0xDEAD_0001;
    private static final int WRITE_FAILED = 0xDEAD_0002;
    private static final int READ_FAILED = 0xDEAD_0003;
    private static final int MISMATCH = 0xDEAD_0004;
    private static final int NOT_ARMED = 0xDEAD_0005;
    private static final int BAD_ATTRIBUTES = 0xDEAD_0006;

    private static final int PATTERN = 0x1234_5678;
    private static final int CHUNK = 4096;
    private static final int SPACE_NON_SECURE = 1;

    private final GuestMemory memory;
    private final UnsafeBuffer pattern = new UnsafeBuffer(new byte[CHUNK]);
    private final UnsafeBuffer readBack = new UnsafeBuffer(new byte[CHUNK]);
    private long iova;
    private long physical;
    private int length;
    private int attributes;
    private int result;
    private boolean armed;

    IommuTestdev(final GuestMemory memory) {
        super(VENDOR_RED_HAT, DEVICE_TEST);
        this.memory = memory;
        for (int i = 0; i < CHUNK; i += Integer.BYTES) {
            pattern.putInt(i, PATTERN);
        }
        bar(this, Integer.BYTES);
        clear();
    }

    private void clear() {
        iova = 0;
        physical = 0;
        length = 0;
        attributes = SPACE_NON_SECURE << 1;
        result = IDLE;
        armed = false;
    }

    @Override
    void reset() {
        super.reset();
        clear();
    }

    @Override
    public long mmioSize() {
        return SIZE;
    }

    @Override
    public long read(final long offset, final int size) {
        if (size != Integer.BYTES) {
            return 0;
        }
        return 0xFFFF_FFFFL & switch ((int) offset) {
            case TRIGGER -> {
                run();
                yield 0;
            }
            case IOVA_LOW -> iova;
            case IOVA_HIGH -> iova >>> 32;
            case LENGTH -> length;
            case RESULT -> result;
            case ATTRIBUTES -> attributes;
            case PHYSICAL_LOW -> physical;
            case PHYSICAL_HIGH -> physical >>> 32;
            default -> 0;
        };
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        if (size != Integer.BYTES) {
            return;
        }
        final long low = value & 0xFFFF_FFFFL;
        switch ((int) offset) {
            case IOVA_LOW -> iova = iova & ~0xFFFF_FFFFL | low;
            case IOVA_HIGH -> iova = iova & 0xFFFF_FFFFL | low << 32;
            case LENGTH -> length = (int) low;
            case RESULT -> result = (int) low;
            case DOORBELL -> {
                armed = (low & 1) != 0;
                result = armed ? BUSY : IDLE;
            }
            case ATTRIBUTES -> attributes = (int) low;
            case PHYSICAL_LOW -> physical = physical & ~0xFFFF_FFFFL | low;
            case PHYSICAL_HIGH -> physical = physical & 0xFFFF_FFFFL | low << 32;
            default -> {
            }
        }
    }

    private void run() {
        if (!armed) {
            result = NOT_ARMED;
            return;
        }
        armed = false;
        if (length == 0) {
            result = BAD_LENGTH;
        } else if (attributesContradict()) {
            result = BAD_ATTRIBUTES;
        } else if (!writeAll()) {
            result = WRITE_FAILED;
        } else {
            result = compareAll();
        }
    }

    /** A valid space of Secure (0) or Non-secure (1) must agree with the secure bit. */
    private boolean attributesContradict() {
        final int space = attributes >>> 1 & 3;
        final boolean secure = (attributes & 1) != 0;
        return (attributes & 8) != 0 && space <= SPACE_NON_SECURE && secure != (space != SPACE_NON_SECURE);
    }

    private boolean writeAll() {
        final long total = length & 0xFFFF_FFFFL;
        for (long done = 0; done < total; done += CHUNK) {
            if (!master().write(iova + done, pattern, (int) Math.min(CHUNK, total - done))) {
                return false;
            }
        }
        return true;
    }

    private int compareAll() {
        final long total = length & 0xFFFF_FFFFL;
        for (long done = 0; done < total; done += CHUNK) {
            final int piece = (int) Math.min(CHUNK, total - done);
            if (memory.read(physical + done, readBack, 0, piece) != GuestMemory.OK) {
                return READ_FAILED;
            }
            for (int i = 0; i < piece; i++) {
                if (readBack.getByte(i) != pattern.getByte(i)) {
                    return MISMATCH;
                }
            }
        }
        return DONE;
    }
}
