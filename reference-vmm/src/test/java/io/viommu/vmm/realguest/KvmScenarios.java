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

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What a stock Linux on KVM must find with {@code viommu run}, whatever its architecture; one boot, in this order. The
 * guest's own console, sysfs and /proc say it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class KvmScenarios {

    static final String ENTROPY = "0000:00:01.0";
    static final String CONSOLE = "0000:00:02.0";
    static final String DISK = "0000:00:03.0";
    static final long NOWHERE = 0x12_3456_8000L;

    private static final int MEBIBYTES = Integer.getInteger("viommu.disk.mebibytes", 64);

    private KvmGuest guest;
    private Path disk;

    abstract KvmGuest start(Path withDisk) throws IOException;

    @BeforeAll
    void boot() throws Exception {
        final String made = System.getProperty("viommu.disk");
        disk = made == null ? random(Files.createTempFile("viommu", ".disk")) : Path.of(made);
        guest = start(disk);
        guest.console().awaitShell();
    }

    private static Path random(final Path file) throws IOException {
        final SplittableRandom source = new SplittableRandom(1);
        final byte[] chunk = new byte[1 << 20];
        try (var out = Files.newOutputStream(file)) {
            for (int i = 0; i < MEBIBYTES; i++) {
                source.nextBytes(chunk);
                out.write(chunk);
            }
        }
        return file;
    }

    private static String sha256(final Path file) throws Exception {
        final MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @AfterAll
    void end() {
        if (guest != null) {
            guest.close();
        }
    }

    KvmGuest guest() {
        return guest;
    }

    /** The name of a device's first queue in /proc/interrupts; Linux counts virtio devices from 0. */
    static String queue(final int device) {
        return "virtio" + device + "-";
    }

    @Test
    @Order(10)
    void bothCpusRun() {
        assertThat(guest.ask("nproc")).isEqualTo("2");
    }

    @Test
    @Order(11)
    void eachDeviceIsInAGroupOfItsOwn() {
        for (final String device : List.of(ENTROPY, CONSOLE, DISK)) {
            final String group = guest.ask("readlink -f /sys/bus/pci/devices/" + device + "/iommu_group");
            assertThat(group).startsWith("/sys/kernel/iommu_groups/");
            assertThat(guest.ask("ls " + group + "/devices")).isEqualTo(device);
            assertThat(guest.ask("cat " + group + "/type")).isEqualTo("DMA");
        }
    }

    @Test
    @Order(12)
    void theEntropyDeviceGivesBytes() {
        final String bytes = guest.ask("dd if=/dev/hwrng bs=32 count=1 2>/dev/null | xxd -p -c 32");
        assertThat(bytes).hasSize(64).isNotEqualTo("0".repeat(64));
        assertThat(guest.ask("dd if=/dev/hwrng bs=32 count=1 2>/dev/null | xxd -p -c 32")).isNotEqualTo(bytes);
    }

    @Test
    @Order(13)
    void theDiskIsReadRightWhileTheOtherCpuMapsAndUnmaps() throws Exception {
        guest.ask("(while [ ! -e /stop ]; do taskset 2 dd if=/dev/hwrng of=/dev/null bs=64 count=1 2>/dev/null; "
                + "done; echo > /stopped) &");
        final String given = System.getProperty("viommu.disk.sha256");
        assertThat(guest.ask("taskset 1 dd if=/dev/vda bs=1M 2>/dev/null | sha256sum | cut -d ' ' -f 1"))
                .isEqualTo(given == null ? sha256(disk) : given);
        guest.ask("echo > /stop; while [ ! -e /stopped ]; do sleep 1; done");
    }

    @Test
    @Order(14)
    void interruptsAreCountedForEachDevice() {
        assertThat(guest.interrupts(queue(0) + "input").clone()).as("entropy").matches(c -> c[0] + c[1] > 0);
        assertThat(guest.interrupts(queue(2) + "req.0").clone()).as("disk").matches(c -> c[0] + c[1] > 0);
    }

    /** The disk's vectors are the kernel's to place, so it is the entropy device's that moves. */
    @Test
    @Order(15)
    void anInterruptMovesToTheOtherCpu() {
        final String name = queue(0) + "input";
        final int number = guest.number(name);
        final String read = "dd if=/dev/hwrng of=/dev/null bs=64 count=";
        for (final int cpu : new int[]{ 1, 0, 1 }) {
            assertThat(guest.ask("echo " + (1 << cpu) + " > /proc/irq/" + number + "/smp_affinity")).isEmpty();
            // what was under way before may still end where it was
            guest.ask(read + "4 2>/dev/null");
            final long[] before = guest.interrupts(name);
            guest.ask(read + "20 2>/dev/null");
            final long[] after = guest.interrupts(name);
            assertThat(after[cpu] - before[cpu]).as("on CPU %d", cpu).isPositive();
            assertThat(after[1 - cpu] - before[1 - cpu]).as("on the other CPU").isZero();
        }
    }

    /** Has the console write to a page that its driver mapped for it to read; the address. */
    long trespass() {
        guest.ask("echo good morning > /dev/hvc0");
        assertThat(guest.control("heard")).endsWith(" good morning");
        guest.control("trespass");
        guest.ask("echo hands off > /dev/hvc0");
        final String heard = guest.control("heard");
        assertThat(heard).matches("0x[0-9a-f]+ write-aborted hands off");
        return Long.parseUnsignedLong(heard.split(" ")[0].substring(2), 16);
    }

    void writeToUnmapped() {
        assertThat(guest.control("dma write 0x%x".formatted(NOWHERE))).isEqualTo("aborted 0x%x".formatted(NOWHERE));
    }

    long useAfterUnmap() {
        guest.ask("rmmod virtio_rng");
        final String moved = guest.control("dma write last");
        assertThat(moved).startsWith("aborted 0x");
        return Long.parseUnsignedLong(moved.substring("aborted 0x".length()), 16);
    }

    @Test
    @Order(90)
    void powerOffEndsTheProcessWithStatus0() throws Exception {
        guest.process().getOutputStream().write("0 poweroff -f\n".getBytes());
        guest.process().getOutputStream().flush();
        assertThat(guest.status()).isZero();
    }
}
