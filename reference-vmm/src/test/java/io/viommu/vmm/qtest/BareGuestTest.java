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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a guest without an operating system, such as a unit test for hypervisors, does with a VT-d unit: it switches
 * queued invalidation on before it gave the queue a place, gives every command as "what the status says, and one bit
 * more", builds 3-level tables for a device's DMA, and remaps the interrupts of the I/O APIC and of a device's MSI.
 */
class BareGuestTest {

    private static final long UNIT = 0xFED9_0000L;
    private static final long CAP = UNIT + 0x08;
    private static final long ECAP = UNIT + 0x10;
    private static final long GCMD = UNIT + 0x18;
    private static final long GSTS = UNIT + 0x1C;
    private static final long RTADDR = UNIT + 0x20;
    private static final long IQT = UNIT + 0x88;
    private static final long IQA = UNIT + 0x90;
    private static final long IRTA = UNIT + 0xB8;
    private static final int TE = 1 << 31;
    private static final int SRTP = 1 << 30;
    private static final int QIE = 1 << 26;
    private static final int IRE = 1 << 25;
    private static final int SIRTP = 1 << 24;

    private static final long ROOT = 0x10_0000L;
    private static final long CONTEXT = 0x10_1000L;
    private static final long[] TABLES = { 0x10_2000L, 0x10_3000L, 0x10_4000L };
    private static final long REMAP = 0x20_0000L;
    private static final long PAGE = 0x30_0000L;
    private static final int THREE_LEVELS = 1;
    private static final long READ_WRITE = 3;
    private static final long IOAPIC = 0xFEC0_0000L;
    private static final long IOAPIC_SOURCE = 0xFF00;

    /** The device at 00:02.0, with its BAR where firmware put it. */
    private static final int EDU = 0x10;
    private final TestDoor door = new TestDoor();
    private long bar;

    @BeforeEach
    void start() {
        door.ok("viommu_machine -machine q35,kernel-irqchip=split -m 512"
                + " -device intel-iommu,intremap=on,eim=off,aw-bits=39 -device edu,addr=2.0");
        config(EDU, 0x10);
        bar = number("inl 0xcfc") & ~0xFL;
    }

    @AfterEach
    void close() {
        door.close();
    }

    private long number(final String command) {
        return Long.parseUnsignedLong(door.ok(command).substring(2), 16);
    }

    private void config(final int devfn, final int register) {
        door.ok("outl 0xcf8 0x" + Integer.toHexString(1 << 31 | devfn << 8 | register));
    }

    private void write(final String command, final long address, final long value) {
        door.ok(command + " 0x" + Long.toHexString(address) + " 0x" + Long.toHexString(value));
    }

    private long read(final String command, final long address) {
        return number(command + " 0x" + Long.toHexString(address));
    }

    private int status() {
        return (int) read("readl", GSTS);
    }

    /** Gives a command without taking back what is on; one-shot bits of the status go back in as commands. */
    private void command(final int bit) {
        write("writel", GCMD, (status() | bit) & 0xFFFF_FFFFL);
        assertThat(status() & bit).as("status of %x", bit).isEqualTo(bit);
    }

    private void enable() {
        command(QIE);
        write("writeq", RTADDR, ROOT);
        command(SRTP);
        write("writeq", IRTA, REMAP | 0xF);
        command(SIRTP);
    }

    private void map(final long iova, final long page) {
        write("writeq", ROOT, CONTEXT | 1);
        write("writeq", CONTEXT + EDU * 16, TABLES[0] | 1);
        write("writeq", CONTEXT + EDU * 16 + 8, THREE_LEVELS | 1 << 8);
        for (int level = 0; level < TABLES.length; level++) {
            final boolean leaf = level == TABLES.length - 1;
            write("writeq", TABLES[level] + (iova >>> 30 - 9 * level & 0x1FF) * 8,
                    (leaf ? page : TABLES[level + 1]) | READ_WRITE);
        }
    }

    private void dma(final long iova, final int count, final long inDevice, final boolean toRam) {
        write("writeq", bar + 0x80, toRam ? 0x4_0000 + inDevice : iova);
        write("writeq", bar + 0x88, toRam ? iova : 0x4_0000 + inDevice);
        write("writeq", bar + 0x90, count);
        write("writeq", bar + 0x98, toRam ? 3 : 1);
    }

