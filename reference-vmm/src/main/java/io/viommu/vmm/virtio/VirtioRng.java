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

import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A virtio entropy device (VIRTIO 1.2, 5.4): fills the buffers in its only queue. Unless another
 * source is given the bytes come from a generator with a fixed seed, to move data that can be checked.
 */
public final class VirtioRng extends VirtioDevice {

    /** The device id: 0x1040 and the virtio id of an entropy source. */
    public static final int DEVICE = 0x1044;

    private static final long SEED = 0x5EED;

    private final DmaPort port;
    private final byte[] chunkBytes = new byte[CHUNK];
    private final UnsafeBuffer bytes = new UnsafeBuffer(chunkBytes);
    private final Supplier<RandomGenerator> source;
    private RandomGenerator random;

    /**
     * Makes one as at power-on.
     *
     * @param port     its way to memory.
     * @param platform whether that way leads through an IOMMU, which the driver must then know.
     * @param wire     its interrupt.
     */
    public VirtioRng(final DmaPort port, final boolean platform, final Wire wire) {
        this(new Surroundings(port, platform, wire, QUEUE_SIZE), () -> new SplittableRandom(SEED));
    }

    /**
     * Makes one as at power-on, with bytes from somewhere.
     *
     * @param around what surrounds it.
     * @param source gives the generator, at every reset.
     */
    public VirtioRng(final Surroundings around, final Supplier<RandomGenerator> source) {
        super(1, Integer.BYTES, 0, around);
        this.port = around.port();
        this.source = source;
        random = source.get();
    }

    @Override
    public int deviceId() {
        return DEVICE;
    }

    @Override
    boolean serves(final int queue) {
        return true;
    }

    @Override
    void restart() {
        random = source.get();
    }

    @Override
    int use(final long address, final int length, final boolean writable) {
        final int wanted = writable ? Math.min(length, MOST) : 0;
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
}
