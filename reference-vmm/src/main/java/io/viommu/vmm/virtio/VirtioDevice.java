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

import io.viommu.device.MmioDevice;

/**
 * A virtio device behind the modern PCI transport: the frame of its BAR 0 and its queues (VIRTIO 1.2, 4.1). It does
 * what is in a queue at once when it is notified, or leaves that to a thread of its VMM.
 *
 * <pre>
 *  0x0000 common configuration   0x1000 interrupt status: 1 queue, 2 configuration; reading clears
 *  0x2000 device-specific        0x3000 notification, for all queues: the queue's number
 * </pre>
 *
 * <p>One thread at a time, but for {@link #read}, which any thread may call at any time: it waits for no transfer, and
 * sees what was written before it by its own thread, or by one that it was told by.
 */
public abstract sealed class VirtioDevice implements MmioDevice permits VirtioRng, VirtioConsole, VirtioBlock {

    /** The vendor of all virtio devices. */
    public static final int VENDOR = 0x1AF4;

    /** Entries of a queue where little is moved. */
    public static final int QUEUE_SIZE = 8;

    static final int CHUNK = 4096;
    /** The most bytes for one buffer; a driver that wants more asks again. */
    static final int MOST = 16 * CHUNK;

    private static final int FRAME_SIZE = 0x4000;
    private static final int PART = 0x1000;
    private static final int INTERRUPT_STATUS = 1;
    private static final int SPECIFIC = 2;
    private static final int NOTIFICATION = 3;
    private static final int COMMON_TYPE = 1;
    private static final int STATUS_TYPE = 3;
    private static final int SPECIFIC_TYPE = 4;
    private static final int QUEUE_INTERRUPT = 1;
    private static final int CONFIGURATION_INTERRUPT = 2;
    private static final int QUEUE_NUMBER = 0xFFFF;

    private final Wire wire;
    private final SplitRing[] rings;
    private final CommonConfig common;
    private final int specific;
    private int interrupts;
    private Runnable onNotification;

    /** The device's INTx wire, and its messages if it has any. */
    @FunctionalInterface
    public interface Wire {
        /**
         * Drives it.
         *
         * @param level true to assert.
         */
        void drive(boolean level);

        /**
         * How many messages the device can send (MSI-X).
         *
         * @return the size of the table; 0 for a device with a wire only.
         */
        default int vectors() {
            return 0;
        }

        /**
         * Sends a message instead of driving the wire.
         *
         * @param vector which; one beyond the table sends nothing.
         * @return false if the driver wants the wire.
         */
        default boolean message(final int vector) {
            return false;
        }
    }

    /**
     * What surrounds a device.
     *
     * @param port      its way to memory.
     * @param platform  whether that way leads through an IOMMU, which the driver must then know.
     * @param wire      its interrupts.
     * @param queueSize entries of each queue, a power of two.
     */
    public record Surroundings(DmaPort port, boolean platform, Wire wire, int queueSize) {
    }

    /**
     * Makes one as at power-on.
     *
     * @param queues   how many it has.
     * @param specific bytes of its own configuration.
     * @param features what it offers besides the transport's.
     * @param around   what surrounds it.
     */
    VirtioDevice(final int queues, final int specific, final long features, final Surroundings around) {
        this.specific = specific;
        this.wire = around.wire();
        rings = new SplitRing[queues];
        for (int i = 0; i < queues; i++) {
            rings[i] = new SplitRing(around.queueSize(), around.port());
        }
        common = new CommonConfig(
                CommonConfig.VERSION_1 | (around.platform() ? CommonConfig.ACCESS_PLATFORM : 0) | features, rings,
                wire.vectors(), this::forget);
    }

    /**
     * Leaves queues to somebody else: a notification then does nothing but call this.
     *
     * @param action wakes whoever calls {@link #serve}.
     */
    public final void onNotification(final Runnable action) {
        onNotification = action;
    }

    /**
     * How many queues it has.
     *
     * @return 1 or more.
     */
    public final int queues() {
        return rings.length;
    }

    /**
     * Does what is in the queues, at most as much as each has entries.
     *
     * @return true if there may be more.
     */
    public final boolean serve() {
        boolean more = false;
        for (int queue = 0; queue < rings.length; queue++) {
            more |= serves(queue) && serve(queue);
        }
        return more;
    }

