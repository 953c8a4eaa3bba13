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

import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import io.viommu.counters.CounterFile;

@Timeout(60)
class VfioUserDoorTest {

    private static final int BAR0 = 0;
    private static final int CONFIG = 7;
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
    void aModelOrPropertyThatIsNotThereLeavesNoSocketBehind() {
        assertThatThrownBy(() -> open("amdvi", Map.of(), List.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("smmuv3");
        assertThatThrownBy(() -> open("smmuv3", Map.of("oas", "43"), List.of()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("oas must be");
        assertThat(folder).isEmptyDirectory();
    }
}
