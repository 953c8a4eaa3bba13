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
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.FileFlags;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.linux.NativeFile;
import io.viommu.bridge.linux.OpenFiles;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.bridge.linux.UnixSocket;
import io.viommu.memory.GuestMemory;

/** A client that knows the rules and looks for a way to stop the server or the device, not only itself. */
@Timeout(60)
class HostilePeerTest {

    private static final long RAM = 0x4000_0000L;
    private static final int PAGE = 4096;
    private static final int MSIX = 2;
    private static final int ARM = 0x24;
    private static final int EEXIST = 17;
    private static final int EINVAL = 22;
    private static final int ENOSPC = 28;
    private static final int DMA_READ = 11;
    private static final int DMA_WRITE = 12;

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
            next.post(0, 0x10, TestClient.word(7));
            assertThat(next.read(0, 0x10, 4)).isEqualTo(7);
        }
        server.close();
    }

    private static CompletableFuture<Integer> inAnotherThread(final IntSupplier access) {
        return CompletableFuture.supplyAsync(access::getAsInt, task -> Thread.ofPlatform().daemon().start(task));
    }

    private static int get(final CompletableFuture<Integer> result) throws Exception {
        return result.get(30, TimeUnit.SECONDS);
    }

    @Test
    void onlyEventfdsAreTakenForInterrupts() throws Exception {
        final UnixSocket[] pair = UnixSocket.pair();
        try (TestClient client = TestClient.greeted(path);
                SharedMemory file = SharedMemory.create("file", PAGE);
                EventFd event = EventFd.create()) {
            assertThat(client.setInterrupts(ARM, MSIX, 0, 1, pair[0].fd())).isEqualTo(EINVAL);
            assertThat(client.setInterrupts(ARM, MSIX, 0, 1, file.fd())).isEqualTo(EINVAL);
            assertThat(client.setInterrupts(ARM, MSIX, 0, 2, event.fd(), pair[0].fd())).isEqualTo(EINVAL);
            assertThat(server.interrupts().trigger(MSIX, 1)).isFalse();
            assertThat(pair[1].await(0)).as("something was written to it").isFalse();
        } finally {
            pair[0].close();
            pair[1].close();
        }
    }

    @Test
    void anEventfdThatIsFullAndBlocksDoesNotStopTheDevice() throws Exception {
        try (TestClient client = TestClient.greeted(path); EventFd event = EventFd.create()) {
            assertThat(client.setInterrupts(ARM, MSIX, 0, 1, event.fd())).isZero();
            assertThat(event.signal(-2)).as("as full as it gets").isZero();
            FileFlags.makeBlocking(event.fd());
            assertThat(get(inAnotherThread(() -> server.interrupts().trigger(MSIX, 0) ? 1 : 0))).isZero();
            assertThat(client.setInterrupts(ARM, MSIX, 0, 1)).as("disarmed").isZero();
        }
    }

    @Test
    void mappingsOfNoWholePagesAreRefused() throws Exception {
        try (TestClient client = TestClient.greeted(path); SharedMemory ram = SharedMemory.create("ram", 4 * PAGE)) {
            assertThat(client.map(RAM + 1, PAGE, 3, 0, ram.fd())).isEqualTo(EINVAL);
            assertThat(client.map(RAM, PAGE + 8, 3, 0, ram.fd())).isEqualTo(EINVAL);
            assertThat(client.map(RAM, 3, 3, 0)).isEqualTo(EINVAL);
            assertThat(client.map(RAM, 2 * PAGE, 3, 0, ram.fd())).isZero();
            assertThat(client.unmap(RAM, PAGE, 0)).as("half of one").isEqualTo(EINVAL);
            assertThat(client.unmap(RAM + 1, 2 * PAGE, 0)).isEqualTo(EINVAL);
            assertThat(server.memory().compareAndSetLong(RAM + 4, 0, 1)).isEqualTo(GuestMemory.UNMAPPED);
            assertThat(server.memory().compareAndSetLong(RAM + 8, 0, 1)).isEqualTo(GuestMemory.OK);
        }
    }

    @Test
    void mappingsThatOverlapWrapOrAreMoreThanAnyGuestHasAreRefused() throws Exception {
        try (TestClient client = TestClient.greeted(path); SharedMemory ram = SharedMemory.create("ram", 4 * PAGE)) {
            assertThat(client.map(RAM, 2 * PAGE, 3, 0, ram.fd())).isZero();
            assertThat(client.map(RAM + PAGE, PAGE, 3, 0, ram.fd())).isEqualTo(EEXIST);
            assertThat(client.map(RAM - PAGE, 4 * PAGE, 3, 0, ram.fd())).isEqualTo(EEXIST);
            assertThat(client.map(RAM, PAGE, 3, 0)).as("with messages instead").isEqualTo(EEXIST);
            assertThat(client.map(-PAGE, 2 * PAGE, 3, 0, ram.fd())).as("over the top").isEqualTo(EINVAL);
            assertThat(client.map(-PAGE, PAGE, 3, 0, ram.fd())).as("the very top").isZero();
            assertThat(client.map(0, Long.MIN_VALUE, 3, 0)).as("2^63").isEqualTo(EINVAL);
            assertThat(client.map(0, 1L << 62, 3, 0)).isEqualTo(EEXIST);
            assertThat(client.map(1L << 62, 1L << 62, 3, 0)).isEqualTo(ENOSPC);
            assertThat(client.map(1L << 62, 1L << 62, 3, 0, ram.fd())).isEqualTo(ENOSPC);
            final UnsafeBuffer bytes = new UnsafeBuffer(new byte[2 * PAGE]);
            assertThat(server.memory().write(-8, bytes, 0, 8)).isEqualTo(GuestMemory.OK);
            assertThat(server.memory().write(-8, bytes, 0, 16)).as("around the top").isEqualTo(GuestMemory.UNMAPPED);
            assertThat(server.memory().read(RAM + PAGE, bytes, 0, 2 * PAGE)).isEqualTo(GuestMemory.UNMAPPED);
        }
    }

    @Test
    void mappingsAreBoundedInNumber() {
        try (TestClient client = TestClient.greeted(path)) {
            for (int i = 0; i < Capabilities.MAX_MAPPINGS; i++) {
                assertThat(client.map(RAM + (long) i * PAGE, PAGE, 3, 0)).isZero();
            }
            assertThat(client.map(0, PAGE, 3, 0)).isEqualTo(ENOSPC);
            assertThat(client.unmap(RAM, Capabilities.MAX_MAPPINGS * (long) PAGE, 0)).isZero();
            assertThat(client.map(0, PAGE, 3, 0)).isZero();
        }
    }

    @Test
    void accessesOverTheEndOfARegionAreRefusedWholly() {
        try (TestClient client = TestClient.greeted(path)) {
            final int end = TestFunction.BAR_SIZE;
            assertThat(client.ask(10, TestClient.access(0, end - 4, 8, new byte[8])).errno()).isEqualTo(EINVAL);
            assertThat(client.ask(9, TestClient.access(0, end - 4, 8)).errno()).isEqualTo(EINVAL);
            assertThat(client.ask(9, TestClient.access(7, 252, 8)).errno()).isEqualTo(EINVAL);
            assertThat(client.ask(10, TestClient.access(0, -4, 8, new byte[8])).errno()).isEqualTo(EINVAL);
            assertThat(client.ask(15, multiple(1, end - 4, 8)).errno()).isEqualTo(EINVAL);
            assertThat(client.ask(15, multiple(1, 0, 9)).errno()).as("more data than has room").isEqualTo(EINVAL);
            assertThat(client.ask(15, multiple(2, 0, 8)).errno()).as("more writes than came").isEqualTo(EINVAL);
            assertThat(client.ask(15, multiple(Long.MAX_VALUE, 0, 8)).errno()).isEqualTo(EINVAL);
            assertThat(client.ask(15, multiple(-1, 0, 8)).errno()).isEqualTo(EINVAL);
            assertThat(function.accesses).isEmpty();
            assertThat(client.read(0, end - 8, 8)).isZero();
        }
    }

    /** One write of REGION_WRITE_MULTI that says it is so many. */
    private static ByteBuffer multiple(final long number, final long offset, final int count) {
        return TestClient.body(8 + 24).putLong(number).putLong(offset).putInt(0).putInt(count).putLong(-1).flip();
    }

    @Test
    void aReplyThatDoesNotFitItsRequestAbortsTheTransfer() throws Exception {
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            assertThat(answered(client, DMA_READ, RAM, 8, 24)).isEqualTo(GuestMemory.OK);
            assertThat(answered(client, DMA_READ, RAM, 8, 1000)).as("more than asked").isEqualTo(GuestMemory.OK);
            assertThat(answered(client, DMA_READ, RAM, 8, 23)).as("short").isEqualTo(GuestMemory.UNMAPPED);
            assertThat(answered(client, DMA_READ, RAM, 8, 0)).as("empty").isEqualTo(GuestMemory.UNMAPPED);
            assertThat(answered(client, DMA_READ, RAM, 4, 24)).as("says it is less").isEqualTo(GuestMemory.UNMAPPED);
            assertThat(answered(client, DMA_READ, RAM, 1L << 32 | 8, 24)).isEqualTo(GuestMemory.UNMAPPED);
            assertThat(answered(client, DMA_WRITE, RAM, 8, 24)).as("to a write").isEqualTo(GuestMemory.UNMAPPED);
        }
    }

    /** Has the device read 8 bytes and answers with so many bytes, after a reply to something that was never asked. */
    private int answered(final TestClient client, final int command, final long address, final long count,
            final int length) throws Exception {
        final CompletableFuture<Integer> result = inAnotherThread(
                () -> server.memory().read(RAM, new UnsafeBuffer(new byte[8]), 0, 8));
        final TestClient.Received request = client.receive();
        assertThat(request.command()).isEqualTo(DMA_READ);
        final ByteBuffer body = TestClient.body(length);
        if (length >= 16) {
            body.putLong(0, address).putLong(8, count);
        }
        client.send(request.id() + 1 & 0xFFFF, DMA_READ, 1, body);
        client.send(request.id(), command, 1, body);
        return get(result);
    }

    @Test
    void aWriteOfWhichTheClientDidOnlyAPartIsAborted() throws Exception {
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            for (final int done : new int[]{ 8, 4 }) {
                final CompletableFuture<Integer> result = inAnotherThread(
                        () -> server.memory().write(RAM, new UnsafeBuffer(new byte[8]), 0, 8));
                final TestClient.Received request = client.receive();
                client.send(request.id(), DMA_WRITE, 1, TestClient.body(16).putLong(RAM).putLong(done).flip());
                assertThat(get(result)).isEqualTo(done == 8 ? GuestMemory.OK : GuestMemory.UNMAPPED);
            }
        }
    }

    @Test
    void aClientThatTakesABytePerMessageAndItsTimeHoldsADeviceForThreeSecondsAndNoMore() throws Exception {
        try (TestClient client = new TestClient(path)) {
            assertThat(client.ask(1, client.version(0, "{\"capabilities\":{\"max_data_xfer_size\":1}}\0")).errno())
                    .isZero();
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            final CompletableFuture<Integer> result = inAnotherThread(
                    () -> server.memory().read(RAM, new UnsafeBuffer(new byte[PAGE]), 0, PAGE));
            while (!result.isDone()) {
                final TestClient.Received request = client.receive();
                Thread.sleep(200);
                client.send(request.id(), DMA_READ, 1,
                        TestClient.body(17).putLong(request.body().getLong(0)).putLong(1).put((byte) 0).flip());
                Thread.sleep(20);
            }
            assertThat(get(result)).isEqualTo(GuestMemory.UNMAPPED);
        }
    }

    @Test
    void memoryMayGoWhileADeviceWaitsForIt() throws Exception {
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            final CompletableFuture<Integer> result = inAnotherThread(
                    () -> server.memory().read(RAM, new UnsafeBuffer(new byte[8]), 0, 8));
            final TestClient.Received request = client.receive();
            assertThat(client.unmap(RAM, PAGE, 0)).isZero();
            client.send(request.id(), DMA_READ, 0x21, TestClient.body(0));
            assertThat(get(result)).isEqualTo(GuestMemory.UNMAPPED);
            assertThat(server.memory().read(RAM, new UnsafeBuffer(new byte[8]), 0, 8))
                    .isEqualTo(GuestMemory.UNMAPPED);
        }
    }

    @Test
    void aClientThatLeavesInTheMiddleOfAReplyOrAFloodOfWritesIsForgotten() throws Exception {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[8]);
        function.bell = value -> server.memory().read(RAM, word, 0, 8);
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            for (int i = 0; i < 600; i++) {
                client.post(0, TestFunction.BELL, TestClient.word(i)); // each waits for an answer that never comes
            }
            assertThat(client.receive().command()).isEqualTo(DMA_READ);
            client.raw(new byte[]{ 1, 0, 11, 0, 40, 0, 0 });
        } catch (final LinuxException hungUp) {
            assertThat(hungUp.errno()).isIn(32, 104);
        }
        function.bell = value -> {
        };
    }

    @Test
    void whatAFunctionThrowsCostsItsClientOnly() {
        for (final Runnable failure : new Runnable[]{ HostilePeerTest::cutShort, HostilePeerTest::fail }) {
            try (TestClient client = TestClient.greeted(path)) {
                function.bell = value -> failure.run();
                client.post(0, TestFunction.BELL, TestClient.word(1));
                assertThat(client.read(0, 0, 4)).as("a write that failed is over").isZero();
                function.alarm = failure;
                client.send(9, 0, TestClient.access(0, TestFunction.BELL, 4));
                assertThat(client.isEnded()).isTrue();
            }
            function.alarm = () -> {
            };
        }
    }

    /** As the JVM says it, and later than where it was: a mapped file was cut short. */
    private static void cutShort() {
        throw new InternalError("a fault occurred in an unsafe memory access operation");
    }

    private static void fail() {
        throw new IllegalStateException("a defect of the function");
    }

    @Test
    void whoConnectsAndDoesNotSayWhatItSpeaksIsLeftForTheNext() {
        try (TestClient silent = new TestClient(path)) {
            silent.raw(new byte[]{ 1, 0, 1, 0 });
            assertThat(silent.isEnded()).isTrue();
        }
    }

    @Test
    void aGreetingOfAByteNowAndThenIsGivenUpAsAWhole() throws Exception {
        try (TestClient slow = new TestClient(path)) {
            final byte[] hello = { 1, 0, 1, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
            final CompletableFuture<Integer> ended = inAnotherThread(() -> slow.isEnded() ? 1 : 0);
            int sent = 0;
            try {
                while (!ended.isDone() && sent < 100) {
                    slow.raw(new byte[]{ hello[sent++ % hello.length] });
                    Thread.sleep(500);
                }
            } catch (final LinuxException hungUp) {
                assertThat(hungUp.errno()).isIn(32, 104);
            }
            assertThat(get(ended)).isEqualTo(1);
            assertThat(sent).as("bytes that were waited for").isLessThan(100);
        }
    }

    @Test
    void repliesToNothingDoNotProlongTheGreeting() throws Exception {
        try (TestClient slow = new TestClient(path)) {
            final CompletableFuture<Integer> ended = inAnotherThread(() -> slow.isEnded() ? 1 : 0);
            try {
                for (int i = 0; i < 100 && !ended.isDone(); i++) {
                    slow.send(i, DMA_READ, 1, TestClient.body(0));
                    Thread.sleep(500);
                }
            } catch (final LinuxException hungUp) {
                assertThat(hungUp.errno()).isIn(32, 104);
            }
            assertThat(get(ended)).isEqualTo(1);
        }
    }

    @Test
    void aMessageThatBeganMustEndWhetherItsHeadOrItsBodyIsLate() throws Exception {
        final byte[] message = { 2, 0, 9, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        final Path other = folder.resolve("g.sock");
        try (VfioUserServer second = new VfioUserServer(other, new TestFunction(), null)) {
            second.start();
            try (TestClient head = TestClient.greeted(path); TestClient body = TestClient.greeted(other)) {
                head.raw(Arrays.copyOf(message, 3));
                body.raw(message);
                assertThat(head.isEnded()).isTrue();
                assertThat(body.isEnded()).isTrue();
            }
        }
    }

    @Test
    void aClientThatReadsAByteNowAndThenIsGivenUpAsAWhole() throws Exception {
        try (TestClient client = TestClient.greeted(path)) {
            final CompletableFuture<Integer> flood = inAnotherThread(() -> {
                try {
                    for (int i = 0; i < 100_000; i++) {
                        client.send(9, 0, TestClient.access(0, 0, TestFunction.BAR_SIZE));
                    }
                    return 0;
                } catch (final LinuxException hungUp) {
                    return 1;
                }
            });
            while (!flood.isDone()) {
                client.takeByte();
                Thread.sleep(10);
            }
            assertThat(get(flood)).as("the server hung up").isEqualTo(1);
        }
    }

    @Test
    void memoryWhosePagesCanGoIsReachedByMessages() throws Exception {
        try (NativeFile unsealed = FileFlags.memfd(FileFlags.ALLOW_SEALING, 4 * PAGE);
                NativeFile growing = FileFlags.memfd(FileFlags.ALLOW_SEALING, 4 * PAGE);
                NativeFile unsealable = FileFlags.memfd(0, 4 * PAGE);
                NativeFile file = NativeFile.open(Files.write(folder.resolve("ram"), new byte[4 * PAGE]).toString());
                NativeFile device = NativeFile.open("/dev/zero")) {
            FileFlags.seal(growing.fd(), FileFlags.SEAL_GROW);
            for (final NativeFile memory : new NativeFile[]{ unsealed, growing, unsealable, file, device }) {
                try (TestClient client = TestClient.greeted(path)) {
                    assertThat(client.map(RAM, 4 * PAGE, 3, 0, memory.fd())).isZero();
                    if (memory != device) {
                        FileFlags.cut(memory, PAGE);
                    }
                    assertAskedFor(client, 2 * PAGE);
                    assertThat(server.memory().compareAndSetLong(RAM, 0, 1)).isEqualTo(GuestMemory.UNMAPPED);
                }
            }
        }
    }

    @Test
    void hugePagesAreReachedByMessagesSinceTheirPoolMayBeEmpty() throws Exception {
        final int huge = 1 << 21;
        NativeFile memory = null;
        try {
            memory = FileFlags.memfd(FileFlags.ALLOW_SEALING | FileFlags.HUGE_PAGES, huge);
        } catch (final LinuxException noHugePages) {
            assumeThat(noHugePages.errno()).as("this kernel has huge pages").isZero();
        }
        try (NativeFile sealed = memory; TestClient client = TestClient.greeted(path)) {
            FileFlags.seal(sealed.fd(), FileFlags.SEAL_SHRINK);
            assertThat(client.map(RAM, huge, 3, 0, sealed.fd())).isZero();
            assertAskedFor(client, 0);
        }
    }

    @Test
    void aDescriptorWhoseCloseWaitsForItsOwnerHoldsNobodyUp() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                TestClient client = TestClient.greeted(path)) {
            final int lingering = FileFlags.lingering(deaf.getLocalPort(), 30);
            client.raw(new byte[]{ 3, 0, 2, 0, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, lingering);
            while (OpenFiles.count("socket:[" + OpenFiles.inode(lingering) + "]") < 2) {
                Thread.sleep(10);
            }
            NativeFile.closeDescriptor(lingering); // the server's is the last
            client.raw(TestClient.body(32).putInt(32).putInt(3).putLong(0).putLong(RAM).putLong(PAGE).array());
            assertThat(client.receive().errno()).as("no memory").isEqualTo(EINVAL);
            assertThat(client.read(0, 0, 4)).as("answered long before it is closed").isZero();
        }
    }

    /** Has the device read a word and write it back, which the client does for it. */
    private void assertAskedFor(final TestClient client, final long offset) throws Exception {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[8]);
        final CompletableFuture<Integer> read = inAnotherThread(() -> server.memory().read(RAM + offset, word, 0, 8));
        final TestClient.Received asked = client.receive();
        assertThat(asked.command()).isEqualTo(DMA_READ);
        client.send(asked.id(), DMA_READ, 1,
                TestClient.body(24).putLong(RAM + offset).putLong(8).putLong(0x1122_3344_5566_7788L).flip());
        assertThat(get(read)).isEqualTo(GuestMemory.OK);
        assertThat(word.getLong(0)).isEqualTo(0x1122_3344_5566_7788L);
        final CompletableFuture<Integer> write = inAnotherThread(
                () -> server.memory().write(RAM + offset, word, 0, 8));
        final TestClient.Received written = client.receive();
        assertThat(written.command()).isEqualTo(DMA_WRITE);
        assertThat(written.body().getLong(16)).isEqualTo(0x1122_3344_5566_7788L);
        client.send(written.id(), DMA_WRITE, 1, TestClient.body(0));
        assertThat(get(write)).isEqualTo(GuestMemory.OK);
    }

    @Test
    void memorySealedAgainstShrinkingIsMappedAsFarAsItGoesAndAsItsSealsLet() throws Exception {
        try (NativeFile sealed = FileFlags.memfd(FileFlags.ALLOW_SEALING, 4 * PAGE);
                NativeFile frozen = FileFlags.memfd(FileFlags.ALLOW_SEALING, 4 * PAGE);
                NativeFile finished = FileFlags.memfd(FileFlags.ALLOW_SEALING, 4 * PAGE);
                TestClient client = TestClient.greeted(path)) {
            FileFlags.seal(sealed.fd(), FileFlags.SEAL_SHRINK);
            FileFlags.seal(frozen.fd(), FileFlags.SEAL_SHRINK | FileFlags.SEAL_WRITE);
            FileFlags.seal(finished.fd(), FileFlags.SEAL_SHRINK | FileFlags.SEAL_FUTURE_WRITE);
            assertThat(client.map(RAM, 5 * PAGE, 3, 0, sealed.fd())).as("beyond its end").isEqualTo(EINVAL);
            assertThat(client.map(RAM, PAGE, 3, 4 * PAGE, sealed.fd())).isEqualTo(EINVAL);
            assertThat(client.map(RAM, PAGE, 3, Long.MAX_VALUE & -PAGE, sealed.fd())).isEqualTo(EINVAL);
            assertThat(client.map(RAM, PAGE, 3, -PAGE, sealed.fd())).isEqualTo(EINVAL);
            assertThat(client.map(RAM, 4 * PAGE, 3, 0, sealed.fd())).isZero();
            FileFlags.cut(sealed, 64 * PAGE);
            assertThatThrownBy(() -> FileFlags.cut(sealed, PAGE)).isInstanceOf(LinuxException.class);
            assertThat(server.memory().compareAndSetLong(RAM + 3 * PAGE, 0, 1)).isEqualTo(GuestMemory.OK);
            assertThat(client.unmap(RAM, 4 * PAGE, 0)).isZero();
            for (final NativeFile memory : new NativeFile[]{ frozen, finished }) {
                assertThat(client.map(RAM, 4 * PAGE, 3, 0, memory.fd())).isZero();
                assertAskedFor(client, 0);
                assertThat(client.unmap(RAM, 4 * PAGE, 0)).isZero();
            }
        }
    }

    @Test
    void whileAnAnswerIsOverdueNobodyWaitsForAnother() throws Exception {
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            final UnsafeBuffer word = new UnsafeBuffer(new byte[8]);
            final CompletableFuture<Integer> walk = inAnotherThread(() -> {
                int aborted = 0;
                for (int i = 0; i < 1000; i++) {
                    aborted += server.memory().read(RAM, word, 0, 8) == GuestMemory.UNMAPPED ? 1 : 0;
                }
                return aborted;
            });
            assertThat(get(walk)).isEqualTo(1000);
            final TestClient.Received first = client.receive();
            assertThat(client.isSilent()).as("asked once").isTrue();
            client.send(first.id(), DMA_READ, 0x21, TestClient.body(0));
            client.read(0, 0, 4);
            assertAskedFor(client, 0);
        }
    }

    @Test
    void aReadIsAnsweredWhileAWriteWaitsForAnotherThreadThatWaitsForTheClient() throws Exception {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[8]);
        function.bell = value -> inAnotherThread(() -> server.memory().read(RAM, word, 0, 8)).join();
        try (TestClient client = TestClient.greeted(path)) {
            assertThat(client.map(RAM, PAGE, 3, 0)).isZero();
            client.post(0, TestFunction.BELL, TestClient.word(1));
            final TestClient.Received dma = client.receive();
            assertThat(client.read(0, 8, 4)).isZero();
            client.send(dma.id(), DMA_READ, 1, TestClient.body(24).putLong(RAM).putLong(8).putLong(5).flip());
            assertThat(client.read(0, 8, 4)).isZero();
            assertThat(word.getLong(0)).isEqualTo(5);
        }
        function.bell = value -> {
        };
    }

    @Test
    void aReadIsAnsweredWhileAWriteWaitsForTheClientOfAnotherFunction() throws Exception {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[8]);
        final Path other = folder.resolve("g.sock");
        try (VfioUserServer iommu = new VfioUserServer(other, new TestFunction(), null)) {
            iommu.start();
            function.bell = value -> iommu.memory().read(RAM, word, 0, 8);
            try (TestClient client = TestClient.greeted(path); TestClient tables = TestClient.greeted(other)) {
                assertThat(tables.map(RAM, PAGE, 3, 0)).isZero();
                client.post(0, TestFunction.BELL, TestClient.word(1));
                final TestClient.Received dma = tables.receive();
                assertThat(client.read(0, 8, 4)).isZero();
                tables.send(dma.id(), DMA_READ, 1, TestClient.body(24).putLong(RAM).putLong(8).putLong(5).flip());
            }
        }
        function.bell = value -> {
        };
    }

    @Test
    void aServerMayBeClosedFromWithinItsFunctionAndByManyAtOnce() throws Exception {
        function.bell = value -> server.close();
        try (TestClient client = TestClient.greeted(path)) {
            client.post(0, TestFunction.BELL, TestClient.word(1));
            final CompletableFuture<Integer> other = inAnotherThread(() -> {
                server.close();
                return Files.exists(path) ? 1 : 0;
            });
            server.close();
            assertThat(path).doesNotExist();
            assertThat(get(other)).as("a barrier for the other, too").isZero();
            assertThat(client.isEnded()).isTrue();
        }
        function.bell = value -> {
        };
        server = new VfioUserServer(path, function, null);
        server.start();
        server.memory();
    }

    @Test
    void halfAMessageDoesNotKeepTheServerFromClosing() {
        try (TestClient client = TestClient.greeted(path)) {
            client.raw(new byte[]{ 1, 0, 9, 0, 32, 0, 0, 0, 0 });
            server.close();
            assertThat(client.isEnded()).isTrue();
        }
        server = new VfioUserServer(path, function, null);
        server.start();
    }
}
