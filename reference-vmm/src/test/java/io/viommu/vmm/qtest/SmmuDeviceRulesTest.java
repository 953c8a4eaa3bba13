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
import static io.viommu.vmm.qtest.SmmuBoard.NOWHERE;
import static io.viommu.vmm.qtest.SmmuBoard.PAGE;
import static io.viommu.vmm.qtest.SmmuBoard.REQUESTS;
import static io.viommu.vmm.qtest.SmmuBoard.S1;
import static io.viommu.vmm.qtest.SmmuBoard.S2;
import static io.viommu.vmm.qtest.SmmuBoard.event;
import static io.viommu.vmm.qtest.SmmuBoard.leaf1;
import static io.viommu.vmm.qtest.SmmuBoard.record;
import static io.viommu.vmm.qtest.SmmuBoard.stage1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules on stalls, ATS and page requests (IHI 0070, 3.9, 3.12, 4.5 to 4.7 and 8), by the door. */
class SmmuDeviceRulesTest {

    private static final long IN = 2L << 40;
    private static final long STALL = 1L << 31;
    private static final long RETRY = 1 << 12;

    private static SmmuBoard stalling() {
        final SmmuBoard board = stage1(ALL);
        board.context(CONTEXTS, Structure.context(S1).set(44, 1, 1).set(45, 1, 0));
        return board;
    }

    /** The tag of a stall record of stream 8, checked but for that. */
    private static long tag(final String event, final long iova) {
        final long word1 = Long.parseUnsignedLong(event.split(" ")[1], 16);
        assertThat(event).isEqualTo(event(0x10, IN | STALL | word1 & 0xFFFF, iova, 0));
        return word1 & 0xFFFF;
    }

    private static void resume(final SmmuBoard board, final long stream, final long tag, final long how) {
        board.command(new long[]{ 0x44 | how | stream << 32, tag }, SmmuBoard.SYNC);
    }

    @Test
    void stallIsRecordedThoughRecordingIsOffAndRetriedWhenStreamAndTagMatch() {
        try (SmmuBoard board = stalling().start()) {
            assertThat(board.dmaWrite(0x2000)).as("nothing is written yet").isEqualTo("fault");
            final long tag = tag(board.takeEvents().get(0), 0x2000);
            board.map1(0x2000, DATA | PAGE);
            resume(board, 9, tag, RETRY);
            resume(board, 8, tag ^ 1, RETRY);
            assertThat(board.data()).isZero();
            resume(board, 8, tag, RETRY);
            assertThat(board.data()).isEqualTo(0x1234_5678);
            assertThat(board.takeEvents()).isEmpty();
        }
    }

    @Test
    void retryGoesByTheTablesAsTheyAreAndTerminationEndsWithoutARecord() {
        try (SmmuBoard board = stalling().start()) {
            board.dmaWrite(0x2000);
            resume(board, 8, tag(board.takeEvents().get(0), 0x2000), RETRY);
            final long again = tag(board.takeEvents().get(0), 0x2000);
            board.map1(0x2000, DATA | PAGE);
            resume(board, 8, again, 1 << 13);
            resume(board, 8, again, RETRY);
            assertThat(board.data()).isZero();
            assertThat(board.takeEvents()).isEmpty();
        }
    }

    @Test
    void stallTermAndClearingSmmuenEndStallsAndFreeTheirTags() {
        try (SmmuBoard board = stalling().start()) {
            board.dmaWrite(0x2000);
            final long terminated = tag(board.takeEvents().get(0), 0x2000);
            board.command(new long[]{ 0x45 | 8L << 32, 0 });
            board.dmaWrite(0x2000);
            final long disabled = tag(board.takeEvents().get(0), 0x2000);
            board.write(0x20, 0xC);
            board.write(0x20, 0xD);
            board.map1(0x2000, DATA | PAGE);
            resume(board, 8, terminated, RETRY);
            resume(board, 8, disabled, RETRY);
            assertThat(board.data()).isZero();
        }
    }

