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
import static io.viommu.vmm.qtest.SmmuBoard.S1;
import static io.viommu.vmm.qtest.SmmuBoard.S2;
import static io.viommu.vmm.qtest.SmmuBoard.STREAMS;
import static io.viommu.vmm.qtest.SmmuBoard.event;
import static io.viommu.vmm.qtest.SmmuBoard.record;
import static io.viommu.vmm.qtest.SmmuBoard.stage1;
import static io.viommu.vmm.qtest.SmmuBoard.stage2;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules on stream tables, their entries and substreams (IHI 0070, 3.3, 5.1, 5.2 and 6.3.24), by the door. */
class SmmuStreamRulesTest {

    private static final long LEVEL_2 = 0x4101_0000L;
    private static final long IN = 2L << 40;

    @ParameterizedTest
    @ValueSource(ints = { 6, 8, 10 })
    void spanHoldsTwoToTheSpanMinusOneEntriesAndIsAtMostSplitPlusOne(final int split) {
        for (final int span : new int[]{ 0, 1, 2, 3, split, split + 1, split + 2, 12, 31 }) {
            try (SmmuBoard board = twoLevels(split, LEVEL_2 | span)) {
                final int held = span == 0 || span > split + 1 ? 0 : 1 << span - 1;
                for (final int id : new int[]{ 0, 1, 2, 3 }) {
                    final boolean in = id < held;
                    assertThat(board.dmaWrite(id, DATA, "")).as("span %d stream %d", span, id)
                            .isEqualTo(in ? "ok" : "fault");
                    assertThat(board.takeEvents())
                            .isEqualTo(in ? List.of() : List.of(record(2 | (long) id << 32, 0, 0, 0)));
                }
            }
        }
    }

