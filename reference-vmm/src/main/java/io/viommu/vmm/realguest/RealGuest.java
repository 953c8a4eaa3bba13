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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.viommu.counters.CounterFile;
import io.viommu.vmm.vfiouser.VfioUserDoor;
import io.viommu.vmm.vfiouser.VfioUserEndpoint;
import io.viommu.vmm.vfiouser.VfioUserOptions;

/** A Linux, booted, with our model as its IOMMU and our endpoint behind that. */
final class RealGuest implements AutoCloseable {

    private static final long NAP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final CounterFile counters = CounterFile.inMemory();
    private final GuestKind kind;
    private final Qemu qemu;
    private final VfioUserDoor door;
    private final GuestConsole console;

    /** Boots one with an entropy device. */
    RealGuest(final GuestBoot boot, final Map<String, String> properties, final Consumer<String> listener)
            throws IOException {
        this(boot, properties, List.of(VfioUserEndpoint.Kind.VIRTIO_RNG), null, listener);
    }

    /**
     * Boots it up to its shell.
     *
     * @param boot       what to boot.
     * @param properties of the model.
     * @param plugged    the endpoints that are plugged.
     * @param trace      the file for what the guest does to the model, or null.
     * @param listener   is shown each line of the console.
     * @throws IOException if a file or QEMU's sockets fail.
     */
    RealGuest(final GuestBoot boot, final Map<String, String> properties, final List<VfioUserEndpoint.Kind> plugged,
            final Path trace, final Consumer<String> listener) throws IOException {
        kind = boot.kind();
        VfioUserDoor opened = null;
        qemu = new Qemu();
        try {
            final Path folder = qemu.folder();
            opened = new VfioUserDoor(new VfioUserOptions(kind.model(), properties, folder.resolve("iommu"),
                    plugged.stream().map(this::endpoint).toList(), List.of(), 0, Map.of(), null,
                    null, trace, false), counters, news -> {
                    });
            final List<String> more = new ArrayList<>(List.of("-device", device("iommu", kind.iommuSlot())));
            plugged.forEach(endpoint -> more
                    .addAll(List.of("-device", device(endpoint.option(), kind.slot(endpoint)))));
            more.addAll(table(boot, properties));
            console = qemu.start(boot.command(folder, more), listener);
            try (LineSocket qtest = qemu.socket("qtest")) {
                Firmware.place(kind, qtest);
            }
            qemu.go();
            door = opened;
            console.awaitShell();
        } catch (final IOException | RuntimeException failed) {
            end(opened);
            throw failed;
        }
    }

    /**
     * Reboots it up to its shell. QEMU takes all BARs away when it resets, and a guest looks for its IOMMU where it
     * was; so QEMU waits where it would reset, as often as it would (a PC's firmware does so once more, to start from a
     * fresh copy of itself), and BAR 0 is placed before the guest runs.
     *
     * @throws IOException if QEMU's sockets fail.
     */
    void reboot() throws IOException {
        final int mark = console.mark();
        try (LineSocket qmp = qemu.monitor(); LineSocket qtest = qemu.socket("qtest")) {
            action(qmp, "shutdown", "pause");
            console.start("reboot -f");
            while (!console.isUp(mark)) {
                if (status(qmp).contains("\"shutdown\"")) {
                    resetAndPlace(qmp, qtest);
                }
                LockSupport.parkNanos(NAP_NANOS);
            }
            action(qmp, "shutdown", "poweroff");
        }
    }

    private void resetAndPlace(final LineSocket qmp, final LineSocket qtest) throws IOException {
        action(qmp, "reboot", "reset");
        qmp.ask("{\"execute\":\"system_reset\"}", "{\"return\"");
        while (!status(qmp).contains("\"prelaunch\"")) {
            LockSupport.parkNanos(NAP_NANOS); // it has been reset when it could be started again
        }
        Firmware.place(kind, qtest);
        action(qmp, "reboot", "shutdown");
        qmp.ask("{\"execute\":\"cont\"}", "{\"return\"");
    }

    private static String status(final LineSocket qmp) throws IOException {
        return qmp.ask("{\"execute\":\"query-status\"}", "{\"return\"");
    }

    private static void action(final LineSocket qmp, final String event, final String action) throws IOException {
        qmp.ask("{\"execute\":\"set-action\",\"arguments\":{\"" + event + "\":\"" + action + "\"}}", "{\"return\"");
    }

    private VfioUserEndpoint endpoint(final VfioUserEndpoint.Kind endpoint) {
        return new VfioUserEndpoint(endpoint, qemu.folder().resolve(endpoint.option()), kind.requester(endpoint));
    }

    /** The device tree or the ACPI table that tells of the model, and the option for it. */
    private List<String> table(final GuestBoot boot, final Map<String, String> properties) throws IOException {
        final Path table = qemu.folder().resolve("table");
        if (!boot.kind().arm()) {
            Files.write(table, Firmware.dmar(boot.kind(), properties));
            return List.of("-acpitable", "sig=DMAR,rev=1,data=" + table);
        }
        qemu.run(boot.treeDump(table, List.of()));
        Files.write(table, Firmware.deviceTree(Files.readAllBytes(table), boot.kind()));
        return List.of("-dtb", table.toString());
    }

    private String device(final String socket, final String slot) {
        return "{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\""
                + qemu.folder().resolve(socket) + "\"},\"addr\":\"" + slot + "\"}";
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
        end(door);
    }

    private void end(final VfioUserDoor opened) {
        qemu.close();
        if (opened != null) {
            opened.close();
        }
    }
}
