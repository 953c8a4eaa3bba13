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

import static io.viommu.vtd.TestTables.CONTEXT_ENTRY;
import static io.viommu.vtd.TestTables.DIRECTORY_ENTRY;
import static io.viommu.vtd.TestTables.EXECUTE;
import static io.viommu.vtd.TestTables.IOVA;
import static io.viommu.vtd.TestTables.NO_PASID;
import static io.viommu.vtd.TestTables.PASID;
import static io.viommu.vtd.TestTables.PASID_ENTRY;
import static io.viommu.vtd.TestTables.PRIVILEGED;
import static io.viommu.vtd.TestTables.READ;
import static io.viommu.vtd.TestTables.ROOT_ENTRY;
import static io.viommu.vtd.TestTables.SCALABLE_ENTRY;
import static io.viommu.vtd.TestTables.WRITE;
import static io.viommu.vtd.TestTables.firstEntry;
import static io.viommu.vtd.TestTables.secondEntry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import io.viommu.iommu.DmaSession;
import io.viommu.vtd.config.DmaRequest;
import io.viommu.vtd.spec.FaultReason;

/**
 * Each fault reason that a unit of ours can have, from the tables in memory to the 16 bytes of its fault recording
 * register (VT-d 7.1.3, 11.4.7.6): F T1 AT PV FR | PP EXE PRIV T2 SID | FI. The requester is 01:01.0 everywhere.
 */
class FaultReasonRecordsTest {

    private static final long NOWHERE = TestMemory.NOWHERE;
    private static final long ROM = TestMemory.ROM;
    private static final int TRANSLATED = DmaSession.TRANSLATED;
    private static final int ATOMIC = DmaRequest.ATOMIC;

    /** One way to a fault; a page request is a {@code pasid} request that never translates. */
    private record Case(FaultReason reason, String what, Supplier<TestTables> tables, Consumer<TestTables> mistake,
            int pasid, long iova, int access, String record, String options) {
    }

    private final List<Case> cases = new ArrayList<>();

    private void legacy(final FaultReason reason, final String what, final Consumer<TestTables> mistake,
            final long iova, final int access, final String record) {
        cases.add(new Case(reason, what, TestTables::legacy, mistake, NO_PASID, iova, access, record, ""));
    }

    private void second(final FaultReason reason, final String what, final Consumer<TestTables> mistake,
            final int pasid, final long iova, final int access, final String record) {
        cases.add(new Case(reason, what, TestTables::secondStage, mistake, pasid, iova, access, record, ""));
    }

    private void first(final FaultReason reason, final String what, final Consumer<TestTables> mistake,
            final int pasid, final long iova, final int access, final String record) {
        cases.add(new Case(reason, what, TestTables::firstStage, mistake, pasid, iova, access, record, ""));
    }

    private void nested(final FaultReason reason, final String what, final Consumer<TestTables> mistake,
            final String record) {
        cases.add(new Case(reason, what, TestTables::nested, mistake, PASID, IOVA, READ, record, ""));
    }

