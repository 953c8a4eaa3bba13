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

import java.io.IOException;

/**
 * The least software that makes an SMMUv3 translate: a stream table entry, a context descriptor, one set of 4-level
 * tables of 4 KiB that serves both stages at once, and the registers. It maps {@link #IOVA} to {@link #TARGET}.
 */
final class SmmuGuest {

    static final long IOVA = 0x80_8060_4567L;
    static final long TARGET = 0x4ECB_A567L;

    /** STE.Config. */
    enum Mode {
        STAGE_1(5), STAGE_2(6), NESTED(7);

        private final int config;

        Mode(final int config) {
            this.config = config;
        }
    }

    private static final long REGISTERS = 0x0905_0000L;
    private static final long STREAM_TABLE = 0x4E17_9000L;
    private static final long CONTEXT = STREAM_TABLE - 0x40;
    private static final long COMMAND_QUEUE = 0x4E16_B000L;
    private static final long EVENT_QUEUE = 0x4E17_0000L;
    private static final long[] TABLES = { 0x4E4D_0000L, 0x4E4D_1000L, 0x4E4D_2000L, 0x4E4D_3000L };
    private static final int STE_SIZE = 64;
    private static final int LEVELS = 4;
    private static final long TABLE = 0x8000_0000_0000_0003L;
    /** A page: stage 1 reads it as read-write at EL0, stage 2 as read-only, which suffices for tables. */
    private static final long PAGE_1 = 0x0400_0000_0000_0763L;
    /** A page that stage 2 may write, too. */
    private static final long PAGE_2 = 0x0400_0000_0000_07E3L;

    private final QtestClient client;

    SmmuGuest(final QtestClient client) {
        this.client = client;
    }

    void translate(final int stream, final Mode mode) throws IOException {
        writeStreamEntry(stream, mode);
        if (mode != Mode.STAGE_2) {
            writeContext();
        }
        final long page = (TARGET & ~0xFFFL) | (mode == Mode.STAGE_2 ? PAGE_2 : PAGE_1);
        for (int level = 0; level < LEVELS; level++) {
            final long entry = TABLES[level] + index(IOVA, level);
            mapStage2(entry, PAGE_1);
            client.write("writeq", entry, level == LEVELS - 1 ? page : TABLES[level + 1] | TABLE);
        }
        mapStage2(TARGET, PAGE_2);
        if (mode == Mode.NESTED) {
            mapStage2(CONTEXT, PAGE_1);
        }
        writeRegisters();
    }

    private static long index(final long address, final int level) {
        return (address >>> 39 - 9 * level & 0x1FF) * Long.BYTES;
    }

    /** Maps a page to itself, in the tables that the stages share. */
    private void mapStage2(final long ipa, final long attributes) throws IOException {
        for (int level = 0; level < LEVELS; level++) {
            client.write("writeq", TABLES[level] + index(ipa, level),
                    level == LEVELS - 1 ? ipa & ~0xFFFL | attributes : TABLES[level + 1] | TABLE);
        }
    }

    /** STE: V, Config, S1ContextPtr; S2T0SZ 20, S2SL0 2 (level 0), S2PS 44 bits, S2AA64; S2TTB (IHI 0070, 5.2). */
    private void writeStreamEntry(final int stream, final Mode mode) throws IOException {
        final long[] entry = { 1 | mode.config << 1 | CONTEXT, 0,
            0x14L << 32 | 2L << 38 | 5L << 48 | 1L << 51, TABLES[0], 0, 0, 0, 0 };
        for (int i = 0; i < entry.length; i++) {
            writeWords(STREAM_TABLE + (long) stream * STE_SIZE + i * 8, entry[i]);
        }
    }

    /** CD: T0SZ 16, EPD1, V, IPS 44 bits, AA64, R, A, ASID; NSCFG0, TTB0 (IHI 0070, 5.4). */
    private void writeContext() throws IOException {
        final long[] context = { 0x10 | 1L << 30 | 1L << 31 | 4L << 32 | 1L << 41 | 1L << 45 | 1L << 46 | 0x1E20L << 48,
            1 | TABLES[0], 1, 0, 0, 0, 0, 0 };
        for (int i = 0; i < context.length; i++) {
            writeWords(CONTEXT + i * 8, context[i]);
        }
    }

    private void writeWords(final long address, final long value) throws IOException {
        client.write("writel", address, value & 0xFFFF_FFFFL);
        client.write("writel", address + 4, value >>> 32);
    }

    private void writeRegisters() throws IOException {
        client.write("writel", REGISTERS + 0x44, 0x8000_0000L);
        client.write("writel", REGISTERS + 0x20, 0);
        client.write("writel", REGISTERS + 0x28, 0x0D75);
        client.write("writeq", REGISTERS + 0x90, COMMAND_QUEUE | 0x0A);
        client.write("writel", REGISTERS + 0x9C, 0);
        client.write("writel", REGISTERS + 0x98, 0);
        client.write("writeq", REGISTERS + 0xA0, EVENT_QUEUE | 0x0A);
        client.write("writel", REGISTERS + 0xA8, 0);
        client.write("writel", REGISTERS + 0xAC, 0);
        client.write("writel", REGISTERS + 0x88, 5);
        client.write("writeq", REGISTERS + 0x80, STREAM_TABLE);
        client.write("writel", REGISTERS + 0x20, 0x0D);
    }
}
