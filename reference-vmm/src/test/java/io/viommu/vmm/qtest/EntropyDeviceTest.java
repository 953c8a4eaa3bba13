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

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A virtio driver's hands on the entropy device of a whole machine, through the door. */
class EntropyDeviceTest {

    private static final long BAR = 0x1000_0000L;
    private static final long QUEUE = 0x4800_0000L;
    private static final long DATA = 0x4900_0000L;
    private static final long SMMU_GBPA = 0x0905_0044L;
    private static final int NEEDS_RESET = 0x40;

    private final TestDoor door = new TestDoor();

    @AfterEach
    void close() {
        door.close();
    }

    private void write(final String command, final long address, final long value) {
        door.ok(command + " 0x" + Long.toHexString(address) + " 0x" + Long.toHexString(value));
    }

    private int status() {
        return Integer.decode(door.ok("readb 0x" + Long.toHexString(BAR + 0x14)).replaceFirst("0x0+(?=.)", "0x"));
    }

    /** Negotiates, sets the queue up, offers one buffer of 16 bytes, notifies. */
    private void ask(final int highFeatures) {
        write("writeb", BAR + 0x14, 3);
        write("writel", BAR + 0x08, 1);
        write("writel", BAR + 0x0C, highFeatures);
        write("writeb", BAR + 0x14, 0xB);
        assertThat(status()).as("agreed").isEqualTo(0xB);
        write("writeq", BAR + 0x20, QUEUE);
        write("writeq", BAR + 0x28, QUEUE + 0x1000);
        write("writeq", BAR + 0x30, QUEUE + 0x2000);
        write("writew", BAR + 0x1C, 1);
        write("writeb", BAR + 0x14, 0xF);
        write("writeq", QUEUE, DATA);
        write("writel", QUEUE + 8, 16);
        write("writel", QUEUE + 12, 2);
        write("writew", QUEUE + 0x1002, 1);
        write("writew", BAR + 0x3000, 0);
    }

    private void machine(final String device) {
        door.ok("viommu_machine -machine virt,iommu=smmuv3 -device virtio-rng-pci" + device);
    }

    @Test
    void aBufferIsFilledAndInterruptAIsRaised() {
        machine(",iommu_platform=on");
        ask(3);
        assertThat(door.ok("read 0x48002000 12")).as("used index, element").isEqualTo("0x000001000000000010000000");
        assertThat(door.ok("read 0x49000000 16")).isNotEqualTo("0x" + "00".repeat(16));
        assertThat(door.ok("viommu_irqs")).as("slot 1, INTA").isEqualTo("{\"4\": 1}");
        assertThat(door.ok("readb 0x10001000")).endsWith("1");
        assertThat(status() & NEEDS_RESET).isZero();
    }

    @Test
    void behindAnIommuThatAbortsItCannotGoOn() {
        machine(",iommu_platform=on");
        write("writel", SMMU_GBPA, 0x8010_0000L);
        ask(3);
        assertThat(status() & NEEDS_RESET).isEqualTo(NEEDS_RESET);
        assertThat(door.ok("read 0x48002000 4")).isEqualTo("0x00000000");
    }

    @Test
    void unlessAskedItPassesTheIommuBy() {
        machine("");
        write("writel", SMMU_GBPA, 0x8010_0000L);
        ask(1);
        assertThat(door.ok("readw 0x48002002")).endsWith("1");
        assertThat(status() & NEEDS_RESET).isZero();
    }

    @Test
    void itsRegistersAreReachedFromTheConfigurationSpaceToo() {
        machine("");
        final long function = 0x40_1000_8000L;
        int at = Integer.decode(door.ok("read 0x4010008034 1"));
        while (Integer.decode(door.ok("read 0x" + Long.toHexString(function + at + 3) + " 1")) != 5) {
            at = Integer.decode(door.ok("read 0x" + Long.toHexString(function + at + 1) + " 1"));
        }
        door.ok("write 0x" + Long.toHexString(function + at + 8) + " 4 0x18000000");
        door.ok("write 0x" + Long.toHexString(function + at + 12) + " 4 0x02000000");
        final String window = "0x" + Long.toHexString(function + at + 16);
        assertThat(door.ok("read " + window + " 2")).as("the queue's size").isEqualTo("0x0800");
        door.ok("write " + window + " 2 0x0400");
        assertThat(door.ok("readw 0x10000018")).endsWith("4");
        assertThat(door.ok("read " + window + " 4")).as("not of the length asked for").isEqualTo("0x00000000");
        door.ok("write 0x" + Long.toHexString(function + at + 8) + " 4 0x00ffffff");
        assertThat(door.ok("read " + window + " 2")).as("beyond the BAR").isEqualTo("0x0000");
    }

    @Test
    void aSystemResetGivesAFreshDevice() {
        machine(",iommu_platform=on");
        ask(3);
        door.door.reset();
        door.ok("viommu_irqs");
        door.ok("write 0x4010008010 4 0x00000010");
        door.ok("write 0x4010008004 2 0x0700");
        assertThat(status()).isZero();
    }

    @Test
    void impossiblePropertiesAreRefused() {
        assertThat(door.fail("viommu_machine -machine virt -device virtio-rng-pci,disable-legacy=off"))
                .isEqualTo("virtio-rng-pci: disable-legacy must be auto|on, not 'off'");
        assertThat(door.fail("viommu_machine -machine virt -device virtio-rng-pci,vectors=2"))
                .isEqualTo("virtio-rng-pci has no property 'vectors'; it takes: disable-legacy, disable-modern,"
                        + " iommu_platform");
    }
}