    private void legacyCases() {
        legacy(FaultReason.LRT_2, "write", t -> t.clear(ROOT_ENTRY, 1), IOVA, WRITE,
                "80000001 00000108 00000000 00405000");
        legacy(FaultReason.LRT_2, "read", t -> t.clear(ROOT_ENTRY, 1), IOVA, READ,
                "c0000001 00000108 00000000 00405000");
        legacy(FaultReason.LCT_2, "", t -> t.clear(CONTEXT_ENTRY, 1), IOVA, WRITE,
                "80000002 00000108 00000000 00405000");
        legacy(FaultReason.LCT_4, "AW", t -> t.memory.put(CONTEXT_ENTRY + 8, 4 | 7 << 8), IOVA, READ,
                "c0000003 00000108 00000000 00405000");
        legacy(FaultReason.LCT_4, "TT", t -> t.set(CONTEXT_ENTRY, 3 << 2), IOVA, READ,
                "c0000003 00000108 00000000 00405000");
        legacy(FaultReason.LCT_4, "top table", t -> t.memory.put(CONTEXT_ENTRY, NOWHERE | 1), IOVA, READ,
                "c0000003 00000108 00000000 00405000");
        legacy(FaultReason.LGN_1, "", t -> {
        }, 0x0001_0000_0040_5678L, WRITE, "80000004 00000108 00010000 00405000");
        legacy(FaultReason.LGN_2, "not present", t -> t.clear(secondEntry(1, IOVA), 3), IOVA, WRITE,
                "80000005 00000108 00000000 00405000");
        legacy(FaultReason.LGN_2, "read-only", t -> t.clear(secondEntry(2, IOVA), 2), IOVA, WRITE,
                "80000005 00000108 00000000 00405000");
        legacy(FaultReason.LGN_2, "AtomicOp", t -> t.clear(secondEntry(1, IOVA), 2), IOVA, ATOMIC,
                "c0000005 10000108 00000000 00405000");
        legacy(FaultReason.LGN_3, "", t -> t.clear(secondEntry(3, IOVA), 1), IOVA, READ,
                "c0000006 00000108 00000000 00405000");
        legacy(FaultReason.LSS_1, "", t -> t.memory.put(secondEntry(3, IOVA), NOWHERE | 3), IOVA, READ,
                "c0000007 00000108 00000000 00405000");
        legacy(FaultReason.LRT_1, "", t -> t.rootTable = NOWHERE, IOVA, WRITE, "80000008 00000108 00000000 00405000");
        legacy(FaultReason.LCT_1, "", t -> t.memory.put(ROOT_ENTRY, NOWHERE | 1), IOVA, WRITE,
                "80000009 00000108 00000000 00405000");
        legacy(FaultReason.LRT_3, "", t -> t.set(ROOT_ENTRY + 8, 1L << 40), IOVA, WRITE,
                "8000000a 00000108 00000000 00405000");
        legacy(FaultReason.LCT_3, "", t -> t.set(CONTEXT_ENTRY + 8, 1L << 24), IOVA, WRITE,
                "8000000b 00000108 00000000 00405000");
        legacy(FaultReason.LSS_2, "", t -> t.set(secondEntry(2, IOVA), 1L << 11), IOVA, READ,
                "c000000c 00000108 00000000 00405000");
        legacy(FaultReason.LCT_5, "translated", t -> {
        }, IOVA, TRANSLATED | WRITE, "a000000d 00000108 00000000 00405000");
        legacy(FaultReason.LGN_4, "", t -> t.memory.put(secondEntry(1, IOVA), 0xFEE0_0003L), IOVA, WRITE,
                "8000000e 00000108 00000000 00405000");
        legacy(FaultReason.LGN_4, "translated", t -> t.set(CONTEXT_ENTRY, 1 << 2), 0xFEE0_1000L, TRANSLATED | WRITE,
                "a000000e 00000108 00000000 fee01000");
        legacy(FaultReason.IR_29, "", t -> {
        }, 0xFEE0_1234L, READ, "c0000029 00000108 00000000 fee01000");
    }

    private void rootAddressCases() {
        final Consumer<TestTables> nothing = t -> {
        };
        legacy(FaultReason.RTA_1, "TTM 10", t -> t.rootTable |= 2 << 10, IOVA, WRITE,
                "80000030 00000108 00000000 00405000");
        cases.add(new Case(FaultReason.RTA_1, "TTM 01 without SMTS", TestTables::secondStage, nothing, NO_PASID, IOVA,
                READ, "c0000030 00000108 00000000 00405000", "scalable-mode=off srs=off fs5lp=off"));
        cases.add(new Case(FaultReason.RTA_1, "TTM 11 without ADMS", TestTables::legacy, t -> t.rootTable |= 3 << 10,
                NO_PASID, IOVA, READ, "c0000030 00000108 00000000 00405000", "adms=off"));
        cases.add(new Case(FaultReason.RTA_2, "", TestTables::legacy, nothing, PASID, IOVA, WRITE,
                "80004531 80000108 00000000 00405000", ""));
        legacy(FaultReason.RTA_4, "", t -> t.rootTable |= 3 << 10, IOVA, WRITE, "80000033 00000108 00000000 00405000");
    }

