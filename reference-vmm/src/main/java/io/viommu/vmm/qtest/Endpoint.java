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

package io.viommu.vmm.qtest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;

/**
 * The other end of a conversation: a unix socket that we connect to, or that we listen on.
 *
 * @param in  what it says.
 * @param out what it hears.
 */
record Endpoint(InputStream in, OutputStream out) {

    private static final String UNIX = "unix:";

    /** Opens {@code unix:PATH[,server=on]}; {@code option} is for the sentence. Waits for a client when listening. */
    static Endpoint open(final String option, final String where) {
        if (!where.startsWith(UNIX)) {
            throw new Refusal(option + " must be unix:PATH, not '" + Words.shown(where) + "'");
        }
        final Map<String, String> properties = QemuCommandLine.properties(where.substring(UNIX.length()), "path");
        final String path = properties.getOrDefault("path", "");
        final String server = properties.getOrDefault("server", "off");
        try {
            final UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            final SocketChannel channel = server.equals("off") ? SocketChannel.open(address) : accept(address);
            return new Endpoint(Channels.newInputStream(channel), Channels.newOutputStream(channel));
        } catch (final IOException | IllegalArgumentException impossible) {
            throw new Refusal(option + ": the socket " + path + " can't be " + (server.equals("off")
                    ? "connected to"
                    : "listened on") + ": " + impossible.getMessage());
        }
    }

    private static SocketChannel accept(final UnixDomainSocketAddress address) throws IOException {
        final Path path = address.getPath();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isOther()) {
                throw new IOException("something is there that is no socket");
            }
            Files.delete(path); // of a run before
        }
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(address);
            return listener.accept();
        }
    }
}
