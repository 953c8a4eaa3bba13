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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What {@code config/real-guest/set-up} has fetched.
 *
 * @param folder where it is.
 */
record GuestFiles(Path folder) {

    /** The guest's first program: loads modules, and runs what the console says, a numbered line at a time. */
    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox --install -s /bin
            export PATH=/bin
            mount -t proc proc /proc
            mount -t sysfs sysfs /sys
            mount -t devtmpfs dev /dev
            for m in rng-core virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio-rng \
                    virtio_console virtio_blk; do
                [ -e /modules/$m.ko ] && insmod /modules/$m.ko
            done
            dmesg -n 8
            stty -echo
            echo RG-UP
            while read number line; do
                echo "%s$number;"
                eval "$line"
                echo "%s$number;"
            done
            poweroff -f
            """.formatted(GuestConsole.BEGIN, GuestConsole.END);

    /** Where set-up keeps them. */
    static GuestFiles inCache() {
        return inCache(System.getenv());
    }

    static GuestFiles inCache(final Map<String, String> environment) {
        final String home = named(environment, "HOME", "");
        final String caches = named(environment, "XDG_CACHE_HOME", home.isEmpty() ? "" : home + "/.cache");
        final String ours = named(environment, "VIOMMU_CACHE", caches.isEmpty() ? "" : caches + "/viommu");
        if (ours.isEmpty()) {
            // never in /tmp, where anybody may be before us: programs are started from there
            throw new IllegalStateException("VIOMMU_CACHE, XDG_CACHE_HOME or HOME must be set.");
        }
        return new GuestFiles(Path.of(ours, "real-guest"));
    }

    /** A variable that is empty counts as not set, as it does for the scripts. */
    private static String named(final Map<String, String> environment, final String name, final String otherwise) {
        final String value = environment.get(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    Path program(final GuestKind kind) {
        return folder.resolve(kind.program());
    }

    /** A kernel: {@code 6} or {@code 7} on arm64, the only one on x86_64. */
    Path kernel(final GuestKind kind, final String series) {
        return folder.resolve("kernel-" + kind.architecture() + (kind.arm() ? "-" + series : ""));
    }

    /** The hypervisor. */
    Path xen() {
        return folder.resolve("xen-x86_64");
    }

    /** The names of what is missing for a guest. */
    List<Path> missing(final GuestKind kind, final String series) {
        return Stream.of(program(kind), kernel(kind, series), folder.resolve("busybox-" + kind.architecture()),
                kind == GuestKind.X86_XEN ? xen() : program(kind))
                .filter(path -> !Files.exists(path)).toList();
    }

    /** The initial root file system for a kernel. */
    byte[] ramdisk(final GuestKind kind, final String series) throws IOException {
        final InitialRamdisk disk = new InitialRamdisk();
        for (final String name : List.of("bin", "proc", "sys", "dev", "modules")) {
            disk.folder(name);
        }
        disk.device("dev/console", 5, 1);
        disk.file("init", INIT.getBytes(StandardCharsets.US_ASCII));
        disk.file("bin/busybox", Files.readAllBytes(folder.resolve("busybox-" + kind.architecture())));
        final List<Path> modules = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(kernel(kind, series) + ".modules"))) {
            files.forEach(modules::add);
        }
        for (final Path module : modules) {
            disk.file("modules/" + module.getFileName(), Files.readAllBytes(module));
        }
        return disk.finish();
    }
}