    private void scalableTableCases() {
        second(FaultReason.SRT_1, "", t -> t.rootTable = NOWHERE | 1 << 10, NO_PASID, IOVA, WRITE,
                "80000038 00000108 00000000 00405000");
        second(FaultReason.SRT_2, "", t -> t.clear(ROOT_ENTRY, 1), PASID, IOVA, READ,
                "c0004539 80000108 00000000 00405000");
        second(FaultReason.SRT_3, "", t -> t.set(ROOT_ENTRY, 1 << 4), PASID, IOVA, PRIVILEGED,
                "c000453a a0000108 00000000 00405000");
        second(FaultReason.SCT_1, "", t -> t.memory.put(ROOT_ENTRY, NOWHERE | 1), NO_PASID, IOVA, WRITE,
                "80000040 00000108 00000000 00405000");
        second(FaultReason.SCT_2, "", t -> t.clear(SCALABLE_ENTRY, 1), NO_PASID, IOVA, WRITE,
                "80000041 00000108 00000000 00405000");
        second(FaultReason.SCT_3, "", t -> t.set(SCALABLE_ENTRY + 24, 1), NO_PASID, IOVA, WRITE,
                "80000042 00000108 00000000 00405000");
        second(FaultReason.SCT_5, "translated", t -> t.clear(SCALABLE_ENTRY, 1 << 2), NO_PASID, IOVA,
                TRANSLATED | WRITE, "a0000044 00000108 00000000 00405000");
        second(FaultReason.SCT_6, "", t -> t.clear(SCALABLE_ENTRY, 1 << 3), PASID, IOVA, WRITE,
                "80004545 80000108 00000000 00405000");
        second(FaultReason.SCT_7, "", t -> {
        }, 0x2345, IOVA, WRITE, "80234546 80000108 00000000 00405000");
        second(FaultReason.SCT_4, "RID_PASID", t -> t.memory.put(SCALABLE_ENTRY + 8, 0x2000), NO_PASID, IOVA, READ,
                "c0000043 00000108 00000000 00405000");
        second(FaultReason.SPD_1, "", t -> t.memory.put(SCALABLE_ENTRY, NOWHERE | 0xD), PASID, IOVA, READ,
                "c0004550 80000108 00000000 00405000");
        second(FaultReason.SPD_2, "", t -> t.clear(DIRECTORY_ENTRY, 1), PASID, IOVA, READ,
                "c0004551 80000108 00000000 00405000");
        second(FaultReason.SPD_3, "", t -> t.set(DIRECTORY_ENTRY, 4), PASID, IOVA, READ,
                "c0004552 80000108 00000000 00405000");
        second(FaultReason.SPT_1, "", t -> t.memory.put(DIRECTORY_ENTRY, NOWHERE | 1), PASID, IOVA, READ,
                "c0004558 80000108 00000000 00405000");
        second(FaultReason.SPT_2, "", t -> t.clear(PASID_ENTRY, 1), PASID, IOVA, READ,
                "c0004559 80000108 00000000 00405000");
        second(FaultReason.SPT_3, "", t -> t.set(PASID_ENTRY + 56, 1), PASID, IOVA, READ,
                "c000455a 80000108 00000000 00405000");
        second(FaultReason.SPT_4, "PGTT 5", t -> t.memory.put(PASID_ENTRY, 5 << 6 | 1), PASID, IOVA, READ,
                "c000455b 80000108 00000000 00405000");
        first(FaultReason.SPT_5, "", t -> {
        }, PASID, IOVA, EXECUTE, "c000455c c0000108 00000000 00405000");
        first(FaultReason.SPT_6, "", t -> {
        }, PASID, IOVA, PRIVILEGED | WRITE, "8000455d a0000108 00000000 00405000");
        second(FaultReason.SGN_10, "", t -> {
        }, 0x1345, IOVA, WRITE, "80134589 80000108 00000000 00405000");
        final Case wide = cases.remove(cases.size() - 1);
        cases.add(new Case(wide.reason, wide.what, wide.tables, wide.mistake, wide.pasid, wide.iova, wide.access,
                wide.record, "pasid-bits=8"));
    }

