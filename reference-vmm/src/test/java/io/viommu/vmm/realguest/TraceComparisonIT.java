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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.viommu.vmm.vfiouser.VfioUserEndpoint;

/**
 * The same Linux on our model and on QEMU's own: {@code docs/real-guest.md} lists in what its accesses to registers and
 * its commands differ, with the reasons. The traces are left in {@code target/traces}.
 */
class TraceComparisonIT {

    private static final Path PAGE = Path.of("..", "docs", "real-guest.md");
    private static final Path TRACES = Path.of("target", "traces");

    private static final String QEMU = "11.1";
    private static final long UNMAPPED = 0xDEAD_0000L;

    /** Has the endpoint read an address. */
    private interface Stray {
        void read(long address) throws IOException;
    }

    private static List<String> ours(final String name, final GuestKind kind, final String series,
            final Map<String, String> properties) throws Exception {
        final Path trace = Files.createDirectories(TRACES).resolve(name + ".trace");
        try (RealGuest guest = new RealGuest(new GuestBoot(GuestFiles.inCache(), kind, series), properties,
                List.of(VfioUserEndpoint.Kind.VIRTIO_RNG), trace,
                line -> {
                })) {
            run(name, guest.console(), kind, address -> guest.door("dma read 0x%x 2".formatted(address)));
        }
        return canonical(name, kind, Files.readAllLines(trace));
    }

    private static List<String> qemus(final String name, final GuestKind kind, final String series) throws Exception {
        final List<String> trace;
        try (QemuOwnGuest guest = new QemuOwnGuest(new GuestBoot(GuestFiles.inCache(), kind, series))) {
            run(name, guest.console(), kind, guest::stray);
            trace = guest.trace();
        }
        Files.write(Files.createDirectories(TRACES).resolve(name + ".trace"), trace);
        return canonical(name, kind, trace);
    }

    /** Probe and boot are in every trace; then the endpoint works, loses its driver, faults, goes and comes back. */
    private static void run(final String name, final GuestConsole console, final GuestKind kind, final Stray stray)
            throws IOException {
        final String endpoint = "/sys/bus/pci/devices/0000:00:" + kind.endpointSlot();
        assertThat(console.run("dd if=/dev/hwrng bs=16 count=1 2>/dev/null | xxd -p").getFirst()).hasSize(32);
        console.run("rmmod virtio_rng");
        final int mark = console.mark();
        stray.read(UNMAPPED);
        console.await(mark, line -> line.matches(kind.arm() ? ".*event: F_TRANSLATION.*" : ".*DMAR: \\[DMA Read.*"),
                "the fault at an unmapped address");
        console.run("echo 1 > " + endpoint + "/remove");
        console.run("echo 1 > /sys/bus/pci/rescan");
        assertThat(console.run("cat " + endpoint + "/vendor")).as("the endpoint is back").containsExactly("0x1af4");
        Files.write(Files.createDirectories(TRACES).resolve(name + ".console"), console.since(0));
    }

    private static List<String> canonical(final String name, final GuestKind kind, final List<String> trace)
            throws IOException, IllegalAccessException {
        final List<String> lines = CanonicalTrace.of(trace, kind.arm());
        Files.write(TRACES.resolve(name + ".txt"), lines);
        assertThat(lines).as("commands").anyMatch(line -> line.startsWith("post "));
        return lines;
    }

    /** The rows of the table below a heading, without their last column. */
    private static List<String> documented(final String heading) throws IOException {
        return Files.readAllLines(PAGE).stream().dropWhile(line -> !line.equals(heading)).skip(1)
                .takeWhile(line -> !line.startsWith("#")).filter(line -> line.startsWith("| ")).skip(2)
                .map(line -> line.substring(0, line.lastIndexOf('|', line.length() - 2) + 1)).toList();
    }

    /** What another version of QEMU does is not what the page says. */
    @BeforeAll
    static void knowsThisQemu() throws IOException {
        final Process process = new ProcessBuilder(GuestFiles.inCache().program(GuestKind.ARM64_WIRED).toString(),
                "--version").start();
        final String version = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assumeThat(version).as("docs/real-guest.md compares with this QEMU").contains("version " + QEMU + ".");
    }

    private static void check(final SoftAssertions checks, final String heading, final List<String> ours,
            final List<String> qemu) throws IOException {
        checks.assertThat(CanonicalTrace.differences(ours, qemu)).as(heading).isEqualTo(documented(heading));
    }

    @Test
    void smmu() throws Exception {
        final List<String> qemu = qemus("smmu-qemu", GuestKind.ARM64_WIRED, "7");
        final SoftAssertions checks = new SoftAssertions();
        check(checks, "### SMMUv3 with `compat=qemu`",
                ours("smmu-compat", GuestKind.ARM64_WIRED, "7", Map.of("compat", "qemu")), qemu);
        check(checks, "### SMMUv3 as it is by default", ours("smmu", GuestKind.ARM64_MSI, "7", Map.of()), qemu);
        checks.assertAll();
    }

    @Test
    void vtdInLegacyMode() throws Exception {
        final List<String> qemu = qemus("vtd-qemu", GuestKind.X86_LEGACY, "");
        final SoftAssertions checks = new SoftAssertions();
        check(checks, "### VT-d with `compat=qemu`",
                ours("vtd-compat", GuestKind.X86_LEGACY, "", Map.of("compat", "qemu", "intremap", "off")), qemu);
        check(checks, "### VT-d as it is by default",
                ours("vtd", GuestKind.X86_LEGACY, "", Map.of("intremap", "off")), qemu);
        checks.assertAll();
    }

    @Test
    void vtdInScalableMode() throws Exception {
        final List<String> qemu = qemus("vtd-scalable-qemu", GuestKind.X86_SCALABLE, "");
        final SoftAssertions checks = new SoftAssertions();
        check(checks, "### VT-d in scalable mode with `compat=qemu`",
                ours("vtd-scalable-compat", GuestKind.X86_SCALABLE, "",
                        Map.of("compat", "qemu", "intremap", "off", "scalable-mode", "on", "fsts", "on")),
                qemu);
        checks.assertAll();
    }
}
