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

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What QEMU's unmodified test programs do with the program, in a process of its own. */
class LibqtestTest {

    private static final int RED_HAT = 0x1B36;
    private static final int TESTDEV = 0x0005;
    private static final long VTD = 0xFED9_0000L;

    private static String binary(final String architecture) {
        return Path.of("qtest-bin", "qemu-system-" + architecture).toAbsolutePath().toString();
    }

    private static List<String> machines(final QtestClient client) throws IOException {
        return ((List<?>) client.qmp("{\"execute\": \"query-machines\"}")).stream()
                .map(machine -> String.valueOf(((Map<?, ?>) machine).get("alias"))).toList();
    }

    @Test
    void aFirstStartWithoutMachineTellsWhichThereAre() throws IOException {
        try (QtestClient arm = new QtestClient(binary("aarch64"), "-machine none")) {
            assertThat(machines(arm)).contains("virt").doesNotContain("q35");
            final Object types = arm.qmp("{\"execute\": \"qom-list-types\", \"arguments\": {\"abstract\": false,"
                    + " \"implements\": \"device\"}}");
            assertThat(types.toString()).contains("iommu-testdev");
        }
        try (QtestClient pc = new QtestClient(binary("x86_64"), "-machine none")) {
            assertThat(machines(pc)).contains("q35").doesNotContain("virt");
        }
    }

    /** Runs the test device once; gives its RESULT. */
    static long run(final QtestClient client, final long bar, final long iova, final long physical, final int length)
            throws IOException {
        client.bytes(bar + 0x04, 4, iova);
        client.bytes(bar + 0x08, 4, iova >>> 32);
        client.bytes(bar + 0x1C, 4, physical);
        client.bytes(bar + 0x20, 4, physical >>> 32);
        client.bytes(bar + 0x0C, 4, length);
        client.bytes(bar + 0x18, 4, 0b1010);
        client.bytes(bar + 0x14, 4, 1);
        client.bytes(bar, 4);
        return client.bytes(bar + 0x10, 4);
    }

    @Test
    void aDeviceIsFoundPlacedAndRunOverEcam() throws IOException {
        try (QtestClient client = new QtestClient(binary("aarch64"), "-machine virt,acpi=off,gic-version=3"
                + " -smp 1 -m 512 -cpu max -net none -device iommu-testdev")) {
            final PciClient pci = new PciClient(client, false);
            final long bar = pci.map(pci.find(RED_HAT, TESTDEV));
            assertThat(bar).isEqualTo(0x1000_0000L);
            client.say("memset 0x4ecba567 0x4 0x00");
            assertThat(run(client, bar, 0x4ECB_A567L, 0x4ECB_A567L, 4)).isZero();
            assertThat(client.bytes(0x4ECB_A567L, 4)).isEqualTo(0x1234_5678L);
        }
    }

    @Test
    void aDeviceIsFoundPlacedAndRunOverThePorts() throws IOException {
        try (QtestClient client = new QtestClient(binary("x86_64"),
                "-machine q35 -smp 1 -m 512 -net none -device iommu-testdev")) {
            final PciClient pci = new PciClient(client, true);
            final long bar = pci.map(pci.find(RED_HAT, TESTDEV));
            assertThat(bar).isEqualTo(0xE000_0000L);
            assertThat(run(client, bar, 0x1000_0000L, 0x1000_0000L, 6)).isZero();
            assertThat(client.read("readq", 0x1000_0000L)).isEqualTo(0x5678_1234_5678L);
        }
    }

    @ParameterizedTest
    @EnumSource(SmmuGuest.Mode.class)
    void theSmmuTranslatesInEachOfItsModes(final SmmuGuest.Mode mode) throws IOException {
        try (QtestClient client = new QtestClient(binary("aarch64"), "-machine virt,acpi=off,gic-version=3,iommu=smmuv3"
                + " -smp 1 -m 512 -cpu max -net none -device iommu-testdev")) {
            final PciClient pci = new PciClient(client, false);
            final int devfn = pci.find(RED_HAT, TESTDEV);
            final long bar = pci.map(devfn);
            client.say("memset 0x4ecba567 0x4 0x00");
            new SmmuGuest(client).translate(devfn, mode);
            assertThat(run(client, bar, SmmuGuest.IOVA, SmmuGuest.TARGET, 4)).isZero();
            assertThat(client.bytes(SmmuGuest.TARGET, 4)).isEqualTo(0x1234_5678L);
            assertThat(run(client, bar, 0x1000, SmmuGuest.TARGET, 4)).as("an address without a mapping")
                    .isEqualTo(0xDEAD_0002L);
        }
    }

