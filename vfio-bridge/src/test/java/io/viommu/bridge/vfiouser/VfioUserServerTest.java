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

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.bridge.linux.EventFd;
import io.viommu.bridge.linux.SharedMemory;
import io.viommu.memory.GuestMemory;

@Timeout(60)
class VfioUserServerTest {

    private static final long RAM = 0x4000_0000L;
    private static final int RAM_SIZE = 0x1_0000;
    private static final int READ_WRITE = 3;
    private static final int INTX_EVENTFD = 0x24;
    private static final int DISABLE = 0x21;
    private static final int UNMASK = 0x11;
    private static final int MASK = 0x09;

    @TempDir
    private Path folder;
    private Path path;
    private final TestFunction function = new TestFunction();
    private VfioUserServer server;
    private TestClient client;

    @BeforeEach
    void start() {
        path = folder.resolve("f.sock");
        server = new VfioUserServer(path, function, null);
        server.start();
        client = TestClient.greeted(path);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        assertThat(path).doesNotExist();
    }

    private int read(final long gpa) {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[4]);
        assertThat(server.memory().read(gpa, word, 0, 4)).isEqualTo(GuestMemory.OK);
        return word.getInt(0);
    }

    private int tryRead(final long gpa) {
        return server.memory().read(gpa, new UnsafeBuffer(new byte[4]), 0, 4);
    }

    private int write(final long gpa, final int value) {
        final UnsafeBuffer word = new UnsafeBuffer(new byte[4]);
        word.putInt(0, value);
        return server.memory().write(gpa, word, 0, 4);
    }

    @Test
    void theVersionReplyOffersOurLimitsAsJsonThatEndsWithNul() {
        client.close();
        client = new TestClient(path);
        final TestClient.Received reply = client.ask(1, client.version(0, TestClient.QEMU_CAPABILITIES));
        assertThat(reply.errno()).isZero();
        final ByteBuffer body = reply.body();
        assertThat(body.getShort()).isZero();
        assertThat(body.getShort()).isZero();
        final byte[] text = new byte[body.remaining()];
        body.get(text);
        assertThat(new String(text, StandardCharsets.US_ASCII))
                .isEqualTo("{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":65536,\"max_dma_maps\":256,"
                        + "\"pgsizes\":4096,\"write_multiple\":true}}\0");
    }

    @Test
    void theDeviceIsAPciFunctionThatCanBeResetWithRegionsAndInterruptsAsItSays() {
        final ByteBuffer info = client.ask(4, TestClient.body(16).putInt(16).position(16).flip()).body();
        assertThat(new int[]{ info.getInt(), info.getInt(), info.getInt(), info.getInt() }).containsExactly(16, 3, 9,
                5);
        assertThat(info.hasRemaining()).isFalse();
        assertThat(regionInfo(0)).isEqualTo("flags 3 index 0 size 8192 offset 0");
        assertThat(regionInfo(2)).isEqualTo("flags 0 index 2 size 0 offset 0");
        assertThat(regionInfo(7)).isEqualTo("flags 3 index 7 size 256 offset 0");
        assertThat(interruptInfo(0)).isEqualTo("flags 7 index 0 count 1");
        assertThat(interruptInfo(1)).isEqualTo("flags 0 index 1 count 0");
        assertThat(interruptInfo(2)).isEqualTo("flags 9 index 2 count 4");
        assertThat(interruptInfo(3)).isEqualTo("flags 0 index 3 count 0");
        assertThat(client.ask(13, TestClient.body(0)).errno()).isZero();
        assertThat(function.resets).hasValue(1);
    }

    private String regionInfo(final int index) {
        final ByteBuffer info = client
                .ask(5, TestClient.body(32).putInt(32).putInt(0).putInt(index).position(32).flip()).body();
        assertThat(info.remaining()).isEqualTo(32);
        assertThat(info.getInt(12)).as("no capabilities").isZero();
        return "flags " + info.getInt(4) + " index " + info.getInt(8) + " size " + info.getLong(16) + " offset "
                + info.getLong(24);
    }

    private String interruptInfo(final int index) {
        final ByteBuffer info = client
                .ask(7, TestClient.body(16).putInt(16).putInt(0).putInt(index).position(16).flip()).body();
        assertThat(info.remaining()).isEqualTo(16);
        return "flags " + info.getInt(4) + " index " + info.getInt(8) + " count " + info.getInt(12);
    }

    @Test
    void sharedMemoryIsReadAndWrittenInPlaceAndGoneAfterUnmap() {
        try (SharedMemory ram = SharedMemory.create("ram", RAM_SIZE)) {
            ram.segment().set(ValueLayout.JAVA_INT, 0x2010, 0x1234_5678);
            assertThat(client.map(RAM, 0x8000, READ_WRITE, 0x2000, ram.fd())).isZero();
            assertThat(read(RAM + 0x10)).as("file offset 0x2000 is at the address").isEqualTo(0x1234_5678);
            assertThat(write(RAM + 0x20, 7)).isEqualTo(GuestMemory.OK);
            assertThat(ram.segment().get(ValueLayout.JAVA_INT, 0x2020)).isEqualTo(7);
            assertThat(tryRead(RAM + 0x8000)).isEqualTo(GuestMemory.UNMAPPED);
            assertThat(client.map(RAM + 0x4000, 0x1000, READ_WRITE, 0, ram.fd())).as("EEXIST").isEqualTo(17);
            assertThat(client.unmap(RAM, 0x4000, 0)).as("half of it: EINVAL").isEqualTo(22);
            assertThat(client.unmap(0, 0x1000, 0)).as("ENOENT").isEqualTo(2);
            assertThat(client.unmap(RAM, 0x8000, 0)).isZero();
            assertThat(tryRead(RAM + 0x10)).isEqualTo(GuestMemory.UNMAPPED);
            assertThat(write(RAM + 0x20, 7)).isEqualTo(GuestMemory.UNMAPPED);
        }
    }

    @Test
    void memoryMappedWithoutWriteIsReadOnlyAndOneUnmapTakesAll() {
        try (SharedMemory ram = SharedMemory.create("ram", RAM_SIZE)) {
            assertThat(client.map(RAM, 0x1000, 1, 0, ram.fd())).isZero();
            assertThat(client.map(RAM + 0x1000, 0x1000, READ_WRITE, 0x1000, ram.fd())).isZero();
            assertThat(client.map(0xF_0000, 0x1000, 1, 0)).isZero();
            assertThat(write(RAM, 1)).isEqualTo(GuestMemory.READ_ONLY);
            assertThat(write(0xF_0000, 1)).isEqualTo(GuestMemory.READ_ONLY);
            assertThat(client.unmap(0, 0, 2)).isZero();
            assertThat(tryRead(RAM)).isEqualTo(GuestMemory.UNMAPPED);
            assertThat(tryRead(RAM + 0x1000)).isEqualTo(GuestMemory.UNMAPPED);
        }
    }

    @Test
    void memoryWithoutDescriptorIsFoundInTheSealedBackingFileWhereOneIsNamed() {
        client.close();
        server.close();
        try (SharedMemory ram = SharedMemory.create("ram", RAM_SIZE)) {
            server = new VfioUserServer(path, function, Path.of("/proc/self/fd/" + ram.fd()));
            server.start();
            client = TestClient.greeted(path);
            assertThat(client.map(RAM, 0x1000, READ_WRITE, 0x3000)).isZero();
            assertThat(write(RAM + 8, 0x0A0B_0C0D)).isEqualTo(GuestMemory.OK);
            assertThat(ram.segment().get(ValueLayout.JAVA_INT, 0x3008)).isEqualTo(0x0A0B_0C0D);
        }
    }

    @Test
    void memoryThatIsNotSharedIsReachedByMessagesOf64BitAddressAndCount() throws Exception {
        assertThat(client.map(RAM, RAM_SIZE, READ_WRITE, 0)).isZero();
        final Thread device = Thread.ofPlatform().start(() -> {
            assertThat(write(RAM + 0x100, 0x1122_3344)).isEqualTo(GuestMemory.OK);
            assertThat(read(RAM + 0x100)).isEqualTo(0x5566_7788);
            assertThat(tryRead(RAM + 0x200)).isEqualTo(GuestMemory.UNMAPPED);
        });
        final TestClient.Received write = client.receive();
        assertThat(write.command()).isEqualTo(12);
        assertThat(write.body()).isEqualTo(
                TestClient.body(20).putLong(RAM + 0x100).putLong(4).putInt(0x1122_3344).flip());
        client.send(write.id(), 12, 1, TestClient.body(16).putLong(RAM + 0x100).putLong(4).flip());
        final TestClient.Received read = client.receive();
        assertThat(read.command()).isEqualTo(11);
        assertThat(read.body()).isEqualTo(TestClient.body(16).putLong(RAM + 0x100).putLong(4).flip());
        client.send(read.id(), 11, 1,
                TestClient.body(20).putLong(RAM + 0x100).putLong(4).putInt(0x5566_7788).flip());
        client.send(client.receive().id(), 11, 0x21, TestClient.body(0));
        device.join();
    }

    @Test
    void aRegisterReadIsAnsweredWhileAPostedWriteWaitsForTheClient() {
        // What QEMU does: its lock is held during the read, and only then does it serve the DMA message.
        assertThat(client.map(RAM, RAM_SIZE, READ_WRITE, 0)).isZero();
        function.bell = value -> write(RAM, (int) value + read(RAM));
        client.post(0, TestFunction.BELL, TestClient.word(5));
        final TestClient.Received dma = client.receive();
        assertThat(dma.command()).isEqualTo(11);
        assertThat(client.read(0, 8, 4)).isZero();
        assertThat(client.unmap(0x5000_0000L, 0x1000, 0)).isEqualTo(2);
        client.send(dma.id(), 11, 1, TestClient.body(20).putLong(RAM).putLong(4).putInt(37).flip());
        final TestClient.Received write = client.receive();
        assertThat(write.body().getInt(16)).isEqualTo(42);
        client.send(write.id(), 12, 1, TestClient.body(0));
    }

    @Test
    void postedWritesGetNoAnswerAndAReadSeesThem() {
        for (int i = 0; i < 1000; i++) {
            client.post(0, 0x10, TestClient.word(i));
            assertThat(client.read(0, 0x10, 4)).isEqualTo(i);
        }
        assertThat(client.isSilent()).isTrue();
        assertThat(client.ask(10, TestClient.access(7, 4, 2, (byte) 6, (byte) 0)).errno()).isZero();
        assertThat(client.read(7, 4, 2)).isEqualTo(6);
    }

    @Test
    void accessesAreCutIntoAlignedPiecesOfAtMostEightBytes() {
        client.post(0, 0x20, new byte[8]);
        postedBytes(0x31, 1, 2, 3, 4, 5, 6, 7);
        assertThat(client.read(7, 0, 3)).isZero();
        assertThat(function.accesses).containsExactly("w0 20/8=0", "w0 31/1=1", "w0 32/2=302", "w0 34/4=7060504",
                "r7 0/2", "r7 2/1");
        assertThat(client.ask(9, TestClient.access(7, 0, 256)).body().remaining()).isEqualTo(16 + 256);
    }

    private void postedBytes(final long offset, final int... bytes) {
        final byte[] data = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            data[i] = (byte) bytes[i];
        }
        client.post(0, offset, data);
    }

    @Test
    void oneMessageCarriesSeveralWrites() {
        final ByteBuffer many = TestClient.body(8 + 2 * 24).putLong(2);
        many.putLong(0x40).putInt(0).putInt(4).putLong(0x1_0000_0009L);
        many.putLong(0x48).putInt(0).putInt(8).putLong(0x1122_3344_5566_7788L);
        client.send(15, 0x10, many.flip());
        assertThat(client.read(0, 0x40, 4)).isEqualTo(9);
        assertThat(client.read(0, 0x48, 8)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(client.read(0, 0x44, 4)).as("only as many bytes as the count says").isZero();
        assertThat(client.ask(15, TestClient.body(8).putLong(1L << 60).flip()).errno()).isEqualTo(22);
    }

    @Test
    void intxMasksItselfWhenItFiresAndWhatComesMeanwhileFiresAtTheUnmask() {
        try (EventFd heard = EventFd.create()) {
            assertThat(client.setInterrupts(INTX_EVENTFD, 0, 0, 1, heard.fd())).isZero();
            server.interrupts().pulse();
            assertThat(heard.drain()).isEqualTo(1);
            server.interrupts().pulse();
            server.interrupts().pulse();
            assertThat(heard.drain()).as("masked").isZero();
            assertThat(client.setInterrupts(UNMASK, 0, 0, 1)).isZero();
            assertThat(heard.drain()).as("the edges, once").isEqualTo(1);
            assertThat(client.setInterrupts(UNMASK, 0, 0, 1)).isZero();
            assertThat(heard.drain()).isZero();
            server.interrupts().pin(true);
            assertThat(heard.drain()).isEqualTo(1);
            assertThat(client.setInterrupts(UNMASK, 0, 0, 1)).isZero();
            assertThat(heard.drain()).as("the pin is still up").isEqualTo(1);
            server.interrupts().pin(false);
            assertThat(client.setInterrupts(UNMASK, 0, 0, 1)).isZero();
            assertThat(heard.drain()).isZero();
            assertThat(client.setInterrupts(MASK, 0, 0, 1)).isZero();
            server.interrupts().pulse();
            assertThat(heard.drain()).isZero();
            assertThat(client.setInterrupts(DISABLE, 0, 0, 0)).isZero();
            assertThat(client.setInterrupts(UNMASK, 0, 0, 1)).isZero();
            assertThat(heard.drain()).as("nobody listens").isZero();
        }
    }

    @Test
    void msixVectorsAreArmedInPartsAndDisarmed() {
        try (EventFd first = EventFd.create(); EventFd second = EventFd.create()) {
            assertThat(client.setInterrupts(INTX_EVENTFD, 2, 1, 2, first.fd(), second.fd())).isZero();
            assertThat(server.interrupts().trigger(2, 1)).isTrue();
            assertThat(server.interrupts().trigger(2, 2)).isTrue();
            assertThat(server.interrupts().trigger(2, 0)).isFalse();
            assertThat(server.interrupts().trigger(2, 4)).isFalse();
            assertThat(first.drain()).isEqualTo(1);
            assertThat(second.drain()).isEqualTo(1);
            assertThat(client.setInterrupts(INTX_EVENTFD, 2, 1, 1)).as("without descriptors: disarmed").isZero();
            assertThat(server.interrupts().trigger(2, 1)).isFalse();
            assertThat(client.setInterrupts(DISABLE, 2, 2, 1)).as("the client makes it fire").isZero();
            assertThat(second.drain()).isEqualTo(1);
            assertThat(client.setInterrupts(DISABLE, 2, 0, 0)).isZero();
            assertThat(server.interrupts().trigger(2, 2)).isFalse();
        }
    }

    @Test
    void anMsiIsAPostedDmaWriteUnlessItsAddressIsMemory() {
        try (SharedMemory ram = SharedMemory.create("ram", RAM_SIZE)) {
            assertThat(client.map(RAM, RAM_SIZE, READ_WRITE, 0, ram.fd())).isZero();
            assertThat(server.message(RAM + 0x40, 0xABCD)).isTrue();
            assertThat(ram.segment().get(ValueLayout.JAVA_INT, 0x40)).isEqualTo(0xABCD);
            assertThat(server.message(0x0809_0040L, 0x25)).isTrue();
            final TestClient.Received msi = client.receive();
            assertThat(msi.command()).isEqualTo(12);
            assertThat(msi.flags()).as("a request without reply").isEqualTo(0x10);
            assertThat(msi.body()).isEqualTo(TestClient.body(20).putLong(0x0809_0040L).putLong(4).putInt(0x25).flip());
        }
    }

    @Test
    void theNextClientFindsAFunctionThatWasResetAndNoMemoryOfTheLast() {
        try (SharedMemory ram = SharedMemory.create("ram", RAM_SIZE)) {
            assertThat(client.map(RAM, RAM_SIZE, READ_WRITE, 0, ram.fd())).isZero();
        }
        assertThat(server.served()).isTrue();
        client.close();
        client = TestClient.greeted(path);
        assertThat(function.resets).hasValue(1);
        assertThat(tryRead(RAM)).isEqualTo(GuestMemory.UNMAPPED);
    }
}