    @Test
    void stallRecordWaitsForRoomAndIsNoOverflow() {
        final SmmuBoard board = stalling();
        board.eventsLog2 = 0;
        try (board) {
            board.start().dmaWrite(0x2000);
            board.dmaWrite(0x3000);
            assertThat(board.read(0x100A8)).isEqualTo(1);
            tag(board.takeEvents().get(0), 0x2000);
            tag(board.takeEvents().get(0), 0x3000);
        }
    }

    @Test
    void stageTwoStallsByItsOwnFlagAndAbortedWalksNever() {
        final SmmuBoard board = SmmuBoard.stage2(ALL);
        board.stream(8, Structure.stream(6).stage2(S2).set(185, 1, 1));
        try (board) {
            board.start().dmaWrite(0x2000);
            assertThat(board.takeEvents().get(0)).contains(" 2808000").endsWith(" 2000 2000");
            board.store(S2, NOWHERE | 3);
            board.forget();
            board.dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(0xB, 1L << 39 | IN, 0x1000, NOWHERE));
        }
    }

    private static SmmuBoard ats() {
        final SmmuBoard board = stage1(ALL);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).set(92, 2, 1));
        return board;
    }

    @Test
    void atsRequestIsGrantedWhatIsAllowedAndWantedAndRecordsNothing() {
        try (SmmuBoard board = ats().start()) {
            assertThat(board.ats(8, 0x1000, "w")).isEqualTo("0x48010000 0x1000 rw");
            assertThat(board.ats(8, 0x1000, "")).isEqualTo("0x48010000 0x1000 r");
            assertThat(board.ats(8, 0x2000, "w")).endsWith(" none");
            board.store(leaf1(), DATA | PAGE | 0x80);
            board.forget();
            assertThat(board.ats(8, 0x1000, "w")).endsWith(" r");
            board.store(S1, NOWHERE | 3);
            board.forget();
            assertThat(board.ats(8, 0x1000, "w")).isEqualTo("fault abort");
            assertThat(board.takeEvents()).isEmpty();
        }
    }

    @Test
    void atsRequestThatIsNotAllowedIsUnsupportedAndRecorded() {
        final SmmuBoard board = stage1(ALL);
        board.stream(9, Structure.stream(4).set(92, 2, 1));
        board.stream(10, Structure.stream(0).set(92, 2, 1));
        board.stream(11, Structure.stream(5).contexts(CONTEXTS).set(92, 2, 3));
        try (board) {
            board.start();
            assertThat(board.ats(8, 0x1ABC, "w priv exec ssid=3")).isEqualTo("fault unsupported");
            assertThat(board.ats(9, 0x1ABC, "")).isEqualTo("fault unsupported");
            assertThat(board.ats(10, 0x1ABC, "")).as("silent").isEqualTo("fault unsupported");
            assertThat(board.ats(11, 0x1ABC, "")).as("EATS 3 is reserved").isEqualTo("fault unsupported");
            board.write(0x20, 0xC);
            assertThat(board.ats(8, 0x1ABC, "")).isEqualTo("fault unsupported");
            assertThat(board.takeEvents()).containsExactly(
                    record(5 | 8L << 32 | 3 << 12 | 1 << 11, 0xF000_0001L, 0x1000, 0),
                    record(5 | 9L << 32, 0x8000_0001L, 0x1000, 0), record(5 | 11L << 32, 0x8000_0001L, 0x1000, 0),
                    record(5 | 8L << 32, 0x8000_0001L, 0x1000, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({ "2,0", "8,1", "10,2" })
    void configurationErrorsOfAtsRequestsAreRecordedOnlyOnDemand(final int control2, final int recorded) {
        final SmmuBoard board = stage1(ALL);
        board.stream(10, Structure.stream(5).set(0, 1, 0));
        board.control2 = control2;
        try (board) {
            board.start();
            assertThat(board.ats(10, 0, "")).isEqualTo("fault abort");
            assertThat(board.ats(0x500, 0, "")).isEqualTo("fault abort");
            assertThat(board.takeEvents()).hasSize(recorded);
        }
    }

    private static SmmuBoard requests(final long queue) {
        final SmmuBoard board = new SmmuBoard(ALL);
        board.write64(0xC0, queue);
        board.control = 0xF;
        board.interrupts = 7;
        return board.start();
    }

    private static void request(final SmmuBoard board, final String line) {
        board.door.ok("viommu_pri 8 " + line);
    }

    private static String answers(final SmmuBoard board) {
        return board.door.ok("viommu_pri_answers").replaceAll("[{}\"]", "")
                .replaceAll("\\bsid: 8, |ssid: |prgi: |code: ", "");
    }

    @Test
    void pageRequestsOfAGroupShareItsIndexAndAreAnsweredOnce() {
        try (SmmuBoard board = requests(REQUESTS | 2)) {
            request(board, "0x1000 5 r");
            request(board, "0x2abc 5 rw last");
            request(board, "0x3000 6 r last ssid=7 priv exec");
            assertThat(board.load(REQUESTS)).isEqualTo(1L << 60 | 8);
            assertThat(board.load(REQUESTS + 8)).isEqualTo(0x1005);
            assertThat(board.load(REQUESTS + 16)).isEqualTo(7L << 60 | 8);
            assertThat(board.load(REQUESTS + 24)).isEqualTo(0x2005);
            assertThat(board.load(REQUESTS + 32)).isEqualTo(0xDC00_0007_0000_0008L);
            assertThat(board.load(REQUESTS + 40)).isEqualTo(0x3006);
            assertThat(board.takeInterrupts()).isEqualTo("{1: 1}");
            board.error(0x41 | 8L << 32, 5 | 2 << 12);
            board.error(0x41 | 8L << 32, 5 | 1 << 12);
            assertThat(answers(board)).isEqualTo("[null, 5, success]");
        }
    }

    @Test
    void pageRequestOverflowKeepsEverythingOutAndAnswersTheLastWithSuccess() {
        try (SmmuBoard board = requests(REQUESTS)) {
            request(board, "0x1000 0 r last");
            request(board, "0x1000 1 r last");
            board.write(0x100CC, 1);
            request(board, "0x1000 2 r last");
            request(board, "0x1000 3 r");
            assertThat(board.read(0x100C8)).isEqualTo(0x8000_0001);
            assertThat(answers(board)).isEqualTo("[null, 1, success, null, 2, success]");
            board.write(0x100CC, 0x8000_0001L);
            request(board, "0x1000 4 r");
            assertThat(board.read(0x100C8)).isEqualTo(0x8000_0000);
        }
    }

    @Test
    void everyPageRequestIsAnsweredWithFailureWhileTheQueueOrTranslationIsOff() {
        for (final int control : new int[]{ 0xD, 0xE }) {
            try (SmmuBoard board = requests(REQUESTS | 2)) {
                board.write(0x20, control);
                request(board, "0x1000 1 r");
                request(board, "0x2000 1 r last");
                assertThat(answers(board)).isEqualTo("[null, 1, failure, null, 1, failure]");
                assertThat(board.read(0x100C8)).isZero();
            }
        }
    }

    @Test
    void abortedWriteOfAPageRequestIsAGlobalErrorAndAnswersFailure() {
        try (SmmuBoard board = requests(NOWHERE | 2)) {
            request(board, "0x1000 1 r last");
            assertThat(board.read(0x60)).isEqualTo(8);
            assertThat(answers(board)).isEqualTo("[null, 1, failure]");
            assertThat(board.takeInterrupts()).isEqualTo("{3: 1}");
        }
    }

    @Test
    void priQueueRegistersStayGuardedByTheirOwnEnableWhileTranslationIsOff() {
        try (SmmuBoard board = requests(REQUESTS | 2)) {
            board.write(0x20, 0xE);
            board.write64(0xC0, 0);
            assertThat(board.read64(0xC0)).isEqualTo(REQUESTS | 2);
        }
    }

    @Test
    void lastOnlyInterruptsAtTheLastOfAGroup() {
        try (SmmuBoard board = requests(REQUESTS | 2)) {
            board.write(0x50, 0);
            board.write(0xDC, 1L << 31);
            board.write(0x50, 7);
            request(board, "0x1000 1 r");
            assertThat(board.takeInterrupts()).isEqualTo("{}");
            request(board, "0x2000 1 r last");
            assertThat(board.takeInterrupts()).isEqualTo("{1: 1}");
        }
    }
}
