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

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.memory.GuestMemory;

/** Whatever a client does, the server serves the next one, and keeps nothing of the last. */
@Timeout(120)
class BrokenPeerTest {

    private static final long RAM = 0x4000_0000L;
    private static final int EINVAL = 22;

    @TempDir
    private Path folder;
    private Path path;
    private final TestFunction function = new TestFunction();
    private VfioUserServer server;

    @BeforeEach
    void start() {
        path = folder.resolve("f.sock");
        server = new VfioUserServer(path, function, null);
        server.start();
    }

    @AfterEach
    void servesTheNextClient() {
        try (TestClient next = TestClient.greeted(path)) {
            assertThat(next.read(0, 0, 4)).isZero();
        }
        server.close();
    }

    private static byte[] head(final int command, final int size, final int flags) {
        return TestClient.body(16).putShort((short) 1).putShort((short) command).putInt(size).putInt(flags).putInt(0)
                .array();
    }

    @Test
    void aSizeThatCanNotBeEndsTheConnection() {
        for (final int size : new int[]{ 0, 15, Message.MAX_LENGTH + 1, -1, Integer.MIN_VALUE }) {
            try (TestClient client = TestClient.greeted(path)) {
                client.raw(head(9, size, 0));
                assertThat(client.isEnded()).as("size " + size).isTrue();
            }
        }
    }

