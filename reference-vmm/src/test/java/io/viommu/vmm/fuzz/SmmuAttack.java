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
import io.viommu.smmu.SmmuV3;

/** What a hostile guest knows of SMMUv3. Offsets are bit positions of IHI 0070, written down independently here. */
final class SmmuAttack extends Attack {

    private static final long STREAMS = MeteredMemory.RAM + 0x4_0000;
    private static final long CONTEXTS = MeteredMemory.RAM + 0x5_0000;
    private static final long TABLES = MeteredMemory.RAM + 0x6_0000;
    private static final long CMDQ = MeteredMemory.RAM + 0x1_0000;
    private static final long EVENTQ = MeteredMemory.RAM + 0x2_0000;
    private static final long PRIQ = MeteredMemory.RAM + 0x3_0000;
    private static final int[] OPCODES = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x28, 0x2A, 0x30,
        0x40, 0x41, 0x44, 0x45, 0x46, 0x46, 0x46 };
    private static final int[] REGISTERS = { 0x20, 0x28, 0x2C, 0x44, 0x50, 0x64, 0x68, 0x70, 0x80, 0x88, 0x90, 0x98,
        0x9C, 0xA0, 0xB0, 0xB8, 0xC0, 0xD0, 0xD8, 0xDC, 0x100A8, 0x100AC, 0x100C8, 0x100CC };
    private static final int[] QUEUE_SIZES = { 0, 1, 2, 4, 6, 8, 31 };

    private final SmmuV3 smmu;
    private final AtsSession session;
    private int posted;

    SmmuAttack(final Random random, final MeteredMemory memory, final HostilePlatform platform,
            final Map<String, String> properties) {
        this(random, memory,
                IommuModels.create("smmuv3", properties, new IommuPlatform(memory, platform, platform)));
    }

    /** Of one guest of several threads, each with an attack of its own. */
    SmmuAttack(final Random random, final MeteredMemory memory, final VirtualIommu model) {
        super(random, memory);
        smmu = (SmmuV3) model;
        session = smmu.openSession();
    }

    @Override
    VirtualIommu iommu() {
        return smmu;
    }

    @Override
    AtsSession session() {
        return session;
    }

    @Override
    void begin() {
        posted = 0;
    }

    private void poke(final long address, final long word) {
        memory.poke(address - MeteredMemory.RAM, word);
    }

    /** Streams of every configuration, 39-bit stage 1 and 40-bit stage 2; what is mapped is the first 4 MiB. */
    @Override
    void boot() {
        final long updates = (smmu.read(0, 4) & 1 << 7) != 0 ? 3 : 0; // access flags and dirty state
        write(0x20, 4, 0);
        for (int stream = 0; stream < 16; stream++) {
            final long at = STREAMS + 64L * stream;
            poke(at, 1 | (stream < 8 ? 5 : stream < 12 ? 7 : 4 + stream % 4) << 1 | CONTEXTS
                    | (stream % 3 == 0 ? 3L << 59 : 0));
            poke(at + 8, stream % 3 | 1L << 28);
            poke(at + 16,
                    1 | 24L << 32 | 1L << 38 | 5L << 48 | 1L << 51 | updates << 55 | (one(4) ? 3L << 57 : 1L << 58));
            poke(at + 24, TABLES + 0x4000);
        }
        for (int substream = 0; substream < 8; substream++) {
            poke(CONTEXTS + 64L * substream, 25 | 1L << 30 | 1L << 31 | 5L << 32 | 1L << 41 | updates << 42
                    | (one(4) ? 1L << 44 : 0) | 3L << 45 | (long) substream << 48);
            poke(CONTEXTS + 64L * substream + 8, TABLES);
        }
        poke(TABLES, TABLES + 0x1003);
        poke(TABLES + 0x1000, TABLES + 0x2003);
        poke(TABLES + 0x1008, TABLES + 0x3003);
        for (long page = 0; page < 1024; page++) {
            poke(TABLES + 0x2000 + 8 * page, MeteredMemory.RAM | page << 12 & MeteredMemory.SIZE - 1 | 0x743);
        }
        poke(TABLES + 0x4000, 0x7FD);
        poke(TABLES + 0x4008, 0x4000_07FDL);
        write(0x80, 8, STREAMS);
        write(0x88, 4, 6);
        write(0x2C, 4, 2);
        write(0x50, 4, 7);
        queue(8, 0x90, 0x98, 0x9C, CMDQ);
        queue(4, 0xA0, 0x100A8, 0x100AC, EVENTQ);
        queue(2, 0xC0, 0x100C8, 0x100CC, PRIQ);
        acknowledge();
        write(0x20, 4, 0x1F);
    }

    @Override
    void plantTables() {
        switch (random.nextInt(5)) {
            case 0 -> entry();
            case 1 -> context();
            case 2 -> poke(STREAMS + 8L * random.nextInt(4), word(STREAMS + 0x1000 | 1 + random.nextInt(8)));
            default -> descriptor();
        }
    }

    private long table() {
        return TABLES + 0x1000L * random.nextInt(8);
    }

    private void entry() {
        final long at = STREAMS + (one(4) ? 0x1000 : 0) + 64L * random.nextInt(16);
        final int substreams = one(3) ? 1 + random.nextInt(12) : 0;
        poke(at, word(1 | random.nextInt(4) * 2L + 8 | CONTEXTS + 0x1000L * random.nextInt(2)
                | (long) random.nextInt(3) << 4 | (long) substreams << 59));
        poke(at + 8, word(random.nextInt(3) | (long) random.nextInt(3) << 28 | (one(8) ? 1L << 27 : 0)
                | (long) random.nextInt(16) << 48));
        poke(at + 16, word(random.nextInt(4) | 24L + random.nextInt(2) << 32 | 1L << 38 | 5L << 48 | 1L << 51
                | (long) random.nextInt(128) << 53));
        poke(at + 24, word(table() & -8192L));
    }

    private void context() {
        final long at = CONTEXTS + 0x1000L * random.nextInt(2) + 64L * random.nextInt(8);
        if (one(4)) {
            poke(at, word(CONTEXTS + 0x1000 | 1)); // the first level of a table of two
            return;
        }
        poke(at, word(25 | 25L << 16 | (one(2) ? 1L << 30 : 0) | 2L << 22 | 1L << 31
                | (long) (one(6) ? random.nextInt(8) : 5) << 32 | (one(3) ? random.nextLong() : 0) & 0x1FFL << 35
                | 1L << 41 | (long) random.nextInt(8) << 44 | (long) random.nextInt(3) << 48));
        poke(at + 8, word(table()));
        poke(at + 16, word(table()));
    }

    /** Often one that leads on, also to itself; sometimes a block or a page with any permissions. */
    private void descriptor() {
        final int index = one(4) ? 511 - random.nextInt(2) : random.nextInt(8);
        final long attributes = random.nextInt(1 << 10) << 2 & 0xFFCL | (one(4) ? 0 : 1 << 10)
                | (long) random.nextInt(64) << 51;
        poke(table() + 8L * index, word(one(2) ? table() | 3 : page() | attributes | 1 + 2L * random.nextInt(2)));
    }

    @Override
    void configure() {
        switch (random.nextInt(10)) {
            case 0 -> write(0x80, 8, one(4) ? page() : STREAMS);
            case 1 -> write(0x88, 4, one(4) ? value() : 6 | (one(3) ? 1 << 16 | 6 << 6 : 0));
            case 2 -> queue(8, 0x90, 0x98, 0x9C, CMDQ);
            case 3 -> queue(4, 0xA0, 0x100A8, 0x100AC, EVENTQ);
            case 4 -> queue(2, 0xC0, 0x100C8, 0x100CC, PRIQ);
            case 5 -> write(0x50, 4, random.nextInt(8));
            case 6 -> message(new int[]{ 0x68, 0xB0, 0xD0 }[random.nextInt(3)]);
            case 7 -> write(0x44, 4, 1L << 31 | (one(2) ? 1 << 20 : 0));
            default -> write(0x20, 4, one(8) ? random.nextInt(1 << 11) : 0x1F);
        }
    }

    private void queue(final int enable, final int base, final int prod, final int cons, final long place) {
        write(0x20, 4, smmu.read(0x20, 4) & ~enable);
        write(base, 8, (one(4) ? page() : place) | QUEUE_SIZES[random.nextInt(QUEUE_SIZES.length)]);
        write(prod, 4, one(4) ? value() : 0);
        write(cons, 4, one(4) ? value() : 0);
        posted = (int) smmu.read(0x98, 4);
        write(0x20, 4, smmu.read(0x20, 4) | enable);
    }

    /** An interrupt message to memory, to nothing, or to a register of the SMMU itself. */
    private void message(final int register) {
        write(0x50, 4, 0);
        write(register, 8, one(3) ? HostilePlatform.FRAME + register() : page());
        write(register + 8, 4, value());
        write(0x50, 4, 7);
    }

    @Override
    void command() {
        final int log2 = (int) Math.min(smmu.read(0x90, 8) & 31, 19);
        final long base = smmu.read(0x90, 8) & 0x000F_FFFF_FFFF_FFE0L & -Math.max(32, 16L << log2);
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            poke(base + 16L * (posted & (1 << log2) - 1), firstWord());
            poke(base + 16L * (posted & (1 << log2) - 1) + 8, one(3)
                    ? random.nextLong()
                    : input() & -4096L | random.nextInt(1 << 12));
            posted = posted + 1 & (2 << log2) - 1;
        }
        if (one(16)) {
            posted = random.nextInt();
        }
        write(0x98, 4, posted);
        if (one(2)) {
            acknowledge();
        }
    }

    private long firstWord() {
        final int opcode = OPCODES[random.nextInt(OPCODES.length)];
        final long device = one(3) ? random.nextLong() << 32 : (long) device() << 32;
        return word(opcode | device | (one(2) ? random.nextLong() & 0xFFFF_F800L : 0)) & ~(one(4) ? 0 : 1L << 10);
    }

    private void acknowledge() {
        write(0x64, 4, smmu.read(0x60, 4));
    }

    @Override
    void handleInterrupt(final Random choice) {
        switch (choice.nextInt(6)) {
            case 0, 1 -> acknowledge();
            case 2, 3 -> {
                write(0x100AC, 4, smmu.read(0x100A8, 4));
                write(0x100CC, 4, smmu.read(0x100C8, 4));
            }
            case 4 -> write(0x98, 4, smmu.read(0x98, 4));
            default -> write(0x20, 4, choice.nextInt(8) == 0 ? choice.nextInt(32) : 0x1F);
        }
    }

    @Override
    long register() {
        return one(8) ? random.nextInt(0x2_0000) : REGISTERS[random.nextInt(REGISTERS.length)];
    }

    @Override
    int device() {
        return one(16) ? random.nextInt() : random.nextInt(16);
    }

    @Override
    void raw(final FaultRecord record) {
        final long type = one(4)
                ? random.nextInt(256)
                : new int[]{ 0x09, 0x0B, 0x10, 0x11, 0x12, 0x13 }[random
                        .nextInt(6)];
        record.kind(FaultKind.SMMU_EVENT).word(0, type | random.nextLong() & 0xFFFF_F800L)
                .word(1, (one(2) ? 0 : 1L << 31) | (long) random.nextInt(8) << 33 | (one(3) ? 1L << 39 : 0)
                        | (long) random.nextInt(3) << 40 | random.nextInt(16))
                .word(2, input()).word(3, page() | random.nextInt(512) * 8L);
    }

    @Override
    void message() {
        dma(); // an SMMU sees the interrupt messages of devices as writes
    }

    @Override
    long queueEntries() {
        return 1L << Math.min(smmu.read(0x90, 8) & 31, 19);
    }
}
