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
 * The least software that makes a VT-d unit translate: root, context, where needed PASID tables, and 4-level tables that
 * map {@link #IOVA} to {@link #TARGET}.
 */
final class VtdGuest {

    static final long IOVA = 0x0010_0000_0567L;
    static final long TARGET = 0x0ECB_A567L;

    /** What the unit does with requests of the device. */
    enum Mode {
        LEGACY_PASS_THROUGH(""), LEGACY_SECOND_STAGE(""), SCALABLE_PASS_THROUGH(
                ",scalable-mode=on"), SCALABLE_SECOND_STAGE(
                        ",scalable-mode=on"), SCALABLE_FIRST_STAGE(",scalable-mode=on,flts=on");

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
    private static final long ROOT = 0x0100_0000L;
    private static final long CONTEXT = 0x0101_0000L;
    private static final long DIRECTORY = 0x0102_0000L;
    private static final long PASIDS = 0x0103_0000L;
    private static final long[] TABLES = { 0x0200_0000L, 0x0200_1000L, 0x0200_2000L, 0x0200_3000L };
    private static final int LEVELS = 4;
    private static final int DOMAIN = 7;
    private static final int AGAW_48 = 2;
    private static final int SET_ROOT = 1 << 30;
    private static final int TRANSLATE = 1 << 31;
    private static final int SCALABLE_TABLES = 1 << 10;

    private final QtestClient client;

    VtdGuest(final QtestClient client) {
        this.client = client;
    }

    void translate(final int devfn, final Mode mode) throws IOException {
        writeTables(mode == Mode.SCALABLE_FIRST_STAGE);
        if (mode.scalable()) {
            writeScalable(devfn, mode);
        } else {
            writeLegacy(devfn, mode);
        }
        client.write("writeq", REGISTERS + 0x20, ROOT | (mode.scalable() ? SCALABLE_TABLES : 0));
        client.write("writel", REGISTERS + 0x18, SET_ROOT);
        client.write("writel", REGISTERS + 0x18, TRANSLATE & 0xFFFF_FFFFL);
    }

    /** First-stage entries have P, R/W, U/S, A and D where second-stage ones have R and W (VT-d, 9.7 and 9.8). */
    private void writeTables(final boolean firstStage) throws IOException {
        final int attributes = firstStage ? 0x67 : 0x3;
        for (int level = 0; level < LEVELS; level++) {
            final long entry = TABLES[level] + (IOVA >>> 39 - 9 * level & 0x1FF) * Long.BYTES;
            final long next = level == LEVELS - 1 ? TARGET & ~0xFFFL : TABLES[level + 1];
            client.write("writeq", entry, next | attributes);
        }
    }

    /** Context entry: P, TT (0 second stage, 2 pass-through), SSPTPTR; AW, DID (VT-d, 9.3). */
    private void writeLegacy(final int devfn, final Mode mode) throws IOException {
        client.write("writeq", ROOT, CONTEXT | 1);
        final long type = mode.passes() ? 2 : 0;
        client.write("writeq", CONTEXT + devfn * 16L, TABLES[0] | type << 2 | 1);
        client.write("writeq", CONTEXT + devfn * 16L + 8, AGAW_48 | DOMAIN << 8);
    }

    /**
     * Scalable-mode root, context and PASID entries; requests without PASID use PASID 0. A context table holds 128
     * devices, the upper half of the root entry is for the rest (VT-d, 9.2, 9.4 to 9.6).
     */
    private void writeScalable(final int devfn, final Mode mode) throws IOException {
        client.write("writeq", ROOT, CONTEXT | 1);
        client.write("writeq", CONTEXT + devfn * 32L, DIRECTORY | 1);
        client.write("writeq", DIRECTORY, PASIDS | 1);
        final long type = switch (mode) {
            case SCALABLE_FIRST_STAGE -> 1;
            case SCALABLE_SECOND_STAGE -> 2;
            default -> 4;
        };
        final long second = mode == Mode.SCALABLE_SECOND_STAGE ? TABLES[0] : 0;
        client.write("writeq", PASIDS, second | type << 6 | AGAW_48 << 2 | 1);
        client.write("writeq", PASIDS + 8, DOMAIN);
        client.write("writeq", PASIDS + 16, mode == Mode.SCALABLE_FIRST_STAGE ? TABLES[0] : 0);
    }
}