    @Test
    void aMessageThatIsNeitherRequestNorReplyEndsTheConnection() {
        try (TestClient client = TestClient.greeted(path)) {
            client.raw(head(9, 16, 2));
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void whoDoesNotBeginWithAVersionWeSpeakIsRefusedAndLeft() {
        try (TestClient client = new TestClient(path)) {
            assertThat(client.ask(9, TestClient.access(0, 0, 4)).errno()).isEqualTo(EINVAL);
            assertThat(client.isEnded()).isTrue();
        }
        try (TestClient client = new TestClient(path)) {
            assertThat(client.ask(1, client.version(1, "{}\0")).errno()).isEqualTo(95);
            assertThat(client.isEnded()).isTrue();
        }
        try (TestClient client = new TestClient(path)) {
            assertThat(client.ask(1, client.version(0, "{} without end")).errno()).isEqualTo(EINVAL);
            assertThat(client.isEnded()).isTrue();
        }
        try (TestClient client = new TestClient(path)) {
            assertThat(client.ask(1, client.version(0, "{\"capabilities\":\0")).errno()).isEqualTo(EINVAL);
            assertThat(client.isEnded()).isTrue();
        }
    }

    @Test
    void requestsOutOfBoundsAreRefusedAndTheConnectionGoesOn() {
        try (TestClient client = TestClient.greeted(path)) {
            final int[] errnos = { client.ask(9, TestClient.access(0, 0x2000, 1)).errno(),
                client.ask(9, TestClient.access(0, -1, 4)).errno(),
                client.ask(9, TestClient.access(0, Long.MAX_VALUE, 4)).errno(),
                client.ask(9, TestClient.access(9, 0, 4)).errno(),
                client.ask(9, TestClient.access(-1, 0, 4)).errno(),
                client.ask(9, TestClient.access(1, 0, 4)).errno(),
                client.ask(10, TestClient.access(0, 0, 8, new byte[4])).errno(),
                client.ask(9, TestClient.body(4)).errno(), client.ask(4, TestClient.body(0)).errno(),
                client.ask(5, TestClient.body(12).putInt(32).putInt(0).putInt(1).flip()).errno(),
                client.ask(5, TestClient.body(32).putInt(8, -1)).errno(),
                client.ask(7, TestClient.body(16).putInt(8, 5)).errno(), client.ask(2, TestClient.body(31)).errno(),
                client.map(RAM, 0, 3, 0), client.map(-4096, 8192, 3, 0), client.map(RAM, -1, 3, 0),
                client.map(RAM, 4096, 2, 0), client.map(RAM, 4096, 8, 0), client.unmap(RAM, -1, 0),
                client.unmap(RAM, 4096, 2), client.setInterrupts(0x24, 5, 0, 1),
                client.setInterrupts(0x24, 2, 3, 2), client.setInterrupts(0x24, 2, Integer.MAX_VALUE, 2),
                client.setInterrupts(0x24, 2, 0, -1), client.setInterrupts(0x20, 2, 0, 1),
                client.setInterrupts(0x3F, 2, 0, 1), client.setInterrupts(0x22, 2, 0, 4),
                client.setInterrupts(0x11, 2, 0, 1), client.ask(1, client.version(0, "{}\0")).errno() };
            assertThat(errnos).containsOnly(EINVAL);
            assertThat(client.ask(9, TestClient.access(0, 0, 1 << 30)).errno()).as("E2BIG").isEqualTo(7);
            assertThat(client.ask(6, TestClient.body(8)).errno()).as("ENOSYS").isEqualTo(38);
            assertThat(client.ask(0xFFFF, TestClient.body(0)).errno()).as("ENOSYS").isEqualTo(38);
            assertThat(client.unmap(RAM, 4096, 1)).as("ENOTSUP").isEqualTo(95);
            client.send(77, 11, 1, TestClient.body(64));
            assertThat(client.read(0, 0, 4)).as("a reply to nothing is passed over").isZero();
        }
    }

    @Test
    void noDescriptorIsKeptThatNobodyWants() throws Exception {
        final long before = OpenFiles.count("eventfd");
        try (EventFd event = EventFd.create(); SharedMemory ram = SharedMemory.create("ram", 8192)) {
            final int fd = event.fd();
            try (TestClient client = TestClient.greeted(path)) {
                assertThat(client.ask(9, TestClient.access(0, 0, 4), fd).errno()).isEqualTo(EINVAL);
                assertThat(client.map(RAM, 4096, 3, 0, ram.fd(), fd)).isEqualTo(EINVAL);
                assertThat(client.map(RAM, 4096, 3, 1, ram.fd())).as("offset of no page").isEqualTo(EINVAL);
                assertThat(client.map(RAM, 8192, 3, 4096, ram.fd())).as("beyond the file").isEqualTo(EINVAL);
                assertThat(client.map(RAM, 4096, 3, 0, fd)).as("no file to map").isNotZero();
                assertThat(client.setInterrupts(0x24, 2, 0, 2, fd)).isEqualTo(EINVAL);
                assertThat(client.setInterrupts(0x24, 2, 0, 3, fd, fd, fd)).isZero();
                assertThat(client.setInterrupts(0x24, 2, 0, 2, fd, fd)).isZero();
                assertThat(OpenFiles.count("eventfd")).as("three armed").isEqualTo(before + 4);
                client.raw(head(9, 16, 2), fd, fd, fd);
                assertThat(client.isEnded()).isTrue();
            }
            try (TestClient client = TestClient.greeted(path)) {
                client.raw(head(13, 16, 0), fd, fd, fd, fd, fd, fd, fd, fd, fd);
                assertThat(client.isEnded()).as("more than 8 descriptors").isTrue();
            }
            try (TestClient client = TestClient.greeted(path)) {
                assertThat(OpenFiles.count("eventfd")).isEqualTo(before + 1);
                assertThat(client.map(RAM, 4096, 3, 0, ram.fd())).isZero();
                assertThat(OpenFiles.count("memfd:ram")).as("the mapping needs no descriptor").isEqualTo(1);
                assertThat(mappings("memfd:ram")).isEqualTo(2);
            }
            try (TestClient client = TestClient.greeted(path)) {
                assertThat(client.read(0, 0, 4)).isZero();
                assertThat(mappings("memfd:ram")).as("only our own").isEqualTo(1);
            }
        }
    }

    private static long mappings(final String part) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(part)).count();
        }
    }

    @Test
    void aClientThatAsksButNeverReadsIsGivenUp() {
        try (TestClient client = TestClient.greeted(path)) {
            final ByteBuffer wholeBar = TestClient.access(0, 0, TestFunction.BAR_SIZE);
            boolean refused = false;
            for (int i = 0; i < 100_000 && !refused; i++) {
                try {
                    client.send(9, 0, wholeBar);
                } catch (final LinuxException gone) {
                    refused = true;
                }
            }
            assertThat(refused).as("the server hung up").isTrue();
        }
    }

    @Test
    void aClientThatDiesInTheMiddleOfATransferAbortsIt() throws Exception {
        final int[] result = { -1 };
        final Thread device;
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, 4096, 3, 0)).isZero();
            device = Thread.ofPlatform().start(
                    () -> result[0] = server.memory().read(RAM, new UnsafeBuffer(new byte[8]), 0, 8));
            assertThat(client.receive().command()).isEqualTo(11);
            client.raw(new byte[7]);
        }
        device.join();
        assertThat(result[0]).isEqualTo(GuestMemory.UNMAPPED);
    }

    @Test
    void noiseNeverHangsOrBreaksTheServer() {
        final Random random = new Random(6);
        for (int round = 0; round < 60; round++) {
            try (TestClient client = TestClient.greeted(path)) {
                for (int i = 0; i < 60; i++) {
                    final byte[] body = new byte[random.nextInt(64)];
                    random.nextBytes(body);
                    if (random.nextBoolean()) {
                        for (int at = random.nextInt(4); at < body.length; at += 4) {
                            body[at] = (byte) random.nextInt(3); // small numbers get past more checks
                        }
                    }
                    client.send(random.nextInt(17), random.nextInt(8) == 0 ? 0x10 : 0, ByteBuffer.wrap(body));
                }
            } catch (final LinuxException hungUp) {
                assertThat(hungUp.errno()).isIn(32, 104);
            }
        }
    }
}