    /**
     * What it is.
     *
     * @return the PCI device id: 0x1040 and the virtio id.
     */
    public abstract int deviceId();

    /** Whether it takes buffers from a queue when it is notified. */
    abstract boolean serves(int queue);

    /** Uses a buffer; the number of bytes written, or {@link SplitRing#BROKEN}. */
    abstract int use(long address, int length, boolean writable);

    /** Uses a chain; the number of bytes written, or {@link SplitRing#BROKEN}. */
    int handle(final SplitRing ring, final int head) {
        return ring.walk(head, this::use);
    }

    /** Reads the device's own configuration. */
    long readSpecific(final int offset, final int size) {
        return 0;
    }

    /** Forgets what the driver has it do. */
    void restart() {
    }

    /**
     * Where its parts lie in BAR 0.
     *
     * @return the capabilities that its configuration space lists.
     */
    public final List<VirtioCapability> capabilities() {
        return List.of(new VirtioCapability(COMMON_TYPE, 0, CommonConfig.SIZE),
                new VirtioCapability(VirtioCapability.NOTIFICATION, NOTIFICATION * PART, Integer.BYTES),
                new VirtioCapability(STATUS_TYPE, INTERRUPT_STATUS * PART, 1),
                new VirtioCapability(SPECIFIC_TYPE, SPECIFIC * PART, specific));
    }

    /**
     * Where in BAR 0 the driver notifies.
     *
     * @return bytes from the start.
     */
    public final int notificationOffset() {
        return NOTIFICATION * PART;
    }

    /** Back to power-on, as the driver's write of 0 to the status also does. */
    public final void reset() {
        common.reset();
    }

    private void forget() {
        restart();
        takeInterrupts();
    }

    @Override
    public final long mmioSize() {
        return FRAME_SIZE;
    }

    @Override
    public final long read(final long offset, final int size) {
        if (size == Long.BYTES) {
            return read(offset, Integer.BYTES) | read(offset + Integer.BYTES, Integer.BYTES) << 32;
        }
        final int inPart = (int) offset % PART;
        return switch ((int) offset / PART) {
            case 0 -> inPart < CommonConfig.SIZE ? common.read(inPart, size) & 0xFFFF_FFFFL : 0;
            case INTERRUPT_STATUS -> inPart == 0 ? takeInterrupts() : 0;
            case SPECIFIC -> inPart + size <= specific ? readSpecific(inPart, size) : 0;
            default -> 0;
        };
    }

    private int takeInterrupts() {
        synchronized (wire) {
            final int pending = interrupts;
            interrupts = 0;
            wire.drive(false);
            return pending;
        }
    }

    @Override
    public final void write(final long offset, final int size, final long value) {
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
            case NOTIFICATION -> notified((int) value & QUEUE_NUMBER);
            default -> {
            }
        }
    }

    private void notified(final int queue) {
        if (onNotification != null) {
            onNotification.run();
        } else if (queue < rings.length && serves(queue)) {
            serve(queue);
        }
    }

    /** Does what is in a queue, as much as it has entries, so the loop ends; true if there may be more. */
    private boolean serve(final int queue) {
        final SplitRing ring = rings[queue];
        int served = 0;
        while (served < ring.size() && common.running() && ring.enabled()) {
            final int head = ring.take();
            if (head == SplitRing.NONE) {
                break;
            }
            final int written = head == SplitRing.BROKEN ? SplitRing.BROKEN : handle(ring, head);
            if (written == SplitRing.BROKEN || !ring.give(head, written)) {
                if (common.fail()) {
                    interrupt(CONFIGURATION_INTERRUPT, common.configVector());
                }
                return false;
            }
            served++;
        }
        if (served > 0 && ring.wantsInterrupt()) {
            interrupt(QUEUE_INTERRUPT, common.queueVector(queue));
        }
        return served == ring.size();
    }

    private void interrupt(final int reason, final int vector) {
        if (wire.message(vector)) {
            return;
        }
        synchronized (wire) {
            interrupts |= reason;
            wire.drive(true);
        }
    }
}
