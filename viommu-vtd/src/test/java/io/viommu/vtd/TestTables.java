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

package io.viommu.vtd;

import io.viommu.iommu.DmaSession;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.walk.RequestWalk;

/**
 * Tables for requester {@link #SID} in test memory, built from plain numbers: a root table, one context table for each
 * half of a bus, a PASID directory and table, second-stage tables (level n at SECOND + n pages) and first-stage tables
 * likewise, which lead input page {@link #IOVA} to {@link #PAGE}.
 */
public final class TestTables {

    public static final int SID = 0x0108;
    public static final int PASID = 0x45;
    public static final long ROOT = 0x1_0000;
    public static final long CONTEXT = 0x1_1000;
    public static final long UPPER_CONTEXT = 0x1_2000;
    public static final long DIRECTORY = 0x1_4000;
    public static final long PASID_TABLE = 0x1_6000;
    public static final long SECOND = 0x2_0000;
    public static final long FIRST = 0x3_0000;
    public static final long PAGE = 0x12_3000;
    public static final long IOVA = 0x40_5000;

    public static final long ROOT_ENTRY = ROOT + 16;
    public static final long CONTEXT_ENTRY = CONTEXT + 8 * 16;
    public static final long SCALABLE_ENTRY = CONTEXT + 8 * 32;
    public static final long DIRECTORY_ENTRY = DIRECTORY + 8;
    /** Of {@link #PASID}. */
    public static final long PASID_ENTRY = PASID_TABLE + 5 * 64;
    /** Of requests without PASID. */
    public static final long RID_ENTRY = PASID_TABLE + 3 * 64;
    public static final int RID_PASID = 0x43;

    /** 39 to 57 bits, MGAW 57, 2M and 1G, PSI, FS1GP, FS5LP, PI, ZLR, DRD, DWD, 64K domains, MAMV 18. */
    public static final long CAP = 6 | 0b01110L << 8 | 56L << 16 | 1L << 22 | 3L << 34 | 1L << 39 | 18L << 48
            | 3L << 54 | 1L << 56 | 1L << 59 | 1L << 60;
    /** C QI DT IR EIM PT SC MHMV NEST PRS SRS NWFS EAFS PASID 20 PDS SMTS SSADS SSTS FSTS SMPWCS RPS ADMS RPRIVS. */
    public static final long ECAP = 0xDF | 15L << 20 | 1L << 26 | 1L << 29 | 1L << 31 | 1L << 33 | 1L << 34 | 19L << 35
            | 1L << 40 | 1L << 42 | 1L << 43 | 1L << 45 | 1L << 46 | 1L << 47 | 1L << 48 | 1L << 49 | 1L << 52
            | 1L << 53;
    public static final long ERS = 1L << 30;

    public static final int READ = DmaSession.READ;
    public static final int WRITE = DmaSession.WRITE;
    public static final int EXECUTE = DmaSession.EXECUTE;
    public static final int PRIVILEGED = DmaSession.PRIVILEGED;
    public static final int NO_PASID = DmaSession.NO_PASID;

    public final TestMemory memory = new TestMemory();
    public final VtdFault fault = new VtdFault();
    public final RequestWalk walk = new RequestWalk(memory);
    public long cap = CAP;
    public long ecap = ECAP;
    public long rootTable = ROOT;
    public int hostWidth = 46;
    public boolean likeQemu;
    public boolean transientMappings;
    private final DmaRequest request = new DmaRequest();

    /** Legacy mode, 4 levels, TT 00. */
    public static TestTables legacy() {
        final TestTables tables = new TestTables();
        tables.memory.put(ROOT_ENTRY, CONTEXT | 1, 0);
        tables.memory.put(CONTEXT_ENTRY, SECOND + 0x4000 | 1, 2 | 7 << 8);
        return tables.second(4);
    }

    /** Scalable mode with one type of translation for requests with and without PASID. */
    public static TestTables scalable(final int type) {
        final TestTables tables = new TestTables();
        tables.rootTable = ROOT | 1 << 10;
        tables.memory.put(ROOT_ENTRY, CONTEXT | 1, UPPER_CONTEXT | 1);
        tables.memory.put(SCALABLE_ENTRY, DIRECTORY | 1 << 3 | 1 << 2 | 1, RID_PASID, 0, 0);
        tables.memory.put(DIRECTORY_ENTRY, PASID_TABLE | 1);
        for (final long at : new long[]{ PASID_ENTRY, RID_ENTRY }) {
            tables.memory.put(at, SECOND + 0x4000 | (long) type << 6 | 2 << 2 | 1, 7 | 1 << 23, FIRST + 0x4000, 0, 0, 0,
                    0, 0);
        }
        return tables.second(4).first(4);
    }

    /** First stage only. */
    public static TestTables firstStage() {
        return scalable(1);
    }

    /** Second stage only, scalable. */
    public static TestTables secondStage() {
        return scalable(2);
    }

    /**
     * Nested; the second stage maps the first 1 GiB to itself, the first stage leads to PAGE.
     */
    public static TestTables nested() {
        final TestTables tables = scalable(3);
        tables.memory.put(secondEntry(3, 0), 0x83);
        return tables;
    }

    /** Second-stage tables down to PAGE, of as many levels. */
    public TestTables second(final int levels) {
        for (int level = levels; level > 1; level--) {
            memory.put(secondEntry(level, IOVA), SECOND + (level - 1) * 0x1000L | 3);
        }
        memory.put(secondEntry(1, IOVA), PAGE | 3);
        return this;
    }

    /** First-stage tables down to PAGE, of as many levels; user, writable. */
    public TestTables first(final int levels) {
        for (int level = levels; level > 1; level--) {
            memory.put(firstEntry(level, IOVA), FIRST + (level - 1) * 0x1000L | 7);
        }
        memory.put(firstEntry(1, IOVA), PAGE | 7);
        return this;
    }

    public static long secondEntry(final int level, final long address) {
        return SECOND + level * 0x1000L + (address >>> 12 + 9 * (level - 1) & 511) * 8;
    }

    public static long firstEntry(final int level, final long address) {
        return FIRST + level * 0x1000L + (address >>> 12 + 9 * (level - 1) & 511) * 8;
    }

    /** Sets bits of a word. */
    public TestTables set(final long at, final long bits) {
        memory.put(at, memory.get(at) | bits);
        return this;
    }

    /** Clears bits of a word. */
    public TestTables clear(final long at, final long bits) {
        memory.put(at, memory.get(at) & ~bits);
        return this;
    }

    public VtdContext context() {
        return new VtdContext(new VtdCapabilities(cap, ecap), true, rootTable, hostWidth, transientMappings,
                likeQemu);
    }

    public int reason(final int sid, final int pasid, final long address, final int access, final boolean update) {
        return walk.walk(context(), request.set(sid, pasid, address, access), update, fault);
    }

    /** The reason for which a request of {@link #SID} without PASID fails, or 0. */
    public int reason(final long address, final int access) {
        return reason(SID, NO_PASID, address, access, true);
    }

    /** The reason for which a request of {@link #SID} with {@link #PASID} fails, or 0. */
    public int pasidReason(final long address, final int access) {
        return reason(SID, PASID, address, access, true);
    }
}
