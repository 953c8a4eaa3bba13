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

import static io.viommu.vtd.TestTables.DIRECTORY_ENTRY;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.NO_PASID;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.RID_ENTRY;
import static io.viommu.vtd.TestTables.RID_PASID;
import static io.viommu.vtd.TestTables.SID;
import static io.viommu.vtd.TestTables.firstEntry;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.viommu.iommu.DmaSession;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.config.VtdContext;
import io.viommu.vtd.config.VtdFault;
import io.viommu.vtd.register.VtdCapabilities;
import io.viommu.vtd.walk.RequestWalk;

/**
 * The whole unit, with all its caches, against a walk that reads the tables each time, while a guest changes entries of
 * every kind and submits the least invalidation that covers the change, through the queue: both must agree about
 * address and outcome at every step (VT-d 6.5).
 */
class CachedAgainstFreshTest {

    private static final int STEPS = 4_000;
    private static final int PAGES = 16;
    private static final long QUEUE = 0x8_0000;
    private static final int IQT = 0x88;

    @ParameterizedTest
    @CsvSource({ "legacy,1", "legacy,2", "second,3", "second,4", "first,5", "first,6", "first,7", "nested,8",
        "nested,9", "nested,10" })
    void answersAgreeAfterInvalidation(final String kind, final long seed) {
        try (DmaGuest unit = new DmaGuest(tables(kind), "", guest -> {
            guest.writeq(0x90, QUEUE | 1 << 11);
            guest.command(1L << 26);
        })) {
            new Guest(unit, kind, seed).live();
        }
    }

    private static TestTables tables(final String kind) {
        return switch (kind) {
            case "legacy" -> TestTables.legacy();
            case "second" -> TestTables.secondStage();
            case "first" -> TestTables.firstStage();
            default -> TestTables.nested();
        };
    }

    private static final class Guest {
        private final SplittableRandom random;
        private final DmaGuest unit;
        private final TestMemory memory;
        private final boolean legacy;
        private final boolean first;
        private final boolean nested;
        private final long seed;
        private final RequestWalk walk;
        private final DmaRequest request = new DmaRequest();
        private final VtdFault fault = new VtdFault();
        private final VtdContext context;
        private long tail;
        private int hits;

        Guest(final DmaGuest unit, final String kind, final long seed) {
            this.unit = unit;
            this.memory = unit.tables.memory;
            this.seed = seed;
            random = new SplittableRandom(seed);
            legacy = "legacy".equals(kind);
            nested = "nested".equals(kind);
            first = "first".equals(kind) || nested;
            walk = new RequestWalk(memory);
            context = new VtdContext(new VtdCapabilities(unit.readq(8), unit.readq(0x10)), true,
                    unit.tables.rootTable, 52, false, false);
            if (seed % 2 == 0 && !legacy) { // the unit keeps flags of the second stage too
                unit.tables.set(PASID_ENTRY, 1 << 9).set(RID_ENTRY, 1 << 9);
            }
        }

