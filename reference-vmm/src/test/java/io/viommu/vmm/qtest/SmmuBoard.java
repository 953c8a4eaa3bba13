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

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A virt machine with one SMMUv3, driven through the door as any client would: structures and tables in RAM, queues,
 * DMA of endpoints, and the event records as the guest reads them. Stage-1 tables begin at {@link #S1}, those of
 * stage 2 at {@link #S2}; each maps what lies below 1 GiB by one table of each level.
 */
final class SmmuBoard implements AutoCloseable {

    static final long STREAMS = 0x4100_0000L;
    static final long COMMANDS = 0x4110_0000L;
    static final long EVENTS = 0x4120_0000L;
    static final long REQUESTS = 0x4128_0000L;
    static final long CONTEXTS = 0x4130_0000L;
    static final long S1 = 0x4200_0000L;
    static final long S2 = 0x4400_0000L;
    static final long DATA = 0x4801_0000L;
    /** Nothing answers here. */
    static final long NOWHERE = 0x3F0_0000_0000L;
    /** A stage-1 page: AF, inner shareable, AP = 01 (everybody may read and write), global. */
    static final long PAGE = 0x743;
    /** A stage-2 page: AF, inner shareable, read and write, normal memory. */
    static final long PAGE2 = 0x7FF;
    /** What the embedded model offers, in place of QEMU's choice. */
    static final String ALL = "compat=none";
    /** CMD_CFGI_ALL, CMD_TLBI_NSNH_ALL, CMD_SYNC. */
    static final long[] CFGI_ALL = { 0x04, 31 };
    static final long[] TLBI_ALL = { 0x30, 0 };
    static final long[] SYNC = { 0x46, 0 };
    static final int FIRST_SPI = 112;

    private static final long REGISTERS = 0x0C00_0000L;
    private static final int COMMANDS_LOG2 = 8;

    final TestDoor door = new TestDoor();
    /** Registers that {@link #start} writes. */
    int control = 0xD;
    int control2 = 2;
    int eventsLog2 = 4;
    int streamSettings = 8;
    int interrupts = 5;
    long streams = STREAMS;
    long events = EVENTS;
    long commands = COMMANDS;
    private int prod;

    SmmuBoard(final String... properties) {
        final StringBuilder line = new StringBuilder(
                "viommu_machine -machine virt -m 512 -device arm-smmuv3,primary-bus=pcie.0");
        boolean staged = false;
        for (final String property : properties) {
            staged |= property.startsWith("stage=");
            line.append(',').append(property);
        }
        door.ok(staged ? line.toString() : line.append(",stage=nested").toString());
    }

    /** Stream 8 with stage 1, 0x1000 mapped to {@link #DATA}. */
    static SmmuBoard stage1(final String... properties) {
        final SmmuBoard board = new SmmuBoard(properties);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS));
        board.context(CONTEXTS, Structure.context(S1));
        board.map1(0x1000, DATA | PAGE);
        return board;
    }

    /** Stream 8 with stage 2, 0x1000 mapped to {@link #DATA}. */
    static SmmuBoard stage2(final String... properties) {
        final SmmuBoard board = new SmmuBoard(properties);
        board.stream(8, Structure.stream(6).stage2(S2));
        board.map2(0x1000, DATA | PAGE2);
        return board;
    }

    /** Stream 8 with both: 0x1000 to IPA 0x3_8000_1000, that to {@link #DATA}; tables and contexts lie at themselves. */
    static SmmuBoard nested(final String... properties) {
        final SmmuBoard board = new SmmuBoard(properties);
        board.stream(8, Structure.stream(7).contexts(CONTEXTS).stage2(S2));
        board.context(CONTEXTS, Structure.context(S1));
        board.map1(0x1000, 0x3_8000_1000L | PAGE);
        board.store(S2 + 8, S2 + 0x10_0003);
        board.store(S2 + 0x10_0000 + 8 * 9, 0x4120_07FDL);
        board.store(S2 + 0x10_0000 + 8 * 16, 0x4200_07FDL);
        board.store(S2 + 8 * 14, S2 + 0x10_1003);
        board.store(S2 + 0x10_1000, S2 + 0x10_2003);
        board.store(S2 + 0x10_2008, DATA | PAGE2);
        return board;
    }

    /** The descriptor of the page at 0x1000 in the tables of {@link #map1}. */
    static long leaf1() {
        return S1 + 0x10_1008;
    }

    void map1(final long iova, final long leaf) {
        map(S1, iova, leaf);
    }

    void map2(final long ipa, final long leaf) {
        map(S2, ipa, leaf);
    }

    void map(final long root, final long address, final long leaf) {
        store(root + 8 * (address >>> 30 & 0x1FF), root + 0x10_0003);
        store(root + 0x10_0000 + 8 * (address >>> 21 & 0x1FF), root + 0x10_1003);
        store(root + 0x10_1000 + 8 * (address >>> 12 & 0x1FF), leaf);
    }

    void stream(final int id, final Structure entry) {
        context(STREAMS + 64L * id, entry);
    }

    void context(final long at, final Structure descriptor) {
        for (int i = 0; i < descriptor.words.length; i++) {
            store(at + 8L * i, descriptor.words[i]);
        }
    }

    /** Writes the registers in the order of drivers. */
    SmmuBoard start() {
        write(0x28, 0xD75);
        write(0x2C, control2);
        write64(0x80, 1L << 62 | streams);
        write(0x88, streamSettings);
        write64(0x90, 1L << 62 | commands | COMMANDS_LOG2);
        write(0x98, 0);
        write(0x9C, 0);
        write64(0xA0, 1L << 62 | events | eventsLog2);
        write(0x100A8, 0);
        write(0x100AC, 0);
        write(0x50, interrupts);
        write(0x20, control);
        takeInterrupts();
        return this;
    }

    void write(final int offset, final long value) {
        door.ok("writel " + (REGISTERS + offset) + " " + (value & 0xFFFF_FFFFL));
    }

    void write64(final int offset, final long value) {
        door.ok("writeq " + (REGISTERS + offset) + " 0x" + Long.toHexString(value));
    }

    int read(final int offset) {
        return (int) Long.parseUnsignedLong(door.ok("readl " + (REGISTERS + offset)).substring(2), 16);
    }

    long read64(final int offset) {
        return Long.parseUnsignedLong(door.ok("readq " + (REGISTERS + offset)).substring(2), 16);
    }

    void store(final long address, final long value) {
        door.ok("write " + address + " 8 0x" + HexFormat.of().formatHex(bytes(value)));
    }

    private static byte[] bytes(final long value) {
        final byte[] bytes = new byte[Long.BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (value >>> 8 * i);
        }
        return bytes;
    }

    long load(final long address) {
        final byte[] bytes = HexFormat.of().parseHex(door.ok("read " + address + " 8").substring(2));
        long value = 0;
        for (int i = 0; i < bytes.length; i++) {
            value |= (bytes[i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    /** Posts commands; gives CMDQ_CONS. */
    int command(final long[]... posted) {
        final int mask = (1 << COMMANDS_LOG2) - 1;
        for (final long[] command : posted) {
            store(COMMANDS + 16L * (prod & mask), command[0]);
            store(COMMANDS + 16L * (prod & mask) + 8, command[1]);
            prod = prod + 1 & 2 * mask + 1;
        }
        write(0x98, prod);
        return read(0x9C);
    }

    /** Posts one command of two words; gives the error code that it ended with. */
    int error(final long word0, final long word1) {
        return command(new long[]{ word0, word1 }) >>> 24 & 0x7F;
    }

    /** All that was cached goes. */
    void forget() {
        command(CFGI_ALL, TLBI_ALL, SYNC);
    }

    /** A device writes 4 bytes; {@code attributes} as the door knows them. */
    String dmaWrite(final int id, final long iova, final String attributes) {
        return door.ok("viommu_dma w " + id + " 0x" + Long.toHexString(iova) + " 0x78563412 " + attributes);
    }

    String dmaWrite(final long iova) {
        return dmaWrite(8, iova, "");
    }

    /** A device reads 4 bytes: {@code ok} or {@code fault}. */
    String dmaRead(final int id, final long iova, final String attributes) {
        final String answer = door
                .ok("viommu_dma r " + id + " 0x" + Long.toHexString(iova) + " 4 " + attributes);
        return answer.split(" ")[0];
    }

    String dmaRead(final long iova) {
        return dmaRead(8, iova, "");
    }

    /** The first word of the page that the boards map. */
    int data() {
        return (int) load(DATA);
    }

    String ats(final int id, final long iova, final String attributes) {
        return door.ok("viommu_ats " + id + " 0x" + Long.toHexString(iova) + " " + attributes);
    }

    /** Takes the event records: four words each, in hexadecimal without leading zeros. */
    List<String> takeEvents() {
        final List<String> taken = new ArrayList<>();
        final int mask = (1 << eventsLog2) - 1;
        final int until = read(0x100A8);
        int index = read(0x100AC) & 2 * mask + 1;
        while (index != (until & 2 * mask + 1)) {
            final long at = EVENTS + 32L * (index & mask);
            taken.add(record(load(at), load(at + 8), load(at + 16), load(at + 24)));
            index = index + 1 & 2 * mask + 1;
        }
        write(0x100AC, until & 0x8000_0000L | index);
        return taken;
    }

    static String record(final long word0, final long word1, final long word2, final long word3) {
        return String.format("%x %x %x %x", word0, word1, word2, word3);
    }

    /** A record of stream 8. */
    static String event(final int type, final long word1, final long input, final long word3) {
        return record(type | 8L << 32, word1, input, word3);
    }

    /** Rising edges of the wires since the last call: 0 Event queue, 1 PRI queue, 2 CMD_SYNC, 3 global errors. */
    String takeInterrupts() {
        String edges = door.ok("viommu_irqs");
        for (int wire = 0; wire < 4; wire++) {
            edges = edges.replace("\"" + (FIRST_SPI + wire) + "\"", Integer.toString(wire));
        }
        return edges;
    }

    @Override
    public void close() {
        door.close();
    }
}
