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

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Plays the part of QEMU's test library to the letter: listens on two sockets, starts the program through a shell with
 * the options that it always gives, accepts the qtest connection first and the monitor's second, asks for the
 * endianness, negotiates, and at the end terminates the program and expects status 0.
 */
final class QtestClient implements AutoCloseable {

    private static final int TIMEOUT_SECONDS = 50;

    private final Path folder;
    private final Process program;
    private final SocketChannel qtest;
    private final SocketChannel qmp;
    private final BufferedReader fromQtest;
    private final BufferedReader fromQmp;
    private final OutputStream toQtest;
    private final OutputStream toQmp;
    private final List<String> events = new ArrayList<>();

    QtestClient(final String binary, final String options) throws IOException {
        folder = Files.createTempDirectory("qtest");
        final Path qtestPath = folder.resolve("q.sock");
        final Path qmpPath = folder.resolve("q.qmp");
        try (ServerSocketChannel qtestServer = listen(qtestPath); ServerSocketChannel qmpServer = listen(qmpPath)) {
            program = shell(
                    "exec " + binary + " -qtest unix:" + qtestPath + " -qtest-log /dev/null -chardev socket,path="
                            + qmpPath + ",id=char0 -object monitor-qmp,id=qmp0,chardev=char0 -display none -audio none"
                            + " -run-with exit-with-parent=on " + options + " -accel qtest")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(new File("/dev/null")).start();
            qtest = accept(qtestServer);
            qmp = accept(qmpServer);
        }
        fromQtest = reader(qtest);
        fromQmp = reader(qmp);
        toQtest = Channels.newOutputStream(qtest);
        toQmp = Channels.newOutputStream(qmp);
        assertThat(say("endianness")).isEqualTo("little");
        assertThat(Json.read(fromQmp.readLine()).toString()).startsWith("{QMP=");
        assertThat(qmp("{\"execute\": \"qmp_capabilities\"}")).isEqualTo(Map.of());
    }

    /** A shell that finds the launchers' program in the classes under test. */
    static ProcessBuilder shell(final String command) {
        final ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", command);
        shell.environment().put("JAVA_HOME", System.getProperty("java.home"));
        shell.environment().put("VIOMMU_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");
        shell.environment().put("VIOMMU_CLASSPATH",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        return shell;
    }

    private static ServerSocketChannel listen(final Path path) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path), 1);
    }

    private SocketChannel accept(final ServerSocketChannel server) throws IOException {
        final CompletableFuture<SocketChannel> connection = CompletableFuture.supplyAsync(() -> {
            try {
                return server.accept();
            } catch (final IOException closed) {
                throw new IllegalStateException(closed);
            }
        });
        try {
            return connection.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException | ExecutionException | TimeoutException never) {
            program.destroyForcibly();
            throw new IOException("the program did not connect", never);
        }
    }

    private static BufferedReader reader(final SocketChannel channel) {
        return new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.ISO_8859_1));
    }

    /** Sends a line and gives what follows OK. */
    String say(final String line) throws IOException {
        toQtest.write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
        toQtest.flush();
        String answer = fromQtest.readLine();
        while (answer != null && answer.startsWith("IRQ ")) {
            answer = fromQtest.readLine();
        }
        assertThat(answer).as(line).startsWith("OK");
        return answer.substring(2).trim();
    }

    /** Sends a monitor command and gives what it returns; events on the way are kept. */
    Object qmp(final String command) throws IOException {
        toQmp.write((command + "\n").getBytes(StandardCharsets.UTF_8));
        toQmp.flush();
        while (true) {
            final Map<?, ?> answer = (Map<?, ?>) Json.read(fromQmp.readLine());
            if (!answer.containsKey("event")) {
                assertThat((Object) answer.get("error")).as(command).isNull();
                return answer.get("return");
            }
            events.add(answer.get("event").toString());
        }
    }

    void awaitEvent(final String name) throws IOException {
        while (!events.remove(name)) {
            events.add(((Map<?, ?>) Json.read(fromQmp.readLine())).get("event").toString());
        }
    }

    long read(final String command, final long address) throws IOException {
        return Long.parseUnsignedLong(say(command + " 0x" + Long.toHexString(address)).substring(2), 16);
    }

    void write(final String command, final long address, final long value) throws IOException {
        say(command + " 0x" + Long.toHexString(address) + " 0x" + Long.toHexString(value));
    }

    /** A read of bytes, as a little-endian number. */
    long bytes(final long address, final int length) throws IOException {
        final String hex = say("read 0x" + Long.toHexString(address) + " 0x" + Integer.toHexString(length));
        long value = 0;
        for (int i = 0; i < length; i++) {
            value |= Long.parseLong(hex.substring(2 + 2 * i, 4 + 2 * i), 16) << 8 * i;
        }
        return value;
    }

    /** A write of bytes of a little-endian number. */
    void bytes(final long address, final int length, final long value) throws IOException {
        final StringBuilder hex = new StringBuilder();
        for (int i = 0; i < length; i++) {
            hex.append(String.format("%02x", value >>> 8 * i & 0xFF));
        }
        say("write 0x" + Long.toHexString(address) + " 0x" + Integer.toHexString(length) + " 0x" + hex);
    }

    long pid() {
        return program.pid();
    }

    /** Terminates the program as the library does, and expects it to end well. */
    @Override
    public void close() throws IOException {
        program.destroy();
        try {
            assertThat(program.waitFor(30, TimeUnit.SECONDS)).as("ends after SIGTERM").isTrue();
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        qtest.close();
        qmp.close();
        Files.deleteIfExists(folder.resolve("q.sock"));
        Files.deleteIfExists(folder.resolve("q.qmp"));
        Files.delete(folder);
        assertThat(program.exitValue()).isZero();
    }
}
