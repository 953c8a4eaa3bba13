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

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import io.viommu.bridge.linux.SharedMemory;
import io.viommu.bridge.linux.UnixSocket;

/** As much of a vfio-user client as a test of the door needs: it reads and writes regions and shares memory. */
final class DoorClient implements AutoCloseable {

    private final UnixSocket socket;
    private final Arena arena = Arena.ofConfined();

    DoorClient(final Path path) {
        this(UnixSocket.connect(path));
        ask(1, ByteBuffer.wrap("\0\0\0\0{}\0".getBytes(StandardCharsets.US_ASCII)));
    }

    private DoorClient(final UnixSocket socket) {
        this.socket = socket;
    }

    /** A client that has not said yet what it speaks. */
    static DoorClient silent(final Path path) {
        return new DoorClient(UnixSocket.connect(path));
    }

    /** Sends bytes from an index on, whatever they are. */
    void raw(final byte[] bytes, final int from) {
        if (bytes.length > from) {
            final MemorySegment memory = arena.allocate(bytes.length - from);
            MemorySegment.copy(bytes, from, memory, ValueLayout.JAVA_BYTE, 0, bytes.length - from);
            socket.send(memory);
        }
    }

    private static ByteBuffer body(final int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer ask(final int command, final ByteBuffer request, final int... descriptors) {
        final ByteBuffer message = body(16 + request.remaining());
        message.putShort((short) 1).putShort((short) command).putInt(message.capacity()).putLong(0).put(request);
        final MemorySegment bytes = arena.allocate(message.capacity());
        MemorySegment.copy(message.array(), 0, bytes, ValueLayout.JAVA_BYTE, 0, message.capacity());
        socket.send(bytes, descriptors);
        final ByteBuffer head = receive(16);
        return receive(head.getInt(4) - 16);
    }

    private ByteBuffer receive(final int length) {
        final ByteBuffer all = body(length);
        while (all.hasRemaining()) {
            final MemorySegment part = arena.allocate(all.remaining());
            final int count = socket.receive(part).bytes();
            all.put(part.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
        }
        return all.flip();
    }

    int read(final int region, final long offset) {
        return ask(9, body(16).putLong(offset).putInt(region).putInt(4).flip()).getInt(16);
    }

    void write(final int region, final long offset, final int value) {
        ask(10, body(20).putLong(offset).putInt(region).putInt(4).putInt(value).flip());
    }

    /** Lets the device read and write all of a file at an address. */
    void share(final long address, final SharedMemory memory) {
        ask(2, body(32).putInt(32).putInt(3).putLong(0).putLong(address).putLong(memory.size()).flip(), memory.fd());
    }

    /** Says that there is memory at an address, which is reached by messages. */
    void announce(final long address, final long size) {
        ask(2, body(32).putInt(32).putInt(3).putLong(0).putLong(address).putLong(size).flip());
    }

    /** The id of the next message of the server, which must be a DMA write that wants a reply. */
    int awaitRequest() {
        final ByteBuffer head = receive(16);
        assertThat(head.getShort(2)).isEqualTo((short) 12);
        assertThat(head.getInt(8) & 0x10).isZero();
        receive(head.getInt(4) - 16);
        return head.getShort(0);
    }

    /** Says that a DMA write is done. */
    void confirmWrite(final int id) {
        final MemorySegment bytes = arena.allocate(16);
        final ByteBuffer head = bytes.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        head.putShort((short) id).putShort((short) 12).putInt(16).putInt(1).putInt(0);
        socket.send(bytes);
    }

    /** The next message of the server, which must be a DMA write without reply: address, count and data. */
    ByteBuffer awaitDmaWrite() {
        final ByteBuffer head = receive(16);
        assertThat(head.getShort(2)).isEqualTo((short) 12);
        assertThat(head.getInt(8) & 0x10).as("no reply is wanted").isNotZero();
        return receive(head.getInt(4) - 16);
    }

    void reset() {
        ask(13, body(0));
    }

    @Override
    public void close() {
        socket.close();
        arena.close();
    }
}
