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

package io.viommu.vmm.board;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The ACPI tables of the x86 board (ACPI 6.5, 5.2), hardware-reduced: no PIC, no PIT, no RTC, no VGA.
 *
 * <pre>
 *  RSDP -> XSDT -> FADT -> DSDT: COM1, PCI0, _S5
 *               -> MADT: a local APIC for each vCPU, one IOAPIC
 *               -> MCFG: configuration space of bus 0
 *               -> DMAR, as the model gives it
 * </pre>
 */
final class X86Tables {

    private static final int HEADER = 36;
    private static final int CHECKSUM = 9;
    private static final int RSDP_SIZE = 36;
    private static final int FADT_SIZE = 276;
    private static final int FADT_DSDT = 40;
    private static final int FADT_BOOT_ARCHITECTURE = 109;
    private static final int NO_VGA = 1 << 2;
    private static final int NO_RTC = 1 << 5;
    private static final int FADT_FLAGS = 112;
    private static final int POWER_BUTTON_IN_AML = 1 << 4;
    private static final int SLEEP_BUTTON_IN_AML = 1 << 5;
    private static final int RESET_REGISTER_SUPPORTED = 1 << 10;
    private static final int HARDWARE_REDUCED = 1 << 20;
    private static final int FADT_RESET_REGISTER = 116;
    private static final int FADT_RESET_VALUE = 128;
    private static final int FADT_MINOR_VERSION = 131;
    private static final int FADT_X_DSDT = 140;
    private static final int FADT_SLEEP_CONTROL = 244;
    private static final int FADT_SLEEP_STATUS = 256;
    private static final int MADT_ENTRIES = 44;
    private static final int ALIGNMENT = 16;

    private final ByteBuffer out;
    private final long base;
    private int next = RSDP_SIZE;

    private X86Tables(final long base, final int room) {
        this.base = base;
        out = ByteBuffer.allocate(room).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** All tables, for an address below 4 GiB where the RSDP comes first; {@code dmar} may be null. */
    static byte[] build(final long base, final int room, final int cpus, final byte[] dmar) {
        final X86Tables tables = new X86Tables(base, room);
        final long dsdt = tables.add(table("DSDT", 2, dsdt()));
        final long[] roots = { tables.add(fadt(dsdt)), tables.add(madt(cpus)), tables.add(mcfg()),
            dmar == null ? 0 : tables.add(dmar) };
        final ByteBuffer pointers = ByteBuffer.allocate(Long.BYTES * roots.length).order(ByteOrder.LITTLE_ENDIAN);
        for (final long root : roots) {
            if (root != 0) {
                pointers.putLong(root);
            }
        }
        final byte[] entries = new byte[pointers.position()];
        pointers.get(0, entries);
        tables.root(tables.add(table("XSDT", 1, entries)));
        return tables.out.array();
    }

    private long add(final byte[] table) {
        next = next + ALIGNMENT - 1 & -ALIGNMENT;
        out.put(next, table);
        final long address = base + next;
        next += table.length;
        return address;
    }

    private void root(final long xsdt) {
        out.put(0, ascii("RSD PTR ", 8)).put(9, ascii("VIOMMU", 6)).put(15, (byte) 2).putInt(20, RSDP_SIZE)
                .putLong(24, xsdt);
        out.put(8, checksum(out.array(), 20));
        out.put(32, checksum(out.array(), RSDP_SIZE));
    }

    private static byte[] ascii(final String text, final int length) {
        return String.format("%-" + length + "s", text).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte checksum(final byte[] bytes, final int length) {
        byte sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        return (byte) -sum;
    }

    private static byte[] table(final String signature, final int revision, final byte[] body) {
        final ByteBuffer table = ByteBuffer.allocate(HEADER + body.length).order(ByteOrder.LITTLE_ENDIAN);
        table.put(ascii(signature, 4)).putInt(table.capacity()).put((byte) revision).put((byte) 0)
                .put(ascii("VIOMMU", 6)).put(ascii("KVM", 8)).putInt(1).put(ascii("VIOM", 4)).putInt(1).put(body);
        table.put(CHECKSUM, checksum(table.array(), table.capacity()));
        return table.array();
    }

    private static byte[] fadt(final long dsdt) {
        final ByteBuffer body = ByteBuffer.allocate(FADT_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        body.putInt(FADT_DSDT, (int) dsdt).putLong(FADT_X_DSDT, dsdt)
                .putShort(FADT_BOOT_ARCHITECTURE, (short) (NO_VGA | NO_RTC))
                .putInt(FADT_FLAGS, HARDWARE_REDUCED | RESET_REGISTER_SUPPORTED | POWER_BUTTON_IN_AML
                        | SLEEP_BUTTON_IN_AML)
                .put(FADT_RESET_VALUE, (byte) PowerControl.RESET_VALUE).put(FADT_MINOR_VERSION, (byte) 3);
        port(body, FADT_RESET_REGISTER, PowerControl.BASE + PowerControl.RESET);
        port(body, FADT_SLEEP_CONTROL, PowerControl.BASE + PowerControl.SLEEP_CONTROL);
        port(body, FADT_SLEEP_STATUS, PowerControl.BASE + PowerControl.SLEEP_STATUS);
        final byte[] content = new byte[FADT_SIZE - HEADER];
        body.get(HEADER, content);
        return table("FACP", 6, content);
    }

    /** A generic address: one byte at a port (5.2.3.2). */
    private static void port(final ByteBuffer fadt, final int at, final long address) {
        fadt.put(at, (byte) 1).put(at + 1, (byte) 8).put(at + 3, (byte) 1).putLong(at + 4, address);
    }

    private static byte[] madt(final int cpus) {
        final ByteBuffer body = ByteBuffer.allocate(MADT_ENTRIES - HEADER + 8 * cpus + 12)
                .order(ByteOrder.LITTLE_ENDIAN);
        body.putInt((int) X86Map.LOCAL_APIC).putInt(0);
        for (int cpu = 0; cpu < cpus; cpu++) {
            body.put((byte) 0).put((byte) 8).put((byte) cpu).put((byte) cpu).putInt(1);
        }
        body.put((byte) 1).put((byte) 12).put((byte) X86Map.IOAPIC_ID).put((byte) 0).putInt((int) X86Map.IOAPIC)
                .putInt(0);
        return table("APIC", 5, body.array());
    }

    private static byte[] mcfg() {
        return table("MCFG", 1, ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(8, X86Map.ECAM).array());
    }

    private static byte[] dsdt() {
        return Aml.join(
                Aml.scope("_SB_",
                        Aml.device("COM1", Aml.name("_HID", Aml.eisaId("PNP0501")), Aml.name("_UID", Aml.number(0)),
                                Aml.name("_CRS",
                                        Aml.resources(Aml.ports(X86Map.COM1, 8), Aml.interrupt(X86Map.COM1_PIN)))),
                        Aml.device("PCI0", Aml.name("_HID", Aml.eisaId("PNP0A08")),
                                Aml.name("_CID", Aml.eisaId("PNP0A03")), Aml.name("_UID", Aml.number(0)),
                                Aml.name("_SEG", Aml.number(0)), Aml.name("_BBN", Aml.number(0)),
                                Aml.name("_CCA", Aml.number(1)),
                                Aml.name("_CRS", Aml.resources(Aml.busNumbers(0, 0),
                                        Aml.memory(X86Map.PCI_MEMORY, X86Map.PCI_MEMORY_SIZE))))),
                Aml.name("_S5_", Aml.numbers(PowerControl.SLEEP_TYPE, 0, 0, 0)));
    }
}
