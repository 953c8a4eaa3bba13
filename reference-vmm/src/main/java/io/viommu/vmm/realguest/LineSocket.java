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

package io.viommu.vmm.realguest;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.agrona.CloseHelper;

/** A client of QEMU's sockets that speak in lines: qtest and QMP. */
final class LineSocket implements AutoCloseable {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LONGEST_SECONDS = 300;
    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final SocketChannel channel;
    private final BufferedReader reader;

    private LineSocket(final SocketChannel channel) {
        this.channel = channel;
        // A QEMU that hangs never answers; then the socket closes and whoever waits learns it.
        CompletableFuture.delayedExecutor(LONGEST_SECONDS, TimeUnit.SECONDS)
                .execute(() -> CloseHelper.quietClose(channel));
        this.reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    /** Connects as soon as somebody listens. */
    static LineSocket connect(final Path path, final Process listener) throws IOException {
        final long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return new LineSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            } catch (final IOException notYet) {
                if (!listener.isAlive() || System.nanoTime() - end > 0) {
                    throw new IOException("QEMU does not listen at " + path, notYet);
                }
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
    }

    /** Sends a line and takes the next one that begins so. */
    String ask(final String line, final String answer) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        return await(answer);
    }

    String await(final String start) throws IOException {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.startsWith(start)) {
                return line;
            }
        }
        throw new IOException("QEMU closed its socket");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
