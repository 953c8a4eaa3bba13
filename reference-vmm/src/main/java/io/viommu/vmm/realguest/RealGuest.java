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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.viommu.counters.CounterFile;
import io.viommu.vmm.vfiouser.VfioUserDoor;
import io.viommu.vmm.vfiouser.VfioUserOptions;

/** A Linux, booted, with our model as its IOMMU and our endpoint behind that. */
final class RealGuest implements AutoCloseable {

    private static final String RAM = "512M";
    private static final long DEATH_SECONDS = 10;

    private final Path folder;
    private final CounterFile counters = CounterFile.inMemory();
    private final VfioUserDoor door;
    private final Process qemu;
    private final GuestConsole console;

    /**
     * Boots it up to its shell.
     *
     * @param files      what to boot.
     * @param kind       which machine.
     * @param series     which kernel.
     * @param properties of the model.
     * @param listener   is shown each line of the console.
     * @throws IOException if a file or QEMU's sockets fail.
     */
    RealGuest(final GuestFiles files, final GuestKind kind, final String series, final Map<String, String> properties,
            final Consumer<String> listener) throws IOException {
        folder = Files.createTempDirectory("viommu");
        Process started = null;
        VfioUserDoor opened = null;
        try {
            final Path disk = Files.write(folder.resolve("disk"), files.ramdisk(kind, series));
            final Path table = table(files, kind);
            opened = new VfioUserDoor(new VfioUserOptions(kind.model(), properties, folder.resolve("iommu"),
                    folder.resolve("rng"), kind.requester(), List.of(), 0, Map.of(), null, null, false), counters,
                    news -> {
                    });
            started = start(command(files, kind, series, disk, table));
            console = new GuestConsole(started.getInputStream(), started.getOutputStream(), listener);
            try (LineSocket qtest = LineSocket.connect(folder.resolve("qtest"), started);
                    LineSocket qmp = LineSocket.connect(folder.resolve("qmp"), started)) {
                Firmware.place(kind, qtest);
                qmp.await("{\"QMP\"");
                qmp.ask("{\"execute\":\"qmp_capabilities\"}", "{\"return\"");
                qmp.ask("{\"execute\":\"cont\"}", "{\"return\"");
            }
            door = opened;
            qemu = started;
            console.await(0, line -> line.endsWith("RG-UP"), "its shell was there");
        } catch (final IOException | RuntimeException failed) {
            end(started, opened);
            throw failed;
        }
    }

    /** The device tree or the ACPI table that tells of the model. */
    private Path table(final GuestFiles files, final GuestKind kind) throws IOException {
        final Path table = folder.resolve("table");
        if (!kind.arm()) {
            return Files.write(table, Firmware.dmar(kind));
        }
        final List<String> dump = new ArrayList<>(List.of(files.program(kind).toString()));
        dump.addAll(Firmware.machine(kind));
        dump.addAll(ram());
        dump.addAll(List.of("-nodefaults", "-display", "none", "-machine", "dumpdtb=" + table));
        try {
            start(dump).waitFor();
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return Files.write(table, Firmware.deviceTree(Files.readAllBytes(table), kind));
    }

    private static List<String> ram() {
        return List.of("-accel", "tcg", "-smp", "1", "-m", RAM, "-object",
                "memory-backend-memfd,id=ram0,share=on,size=" + RAM);
    }

    private List<String> command(final GuestFiles files, final GuestKind kind, final String series, final Path disk,
            final Path table) {
        final List<String> command = new ArrayList<>(List.of(files.program(kind).toString()));
        command.addAll(Firmware.machine(kind));
        command.addAll(ram());
        command.addAll(List.of("-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-S", "-qtest",
                "unix:" + folder.resolve("qtest") + ",server=on,wait=off", "-qtest-log", "none", "-qmp",
                "unix:" + folder.resolve("qmp") + ",server=on,wait=off", "-device", device("iommu", kind.iommuSlot()),
                "-device", device("rng", kind.endpointSlot()), "-kernel", files.kernel(kind, series).toString(),
                "-initrd", disk.toString()));
        if (kind.arm()) {
            command.addAll(List.of("-dtb", table.toString()));
        } else {
            command.addAll(List.of("-acpitable", "sig=DMAR,rev=1,data=" + table));
        }
        final String iommu = kind.arm()
                ? "iommu.strict=1"
                : "iommu.strict=1 intel_iommu=on," + (kind == GuestKind.X86_SCALABLE ? "sm_on" : "sm_off");
        command.addAll(List.of("-append", "console=" + kind.terminal() + " panic=-1 " + iommu));
        return command;
    }

    private String device(final String socket, final String slot) {
        return "{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\"" + folder.resolve(socket)
                + "\"},\"addr\":\"" + slot + "\"}";
    }

    private Process start(final List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    GuestConsole console() {
        return console;
    }

    /** Carries out a line as the door's control socket does. */
    String door(final String line) {
        return door.control(line);
    }

    @Override
    public void close() {
        end(qemu, door);
    }

    private void end(final Process process, final VfioUserDoor opened) {
        if (process != null) {
            process.destroy();
            try {
                if (!process.waitFor(DEATH_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (final InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
        if (opened != null) {
            opened.close();
        }
        try (Stream<Path> left = Files.walk(folder)) {
            left.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (final IOException gone) {
            // a temporary folder that somebody else has cleaned up
        }
    }
}
