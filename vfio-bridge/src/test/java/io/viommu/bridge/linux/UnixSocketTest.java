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
package io.viommu.bridge.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketTest {
    @Test
    void aDescriptorArrivesAsACopyOfTheSameObject() throws Exception {
        final UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket left = pair[0];
                UnixSocket right = pair[1];
                EventFd event = EventFd.create();
                Arena arena = Arena.ofConfined()) {
            left.send(arena.allocateFrom(JAVA_LONG, 5), event.fd());
            final MemorySegment buffer = arena.allocate(64, 8);
            final UnixSocket.Received received = right.receive(buffer);
            assertThat(received.bytes()).isEqualTo(8);
            assertThat(buffer.get(JAVA_LONG, 0)).isEqualTo(5);
            assertThat(received.descriptors()).hasSize(1);
            assertThat(received.descriptors()[0]).isNotEqualTo(event.fd());
            assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + received.descriptors()[0])))
                    .as("O_CLOEXEC 02000000 and O_NONBLOCK 04000").containsPattern("flags:\\s+02004002");
            try (EventFd copy = EventFd.adopt(received.descriptors()[0])) {
                copy.signal(3);
                assertThat(event.drain()).isEqualTo(3);
            }
        }
    }

    @Test
    void oneMessageCarriesAtMost253DescriptorsAndAllOfThemArrive() throws Exception {
        final long before = OpenFiles.count("eventfd");
        final UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket left = pair[0];
                UnixSocket right = pair[1];
                EventFd event = EventFd.create();
                Arena arena = Arena.ofConfined()) {
            final int[] many = new int[UnixSocket.MAX_DESCRIPTORS];
            java.util.Arrays.fill(many, event.fd());
            left.send(arena.allocate(1), many);
            final int[] received = right.receive(arena.allocate(16)).descriptors();
            assertThat(received).hasSize(253).doesNotHaveDuplicates();
            for (final int fd : received) {
                NativeFile.closeDescriptor(fd);
            }
            assertThatThrownBy(() -> left.send(arena.allocate(1), new int[254]))
                    .hasMessageContaining("at most 253 descriptors");
        }
        assertThat(OpenFiles.count("eventfd")).isEqualTo(before);
    }

    @Test
    void aLongMessageIsSentWholeAndTheEndOfTheStreamIsSeen() throws Exception {
        final UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket left = pair[0]; UnixSocket right = pair[1]) {
            final int size = 3_000_000;
            final Thread sender = Thread.ofPlatform().start(() -> {
                try (Arena arena = Arena.ofConfined()) {
                    final MemorySegment bytes = arena.allocate(size);
                    bytes.fill((byte) 7);
                    left.send(bytes);
                    left.shutdown();
                }
            });
            long total = 0;
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment buffer = arena.allocate(65_536);
                for (UnixSocket.Received got = right.receive(buffer); !got.atEnd(); got = right.receive(buffer)) {
                    assertThat(buffer.get(JAVA_BYTE, got.bytes() - 1)).isEqualTo((byte) 7);
                    total += got.bytes();
                }
            }
            assertThat(total).isEqualTo(size);
            sender.join();
        }
    }

    @Test
    void sendingToAPeerThatHasGoneIsAnErrorNotASignal() {
        final UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket left = pair[0]; Arena arena = Arena.ofConfined()) {
            pair[1].close();
            assertThatThrownBy(() -> left.send(arena.allocate(8)))
                    .hasMessage("sendmsg of 8 bytes and 0 descriptors failed: EPIPE (broken pipe)");
        }
    }

    @Test
    void listeningConnectingAndTheNameOfTheSocketFile(@TempDir final Path folder) throws Exception {
        final Path path = folder.resolve("s");
        assertThatThrownBy(() -> UnixSocket.connect(path))
                .hasMessage("connect to " + path + " failed: ENOENT (no such file or directory)");
        try (UnixListener listener = UnixListener.bind(path)) {
            assertThat(listener.await(0)).isFalse();
            assertThatThrownBy(() -> UnixListener.bind(path)).hasMessageContaining("EADDRINUSE");
            try (UnixSocket client = UnixSocket.connect(path);
                    UnixSocket server = listener.accept();
                    Arena arena = Arena.ofConfined()) {
                assertThat(server.await(0)).isFalse();
                client.send(arena.allocate(4));
                assertThat(server.await(-1)).isTrue();
                assertThat(server.receive(arena.allocate(16)).bytes()).isEqualTo(4);
            }
        }
        assertThat(path).doesNotExist();
        assertThatThrownBy(() -> UnixSocket.connect(folder.resolve("x".repeat(120))))
                .hasMessageContaining("at most 107 bytes");
    }

    @Test
    void memoryAndEventAreSharedWithAnotherProcess(@TempDir final Path folder) throws Exception {
        final Path path = folder.resolve("peer");
        try (UnixListener listener = UnixListener.bind(path);
                SharedMemory memory = SharedMemory.create("viommu-peer", 4096);
                EventFd event = EventFd.create();
                Epoll epoll = Epoll.create(1);
                Arena arena = Arena.ofConfined()) {
            final Process peer = PeerMain.start(path);
            assertThat(listener.await(60_000)).isTrue();
            epoll.add(event.fd(), 1);
            try (UnixSocket socket = listener.accept()) {
                socket.send(arena.allocateFrom(JAVA_LONG, 0x5EED), memory.fd(), event.fd());
                assertThat(epoll.await(60_000)).isEqualTo(1);
            }
            assertThat(event.drain()).isEqualTo(2);
            assertThat(memory.segment().get(JAVA_LONG, 128)).isEqualTo(0x5EED + 1);
            assertThat(peer.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(peer.exitValue()).isZero();
        }
    }

    @Test
    void anAbstractNameIsInNoFolderAndTheKernelSaysWhoConnected() throws Exception {
        final String name = "viommu-test-" + ProcessHandle.current().pid();
        try (UnixListener listener = UnixListener.bindAbstract(name);
                UnixSocket client = UnixSocket.connectAbstract(name);
                UnixSocket server = listener.accept()) {
            assertThat(server.peerProcess()).isEqualTo(ProcessHandle.current().pid());
            assertThat(client.peerProcess()).isEqualTo(ProcessHandle.current().pid());
            assertThatThrownBy(() -> UnixListener.bindAbstract(name)).hasMessageContaining("@" + name)
                    .hasMessageContaining("EADDRINUSE");
        }
        assertThatThrownBy(() -> UnixSocket.connectAbstract(name)).hasMessageContaining("ECONNREFUSED");
        UnixListener.bindAbstract(name).close();
    }
}
