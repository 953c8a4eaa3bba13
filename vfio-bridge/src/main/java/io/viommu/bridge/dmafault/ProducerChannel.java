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
package io.viommu.bridge.dmafault;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.UnixSocket;

/** Sends and receives {@link ProducerMessage}s. One thread may send while another receives. */
final class ProducerChannel implements AutoCloseable {

    private static final int[] NONE = {};

    private final UnixSocket socket;
    private final MemorySegment out = Arena.ofAuto().allocate(ProducerMessage.LENGTH, Long.BYTES);
    private final MemorySegment in = Arena.ofAuto().allocate(ProducerMessage.LENGTH, Long.BYTES);
    private int[] descriptors = NONE;

    ProducerChannel(final UnixSocket socket) {
        this.socket = socket;
    }

    void send(final int type, final long... arguments) {
        send(NONE, type, arguments);
    }

    synchronized void send(final int[] attached, final int type, final long... arguments) {
        out.fill((byte) 0);
        out.set(ValueLayout.JAVA_INT, 0, ProducerMessage.MAGIC);
        out.set(ValueLayout.JAVA_INT, ProducerMessage.TYPE, type);
        for (int i = 0; i < arguments.length; i++) {
            out.set(ValueLayout.JAVA_LONG, ProducerMessage.ARGUMENTS + (long) i * Long.BYTES, arguments[i]);
        }
        socket.send(out, attached);
    }

    void sendFailure(final String sentence) {
        final byte[] all = sentence.getBytes(StandardCharsets.UTF_8);
        final byte[] text = Arrays.copyOf(all, Math.min(all.length, ProducerMessage.MAX_SENTENCE));
        send(ProducerMessage.FAILED, text.length);
        if (text.length > 0) {
            try (Arena arena = Arena.ofConfined()) {
                socket.send(arena.allocateFrom(ValueLayout.JAVA_BYTE, text));
            }
        }
    }

    /** Waits for the next message; false at the end of the stream. */
    boolean receive() {
        descriptors = NONE;
        if (!fill(in)) {
            return false;
        }
        if (in.get(ValueLayout.JAVA_INT, 0) != ProducerMessage.MAGIC) {
            throw new LinuxException("The fault producer's socket carries something else than its messages.", 0);
        }
        return true;
    }

    private boolean fill(final MemorySegment whole) {
        long filled = 0;
        while (filled < whole.byteSize()) {
            final UnixSocket.Received received = socket.receive(whole.asSlice(filled));
            if (received.descriptors().length > 0) {
                final int before = descriptors.length;
                descriptors = Arrays.copyOf(descriptors, before + received.descriptors().length);
                System.arraycopy(received.descriptors(), 0, descriptors, before, received.descriptors().length);
            }
            if (received.atEnd()) {
                closeDescriptors();
                return false;
            }
            filled += received.bytes();
        }
        return true;
    }

    int type() {
        return in.get(ValueLayout.JAVA_INT, ProducerMessage.TYPE);
    }

    long argument(final int index) {
        return in.get(ValueLayout.JAVA_LONG, ProducerMessage.ARGUMENTS + (long) index * Long.BYTES);
    }

    /** The descriptors of the message just received, owned by the caller from now on. */
    int[] takeDescriptors(final int expected) {
        if (descriptors.length != expected) {
            final int came = descriptors.length;
            closeDescriptors();
            throw new LinuxException("A message of the fault producer's socket brought " + came
                    + " descriptors instead of " + expected + ".", 0);
        }
        final int[] taken = descriptors;
        descriptors = NONE;
        return taken;
    }

    private void closeDescriptors() {
        for (final int fd : descriptors) {
            NativeFile.closeDescriptor(fd);
        }
        descriptors = NONE;
    }

    /** The sentence behind a FAILED message. */
    String sentence() {
        final int length = Math.clamp(argument(0), 0, ProducerMessage.MAX_SENTENCE);
        if (length == 0) {
            return "";
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment text = arena.allocate(length);
            return fill(text) ? new String(text.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8) : "";
        }
    }

    boolean await(final int timeoutMillis) {
        return socket.await(timeoutMillis);
    }

    /** Ends the connection; the other side, and a receiver in another thread here, see the end. */
    void shutdown() {
        socket.shutdown();
    }

    @Override
    public void close() {
        socket.close();
    }
}
