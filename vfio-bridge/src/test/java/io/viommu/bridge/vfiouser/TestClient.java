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

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.UnixSocket;

/** A client that writes its messages byte by byte, as the protocol's text says and QEMU sends them. */
final class TestClient implements AutoCloseable {

    static final String QEMU_CAPABILITIES = """
            {"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576, \
            "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}\0""";

    private static final int PATIENCE_MILLIS = 10_000;

    /** A message as it came. */
    record Received(int id, int command, int flags, int errno, ByteBuffer body) {
        boolean isReply() {
            return (flags & 0xF) == 1;
        }
    }

    private final UnixSocket socket;
    private final Arena arena = Arena.ofShared();
    private int nextId = 1;

    TestClient(final Path path) {
        socket = UnixSocket.connect(path);
    }

    /** A client that has said hello as QEMU does. */
    static TestClient greeted(final Path path) {
        final TestClient client = new TestClient(path);
        assertThat(client.ask(1, client.version(0, QEMU_CAPABILITIES)).errno()).isZero();
        return client;
    }

    ByteBuffer version(final int major, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return body(4 + bytes.length).putShort((short) major).putShort((short) 0).put(bytes).flip();
    }

    static ByteBuffer body(final int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Sends raw bytes. */
    void raw(final byte[] bytes, final int... descriptors) {
        final MemorySegment memory = arena.allocate(bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        socket.send(memory, descriptors);
    }

    int send(final int command, final int flags, final ByteBuffer body, final int... descriptors) {
        final int id = nextId++;
        send(id, command, flags, body, descriptors);
        return id;
    }

    void send(final int id, final int command, final int flags, final ByteBuffer body, final int... descriptors) {
        final ByteBuffer message = body(16 + body.remaining());
        message.putShort((short) id).putShort((short) command).putInt(message.capacity()).putInt(flags).putInt(0);
        message.put(body.duplicate());
        raw(message.array(), descriptors);
    }

    /** Sends a request and takes the next message, which must be its reply. */
    Received ask(final int command, final ByteBuffer body, final int... descriptors) {
        final int id = send(command, 0, body, descriptors);
        final Received reply = receive();
        assertThat(reply.isReply()).isTrue();
        assertThat(reply.id()).isEqualTo(id);
        assertThat(reply.command()).isEqualTo(command);
        assertThat((reply.flags() & 0x20) != 0).isEqualTo(reply.errno() != 0);
        return reply;
    }

    Received receive() {
        final ByteBuffer head = read(16);
        final int id = head.getShort() & 0xFFFF;
        final int command = head.getShort() & 0xFFFF;
        final int size = head.getInt();
        return new Received(id, command, head.getInt(), head.getInt(), read(size - 16));
    }

    private ByteBuffer read(final int length) {
        final ByteBuffer bytes = body(length);
        while (bytes.hasRemaining()) {
            assertThat(socket.await(PATIENCE_MILLIS)).as("a message within ten seconds").isTrue();
            final MemorySegment part = arena.allocate(bytes.remaining());
            final int count = socket.receive(part).bytes();
            assertThat(count).as("the connection is open").isPositive();
            bytes.put(part.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
        }
        return bytes.flip();
    }

    /** Whether the server ends the connection, whatever it says before. */
    boolean isEnded() {
        final MemorySegment part = arena.allocate(1 << 16);
        try {
            while (socket.await(PATIENCE_MILLIS)) {
                if (socket.receive(part).atEnd()) {
                    return true;
                }
            }
        } catch (final io.viommu.bridge.linux.LinuxException reset) {
            return true;
        }
        return false;
    }

    /** Takes a byte, if there is one. */
    void takeByte() {
        if (socket.await(0)) {
            socket.receive(arena.allocate(1));
        }
    }

    boolean isSilent() {
        return !socket.await(0);
    }

    int map(final long address, final long size, final int flags, final long offset, final int... descriptors) {
        return ask(2, body(32).putInt(32).putInt(flags).putLong(offset).putLong(address).putLong(size).flip(),
                descriptors).errno();
    }

    int unmap(final long address, final long size, final int flags) {
        return ask(3, body(24).putInt(24).putInt(flags).putLong(address).putLong(size).flip()).errno();
    }

    static ByteBuffer access(final int region, final long offset, final int count, final byte... data) {
        return body(16 + data.length).putLong(offset).putInt(region).putInt(count).put(data).flip();
    }

    static byte[] word(final int value) {
        return body(4).putInt(value).array();
    }

    void post(final int region, final long offset, final byte... data) {
        send(10, 0x10, access(region, offset, data.length, data));
    }

    long read(final int region, final long offset, final int size) {
        final Received reply = ask(9, access(region, offset, size));
        assertThat(reply.errno()).isZero();
        assertThat(reply.body().remaining()).isEqualTo(16 + size);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (reply.body().get(16 + i) & 0xFFL) << 8 * i;
        }
        return value;
    }

    int setInterrupts(final int flags, final int kind, final int first, final int count, final int... descriptors) {
        return ask(8, body(20).putInt(20).putInt(flags).putInt(kind).putInt(first).putInt(count).flip(), descriptors)
                .errno();
    }

    @Override
    public void close() {
        socket.close();
        arena.close();
    }

    static void closeAll(final int... descriptors) {
        for (final int fd : descriptors) {
            NativeFile.closeDescriptor(fd);
        }
    }
}
