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

package io.viommu.vmm.vfiouser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.bridge.linux.SharedMemory;
import io.viommu.counters.CounterFile;

@Timeout(60)
class VfioUserDoorTest {

    private static final int BAR0 = 0;
    private static final int CONFIG = 7;
    private static final int BUS_MASTER = 1 << 2;
    private static final int VTD_CAP = 0x08;
    private static final int VTD_GCMD = 0x18;
    private static final int VTD_GSTS = 0x1C;
    private static final int SMMU_IDR5 = 0x14;
    private static final int SMMU_CR0 = 0x20;

    @TempDir
    private Path folder;
    private final BlockingQueue<String> news = new LinkedBlockingQueue<>();

    private VfioUserDoor open(final String model, final Map<String, String> properties, final List<String> faults) {
        return new VfioUserDoor(new VfioUserOptions(model, properties, folder.resolve("iommu"),
                List.of(new VfioUserEndpoint(VfioUserEndpoint.Kind.VIRTIO_RNG, folder.resolve("rng"), 0xF0),
                        new VfioUserEndpoint(VfioUserEndpoint.Kind.VIRTIO_CONSOLE, folder.resolve("console"), 0xE8)),
                faults, 0, Map.of(), folder.resolve("control"), null, null, false), CounterFile.inMemory(), news::add);
    }

    private DoorClient client(final String socket) {
        return new DoorClient(folder.resolve(socket));
    }

    @Test
    void theRegisterFrameIsBar0AndHasWhatThePropertiesSay() {
        try (VfioUserDoor door = open("smmuv3", Map.of("oas", "44"), List.of()); DoorClient client = client("iommu")) {
            assertThat(door.control("ready")).isEqualTo("OK no");
            assertThat(client.read(BAR0, SMMU_IDR5) & 7).as("IDR5.OAS: 44 bits").isEqualTo(4);
            assertThat(client.read(CONFIG, 8) >>> 16).as("class: IOMMU").isEqualTo(0x0806);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void theFunctionHidesWhenItsBarIsPlacedAndShowsItselfAfterReset() {
        try (VfioUserDoor door = open("intel-iommu", Map.of(), List.of()); DoorClient client = client("iommu")) {
            final int id = client.read(CONFIG, 0);
            assertThat(id).isNotEqualTo(-1);
            client.write(CONFIG, 0x10, -1);
            assertThat(client.read(CONFIG, 0x10)).as("a BAR of 4 KiB").isEqualTo(-0x1000);
            client.write(CONFIG, 0x10, 0xFED9_0000);
            assertThat(client.read(CONFIG, 0)).isEqualTo(id);
            client.write(CONFIG, 4, 6);
            assertThat(client.read(CONFIG, 0)).isEqualTo(-1);
            assertThat(client.read(BAR0, 0)).as("VER_REG, still decoded").isNotZero();
            client.reset();
            assertThat(client.read(CONFIG, 0)).isEqualTo(id);
            assertThat(door.control("ready")).isEqualTo("OK no");
        }
    }

    @Test
    void aGuestThatRebootsFindsItsUnitWhereFirmwarePutItAndTheNextClientFindsItNowhere() {
        try (VfioUserDoor door = open("intel-iommu", Map.of(), List.of())) {
            try (DoorClient client = client("iommu")) {
                final int capabilities = client.read(BAR0, VTD_CAP);
                client.write(CONFIG, 0x10, 0xFED9_0000);
                client.write(CONFIG, 4, 6);
                client.reset();
                assertThat(client.read(CONFIG, 0x10)).isEqualTo(0xFED9_0000);
                assertThat(client.read(CONFIG, 4) & 6).isEqualTo(6);
                assertThat(client.read(BAR0, VTD_CAP)).isEqualTo(capabilities);
            }
            try (DoorClient next = client("iommu")) {
                assertThat(next.read(CONFIG, 0x10)).isZero();
                assertThat(next.read(CONFIG, 4) & 6).isZero();
            }
            assertThat(door.control("ready")).isEqualTo("OK no");
        }
    }

    @Test
    void anEndpointsRegistersAreReadWhileItsDmaWaitsForTheClient() throws Exception {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of()); DoorClient rng = client("rng")) {
            rng.announce(0x4000_0000L, 0x1000);
            configure(rng, 4, BUS_MASTER);
            final CompletableFuture<String> moved = CompletableFuture
                    .supplyAsync(() -> door.control("dma write 0x40000000 8"));
            final int id = rng.awaitRequest();
            assertThat(rng.read(CONFIG, 0)).isEqualTo(0x1044_1AF4);
            assertThat(rng.read(BAR0, 0x14)).as("the device's status").isNotEqualTo(-1);
            rng.confirmWrite(id);
            assertThat(moved.get(30, TimeUnit.SECONDS)).isEqualTo("OK moved 0x40000000");
        }
    }

