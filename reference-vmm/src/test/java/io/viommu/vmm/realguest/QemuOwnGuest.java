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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.viommu.vmm.vfiouser.PostedCommands;

/** The same Linux with QEMU's own IOMMU, and QEMU's own entropy device behind that. */
final class QemuOwnGuest implements AutoCloseable {

    private static final Pattern ACCESS = Pattern.compile("memory_region_ops_(read|write) .* addr 0x(\\p{XDigit}+) "
            + "value 0x(\\p{XDigit}+) size (\\d) name '(?:smmuv3|arm-smmuv3|intel_iommu)'.*");
    private static final long ARM_RAM = 0x4000_0000L;
    private static final long RAM_SIZE = 0x2000_0000L;
    private static final long SMMU_BASE = 0x0905_0000L;

    private final Qemu qemu = new Qemu();
    private final GuestConsole console;
    private final boolean arm;
    private final String slot;

    QemuOwnGuest(final GuestBoot boot) throws IOException {
        arm = boot.kind().arm();
        slot = boot.kind().endpointSlot();
        try {
            final List<String> more = arm
                    ? tree(boot)
                    : new ArrayList<>(List.of("-device", "intel-iommu,intremap=off"
                            + (boot.kind() == GuestKind.X86_SCALABLE ? ",scalable-mode=on,fsts=on" : "")));
            more.addAll(List.of("-device", "virtio-rng-pci,disable-legacy=on,iommu_platform=on,vectors=0,addr="
                    + slot, "-trace", "memory_region_ops_*", "-D", log().toString()));
            console = qemu.start(boot.command(qemu.folder(), more), line -> {
            });
            qemu.go();
            console.awaitShell();
        } catch (final IOException | RuntimeException failed) {
            qemu.close();
            throw failed;
        }
    }

    /** The device tree that QEMU writes, with the endpoint alone behind the SMMU. */
    private List<String> tree(final GuestBoot boot) throws IOException {
        final Path table = qemu.folder().resolve("table");
        qemu.run(boot.treeDump(table, List.of("-machine", "iommu=smmuv3")));
        final DeviceTreeNode root = DeviceTreeNode.read(Files.readAllBytes(table));
        final DeviceTreeNode pci = root.find("pcie@");
        final int requester = boot.kind().requester();
        pci.cells("iommu-map", requester, pci.numbers("iommu-map")[1], requester, 1);
        Files.write(table, root.write());
        return new ArrayList<>(List.of("-machine", "iommu=smmuv3", "-dtb", table.toString()));
    }

    private Path log() {
        return qemu.folder().resolve("trace");
    }

    GuestConsole console() {
        return console;
    }

    /**
     * Has QEMU's entropy device, whose driver is gone, read two bytes at an address. The harness plays the driver
     * (virtio 1.3, 4.1.4.3): the address is that of the rings, and the device looks for work there.
     */
    void stray(final long address) throws IOException {
        final String resource = console.run("sed -n 5p /sys/bus/pci/devices/0000:00:" + slot + "/resource").getFirst();
        final long bar = Long.decode(resource.substring(0, resource.indexOf(' ')));
        try (LineSocket qtest = qemu.socket("qtest")) {
            for (final String step : List.of("writeb 14 0", "writeb 14 1", "writeb 14 3", "writel 8 1", "writel c 3",
                    "writeb 14 b", "writew 16 0", "writel 20 " + Long.toHexString(address), "writel 28 "
                            + Long.toHexString(address),
                    "writel 30 " + Long.toHexString(address), "writew 1c 1", "writeb 14 f")) {
                final String[] words = step.split(" ");
                qtest.ask("%s 0x%x 0x%s".formatted(words[0], bar + Long.parseLong(words[1], 16), words[2]), "OK");
            }
        }
    }

    /**
     * What the guest did, as the door's trace has it. QEMU's trace has no whole commands, but the guest's memory still
     * has them.
     */
    List<String> trace() throws IOException {
        final Path image = qemu.folder().resolve("ram");
        final long start = arm ? ARM_RAM : 0;
        try (LineSocket qmp = qemu.monitor()) {
            qmp.ask("{\"execute\":\"stop\"}", "{\"return\"");
            qmp.ask("{\"execute\":\"pmemsave\",\"arguments\":{\"val\":" + start + ",\"size\":" + RAM_SIZE
                    + ",\"filename\":\"" + image + "\"}}", "{\"return\"");
        }
        final List<String> lines = new ArrayList<>();
        try (FileChannel file = FileChannel.open(image); Stream<String> events = Files.lines(log())) {
            final ByteBuffer ram = file.map(FileChannel.MapMode.READ_ONLY, 0, RAM_SIZE).order(ByteOrder.LITTLE_ENDIAN);
            final PostedCommands posted = new PostedCommands(arm, address -> ram.getLong((int) (address - start)));
            events.forEach(event -> read(event, posted, lines));
        }
        return lines;
    }

    private void read(final String event, final PostedCommands posted, final List<String> lines) {
        final Matcher access = ACCESS.matcher(event);
        if (!access.matches()) {
            return;
        }
        final long base = arm ? SMMU_BASE : Firmware.VTD_BASE & 0xFFFF_FFFFL;
        final long offset = Long.parseUnsignedLong(access.group(2), 16) - base;
        final long value = Long.parseUnsignedLong(access.group(3), 16);
        final int size = Integer.parseInt(access.group(4));
        lines.add("%s %x %x %x".formatted(access.group(1), offset, size, value));
        if (access.group(1).equals("write")) {
            posted.written(offset, size, value).forEach(words -> lines.add(PostedCommands.line(words)));
        }
    }

    @Override
    public void close() {
        qemu.close();
    }
}