        void live() {
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(12) == 0) {
                    change();
                }
                compare(step);
            }
            assertThat(hits).as("seed %d: answers out of the cache", seed).isGreaterThan(STEPS / 20);
            assertThat(unit.readl(0x34) & 0x70).as("errors of the queue").isZero();
        }

        private void compare(final int step) {
            final long iova = IOVA & ~0xFFFFL | (long) random.nextInt(PAGES) << 12
                    | (random.nextInt(4) == 0 ? 1L << 21 : 0) | 0x18;
            final int pasid = legacy || random.nextBoolean() ? NO_PASID : PASID;
            final int access = random.nextInt(2) | (random.nextInt(8) == 0 ? DmaSession.PRIVILEGED : 0);
            final long reads = memory.reads();
            final int result = unit.dma(pasid, iova, access);
            final long address = unit.session.address();
            hits += memory.reads() == reads && result == DmaSession.OK ? 1 : 0;
            final int reason = walk.walk(context, request.set(SID, pasid, iova, access), true, fault);
            assertThat(result == DmaSession.OK).as("seed %d step %d: %s", seed, step, fault.reason())
                    .isEqualTo(reason == VtdFault.NONE);
            if (reason == VtdFault.NONE) {
                assertThat(address).as("seed %d step %d", seed, step).isEqualTo(walk.address());
            }
        }

        private void change() {
            switch (random.nextInt(legacy ? 10 : 14)) {
                case 0 -> changeContext();
                case 10, 11 -> changePasidEntry();
                case 12 -> changeDirectory();
                default -> {
                    if (first && (!nested || random.nextBoolean())) {
                        changeFirst();
                    } else {
                        changeSecond();
                    }
                }
            }
        }

        /** A page, or a table or large page at level 2; the level-1 table may be reached by two addresses. */
        private void changeFirst() {
            if (random.nextInt(5) == 0) {
                final long entry = firstEntry(2, 1L << 21 | IOVA & ~0xFFFFL);
                memory.put(entry, random.nextBoolean()
                        ? memory.get(firstEntry(2, IOVA)) & ~0xFE0L
                        : 0x40_0000 | 0x80 | permissions(3) << 1 & 6 | valid(1));
                invalidateFirst(IOVA & ~0xFFFFL | 1L << 21, 9);
                return;
            }
            final long address = page();
            final long output = nested ? IOVA & ~0xFFFFL | (long) random.nextInt(PAGES) << 12 : output();
            memory.put(firstEntry(1, address), output | permissions(3) << 1 & 6 | valid(1));
            invalidateFirst(address, 0);
            invalidateFirst(address ^ 1L << 21, 0);
        }

        private void changeSecond() {
            if (random.nextInt(5) == 0 && !nested) {
                final long entry = secondEntry(2, 1L << 21 | IOVA & ~0xFFFFL);
                memory.put(entry, random.nextBoolean()
                        ? memory.get(secondEntry(2, IOVA)) & ~0xFE0L
                        : 0x40_0000 | 0x80 | permissions(3));
                invalidateSecond(IOVA & ~0xFFFFL | 1L << 21, 9);
                return;
            }
            if (nested) { // the second stage is one page of 1 GiB: all or nothing
                memory.put(secondEntry(3, 0), 0x80 | permissions(3) | valid(1));
                memory.put(secondEntry(3, 0), memory.get(secondEntry(3, 0)) | (random.nextInt(4) == 0 ? 0 : 3));
                invalidateSecond(0, 18);
                return;
            }
            final long address = page();
            memory.put(secondEntry(1, address), output() | permissions(3));
            invalidateSecond(address, 0);
            invalidateSecond(address ^ 1L << 21, 0);
        }

        /** Of the pages that changed, or more; first-stage entries go by PASID, or with their domain. */
        private void invalidateFirst(final long address, final int mask) {
            for (final int pasid : new int[]{ PASID, RID_PASID }) {
                final long domain = domain(pasid);
                switch (random.nextInt(5)) {
                    case 0 -> submit(6 | 2 << 4 | domain << 16 | (long) pasid << 32, 0);
                    case 1 -> submit(2 | 2 << 4 | domain << 16, 0);
                    case 2 -> submit(2 | 3 << 4 | domain << 16, 0x7777_7000L);
                    case 3 -> submit(6 | 3 << 4 | domain << 16 | (long) pasid << 32, wider(address, mask));
                    default -> submit(6 | 3 << 4 | domain << 16 | (long) pasid << 32, hinted(address, mask));
                }
            }
        }

        private void invalidateSecond(final long address, final int mask) {
            for (final int pasid : legacy ? new int[]{ 0 } : new int[]{ PASID, RID_PASID }) {
                final long domain = domain(pasid);
                switch (random.nextInt(4)) {
                    case 0 -> submit(2 | 1 << 4, 0);
                    case 1 -> submit(2 | 2 << 4 | domain << 16, 0);
                    case 2 -> submit(2 | 3 << 4 | 3 << 6 | domain << 16, wider(address, mask));
                    default -> submit(2 | 3 << 4 | domain << 16, hinted(address, mask));
                }
            }
        }

        private long hinted(final long address, final int mask) {
            return address & -4096L << mask | (mask == 0 ? random.nextInt(2) << 6 : 0) | mask;
        }

        private long wider(final long address, final int mask) {
            final int more = Math.min(18, mask + random.nextInt(6));
            return address & -4096L << more | more;
        }

        private long domain(final int pasid) {
            if (legacy) {
                return 7;
            }
            return memory.get((pasid == PASID ? PASID_ENTRY : RID_ENTRY) + 8) & 0xFFFF;
        }

        /** Another domain, present or not: the cache entry goes by the old domain, as translations do. */
        private void changePasidEntry() {
            final int pasid = random.nextBoolean() ? PASID : RID_PASID;
            final long entry = pasid == PASID ? PASID_ENTRY : RID_ENTRY;
            final long old = domain(pasid);
            memory.put(entry, memory.get(entry) & ~1L | valid(1));
            memory.put(entry + 8, memory.get(entry + 8) & ~0xFFFFL | 7 + random.nextInt(2));
            memory.put(entry + 16, memory.get(entry + 16) & ~0x11L | random.nextInt(2) * 0x11L);
            switch (random.nextInt(3)) {
                case 0 -> submit(7 | 1 << 4 | old << 16 | (long) pasid << 32, 0);
                case 1 -> submit(7 | old << 16, 0);
                default -> submit(7 | 3 << 4, 0);
            }
            submit(2 | 2 << 4 | old << 16, 0);
        }

        private void changeDirectory() {
            memory.put(DIRECTORY_ENTRY, memory.get(DIRECTORY_ENTRY) & ~1L | valid(1));
            submit(7 | 3 << 4, 0);
            submit(2 | 1 << 4, 0);
        }

        private void changeContext() {
            final long entry = legacy ? TestTables.CONTEXT_ENTRY : TestTables.SCALABLE_ENTRY;
            memory.put(entry, memory.get(entry) & ~1L | valid(1));
            switch (random.nextInt(4)) {
                case 0 -> submit(1 | 1 << 4, 0);
                case 1 -> submit(1 | 2 << 4 | 7 << 16, 0);
                case 2 -> submit(1 | 3 << 4 | 7 << 16 | (long) SID << 32, 0);
                default -> submit(1 | 3 << 4 | 7 << 16 | (SID ^ 5L) << 32 | 3L << 48, 0);
            }
            submit(7 | 3 << 4, 0);
            submit(2 | 1 << 4, 0);
        }

        private long page() {
            return IOVA & ~0xFFFFL | (long) random.nextInt(PAGES) << 12;
        }

        private long output() {
            return 0x10_0000 | (long) random.nextInt(64) << 12;
        }

        private long permissions(final int all) {
            return random.nextInt(4) == 0 ? random.nextInt(all + 1) : all;
        }

        private long valid(final int bits) {
            return random.nextInt(12) == 0 ? 0 : bits;
        }

        /** A descriptor of 256 bits, and a wait behind it now and then. */
        private void submit(final long word0, final long word1) {
            if (legacy && (word0 & 0xF) == 7) {
                return;
            }
            memory.put(QUEUE + tail, word0, word1, 0, 0);
            tail = (tail + 32) % 4096;
            if (random.nextInt(4) == 0) {
                memory.put(QUEUE + tail, 0x25 | (long) random.nextInt(1000) << 32, 0x9_0000, 0, 0);
                tail = (tail + 32) % 4096;
            }
            unit.writel(IQT, tail);
        }
    }
}
