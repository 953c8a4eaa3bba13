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
package io.viommu.vmm.vfiouser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import io.viommu.bridge.linux.SharedMemory;
import io.viommu.counters.CounterFile;
import io.viommu.device.MmioDevice;

/**
 * A guest behind the vfio-user door: its registers are a region of a vfio-user function, its RAM is shared with the
 * server by descriptor, and faults are injected by lines on the control socket.
 */
public final class DoorGuest implements MmioDevice, AutoCloseable {

    private static final int BAR0 = 0;

    private final Path folder;
    private final SharedMemory ram;
    private final VfioUserDoor door;
    private final DoorClient client;
    private final SocketChannel control;

    /** Opens the door for a model, with RAM at an address. */
    public DoorGuest(final String model, final Map<String, String> properties, final long base, final long size) {
        try {
            folder = Files.createTempDirectory("door");
            ram = SharedMemory.create("door-guest", size);
            door = new VfioUserDoor(
                    new VfioUserOptions(model, properties, folder.resolve("iommu"), List.of(), List.of(), 0,
                            Map.of(), folder.resolve("control"), null, null, true),
                    CounterFile.inMemory(), sentence -> {
                        throw new AssertionError(sentence);
                    });
            client = new DoorClient(folder.resolve("iommu"));
            client.share(base, ram);
            control = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("control")));
        } catch (final IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** The guest's RAM. */
    public MemorySegment ram() {
        return ram.segment();
    }

    /** Says a line on the control socket, when all that the guest has written is done, and takes the answer. */
    public String say(final String line) {
        client.read(BAR0, 0); // writes are posted; a read is answered after them
        try {
            control.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
            final ByteBuffer answer = ByteBuffer.allocate(4096);
            while (answer.position() == 0 || answer.get(answer.position() - 1) != '\n') {
                if (control.read(answer) < 0) {
                    throw new AssertionError("the control socket was closed");
                }
            }
            return StandardCharsets.UTF_8.decode(answer.flip()).toString().strip();
        } catch (final IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Override
    public long mmioSize() {
        return 1 << 17;
    }

    @Override
    public long read(final long offset, final int size) {
        final long low = client.read(BAR0, offset) & 0xFFFF_FFFFL;
        return size == Long.BYTES ? low | (long) client.read(BAR0, offset + 4) << 32 : low;
    }

    /** Eight bytes are two accesses, the low half first, as a 32-bit bus makes them. */
    @Override
    public void write(final long offset, final int size, final long value) {
        client.write(BAR0, offset, (int) value);
        if (size == Long.BYTES) {
            client.write(BAR0, offset + 4, (int) (value >>> 32));
        }
    }

    @Override
    public void close() {
        client.close();
        door.close();
        ram.close();
        try {
            control.close();
            Files.delete(folder);
        } catch (final IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