    @Test
    void theEndpointIsAModernVirtioEntropyDeviceWhoseDmaTheModelDecidesOn() {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of()); DoorClient rng = client("rng")) {
            assertThat(rng.read(CONFIG, 0)).isEqualTo(0x1044_1AF4);
            assertThat(rng.read(CONFIG, 4) >>> 16 & 1 << 4).as("it has capabilities").isNotZero();
            // With SMMUEN clear, GBPA lets transactions bypass, and there is no memory at all.
            assertThat(door.control("dma write 0x1000")).isEqualTo("OK aborted 0x1000");
            assertThat(door.control("dma read last 8")).isEqualTo("OK aborted 0x0");
        }
    }

    @Test
    void anEndpointReachesNoMemoryWithoutBusMasteringOrOutsideOfD0() {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of());
                SharedMemory ram = SharedMemory.create("endpoint", 0x1000);
                DoorClient rng = client("rng")) {
            rng.share(0x4000_0000L, ram);
            ram.segment().fill((byte) 0x55);
            assertThat(door.control("dma write 0x40000000 8")).isEqualTo("OK aborted 0x40000000");
            assertThat(door.control("dma read 0x40000000 8")).isEqualTo("OK aborted 0x40000000");
            assertThat(ram.segment().get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0x5555_5555_5555_5555L);
            configure(rng, 4, BUS_MASTER);
            assertThat(door.control("dma write 0x40000000 8")).isEqualTo("OK moved 0x40000000");
            assertThat(ram.segment().get(ValueLayout.JAVA_LONG, 0)).isZero();
            final int power = capability(rng, 1) + 4;
            configure(rng, power, 3);
            assertThat(rng.read(CONFIG, power) & 3).as("D3hot").isEqualTo(3);
            assertThat(door.control("dma write 0x40000008 8")).isEqualTo("OK aborted 0x40000008");
            assertThat(rng.read(BAR0, 0)).isEqualTo(-1);
            configure(rng, power, 0);
            assertThat(door.control("dma write 0x40000008 8")).isEqualTo("OK moved 0x40000008");
            configure(rng, 4, 0);
            assertThat(door.control("dma read 0x40000000 8")).isEqualTo("OK aborted 0x40000000");
        }
    }

    /** Writes are posted; a read is answered after them. */
    private static void configure(final DoorClient client, final int offset, final int value) {
        client.write(CONFIG, offset, value);
        client.read(CONFIG, offset);
    }

    private static int capability(final DoorClient client, final int id) {
        int at = client.read(CONFIG, 0x34) & 0xFF;
        while (at != 0 && (client.read(CONFIG, at) & 0xFF) != id) {
            at = client.read(CONFIG, at) >>> 8 & 0xFF;
        }
        return at;
    }

    @Test
    void anEndpointsWriteIntoTheInterruptRangeIsAnInterruptRequest() {
        try (VfioUserDoor door = open("intel-iommu", Map.of(), List.of());
                DoorClient unit = client("iommu");
                DoorClient rng = client("rng")) {
            assertThat(door.control("dma write 0xfee01000 4")).as("no bus mastering")
                    .isEqualTo("OK aborted 0xfee01000");
            configure(rng, 4, BUS_MASTER);
            assertThat(door.control("dma write 0xfee01000 4")).isEqualTo("OK moved 0xfee01000");
            final ByteBuffer message = unit.awaitDmaWrite();
            assertThat(message.getLong()).isEqualTo(0xFEE0_1000L);
            assertThat(message.getLong()).isEqualTo(4);
            assertThat(message.getInt()).isZero();
            assertThat(door.control("dma write 0xfee01002 4")).as("no DWORD").isEqualTo("OK aborted 0xfee01002");
            assertThat(door.control("dma read 0xfee01000 4")).isEqualTo("OK aborted 0xfee01000");
        }
    }

    @Test
    void aBlockedInterruptRequestOfAnEndpointIsRecordedAsReason25() {
        try (VfioUserDoor door = open("intel-iommu", Map.of("intremap", "on"), List.of());
                DoorClient unit = client("iommu");
                DoorClient rng = client("rng")) {
            configure(rng, 4, BUS_MASTER);
            unit.write(BAR0, VTD_GCMD, 1 << 24);
            unit.write(BAR0, VTD_GCMD, 1 << 25);
            assertThat(unit.read(BAR0, VTD_GSTS) >>> 24 & 3).as("table set, remapping on").isEqualTo(3);
            assertThat(door.control("dma write 0xfee01000 4")).isEqualTo("OK aborted 0xfee01000");
            final int records = (unit.read(BAR0, VTD_CAP) >>> 24 & 0xFF | (unit.read(BAR0, VTD_CAP + 4) & 3) << 8) << 4;
            assertThat(unit.read(BAR0, records + 12) & 0x8000_00FF).isEqualTo(0x8000_0025);
            assertThat(unit.read(BAR0, records + 8) & 0xFFFF).as("source-id").isEqualTo(0xF0);
        }
    }

    @Test
    void anEndpointsWriteToTheItsIsAMessage() {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of()); DoorClient rng = client("rng")) {
            configure(rng, 4, BUS_MASTER);
            assertThat(door.control("dma write 0x8090040 4")).isEqualTo("OK moved 0x8090040");
            final ByteBuffer message = rng.awaitDmaWrite();
            assertThat(message.getLong()).isEqualTo(0x0809_0040L);
            assertThat(door.control("dma write 0x8090044 4")).isEqualTo("OK aborted 0x8090044");
        }
    }

    @Test
    void theConsoleIsAModernVirtioConsoleThatHasHeardNothingYet() {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of()); DoorClient console = client("console")) {
            assertThat(console.read(CONFIG, 0)).isEqualTo(0x1043_1AF4);
            assertThat(door.control("trespass")).isEqualTo("OK ");
            assertThat(door.control("heard")).isEqualTo("OK 0x0 ");
        }
    }

    @Test
    void faultsGoTheWholeRoadAndTheAnswerSaysHowTheyEnded() {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of())) {
            assertThat(door.control("fault event=0x10 sid=8 iova=0x1000 perm=w as-reported=1"))
                    .isEqualTo("OK translation-disabled=1");
            assertThat(door.control("storm 500 event=0x10 sid=8 iova=0x1000 perm=w as-reported=1"))
                    .isEqualTo("OK translation-disabled=500");
            assertThat(door.control("fault event=0x10 sid=8 s2=1 iova=0x1000")).isEqualTo("OK host-stage-2=1");
            assertThat(door.control("fault event=0x10 sid=8 s2=1 iova=0x1000 ; event=0x10 sid=9 as-reported=1"))
                    .isEqualTo("OK host-stage-2=1 translation-disabled=1");
        }
    }

    @Test
    void aLogIsPlayedByCommandOrWhenTheGuestIsReady() throws Exception {
        final String log = "arm-smmu-v3 arm-smmu-v3.1.auto: event 0x10 received:\n"
                + "arm-smmu-v3 arm-smmu-v3.1.auto: \t0x0000010000000010\n"
                + "arm-smmu-v3 arm-smmu-v3.1.auto: \t0x0000020000000000\n"
                + "arm-smmu-v3 arm-smmu-v3.1.auto: \t0x00000000abcd0000\n"
                + "arm-smmu-v3 arm-smmu-v3.1.auto: \t0x0000000000000000\n";
        final String file = Files.writeString(folder.resolve("log"), log).toString();
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of(file)); DoorClient client = client("iommu")) {
            assertThat(door.control("log 0 " + file)).isEqualTo("OK translation-disabled=1");
            assertThat(door.control("log 0 " + folder.resolve("none"))).startsWith("ERR ").contains("no such file");
            client.write(BAR0, SMMU_CR0, 1 << 2);
            assertThat(client.read(BAR0, SMMU_CR0)).isEqualTo(1 << 2);
            assertThat(door.control("ready")).isEqualTo("OK yes");
            assertThat(news.poll(30, TimeUnit.SECONDS)).startsWith("1 faults injected: ");
        }
    }

    @Test
    void commandsThatCanNotBeAreRefusedInASentence() {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of())) {
            assertThat(door.control("dance")).isEqualTo(
                    "ERR there is no command 'dance'; there are: fault, storm, log, dma, trespass, heard, "
                            + "answers, spoil, ready");
            assertThat(door.control("fault event=0x1000")).startsWith("ERR fault: event must be 0 to 255");
            assertThat(door.control("fault event=0x10;event=0x1000")).startsWith("ERR fault: event must be 0 to 255");
            assertThat(door.control("storm 0 event=0x10")).startsWith("ERR storm: COUNT must be 1 to ");
            assertThat(door.control("dma sideways 0")).startsWith("ERR dma: the direction must be read or write");
            assertThat(door.control("dma read 0 100000")).isEqualTo("ERR dma: LENGTH must be 1 to 4096, not '100000'");
            assertThat(door.control("")).startsWith("ERR there is no command ''");
        }
    }

    @Test
    void theControlSocketAnswersEachLineWithALine() throws Exception {
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of());
                SocketChannel control = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("control")))) {
            assertThat(door.control("answers")).isEqualTo("OK ");
            control.write(ByteBuffer.wrap("ready\nnonsense\n".getBytes(StandardCharsets.UTF_8)));
            final ByteBuffer answers = ByteBuffer.allocate(512);
            while (answers.position() < 2 || answers.get(answers.position() - 1) != '\n'
                    || new String(answers.array(), 0, answers.position(), StandardCharsets.UTF_8).lines().count() < 2) {
                assertThat(control.read(answers)).isPositive();
            }
            assertThat(new String(answers.array(), 0, answers.position(), StandardCharsets.UTF_8))
                    .startsWith("OK no\nERR there is no command 'nonsense'");
        }
    }

    @Test
    void aSilentClientOfTheControlSocketKeepsNobodyWaiting() throws Exception {
        final UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("control"));
        try (VfioUserDoor door = open("smmuv3", Map.of(), List.of());
                SocketChannel silent = SocketChannel.open(address);
                SocketChannel control = SocketChannel.open(address)) {
            silent.write(ByteBuffer.wrap("read".getBytes(StandardCharsets.UTF_8)));
            control.write(ByteBuffer.wrap("ready\n".getBytes(StandardCharsets.UTF_8)));
            final ByteBuffer answer = ByteBuffer.allocate(64);
            while (answer.position() < "OK no\n".length()) {
                assertThat(control.read(answer)).isPositive();
            }
            assertThat(StandardCharsets.UTF_8.decode(answer.flip()).toString()).isEqualTo("OK no\n");
            assertThat(door.control("ready")).isEqualTo("OK no");
        }
    }

    @Test
    void aModelOrPropertyThatIsNotThereLeavesNoSocketBehind() {
        assertThatThrownBy(() -> open("amdvi", Map.of(), List.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("smmuv3");
        assertThatThrownBy(() -> open("smmuv3", Map.of("oas", "43"), List.of()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("oas must be");
        assertThat(folder).isEmptyDirectory();
    }
}
