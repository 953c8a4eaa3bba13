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

import static io.viommu.vmm.qtest.SmmuBoard.ALL;
import static io.viommu.vmm.qtest.SmmuBoard.CONTEXTS;
import static io.viommu.vmm.qtest.SmmuBoard.DATA;
import static io.viommu.vmm.qtest.SmmuBoard.PAGE;
import static io.viommu.vmm.qtest.SmmuBoard.PAGE2;
import static io.viommu.vmm.qtest.SmmuBoard.S1;
import static io.viommu.vmm.qtest.SmmuBoard.S2;
import static io.viommu.vmm.qtest.SmmuBoard.SYNC;
import static io.viommu.vmm.qtest.SmmuBoard.leaf1;
import static io.viommu.vmm.qtest.SmmuBoard.nested;
import static io.viommu.vmm.qtest.SmmuBoard.stage1;
import static io.viommu.vmm.qtest.SmmuBoard.stage2;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an invalidation has to hit (IHI 0070, 4.3, 4.4, 3.21), through the door: afterwards nothing old is used. */
class SmmuInvalidationRulesTest {

    private static final long ELSEWHERE = DATA + 0x1_0000;
    private static final long NOT_GLOBAL = 1 << 11;

    /** A device writes, and it lands at the page that the tables name now. */
    private static void assertNew(final SmmuBoard board) {
        assertThat(board.dmaWrite(0x1000)).isEqualTo("ok");
        assertThat((int) board.load(ELSEWHERE)).isEqualTo(0x1234_5678);
    }

    private static long[] command(final String word0, final String word1) {
        return new long[]{ Long.parseUnsignedLong(word0, 16), Long.parseUnsignedLong(word1, 16) };
    }

    @ParameterizedTest
    @CsvSource({
        // ASID 5, address 0x1000: NH_ALL, NH_ASID, NH_VA, NH_VAA, S12_VMALL, NSNH_ALL
        "10,0", "5000000000011,0", "5000000000012,1000", "13,1000", "28,0", "30,0",
        // ranges: NUM 31, one page with TTL 3, the greatest SCALE, granules of 64 KiB, the greatest of all
        "500000001f012,400", "13,1700", "5000003f00012,400", "500000001f012,c00", "5000003f1f012,400" })
    void stageOneInvalidationDropsTheTranslation(final String word0, final String word1) {
        final SmmuBoard board = stage1(ALL);
        board.store(leaf1(), DATA | PAGE | NOT_GLOBAL);
        try (board) {
            assertThat(board.start().dmaWrite(0x1000)).isEqualTo("ok");
            board.store(leaf1(), ELSEWHERE | PAGE | NOT_GLOBAL);
            final long[] command = command(word0, word1);
            assertThat(board.command(command, SYNC) >>> 24).isZero();
            assertNew(board);
        }
    }

    @Test
    void globalLeafGoesByItsAddressWhateverTheAsid() {
        try (SmmuBoard board = stage1().start()) {
            board.dmaWrite(0x1000);
            board.store(leaf1(), ELSEWHERE | PAGE);
            board.command(command("9000000000012", "1000"), SYNC);
            assertNew(board);
        }
    }

    @Test
    void blockGoesByAnyAddressInIt() {
        final SmmuBoard board = stage1();
        board.store(S1 + 0x10_0000, 0x4800_0000L | PAGE & ~2);
        try (board) {
            assertThat(board.start().dmaWrite(0x1_0000)).isEqualTo("ok");
            board.store(S1 + 0x10_0000, 0x4820_0000L | PAGE & ~2);
            board.command(command("5000000000012", "1ff000"), SYNC);
            board.dmaWrite(0x1_0000);
            assertThat((int) board.load(0x4821_0000L)).isEqualTo(0x1234_5678);
        }
    }

    @ParameterizedTest
    @CsvSource({ "70000002a,1000", "700000028,0", "30,0", "70000002a,1700", "70001f02a,400" })
    void stageTwoInvalidationDropsTheTranslation(final String word0, final String word1) {
        final SmmuBoard board = stage2(ALL);
        try (board) {
            board.start().dmaWrite(0x1000);
            board.map2(0x1000, ELSEWHERE | PAGE2);
            final long[] command = command(word0, word1);
            assertThat(board.command(command, SYNC) >>> 24).isZero();
            assertNew(board);
        }
    }

    @Test
    void intermediateAddressAndThenStageOneDropACombinedTranslation() {
        try (SmmuBoard board = nested().start()) {
            board.dmaWrite(0x1000);
            board.store(S2 + 0x10_2008, ELSEWHERE | PAGE2);
            board.command(command("70000002a", "380001000"), command("700000010", "0"), SYNC);
            assertNew(board);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // CFGI_STE and its range, CFGI_CD and all of them, CFGI_ALL; the CD is reached by both
        "800000003,1", "800000003,0", "800000004,0", "900000004,3", "f00000004,3", "800000005,1", "800000006,0",
        "4,1f" })
    void configurationInvalidationDropsTheContext(final String word0, final String word1) {
        try (SmmuBoard board = stage1().start()) {
            board.dmaWrite(0x1000);
            board.map(0x4300_0000L, 0x1000, ELSEWHERE | PAGE);
            board.context(CONTEXTS, Structure.context(0x4300_0000L));
            board.command(command(word0, word1), SmmuBoard.TLBI_ALL, SYNC);
            assertNew(board);
        }
    }

    @Test
    void changedEntryCountsAfterItsInvalidationAlone() {
        try (SmmuBoard board = stage1().start()) {
            board.dmaWrite(0x1000);
            board.stream(8, Structure.stream(4));
            board.command(command("800000003", "1"), SYNC);
            assertThat(board.dmaWrite(ELSEWHERE)).as("it bypasses").isEqualTo("ok");
            board.stream(8, Structure.stream(0));
            board.command(command("800000003", "1"), SYNC);
            assertThat(board.dmaWrite(ELSEWHERE)).isEqualTo("fault");
            assertThat(board.takeEvents()).isEmpty();
        }
    }

    @Test
    void entryThatWasNotValidNeedsNoInvalidationToBecomeSo() {
        final SmmuBoard board = stage1();
        board.stream(8, new Structure());
        try (board) {
            board.start().dmaWrite(0x1000);
            board.stream(8, Structure.stream(5).contexts(CONTEXTS));
            assertThat(board.dmaWrite(0x1000)).isEqualTo("ok");
        }
    }
}
