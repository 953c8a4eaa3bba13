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

/**
 * QEMU's educational device {@code edu}: a factorial, interrupts by hand, and DMA to and from a buffer of 4 KiB. What
 * takes it a while elsewhere is done at once here.
 *
 * <pre>
 *  0x00 identification     0x24 interrupt status       0x80 DMA source        (8 bytes)
 *  0x04 liveness: inverse  0x60 raise                  0x88 DMA destination   (8 bytes)
 *  0x08 factorial          0x64 acknowledge            0x90 DMA count         (8 bytes)
 *  0x20 status                                         0x98 DMA command       (8 bytes)
 * </pre>
 */
final class Edu extends PciFunction implements MmioDevice {

    static final long DEFAULT_DMA_MASK = (1L << 28) - 1;

    private static final int VENDOR_QEMU = 0x1234;
    private static final int DEVICE_EDU = 0x11E8;
    private static final int REVISION = 0x10;
    private static final int SIZE = 1 << 20;
    private static final long ALL_ONES = -1;

    private static final int IDENTIFICATION = 0x00;
    private static final int LIVENESS = 0x04;
    private static final int FACTORIAL = 0x08;
    private static final int STATUS = 0x20;
    private static final int INTERRUPT_STATUS = 0x24;
    private static final int INTERRUPT_RAISE = 0x60;
    private static final int INTERRUPT_ACKNOWLEDGE = 0x64;
    private static final int FIRST_WIDE = 0x80;
    private static final int DMA_SOURCE = 0x80;
    private static final int DMA_DESTINATION = 0x88;
    private static final int DMA_COUNT = 0x90;
    private static final int DMA_COMMAND = 0x98;

    private static final int IDENTITY = 0x0100_00ED;
    private static final int STATUS_INTERRUPT_WHEN_DONE = 0x80;
    private static final int INTERRUPT_FACTORIAL = 0x001;
    private static final int INTERRUPT_DMA = 0x100;
    private static final int COMMAND_START = 1;
    private static final int COMMAND_TO_RAM = 2;
    private static final int COMMAND_INTERRUPT = 4;
    private static final long BUFFER_BASE = 0x40000;
    private static final int BUFFER_SIZE = 4096;
    /** From here on the factorial has at least 32 factors of 2, so its low 32 bits are 0. */
    private static final int FACTORIAL_VANISHES = 34;

    private static final int MSI = 0x05;
    private static final int MSI_LENGTH = 14;
    private static final int MSI_FLAGS = 2;
    private static final int MSI_ADDRESS = 4;
    private static final int MSI_DATA = 12;
    private static final int MSI_64BIT = 1 << 7;
    private static final int MSI_ENABLE = 1;

