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

import java.io.IOException;

/**
 * The least software that makes a VT-d unit translate: root, context, where needed PASID tables, and 4-level tables that
 * map {@link #IOVA} to {@link #TARGET}.
 */
final class VtdGuest {

    static final long IOVA = 0x1020_0567L;
    static final long TARGET = 0x1010_0567L;

    /** What the unit does with requests of the device. */
    enum Mode {
        LEGACY_PASS_THROUGH(""), LEGACY_SECOND_STAGE(""), SCALABLE_PASS_THROUGH(
                ",scalable-mode=on"), SCALABLE_SECOND_STAGE(
                        ",scalable-mode=on"), SCALABLE_FIRST_STAGE(",scalable-mode=on,fsts=on");

        private final String properties;

        Mode(final String properties) {
            this.properties = properties;
        }

        String device() {
            return "-device intel-iommu" + properties;
        }

        boolean scalable() {
            return ordinal() >= SCALABLE_PASS_THROUGH.ordinal();
        }

        boolean passes() {
            return this == LEGACY_PASS_THROUGH || this == SCALABLE_PASS_THROUGH;
        }
    }

    private static final long REGISTERS = 0xFED9_0000L;
    private static final long BASE = 0x1000_0000L;
    private static final long ROOT = BASE;
    private static final long CONTEXT = BASE + 0x1000;
    private static final long[] TABLES = { BASE + 0x1_0000, BASE + 0x1_1000, BASE + 0x1_2000, BASE + 0x1_3000 };
    private static final long QUEUE = BASE + 0x2_0000;
    private static final long DIRECTORY = BASE + 0x3_0000;
    private static final long PASIDS = BASE + 0x3_1000;
    private static final int LEVELS = 4;
    private static final int AGAW_48 = 2;
    private static final int SET_ROOT = 1 << 30;
    private static final int QUEUED = 1 << 26;
    private static final int TRANSLATE = 1 << 31;
    private static final int SCALABLE_TABLES = 1 << 10;

    private final QtestClient client;

    VtdGuest(final QtestClient client) {
        this.client = client;
    }

    void translate(final int devfn, final Mode mode) throws IOException {
        clear(mode);
        client.write("writeq", ROOT, CONTEXT | 1);
        client.write("writeq", ROOT + 8, 0);
        if (mode.scalable()) {
            writeScalable(devfn, mode);
        } else {
            writeLegacy(devfn, mode);
        }
        writeRegisters(mode);
    }

    private void clear(final Mode mode) throws IOException {
        fill(ROOT, 0x1000);
        fill(TABLES[0], 0x4000);
        fill(CONTEXT, mode.scalable() ? 0x2000 : 0x1000);
        if (mode.scalable()) {
            fill(DIRECTORY, 0x1000);
            fill(PASIDS, 0x1000);
        }
    }

    private void fill(final long address, final int length) throws IOException {
        client.say(String.format("memset 0x%x 0x%x 0x00", address, length));
    }

    /** First-stage entries have P, R/W, U/S, A and D where second-stage ones have R and W (VT-d, 9.7 and 9.8). */
    private void writeTables(final boolean firstStage) throws IOException {
        for (int level = 0; level < LEVELS; level++) {
            final boolean leaf = level == LEVELS - 1;
            final long entry = TABLES[level] + (IOVA >>> 39 - 9 * level & 0x1FF) * Long.BYTES;
            final long next = leaf ? TARGET & ~0xFFFL : TABLES[level + 1];
            client.write("writeq", entry, next | (firstStage ? leaf ? 0x67 : 0x27 : 0x3));
        }
    }

    /** Context entry: P, TT (0 second stage, 2 pass-through), SSPTPTR; AW, domain 0 (VT-d, 9.3). */
    private void writeLegacy(final int devfn, final Mode mode) throws IOException {
        if (!mode.passes()) {
            writeTables(false);
        }
        client.write("writeq", CONTEXT + devfn * 16L, mode.passes() ? 2 << 2 | 1 : TABLES[0] | 1);
        client.write("writeq", CONTEXT + devfn * 16L + 8, AGAW_48);
    }

    /**
     * Scalable-mode context and PASID entries, domain 0; requests without PASID use PASID 0. A context table holds 128
     * devices, the upper half of the root entry is for the rest (VT-d, 9.2, 9.4 to 9.6).
     */
    private void writeScalable(final int devfn, final Mode mode) throws IOException {
        writeEntry(CONTEXT + devfn * 32L, DIRECTORY | 1, 0, 0, 0);
        client.write("writeq", DIRECTORY, PASIDS | 1);
        switch (mode) {
            case SCALABLE_FIRST_STAGE -> {
                writeTables(true);
                writeEntry(PASIDS, 1 << 6 | 1, 0, TABLES[0], 0, 0, 0, 0, 0);
            }
            case SCALABLE_SECOND_STAGE -> {
                writeTables(false);
                writeEntry(PASIDS, TABLES[0] | 2 << 6 | AGAW_48 << 2 | 1, 0, 0, 0, 0, 0, 0, 0);
            }
            default -> writeEntry(PASIDS, 4 << 6 | 1, 0, 0, 0, 0, 0, 0, 0);
        }
    }

    private void writeEntry(final long address, final long... words) throws IOException {
        for (int i = 0; i < words.length; i++) {
            client.write("writeq", address + 8L * i, words[i]);
        }
    }

    /** Each step keeps the bits of the ones before, so that the one-shot "set root table pointer" is said thrice. */
    private void writeRegisters(final Mode mode) throws IOException {
        client.write("writeq", REGISTERS + 0x20, ROOT | (mode.scalable() ? SCALABLE_TABLES : 0));
        command(SET_ROOT, SET_ROOT);
        client.write("writeq", REGISTERS + 0x90, QUEUE);
        client.write("writeq", REGISTERS + 0x80, 0);
        client.write("writeq", REGISTERS + 0x88, 0);
        command(SET_ROOT | QUEUED, QUEUED);
        client.write("writel", REGISTERS + 0x38, 0);
        client.write("writel", REGISTERS + 0x3C, 0);
        client.write("writel", REGISTERS + 0x40, 0xFEE0_0000L);
        command(SET_ROOT | QUEUED | TRANSLATE, TRANSLATE);
    }

    private void command(final int command, final int status) throws IOException {
        client.write("writel", REGISTERS + 0x18, command & 0xFFFF_FFFFL);
        assertThat((int) client.read("readl", REGISTERS + 0x1C) & status).isEqualTo(status);
    }
}