    private void secondStageCases() {
        second(FaultReason.SSS_1, "", t -> t.memory.put(secondEntry(2, IOVA), NOWHERE | 3), PASID, IOVA, WRITE,
                "80004578 80000108 00000000 00405000");
        second(FaultReason.SSS_2, "", t -> t.clear(secondEntry(1, IOVA), 3), NO_PASID, IOVA, WRITE,
                "80000079 00000108 00000000 00405000");
        second(FaultReason.SSS_3, "", t -> t.set(secondEntry(2, IOVA), 1 << 11), NO_PASID, IOVA, WRITE,
                "8000007a 00000108 00000000 00405000");
        second(FaultReason.SSS_4, "", t -> t.memory.put(PASID_ENTRY, NOWHERE | 0x89), PASID, IOVA, WRITE,
                "8000457b 80000108 00000000 00405000");
        second(FaultReason.SSS_5, "", t -> {
            t.set(PASID_ENTRY, 1 << 9);
            t.clear(PASID_ENTRY + 8, 1 << 23);
        }, PASID, IOVA, WRITE, "8000457c 80000108 00000000 00405000");
        second(FaultReason.SSS_6, "", t -> {
            t.set(PASID_ENTRY, 1 << 9);
            t.memory.put(ROM, t.memory.get(secondEntry(4, IOVA)));
            t.memory.put(PASID_ENTRY, ROM | 0x289);
        }, PASID, IOVA, WRITE, "8000457d 80000108 00000000 00405000");
        second(FaultReason.SGN_4, "pass-through", t -> t.memory.put(PASID_ENTRY, 0x101), PASID, 1L << 52, READ,
                "c0004583 80000108 00100000 00000000");
        second(FaultReason.SGN_5, "", t -> {
        }, PASID, 1L << 48, READ, "c0004584 80000108 00010000 00000000");
        second(FaultReason.SGN_6, "", t -> t.clear(secondEntry(1, IOVA), 2), PASID, IOVA, WRITE,
                "80004585 80000108 00000000 00405000");
        second(FaultReason.SGN_7, "", t -> t.clear(secondEntry(1, IOVA), 1), PASID, IOVA, READ,
                "c0004586 80000108 00000000 00405000");
        second(FaultReason.SGN_7, "AtomicOp", t -> t.clear(secondEntry(1, IOVA), 1), PASID, IOVA, ATOMIC,
                "c0004586 90000108 00000000 00405000");
        second(FaultReason.SGN_8, "", t -> t.memory.put(secondEntry(1, IOVA), 0xFEEF_F003L), PASID, IOVA, WRITE,
                "80004587 80000108 00000000 00405000");
        second(FaultReason.SGN_8, "pass-through", t -> t.memory.put(PASID_ENTRY, 0x101), PASID, 0xFEE0_0000L, WRITE,
                "80004587 80000108 00000000 fee00000");
    }

    private void firstStageCases() {
        first(FaultReason.SFS_1, "", t -> t.memory.put(firstEntry(3, IOVA), NOWHERE | 7), PASID, IOVA, WRITE,
                "80004570 80000108 00000000 00405000");
        first(FaultReason.SFS_2, "", t -> t.clear(firstEntry(1, IOVA), 1), PASID, IOVA, READ,
                "c0004571 80000108 00000000 00405000");
        first(FaultReason.SFS_3, "", t -> t.set(firstEntry(4, IOVA), 1 << 7), PASID, IOVA, READ,
                "c0004572 80000108 00000000 00405000");
        first(FaultReason.SFS_4, "", t -> t.memory.put(PASID_ENTRY + 16, NOWHERE), PASID, IOVA, READ,
                "c0004573 80000108 00000000 00405000");
        first(FaultReason.SGN_1, "", t -> {
        }, PASID, 0x8000_0000_0000L, READ, "c0004580 80000108 00008000 00000000");
        first(FaultReason.SGN_2, "", t -> t.clear(firstEntry(2, IOVA), 4), PASID, IOVA, READ,
                "c0004581 80000108 00000000 00405000");
        cases.add(new Case(FaultReason.SGN_3, "", TestTables::firstStage, t -> {
            t.set(PASID_ENTRY + 16, 0x22);
            t.set(firstEntry(1, IOVA), 1L << 63);
        }, PASID, IOVA, EXECUTE, "c0004582 c0000108 00000000 00405000", "ers=on"));
        first(FaultReason.SGN_6, "", t -> t.clear(firstEntry(2, IOVA), 2), NO_PASID, IOVA, WRITE,
                "80000085 00000108 00000000 00405000");
        first(FaultReason.SGN_6, "privileged with WPE", t -> {
            t.set(PASID_ENTRY + 16, 0x11);
            t.clear(firstEntry(1, IOVA), 2);
        }, PASID, IOVA, PRIVILEGED | WRITE, "80004585 a0000108 00000000 00405000");
        first(FaultReason.SGN_8, "", t -> t.memory.put(firstEntry(1, IOVA), 0xFEE0_0007L), PASID, IOVA, WRITE,
                "80004587 80000108 00000000 00405000");
        first(FaultReason.SFS_9, "", t -> t.clear(PASID_ENTRY + 8, 1 << 23), PASID, IOVA, WRITE,
                "80004590 80000108 00000000 00405000");
        first(FaultReason.SFS_10, "", t -> {
            t.memory.put(ROM, t.memory.get(firstEntry(4, IOVA)));
            t.memory.put(PASID_ENTRY + 16, ROM);
        }, PASID, IOVA, READ, "c0004591 80000108 00000000 00405000");
    }