    private final long dmaMask;
    private final int msi;
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[BUFFER_SIZE]);
    private final UnsafeBuffer window = new UnsafeBuffer(0, 0);
    private int liveness;
    private int factorial;
    private int status;
    private int interrupts;
    private long source;
    private long destination;
    private long count;
    private long command;

    Edu(final long dmaMask) {
        super(VENDOR_QEMU, DEVICE_EDU);
        this.dmaMask = dmaMask;
        config.set(PciConfig.REVISION, 1, REVISION);
        config.set(PciConfig.INTERRUPT_PIN, 1, 1);
        msi = config.addCapability(MSI, MSI_LENGTH);
        config.set(msi + MSI_FLAGS, 2, MSI_64BIT);
        config.allow(msi + MSI_FLAGS, 2, 0x70 | MSI_ENABLE);
        config.allow(msi + MSI_ADDRESS, 4, ~3);
        config.allow(msi + MSI_ADDRESS + 4, 4, -1);
        config.allow(msi + MSI_DATA, 2, 0xFFFF);
        bar(this, Long.BYTES);
    }

    @Override
    void reset() {
        interrupts = 0;
        liveness = 0;
        factorial = 0;
        status = 0;
        source = 0;
        destination = 0;
        count = 0;
        command = 0;
        buffer.setMemory(0, BUFFER_SIZE, (byte) 0);
        super.reset();
    }

    @Override
    public long mmioSize() {
        return SIZE;
    }

    private static boolean takes(final long offset, final int size) {
        return size == Integer.BYTES || size == Long.BYTES && offset >= FIRST_WIDE;
    }

    @Override
    public long read(final long offset, final int size) {
        final long mask = size == Long.BYTES ? ALL_ONES : (1L << 8 * size) - 1;
        return mask & (takes(offset, size) ? register((int) offset) : ALL_ONES);
    }

    private long register(final int offset) {
        return switch (offset) {
            case IDENTIFICATION -> IDENTITY;
            case LIVENESS -> liveness;
            case FACTORIAL -> factorial;
            case STATUS -> status;
            case INTERRUPT_STATUS -> interrupts;
            case DMA_SOURCE -> source;
            case DMA_DESTINATION -> destination;
            case DMA_COUNT -> count;
            case DMA_COMMAND -> command;
            default -> ALL_ONES;
        };
    }

    @Override
    public void write(final long offset, final int size, final long written) {
        if (!takes(offset, size)) {
            return;
        }
        final long value = size == Long.BYTES ? written : written & 0xFFFF_FFFFL;
        switch ((int) offset) {
            case LIVENESS -> liveness = ~(int) value;
            case FACTORIAL -> computeFactorial((int) value);
            case STATUS -> status = (int) value & STATUS_INTERRUPT_WHEN_DONE;
            case INTERRUPT_RAISE -> raise((int) value);
            case INTERRUPT_ACKNOWLEDGE -> acknowledge((int) value);
            case DMA_SOURCE -> source = value;
            case DMA_DESTINATION -> destination = value;
            case DMA_COUNT -> count = value;
            case DMA_COMMAND -> {
                if ((value & COMMAND_START) != 0) {
                    command = value & ~COMMAND_START;
                    transfer();
                }
            }
            default -> {
            }
        }
    }

    private void computeFactorial(final int of) {
        int product = 1;
        if (Integer.compareUnsigned(of, FACTORIAL_VANISHES) >= 0) {
            product = 0;
        } else {
            for (int i = 2; i <= of; i++) {
                product *= i;
            }
        }
        factorial = product;
        if ((status & STATUS_INTERRUPT_WHEN_DONE) != 0) {
            raise(INTERRUPT_FACTORIAL);
        }
    }

    /** Moves the bytes; a range beyond the buffer moves nothing, a read that aborts leaves zeros. */
    private void transfer() {
        final boolean toRam = (command & COMMAND_TO_RAM) != 0;
        final long inBuffer = (toRam ? source : destination) - BUFFER_BASE;
        final boolean fits = count >= 0 && count <= BUFFER_SIZE && inBuffer >= 0 && inBuffer <= BUFFER_SIZE - count;
        if (fits && count > 0) {
            window.wrap(buffer, (int) inBuffer, (int) count);
            if (toRam) {
                master().write(destination & dmaMask, window, (int) count);
            } else if (!master().read(source & dmaMask, window, (int) count)) {
                window.setMemory(0, (int) count, (byte) 0);
            }
        }
        if ((command & COMMAND_INTERRUPT) != 0) {
            raise(INTERRUPT_DMA);
        }
    }

    private boolean msiEnabled() {
        return (config.get(msi + MSI_FLAGS, 2) & MSI_ENABLE) != 0;
    }

    private void raise(final int which) {
        interrupts |= which;
        if (interrupts == 0) {
            return;
        }
        if (msiEnabled()) {
            master().message(config.read(msi + MSI_ADDRESS, Long.BYTES), config.get(msi + MSI_DATA, 2));
        } else {
            pin(true);
        }
    }

    private void acknowledge(final int which) {
        interrupts &= ~which;
        if (interrupts == 0) {
            pin(false);
        }
    }
}
