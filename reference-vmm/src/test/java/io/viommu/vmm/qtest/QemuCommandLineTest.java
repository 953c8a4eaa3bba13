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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.vmm.machine.Board;
import io.viommu.vmm.machine.DeviceSpec;
import io.viommu.vmm.machine.MachineSpec;

class QemuCommandLineTest {

    private static QemuCommandLine parse(final String line) {
        return new QemuCommandLine("").parse(QemuCommandLine.split(line));
    }

    @Test
    void aCommandLineOfQemusTestLibraryIsUnderstood() {
        final QemuCommandLine line = parse("-qtest unix:/tmp/q.sock -qtest-log /dev/null"
                + " -chardev socket,path=/tmp/q.qmp,id=char0 -mon chardev=char0,mode=control -display none -audio none"
                + " -run-with exit-with-parent=on -machine virt,acpi=off,gic-version=3,iommu=smmuv3 -smp 1 -m 512"
                + " -cpu max -net none -device iommu-testdev -accel qtest");
        assertThat(line.qtest()).isEqualTo("unix:/tmp/q.sock");
        assertThat(line.log()).isEqualTo("/dev/null");
        assertThat(line.monitors()).containsExactly("unix:/tmp/q.qmp");
        final MachineSpec machine = line.machine();
        assertThat(machine.board()).isEqualTo(Board.VIRT);
        assertThat(machine.ram()).isEqualTo(512L << 20);
        assertThat(machine.options()).containsEntry("iommu", "smmuv3");
        assertThat(machine.devices()).containsExactly(new DeviceSpec("iommu-testdev", Map.of()));
    }

    @Test
    void aMonitorMayBeAnObjectAsInQemu11() {
        final QemuCommandLine line = parse("-chardev socket,path=/tmp/q.qmp,id=char0"
                + " -object monitor-qmp,id=qmp0,chardev=char0 -object memory-backend-ram,id=ram,size=1G -machine none");
        assertThat(line.monitors()).containsExactly("unix:/tmp/q.qmp");
    }

    @Test
    void devicePropertiesAreSplitAsQemuSplitsThem() {
        final MachineSpec machine = parse("-M q35 -device intel-iommu,scalable-mode=on,eim -device"
                + " edu,id=a,,b,dma_mask=0xff --global edu.dma_mask=5").machine();
        assertThat(machine.devices().get(0))
                .isEqualTo(new DeviceSpec("intel-iommu", Map.of("scalable-mode", "on", "eim", "on")));
        assertThat(machine.devices().get(1).properties()).containsEntry("id", "a,b").containsEntry("dma_mask", "0xff");
        assertThat(machine.defaults()).isEqualTo(Map.of("edu", Map.of("dma_mask", "5")));
    }

    @ParameterizedTest
    @CsvSource({ "512,512", "512M,512", "1G,1024", "size=64m,64", "2048k,2" })
    void ramIsSaidInQemusUnits(final String text, final long mebibytes) {
        assertThat(parse("-M q35 -m " + text).machine().ram()).isEqualTo(mebibytes << 20);
    }

    @Test
    void harmlessOptionsPassWithOrWithoutAnArgument() {
        final QemuCommandLine line = parse("-nodefaults -S -vga none -no-such-option -unknown with-argument -M none");
        assertThat(line.machine().board()).isEqualTo(Board.NONE);
    }

    @Test
    void noMachineIsNoErrorUnlessThereAreDevices() {
        assertThat(parse("-display none").machine()).isNull();
        assertThatThrownBy(() -> parse("-device edu").machine()).isInstanceOf(Refusal.class)
                .hasMessageContaining("-device needs a machine");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "-machine pc | there is no machine 'pc'; there are: none, virt, q35",
        "-machine virt,foo=1 | -machine has no option 'foo' here",
        "-m lots -machine virt | -m must be a size such as 512, 512M or 1G, not 'lots'",
        "-m 100G -machine virt | -m must be 1M to 64G",
        "-machine | -machine needs an argument",
        "virt | 'virt' is not an option",
        "-global edu | -global must be DRIVER.PROPERTY=VALUE",
        "-mon chardev=x,mode=control | -mon: there is no -chardev socket",
        "-object monitor-qmp,id=q,chardev=x | -object monitor-qmp: there is no -chardev socket" })
    void mistakesAreRefusedInOneSentence(final String line, final String sentence) {
        assertThatThrownBy(() -> parse(line).machine()).isInstanceOf(Refusal.class).hasMessageContaining(sentence);
    }

    @Test
    void aStandInForOneArchitectureHasOnlyItsMachines() {
        assertThatThrownBy(() -> new QemuCommandLine("aarch64").parse(QemuCommandLine.split("-machine q35")))
                .hasMessage("there is no machine 'q35'; there are: none, virt");
        assertThat(new QemuCommandLine("x86_64").parse(QemuCommandLine.split("-machine pc-q35-11.1")).machine().board())
                .isEqualTo(Board.Q35);
    }
}
