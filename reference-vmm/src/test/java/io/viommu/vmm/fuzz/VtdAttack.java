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
package io.viommu.vmm.fuzz;

import java.util.Map;
import java.util.Random;

import io.viommu.fault.FaultKind;
import io.viommu.fault.FaultRecord;
import io.viommu.iommu.AtsSession;
import io.viommu.iommu.IommuModels;
import io.viommu.iommu.IommuPlatform;
import io.viommu.iommu.VirtualIommu;
import io.viommu.vtd.VtdUnit;

/** What a hostile guest knows of VT-d. Offsets are bit positions of the specification, written down independently. */
final class VtdAttack extends Attack {

    private static final long ROOT = MeteredMemory.RAM + 0x4_0000;
    private static final long CONTEXTS = MeteredMemory.RAM + 0x5_0000;
    private static final long PASID_DIRECTORY = MeteredMemory.RAM + 0x5_2000;
    private static final long PASIDS = MeteredMemory.RAM + 0x5_4000;
    private static final long TABLES = MeteredMemory.RAM + 0x6_0000;
    private static final long INTERRUPTS = MeteredMemory.RAM + 0x7_0000;
    private static final long IQ = MeteredMemory.RAM + 0x1_0000;
    private static final long PRQ = MeteredMemory.RAM + 0x3_0000;
    private static final int[] REGISTERS = { 0x18, 0x20, 0x28, 0x34, 0x38, 0x3C, 0x40, 0x44, 0x64, 0x68, 0x70, 0x78,
        0x80, 0x88, 0x90, 0x9C, 0xA0, 0xA4, 0xA8, 0xB8, 0xC0, 0xC8, 0xD0, 0xDC, 0xE0, 0xE4, 0xE8, 0xF0, 0xF8, 0x22C,
        0x23C, 0x29C };
    private static final int[] ENABLES = { 31, 30, 26, 25, 24, 23 };

    private final VtdUnit unit;
    private final AtsSession session;
    private int tail;

    VtdAttack(final Random random, final MeteredMemory memory, final HostilePlatform platform,
            final Map<String, String> properties) {
        this(random, memory,
                IommuModels.create("intel-iommu", properties, new IommuPlatform(memory, platform, platform)));
    }

    /** Of one guest of several threads, each with an attack of its own. */
    VtdAttack(final Random random, final MeteredMemory memory, final VirtualIommu model) {
        super(random, memory);
        unit = (VtdUnit) model;
        session = unit.openSession();
    }

    @Override
    VirtualIommu iommu() {
        return unit;
    }

    @Override
    AtsSession session() {
        return session;
    }

    @Override
    void begin() {
        tail = 0;
    }

    private void poke(final long address, final long word) {
        memory.poke(address - MeteredMemory.RAM, word);
    }

    private long table() {
        return TABLES + 0x1000L * random.nextInt(8);
    }

    /** Tables of four levels, in legacy mode or in scalable mode with either stage; mapped are the first 4 MiB. */
    @Override
    void boot() {
        final int mode = random.nextInt(3);
        final int leaf = mode == 2 ? 7 : 3;
        write(0x18, 4, 0);
        poke(ROOT, CONTEXTS | 1);
        poke(ROOT + 8, mode == 0 ? 0 : CONTEXTS + 0x1000 | 1); // reserved in legacy mode
        for (int function = 0; function < 32; function++) {
            final long at = CONTEXTS + (mode == 0 ? 16L : 32L) * function;
            poke(at, mode == 0 ? TABLES | 1 | function % 2 << 2 : PASID_DIRECTORY | 0x1D);
            poke(at + 8, mode == 0 ? 2 | 1 << 8 : 0);
            if (mode != 0) {
                poke(at + 16, 0);
                poke(at + 24, 0);
            }
        }
        poke(PASID_DIRECTORY, PASIDS | 1);
        for (int pasid = 0; pasid < 8; pasid++) {
            final long at = PASIDS + 64L * pasid;
            poke(at, mode == 1 ? TABLES | 2 << 6 | 2 << 2 | 1 : 1 << 6 | 1);
            poke(at + 8, 1);
            poke(at + 16, mode == 2 ? TABLES | 1 : 0);
            for (int word = 3; word < 8; word++) {
                poke(at + 8 * word, 0);
            }
        }
        poke(TABLES, TABLES + 0x1000 | leaf);
        poke(TABLES + 0x1000, TABLES + 0x2000 | leaf);
        poke(TABLES + 0x2000, TABLES + 0x3000 | leaf);
        poke(TABLES + 0x2008, TABLES + 0x4000 | leaf);
        for (long page = 0; page < 1024; page++) {
            poke(TABLES + 0x3000 + 8 * page, MeteredMemory.RAM | page << 12 & MeteredMemory.SIZE - 1 | leaf);
        }
        for (int index = 0; index < 16; index++) {
            poke(INTERRUPTS + 16L * index, 1 | (long) index << 16 | 1L << 40);
            poke(INTERRUPTS + 16L * index + 8, 0);
        }
        write(0x34, 4, 0xFF);
        queue();
        write(0x20, 8, ROOT | (mode == 0 ? 0 : 1 << 10));
        command(30);
        write(0xB8, 8, INTERRUPTS | 7);
        command(24);
        write(0xD0, 8, PRQ);
        write(0xC0, 8, unit.read(0xC8, 8));
        write(0xDC, 4, 3);
        command(25);
        command(31);
    }

