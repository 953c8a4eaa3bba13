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

package io.viommu.vmm.realguest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * QEMU's command line for a guest.
 *
 * @param files  what to boot.
 * @param kind   which machine.
 * @param series which kernel.
 * @param options of the hypervisor, if there is one.
 */
record GuestBoot(GuestFiles files, GuestKind kind, String series, String options) {

    private static final String RAM = "512M";

    /** One without a hypervisor. */
    GuestBoot(final GuestFiles files, final GuestKind kind, final String series) {
        this(files, kind, series, "");
    }

    /**
     * The command that starts the guest, halted, with its sockets qtest and qmp in a folder.
     *
     * @param more what this guest has beyond others.
     */
    List<String> command(final Path folder, final List<String> more) throws IOException {
        final Path disk = Files.write(folder.resolve("disk"), files.ramdisk(kind, series));
        final List<String> command = machine();
        command.addAll(List.of("-serial", "stdio", "-no-reboot", "-S", "-qtest",
                "unix:" + folder.resolve("qtest") + ",server=on,wait=off", "-qtest-log", "none", "-qmp",
                "unix:" + folder.resolve("qmp") + ",server=on,wait=off"));
        command.addAll(kind == GuestKind.X86_XEN ? xen(disk) : linux(disk));
        command.addAll(more);
        return command;
    }

    private List<String> linux(final Path disk) {
        final String iommu = kind.arm()
                ? "iommu.strict=1"
                : "iommu.strict=1 intel_iommu=on," + (kind == GuestKind.X86_SCALABLE ? "sm_on" : "sm_off");
        return List.of("-kernel", files.kernel(kind, series).toString(), "-initrd", disk.toString(),
                "-append", "console=" + kind.terminal() + " panic=-1 " + iommu);
    }

    /** QEMU's list of multiboot modules has commas between; Xen takes the first for the kernel of its first domain. */
    private List<String> xen(final Path disk) {
        return List.of("-kernel", files.xen().toString(), "-append",
                "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all console_timestamps=none dom0_mem=256M "
                        + options,
                "-initrd", files.kernel(kind, series) + " console=" + kind.terminal() + " panic=-1," + disk);
    }

    /** The command that writes the device tree of the machine and ends. */
    List<String> treeDump(final Path blob, final List<String> more) {
        final List<String> command = machine();
        command.addAll(more);
        command.addAll(List.of("-machine", "dumpdtb=" + blob));
        return command;
    }

    private List<String> machine() {
        final List<String> command = new ArrayList<>(List.of(files.program(kind).toString(), "-run-with",
                "exit-with-parent=on", "-nodefaults", "-display", "none"));
        command.addAll(kind.arm()
                ? List.of("-machine", "virt,gic-version=3,memory-backend=ram0", "-cpu", "cortex-a57")
                : List.of("-machine", "q35,memory-backend=ram0,sata=off,smbus=off", "-cpu",
                        kind == GuestKind.X86_XEN ? "qemu64,+x2apic" : "qemu64"));
        command.addAll(List.of("-accel", "tcg", "-smp", "1", "-m", RAM, "-object",
                "memory-backend-memfd,id=ram0,share=on,seal=on,size=" + RAM));
        return command;
    }
}
