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

package io.viommu.vmm.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A unix socket for lines: one client at a time, one answer for each line. */
public final class ControlSocket implements AutoCloseable {

    private static final int LONGEST_LINE = 4096;
    private static final int MOST_CLIENTS = 16;

    private final Path path;
    private final ControlCommands commands;
    private final ServerSocketChannel listener;
    private final Set<SocketChannel> clients = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    /**
     * Listens.
     *
     * @param path     where; nothing may exist there.
     * @param commands what lines do.
     * @throws UncheckedIOException in one sentence, if it can't be made.
     */
    public ControlSocket(final Path path, final ControlCommands commands) {
        this.path = path;
        this.commands = commands;
        try {
            listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(UnixDomainSocketAddress.of(path));
        } catch (final IOException refused) {
            throw new UncheckedIOException("--control must name a socket that can be made, not '" + path + "'",
                    refused);
        }
        thread = Thread.ofPlatform().name("control").daemon().start(this::run);
    }

    private void run() {
        while (listener.isOpen()) {
            try {
                final SocketChannel client = listener.accept();
                if (clients.size() < MOST_CLIENTS) {
                    clients.add(client);
                    Thread.ofPlatform().name("vfio-user-control-client").daemon().start(() -> attend(client));
                } else {
                    client.close();
                }
            } catch (final IOException gone) {
                // the client has left, or close() was called; the loop's condition tells
            }
        }
    }

    /** Each client has a thread, so that one that says nothing, or takes no answer, keeps nobody else waiting. */
    private void attend(final SocketChannel client) {
        try (client) {
            serve(client);
        } catch (final IOException gone) {
            // it has left, or close() was called
        } finally {
            clients.remove(client);
        }
    }

    private void serve(final SocketChannel client) throws IOException {
        final ByteBuffer line = ByteBuffer.allocate(LONGEST_LINE);
        final ByteBuffer part = ByteBuffer.allocate(LONGEST_LINE);
        while (client.read(part.clear()) >= 0) {
            part.flip();
            while (part.hasRemaining()) {
                final byte next = part.get();
                if (next == '\n') {
                    final String text = StandardCharsets.UTF_8.decode(line.flip()).toString();
                    final ByteBuffer answer = ByteBuffer
                            .wrap((commands.run(text) + "\n").getBytes(StandardCharsets.UTF_8));
                    while (answer.hasRemaining()) {
                        client.write(answer);
                    }
                    line.clear();
                } else if (line.hasRemaining()) {
                    line.put(next);
                } else {
                    return; // no line is that long
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (final SocketChannel client : clients) {
                client.close();
            }
            Files.deleteIfExists(path);
        } catch (final IOException gone) {
            // a folder removed meanwhile took the socket along
        }
    }
}