    @Override
    void plantTables() {
        switch (random.nextInt(7)) {
            case 0 -> root();
            case 1 -> context();
            case 2 -> pasidEntry();
            case 3 -> interrupt();
            default -> paging();
        }
    }

    private void root() {
        final long at = ROOT + 16L * random.nextInt(2);
        poke(at, word(CONTEXTS | 1));
        poke(at + 8, one(2) ? word(CONTEXTS + 0x1000 | 1) : 0);
    }

    /** Of legacy mode, 16 bytes, or of scalable mode, 32. */
    private void context() {
        final long at = CONTEXTS + 0x1000L * random.nextInt(2) + 16L * random.nextInt(32);
        if (one(2)) {
            poke(at, word(1 | random.nextInt(2) * 2 | (long) random.nextInt(3) << 2 | table()));
            poke(at + 8, word(1 + random.nextInt(2) | (long) random.nextInt(4) << 8));
        } else {
            poke(at & -32, word(1 | (long) random.nextInt(16) << 1 | (long) random.nextInt(3) << 9 | PASID_DIRECTORY));
            poke((at & -32) + 8, word(random.nextInt(4)));
            poke((at & -32) + 16, word(0));
            poke((at & -32) + 24, word(0));
        }
    }

    private void pasidEntry() {
        if (one(3)) {
            poke(PASID_DIRECTORY + 8L * random.nextInt(4), word(PASIDS | 1 + random.nextInt(2) * 2));
            return;
        }
        final long at = PASIDS + 64L * random.nextInt(8);
        poke(at, word(1 | (one(8) ? 2 : 0) | 1 + random.nextInt(2) << 2 | (long) 1 + random.nextInt(4) << 6
                | (one(4) ? 1 << 9 : 0) | table()));
        poke(at + 8, word(random.nextInt(4)));
        poke(at + 16, word(random.nextInt(3) | (long) random.nextInt(16) << 4 | (one(8) ? 4 : 0) | table()));
        for (int i = 3; i < 8; i++) {
            poke(at + 8 * i, word(0));
        }
    }

    private void interrupt() {
        final long at = INTERRUPTS + 16L * random.nextInt(16);
        final boolean posted = one(3);
        poke(at, word(1 | random.nextInt(8) * 4L | (long) random.nextInt(256) << 16
                | (posted ? 1 << 15 | page() << 26 : random.nextLong() << 40)));
        poke(at + 8, word(random.nextInt(16) | (long) random.nextInt(16) << 16 | (posted ? page() & -1L << 32 : 0)));
    }

    /** Often an entry that leads on, also to itself; sometimes a large page or a page. */
    private void paging() {
        final int index = one(4) ? 511 - random.nextInt(2) : random.nextInt(8);
        poke(table() + 8L * index, word((one(2) ? table() : page()) | random.nextInt(8) | (one(8) ? 1 << 7 : 0)
                | (one(4) ? random.nextInt(1 << 12) : 0) | (one(8) ? 1L << 63 : 0)));
    }

    @Override
    void configure() {
        switch (random.nextInt(10)) {
            case 0, 1 -> {
                write(0x20, 8, (one(6) ? page() : ROOT) | (long) random.nextInt(one(8) ? 4 : 2) << 10);
                command(30);
            }
            case 2 -> queue();
            case 3 -> {
                write(0xB8, 8, (one(6) ? page() : INTERRUPTS) | (one(2) ? 1 << 11 : 0) | random.nextInt(16));
                command(24);
            }
            case 4 -> {
                write(0xD0, 8, (one(6) ? page() : PRQ) | random.nextInt(one(8) ? 8 : 2));
                write(0xC0, 8, one(4) ? value() : unit.read(0xC8, 8));
                write(0xDC, 4, 3);
            }
            case 5 -> message(new int[]{ 0x38, 0xA0, 0xE0 }[random.nextInt(3)]);
            case 6 -> clearFaults();
            default -> command(ENABLES[random.nextInt(ENABLES.length)]);
        }
    }