    private void nestedCases() {
        nested(FaultReason.SFS_5, "", t -> t.memory.put(firstEntry(4, IOVA), 1L << 48 | 7),
                "c0004574 80000108 00000000 00405000");
        nested(FaultReason.SFS_6, "", t -> t.clear(secondEntry(3, 0), 1), "c0004575 80000108 00000000 00405000");
        nested(FaultReason.SFS_7, "", t -> {
            t.memory.put(secondEntry(3, 0x4000_0000L), 0x82);
            t.memory.put(firstEntry(4, IOVA), 0x4000_0000L | TestTables.FIRST + 0x3000 | 7);
        }, "c0004576 80000108 00000000 00405000");
        nested(FaultReason.SFS_8, "", t -> t.clear(secondEntry(3, 0), 2), "c0004577 80000108 00000000 00405000");
    }

    @TestFactory
    Stream<DynamicTest> everyReasonHasItsSixteenBytes() {
        legacyCases();
        rootAddressCases();
        scalableTableCases();
        secondStageCases();
        firstStageCases();
        nestedCases();
        return cases.stream().map(way -> DynamicTest.dynamicTest(
                String.format("%02x %s %s", way.reason.code(), way.reason, way.what), () -> check(way)));
    }

    private static void check(final Case way) {
        final TestTables tables = way.tables.get();
        way.mistake.accept(tables);
        try (DmaGuest guest = new DmaGuest(tables, way.options)) {
            assertThat(guest.dma(way.pasid, way.iova, way.access)).isEqualTo(DmaSession.ABORTED);
            assertThat(guest.record(0)).isEqualTo(way.record);
            assertThat(guest.record(1)).isNull();
            assertThat(guest.readl(0x34)).as("FSTS").isEqualTo(2);
            assertThat(guest.messages.take()).containsExactly("fee00000:41");
        }
    }

    @Test
    void aTranslationRequestIsRecordedWithItsAddressType() {
        final TestTables tables = TestTables.secondStage().clear(SCALABLE_ENTRY, 1 << 2);
        try (DmaGuest guest = new DmaGuest(tables, "")) {
            guest.session.requestTranslation(TestTables.SID, PASID, IOVA, WRITE);
            assertThat(guest.record(0)).isEqualTo("d0004544 80000108 00000000 00405000");
        }
    }

    /** Page requests have a test of their own; 48h is of older hardware. */
    @Test
    void noReasonIsForgotten() {
        everyReasonHasItsSixteenBytes();
        final Set<FaultReason> left = EnumSet.allOf(FaultReason.class);
        left.removeIf(FaultReason::interrupt);
        cases.forEach(way -> left.remove(way.reason));
        assertThat(left).containsExactlyInAnyOrder(FaultReason.RTA_3, FaultReason.SCT_8, FaultReason.SCT_9);
    }
}
