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

import java.util.List;
import java.util.SplittableRandom;

import io.viommu.device.MmioDevice;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A virtio entropy device behind the modern PCI transport: the frame of its BAR 0 (VIRTIO 1.2, 4.1 and 5.4). It fills
 * the buffers in its queue at once when it is notified. The bytes come from a generator with a fixed seed: it is here
 * to move data that can be checked, not to be unpredictable.
 *
 * <pre>
 *  0x0000 common configuration   0x1000 interrupt status: 1 queue, 2 configuration; reading clears
 *  0x2000 device-specific: none  0x3000 notification
 * </pre>
 *
 * <p>One thread at a time.
 */
public final class VirtioRng implements MmioDevice {

    /** The vendor of all virtio devices. */
    public static final int VENDOR = 0x1AF4;

    /** The device id: 0x1040 and the virtio id of an entropy source. */
    public static final int DEVICE = 0x1044;

    private static final int FRAME_SIZE = 0x4000;
    private static final int PART = 0x1000;
    private static final int INTERRUPT_STATUS = 1;
    private static final int NOTIFICATION = 3;
    private static final int QUEUE_SIZE = 8;
    private static final int QUEUE_INTERRUPT = 1;
    private static final int CONFIGURATION_INTERRUPT = 2;
    private static final int CHUNK = 4096;
    /** The most bytes for one buffer; a driver that wants more asks again. */
    private static final int MOST = 16 * CHUNK;
    private static final long SEED = 0x5EED;
    private static final List<VirtioCapability> CAPABILITIES = List.of(new VirtioCapability(1, 0, CommonConfig.SIZE),
            new VirtioCapability(VirtioCapability.NOTIFICATION, NOTIFICATION * PART, Integer.BYTES),
            new VirtioCapability(3, INTERRUPT_STATUS * PART, 1), new VirtioCapability(4, 2 * PART, Integer.BYTES));

    private final DmaPort port;
    private final Wire wire;
    private final SplitRing ring;
    private final CommonConfig common;
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[CHUNK]);
    private SplittableRandom random = new SplittableRandom(SEED);
    private int interrupts;

    /** The device's INTx wire. */
    @FunctionalInterface
    public interface Wire {
        /**
         * Drives it.
         *
         * @param level true to assert.
         */
        void drive(boolean level);
    }

    /**
     * Makes one as at power-on.
     *
     * @param port     its way to memory.
     * @param platform whether that way leads through an IOMMU, which the driver must then know.
     * @param wire     its interrupt.
     */
    public VirtioRng(final DmaPort port, final boolean platform, final Wire wire) {
        this.port = port;
        this.wire = wire;
        ring = new SplitRing(QUEUE_SIZE, port);
        common = new CommonConfig(CommonConfig.VERSION_1 | (platform ? CommonConfig.ACCESS_PLATFORM : 0), ring,
                this::forget);
    }

    /**
     * Where its parts lie in BAR 0.
     *
     * @return the capabilities that its configuration space lists.
     */
    public static List<VirtioCapability> capabilities() {
        return CAPABILITIES;
    }

    /** Back to power-on, as the driver's write of 0 to the status also does. */
    public void reset() {
        common.reset();
    }

    private void forget() {
        random = new SplittableRandom(SEED);
        interrupts = 0;
        wire.drive(false);
    }

    @Override
    public long mmioSize() {
        return FRAME_SIZE;
    }

    @Override
    public long read(final long offset, final int size) {
        if (size == Long.BYTES) {
            return read(offset, Integer.BYTES) | read(offset + Integer.BYTES, Integer.BYTES) << 32;
        }
        final int inPart = (int) offset % PART;
        return switch ((int) offset / PART) {
            case 0 -> inPart < CommonConfig.SIZE ? common.read(inPart, size) & 0xFFFF_FFFFL : 0;
            case INTERRUPT_STATUS -> inPart == 0 ? takeInterrupts() : 0;
            default -> 0;
        };
    }

    private int takeInterrupts() {
        final int pending = interrupts;
        interrupts = 0;
        wire.drive(false);
        return pending;
    }

    @Override
    public void write(final long offset, final int size, final long value) {
        if (size == Long.BYTES) {
            write(offset, Integer.BYTES, value & 0xFFFF_FFFFL);
            write(offset + Integer.BYTES, Integer.BYTES, value >>> 32);
            return;
        }
        final int inPart = (int) offset % PART;
        switch ((int) offset / PART) {
            case 0 -> {
                if (inPart < CommonConfig.SIZE) {
                    common.write(inPart, size, (int) value);
                }
            }
            case NOTIFICATION -> serve();
            default -> {
            }
        }
    }

    /** Fills what is in the queue; the ring refuses more chains than it has entries, so the loop ends. */
    private void serve() {
        boolean any = false;
        for (int served = 0; served < QUEUE_SIZE && common.running(); served++) {
            final int head = ring.take();
            if (head == SplitRing.NONE) {
                break;
            }
            final int written = head == SplitRing.BROKEN ? SplitRing.BROKEN : ring.walk(head, this::fill);
            if (written == SplitRing.BROKEN || !ring.give(head, written)) {
                if (common.fail()) {
                    interrupt(CONFIGURATION_INTERRUPT);
                }
                return;
            }
            any = true;
        }
        if (any && ring.wantsInterrupt()) {
            interrupt(QUEUE_INTERRUPT);
        }
    }

    private int fill(final long address, final int length) {
        final int wanted = Math.min(length, MOST);
        int done = 0;
        while (done < wanted) {
            final int chunk = Math.min(CHUNK, wanted - done);
            for (int i = 0; i < chunk; i++) {
                bytes.putByte(i, (byte) random.nextInt());
            }
            if (!port.write(address + done, bytes, chunk)) {
                return SplitRing.BROKEN;
            }
            done += chunk;
        }
        return done;
    }

    private void interrupt(final int reason) {
        interrupts |= reason;
        wire.drive(true);
    }
}