    private void clearFaults() {
        for (int i = 0; i < 8; i++) {
            write((unit.read(8, 8) >>> 24 & 0x3FF) * 16 + 16L * i + 12, 4, 1L << 31);
        }
        write(0x34, 4, 0xFF);
    }

    /** One bit of the global command, with all others as they are; sometimes it is cleared. */
    private void command(final int bit) {
        final long now = unit.read(0x1C, 4) & 0x96FF_FFFFL;
        write(0x18, 4, one(16) ? now & ~(1L << bit) : now | 1L << bit);
    }

    private void queue() {
        write(0x18, 4, unit.read(0x1C, 4) & 0x96FF_FFFFL & ~(1L << 26));
        write(0x90, 8, (one(6) ? page() : IQ) | (one(3) ? 1 << 11 : 0) | random.nextInt(one(16) ? 8 : 2));
        tail = 0;
        write(0x88, 8, one(6) ? value() : 0);
        command(26);
    }

    /** An interrupt message to an APIC, to nothing, or to a register of the unit itself. */
    private void message(final int control) {
        write(control + 4, 4, value());
        write(control + 8, 4, one(3) ? HostilePlatform.FRAME + register() : 0xFEE0_0000L);
        write(control + 12, 4, one(4) ? value() : 0);
        write(control, 4, one(3) ? 1L << 31 : 0);
    }

    @Override
    void command() {
        final long address = unit.read(0x90, 8);
        final boolean wide = (address & 1 << 11) != 0;
        final int length = wide ? 32 : 16;
        final int size = 4096 << (address & 7);
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            final long at = (address & -4096L) + tail;
            poke(at, descriptor());
            poke(at + 8, one(3) ? random.nextLong() : input() & -4096L | random.nextInt(16));
            if (wide) {
                poke(at + 16, word(0));
                poke(at + 24, word(0));
            }
            tail = (tail + length) % size;
        }
        write(0x88, 8, one(16) ? value() : tail);
        if (one(2)) {
            write(0x34, 4, 0x70);
        }
        if (one(8)) {
            write(one(2) ? 0x28 : 0xF8, 8, 1L << 63 | random.nextLong());
        }
    }

    private long descriptor() {
        final int type = 1 + random.nextInt(10);
        return word(type | (long) random.nextInt(4) << 4 | (type == 5 ? (long) random.nextInt(8) << 4 : 0)
                | (one(3) ? random.nextLong() & 0xFFFF_FFFF_FFFF_0000L : (long) random.nextInt(4) << 16))
                & ~(one(8) ? 0 : 0xFE00L);
    }

    @Override
    void handleInterrupt(final Random choice) {
        switch (choice.nextInt(6)) {
            case 0 -> clearFaults();
            case 1 -> write(0xC0, 8, unit.read(0xC8, 8));
            case 2 -> write(0x9C, 4, 1);
            case 3 -> write(0x88, 8, unit.read(0x88, 8));
            case 4 -> write(0xDC, 4, 3);
            default ->
                write(0x18, 4, unit.read(0x1C, 4) & 0x96FF_FFFFL ^ 1L << ENABLES[choice.nextInt(ENABLES.length)]);
        }
    }

    @Override
    long register() {
        return one(8) ? random.nextInt(0x2000) : REGISTERS[random.nextInt(REGISTERS.length)];
    }

    @Override
    int device() {
        return one(16) ? random.nextInt() : random.nextInt(32);
    }

    @Override
    void raw(final FaultRecord record) {
        final long reason = one(4) ? random.nextInt(256) : 1 + random.nextInt(0x10) + (one(2) ? 0x40 : 0);
        record.kind(FaultKind.VTD_FAULT).word(0, input() & -4096L)
                .word(1, random.nextInt(16) | reason << 32 | random.nextLong() & 0xFFFF_FF00_0000_0000L);
    }

    @Override
    void message() {
        unit.deviceMessage(one(4) ? -1 : device(), 0xFEE0_0000L | (one(4)
                ? random.nextInt(1 << 20)
                : 0x10
                        | (long) random.nextInt(16) << 5),
                random.nextInt(1 << 16));
    }

    @Override
    long queueEntries() {
        return 256L << (unit.read(0x90, 8) & 7);
    }
}
