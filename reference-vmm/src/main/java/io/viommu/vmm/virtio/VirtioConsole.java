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

import java.util.ArrayDeque;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A virtio console with one port (VIRTIO 1.2, 5.3) that hears what its driver says, and says what it is told to. Its
 * driver gives it buffers to read, which an entropy device never gets.
 */
public final class VirtioConsole extends VirtioDevice {

    /** The device id: 0x1040 and the virtio id of a console. */
    public static final int DEVICE = 0x1043;

    private static final int QUEUES = 2;
    private static final int TRANSMIT = 1;
    /** Columns, rows, number of ports, emergency write: none is valid without a feature. */
    private static final int SPECIFIC = 12;

    private final DmaPort port;
    private final Ear ear;
    private final UnsafeBuffer bytes = new UnsafeBuffer(new byte[CHUNK]);
    private final ArrayDeque<Byte> said = new ArrayDeque<>();

    /** What the device does with what it hears. */
    @FunctionalInterface
    public interface Ear {
        /**
         * Takes bytes; the buffer that they come from is the device's until this returns.
         *
         * @param address bus address that they were read from.
         * @param text    holds them from its offset 0 on, until this returns.
         * @param length  number of bytes.
         */
        void hear(long address, DirectBuffer text, int length);
    }

    /**
     * Makes one as at power-on.
     *
     * @param port     its way to memory.
     * @param platform whether that way leads through an IOMMU, which the driver must then know.
     * @param wire     its interrupt.
     * @param ear      takes what is said.
     */
    public VirtioConsole(final DmaPort port, final boolean platform, final Wire wire, final Ear ear) {
        this(new Surroundings(port, platform, wire, QUEUE_SIZE), ear);
    }

    /**
     * Makes one as at power-on.
     *
     * @param around what surrounds it.
     * @param ear    takes what is said.
     */
    public VirtioConsole(final Surroundings around, final Ear ear) {
        super(QUEUES, SPECIFIC, 0, around);
        this.port = around.port();
        this.ear = ear;
    }

    /**
     * Has something to say to the driver. By any thread; the queues must be served afterwards.
     *
     * @param text   the bytes.
     * @param length number of bytes; what the driver doesn't take in time is lost.
     */
    public void say(final byte[] text, final int length) {
        synchronized (said) {
            for (int i = 0; i < length && said.size() < MOST; i++) {
                said.add(text[i]);
            }
        }
    }

    @Override
    public int deviceId() {
        return DEVICE;
    }

    @Override
    boolean serves(final int queue) {
        if (queue == TRANSMIT) {
            return true;
        }
        synchronized (said) {
            return !said.isEmpty();
        }
    }

    @Override
    int use(final long address, final int length, final boolean writable) {
        return writable ? tell(address, Math.min(length, CHUNK)) : hear(address, Math.min(length, MOST));
    }

    private int tell(final long address, final int room) {
        int length = 0;
        synchronized (said) {
            while (length < room && !said.isEmpty()) {
                bytes.putByte(length++, said.poll());
            }
        }
        return length == 0 || port.write(address, bytes, length) ? length : SplitRing.BROKEN;
    }

    private int hear(final long address, final int length) {
        for (int done = 0; done < length; done += CHUNK) {
            final int chunk = Math.min(CHUNK, length - done);
            if (!port.read(address + done, bytes, chunk)) {
                return SplitRing.BROKEN;
            }
            ear.hear(address + done, bytes, chunk);
        }
        return 0;
    }
}