    @ParameterizedTest
    @EnumSource(VtdGuest.Mode.class)
    void theVtdUnitTranslatesInEachOfItsModes(final VtdGuest.Mode mode) throws IOException {
        try (QtestClient client = new QtestClient(binary("x86_64"),
                "-machine q35 -smp 1 -m 512 -net none " + mode.device() + " -device iommu-testdev")) {
            final PciClient pci = new PciClient(client, true);
            final int devfn = pci.find(RED_HAT, TESTDEV);
            final long bar = pci.map(devfn);
            final long target = mode.passes() ? VtdGuest.IOVA : VtdGuest.TARGET;
            client.say(String.format("memset 0x%x 0x4 0x00", target));
            new VtdGuest(client).translate(devfn, mode);
            assertThat(run(client, bar, VtdGuest.IOVA, target, 4)).isZero();
            assertThat(client.bytes(target, 4)).isEqualTo(0x1234_5678L);
            assertThat(run(client, bar, 0x30_0000_0000L, target, 4)).as("an address without a mapping")
                    .isEqualTo(0xDEAD_0002L);
        }
    }

    @Test
    void aSystemResetGivesTheRegistersOfPowerOn() throws IOException {
        try (QtestClient client = new QtestClient(binary("x86_64"),
                "-M q35 -device intel-iommu,scalable-mode=on,flts=on")) {
            final String initial = client.say("read 0xfed90000 0x230");
            client.write("writel", VTD + 0x38, 0);
            client.write("writeq", VTD + 0x20, 0x0100_0000L);
            assertThat(client.say("read 0xfed90000 0x230")).isNotEqualTo(initial);
            client.qmp("{\"execute\": \"system_reset\"}");
            client.awaitEvent("RESET");
            assertThat(client.say("read 0xfed90000 0x230")).isEqualTo(initial);
        }
    }

    @Test
    void anUnknownMachineIsRefusedInOneSentence() throws Exception {
        final Path err = Files.createTempFile("viommu", ".err");
        final Process program = QtestClient.shell("exec " + binary("aarch64") + " -machine q35")
                .redirectError(err.toFile()).redirectInput(Path.of("/dev/null").toFile()).start();
        assertThat(program.waitFor()).isEqualTo(2);
        assertThat(Files.readAllLines(err))
                .containsExactly("viommu qtest: there is no machine 'q35'; there are: none, virt");
        Files.delete(err);
    }

    @Test
    void itStartsFromAnyFolderThroughALinkWithoutJavaHome(@TempDir final Path folder) throws Exception {
        final Path link = Files.createSymbolicLink(folder.resolve("qemu-system-aarch64"), Path.of(binary("aarch64")));
        final ProcessBuilder shell = QtestClient.shell("echo endianness | exec " + link + " -machine virt")
                .directory(new File("/"));
        shell.environment().remove("JAVA_HOME");
        shell.environment().merge("PATH", System.getProperty("java.home") + "/bin", (path, own) -> own + ":" + path);
        final Process program = shell.start();
        assertThat(new String(program.getInputStream().readAllBytes())).isEqualTo("OK little\n");
        assertThat(program.waitFor()).isZero();
    }

    @Test
    void onStandardInputItEndsWithTheInput() throws Exception {
        final Process program = QtestClient
                .shell("printf 'endianness\\nviommu_machine -machine q35\\nreadl 0\\n' | " + binary("x86_64")).start();
        assertThat(new String(program.getInputStream().readAllBytes()))
                .isEqualTo("OK little\nOK\nOK 0x0000000000000000\n");
        assertThat(program.waitFor()).isZero();
    }
}