    private static SmmuBoard twoLevels(final int split, final long descriptor) {
        final SmmuBoard board = new SmmuBoard();
        board.store(STREAMS, descriptor);
        for (int id = 0; id < 4; id++) {
            board.context(LEVEL_2 + 64L * id, Structure.stream(4));
        }
        board.streamSettings = 16 | split << 6 | 1 << 16;
        return board.start();
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 5, 7, 9, 11, 31 })
    void reservedSplitActsAsSix(final int split) {
        final SmmuBoard board = new SmmuBoard();
        board.store(STREAMS + 8, LEVEL_2 | 7);
        board.context(LEVEL_2 + 64 * 2, Structure.stream(4));
        board.streamSettings = 16 | split << 6 | 1 << 16;
        try (board) {
            assertThat(board.start().dmaWrite(66, DATA, "")).isEqualTo("ok");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 2, 3 })
    void reservedFormatIsLinear(final int format) {
        final SmmuBoard board = stage1();
        board.streamSettings = 8 | format << 16;
        try (board) {
            assertThat(board.start().dmaWrite(0x1000)).isEqualTo("ok");
        }
    }

    @Test
    void fetchesThatAbortAreSteFetchAtTheStructure() {
        try (SmmuBoard board = twoLevels(8, NOWHERE | 9)) {
            board.dmaWrite(1, DATA, "");
            assertThat(board.takeEvents()).containsExactly(record(3 | 1L << 32, 0, 0, NOWHERE + 64));
        }
        final SmmuBoard board = new SmmuBoard();
        board.streams = NOWHERE;
        board.streamSettings = 16 | 8 << 6 | 1 << 16;
        try (board) {
            board.start().dmaWrite(0x1234, DATA, "");
            assertThat(board.takeEvents()).containsExactly(record(3 | 0x1234L << 32, 0, 0, NOWHERE + 8 * 0x12));
        }
    }

    @Test
    void streamIdOutOfRangeIsRecordedOnlyWithRecinvsid() {
        for (final int recorded : new int[]{ 0, 2 }) {
            final SmmuBoard board = stage1(ALL, "sidsize=4");
            board.control2 = recorded;
            try (board) {
                board.start().dmaWrite(0x18, DATA, "");
                assertThat(board.takeEvents()).hasSize(recorded / 2);
            }
        }
    }

    @Test
    void configZeroIsSilentAndEntryWithoutVIsBadSte() {
        final SmmuBoard board = new SmmuBoard();
        for (int config = 0; config < 4; config++) {
            board.stream(config, Structure.stream(config));
        }
        board.stream(4, Structure.stream(4).set(0, 1, 0));
        try (board) {
            board.start();
            for (int id = 0; id < 5; id++) {
                assertThat(board.dmaWrite(id, DATA, "")).isEqualTo("fault");
            }
            assertThat(board.takeEvents()).containsExactly(record(4 | 4L << 32, 0, 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // first bit, width, value; properties beside QEMU's
        "179,1,0,", "180,1,1,", "183,1,1,", "184,1,1,", "185,1,1,", "174,2,3,", "166,2,3,", "160,6,16,", "160,6,40,",
        "166,2,0,", "166,2,2,", "183,1,1,compat=none;httu=access", "185,1,0,compat=none;stall=forced" })
    void illegalStageTwoFieldIsBadSte(final int low, final int width, final long value, final String more) {
        final SmmuBoard board = stage2(more == null ? new String[0] : more.split(";"));
        board.stream(8, Structure.stream(6).stage2(S2).set(low, width, value));
        try (board) {
            board.start().dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(4, 0, 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // IGNORED: S1CDMax without substreams, S1Fmt and S1DSS without S1CDMax, EATS without ATS, STRW without Hyp, stage 2
        "59,5,31", "4,2,1", "64,2,3", "92,2,2", "94,2,1", "179,1,0", "160,6,63", "185,1,1" })
    void ignoredFieldIsNeverIllegal(final int low, final int width, final long value) {
        final SmmuBoard board = stage1();
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).set(low, width, value));
        try (board) {
            assertThat(board.start().dmaWrite(0x1000)).isEqualTo("ok");
        }
    }

    @ParameterizedTest
    @CsvSource({ "91,1,1,compat=qemu", "92,2,2,compat=none", "59,5,21,compat=none" })
    void illegalStageOneFieldIsBadSte(final int low, final int width, final long value, final String property) {
        final SmmuBoard board = stage1(property);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).set(low, width, value));
        try (board) {
            board.start().dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(4, 0, 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({ "0,fault,ok", "1,ok,ok", "2,ok,fault", "3,fault,ok" })
    void s1dssDecidesAboutTrafficWithoutSubstreamAndAboutSubstreamZero(final int s1dss, final String without,
            final String zero) {
        try (SmmuBoard board = substreams(s1dss)) {
            assertThat(board.dmaWrite(s1dss == 1 ? DATA : 0x1000)).isEqualTo(without);
            assertThat(board.dmaWrite(8, 0x1000, "ssid=0")).isEqualTo(zero);
            assertThat(board.takeEvents()).allMatch(words -> words.endsWith("06 0 0 0") || words.endsWith("806 0 0 0"));
        }
    }

    private static SmmuBoard substreams(final int s1dss) {
        final SmmuBoard board = stage1(ALL);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).substreams(0, 2, s1dss));
        board.context(CONTEXTS + 64 * 3, Structure.context(S1));
        return board.start();
    }

    @Test
    void substreamOutOfRangeIsBadSubstreamIdWithoutSsv() {
        try (SmmuBoard board = substreams(2)) {
            assertThat(board.dmaWrite(8, 0x1000, "ssid=3")).isEqualTo("ok");
            board.dmaWrite(8, 0x1000, "ssid=4");
            board.dmaWrite(8, 0x2000, "ssid=3");
            assertThat(board.takeEvents()).containsExactly(event(0x4008, 0, 0, 0), event(0x3810, IN, 0x2000, 0));
        }
        try (SmmuBoard board = stage2().start()) {
            board.dmaWrite(8, 0x1000, "ssid=5");
            assertThat(board.takeEvents()).containsExactly(event(0x5008, 0, 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({ "1,6", "2,10" })
    void twoLevelContextTablesSplitAtSixOrTen(final int format, final int split) {
        final SmmuBoard board = stage1(ALL);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).substreams(format, 12, 2));
        board.store(CONTEXTS, 0x4131_0001L);
        board.store(CONTEXTS + 8, 0x4132_0001L);
        board.store(CONTEXTS + 16, 0);
        board.store(CONTEXTS + 24, 1L << 50 | 1);
        board.context(0x4131_0000L, Structure.context(S1));
        board.context(0x4132_0000L + 64 * 3, Structure.context(S1));
        try (board) {
            board.start();
            assertThat(board.dmaWrite(0x1000)).isEqualTo("ok");
            assertThat(board.dmaWrite(8, 0x1000, "ssid=" + ((1 << split) + 3))).isEqualTo("ok");
            final int invalid = (2 << split) + 1;
            final int outOfRange = (3 << split) + 1;
            board.dmaWrite(8, 0x1000, "ssid=" + invalid);
            board.dmaWrite(8, 0x1000, "ssid=" + outOfRange);
            board.store(CONTEXTS, 0);
            board.forget();
            board.dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(8 | invalid << 12, 0, 0, 0),
                    event(8 | outOfRange << 12, 0, 0, 0), event(8, 0, 0, 0));
        }
    }

    @Test
    void overridesOfPrivilegeAndInstructionAreAppliedAndRecorded() {
        final SmmuBoard board = stage1(ALL);
        board.map1(0x1000, DATA | PAGE & ~0x40 | 1L << 54);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).set(112, 2, 3));
        board.stream(9, Structure.stream(5).contexts(CONTEXTS).set(112, 2, 2).set(114, 2, 3));
        try (board) {
            board.start();
            assertThat(board.dmaWrite(0x1000)).as("taken as privileged").isEqualTo("ok");
            assertThat(board.dmaRead(9, 0x1000, "priv")).as("taken as a user's fetch").isEqualTo("fault");
            assertThat(board.takeEvents())
                    .containsExactly(record(0x13 | 9L << 32, IN | 1L << 35 | 1L << 34, 0x1000, 0));
        }
    }
}