    @Test
    void theUnitSaysWhatSuchAGuestRequires() {
        assertThat(read("readl", UNIT)).as("version 1.0").isEqualTo(0x10);
        assertThat(read("readq", ECAP) & (1 << 1 | 1 << 3)).as("queued invalidation and remapping")
                .isEqualTo(1 << 1 | 1 << 3);
        assertThat(read("readq", CAP) >>> 8 & 0x1F).as("3-level tables").isEqualTo(1 << THREE_LEVELS);
    }

    @Test
    void queuedInvalidationIsSwitchedOnWithItsQueueAtAddressZero() {
        assertThat(read("readq", IQA)).isZero();
        command(QIE);
        assertThat(read("readq", IQT)).isZero();
        assertThat(read("readl", UNIT + 0x34)).as("no fault").isZero();
    }

    @Test
    void oneShotCommandsTriggerAgainWithEveryStatusThatIsWrittenBack() {
        enable();
        assertThat(status()).isEqualTo(QIE | SRTP | SIRTP);
        command(TE);
        command(IRE);
        assertThat(status()).isEqualTo(TE | SRTP | QIE | IRE | SIRTP);
        write("writeq", RTADDR, ROOT + 0x10_0000);
        map(0, PAGE);
        dma(0, 4, 0, true);
        assertThat(read("readl", UNIT + 0x34) & 2).as("until the pointer is set again, the old table").isZero();
        command(SRTP);
        dma(0, 4, 0, true);
        assertThat(read("readl", UNIT + 0x34) & 2).as("root entry not present in the new table").isEqualTo(2);
    }

    @Test
    void aDeviceReadsAndWritesFourBytesThroughThreeLevels() {
        enable();
        command(TE);
        map(0, PAGE);
        write("writel", PAGE, 0x1234_5678);
        dma(0, 4, 0, false);
        dma(4, 4, 0, true);
        assertThat(read("readl", PAGE + 4)).isEqualTo(0x1234_5678);
        assertThat(read("readl", UNIT + 0x34)).as("no fault").isZero();
    }

    @Test
    void theHighestPageOf39BitsIsMappedAndTheNextIsNot() {
        enable();
        command(TE);
        map((1L << 39) - 0x1000, PAGE);
        write("writel", PAGE, 0x1234_5678);
        assertThat(door.ok("viommu_dma r 0x10 0x7ffffff000 4")).isEqualTo("ok 0x78563412");
        assertThat(door.ok("viommu_dma r 0x10 0x8000000000 4")).isEqualTo("fault");
    }

    /** Present, fixed, edge or level; the vector; physical destination 1 in xAPIC form; the source, verified. */
    private void remap(final int index, final int vector, final boolean level, final long source) {
        write("writeq", REMAP + index * 16L, 1 | (level ? 1 << 4 : 0) | vector << 16 | 1L << 40);
        write("writeq", REMAP + index * 16L + 8, source | 1 << 18);
    }

    private String message(final int data) {
        return "[{\"src\": \"remap\", \"addr\": \"0xfee01000\", \"data\": \"0x" + Integer.toHexString(data) + "\"}]";
    }

    @Test
    void anIoApicInputOfADeviceIsRemapped() {
        enable();
        command(IRE);
        remap(7, 0x41, true, IOAPIC_SOURCE);
        final int pin = 16;
        write("writel", IOAPIC, 0x10 + 2 * pin + 1);
        write("writel", IOAPIC + 0x10, 7 << 17 | 1 << 16);
        write("writel", IOAPIC, 0x10 + 2 * pin);
        write("writel", IOAPIC + 0x10, 0x41 | 1 << 15);
        door.ok("viommu_msis");
        door.ok("viommu_ioapic 16 1");
        assertThat(door.ok("viommu_msis")).isEqualTo(message(0xC041));
        door.ok("viommu_ioapic 16 0");
    }

    @Test
    void aDevicesMsiIsRemappedAndOnlyItsOwn() {
        enable();
        command(IRE);
        remap(3, 0x42, false, EDU);
        config(EDU, 0x34);
        final int msi = (int) number("inb 0xcfc");
        final long address = 0xFEE0_0000L | 3 << 5 | 1 << 4 | 1 << 3;
        config(EDU, msi + 4);
        door.ok("outl 0xcfc 0x" + Long.toHexString(address));
        config(EDU, msi + 12);
        door.ok("outw 0xcfc 0");
        config(EDU, msi);
        door.ok("outw 0xcfe 0x81");
        write("writel", bar + 0x60, 1);
        assertThat(door.ok("viommu_msis")).isEqualTo(message(0x4042));
        door.ok("viommu_devmsi 0x18 0x" + Long.toHexString(address) + " 0");
        assertThat(door.ok("viommu_msis")).as("another device's").isEqualTo("[]");
    }
}
