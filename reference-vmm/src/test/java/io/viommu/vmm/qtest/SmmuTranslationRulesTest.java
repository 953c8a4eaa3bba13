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
import static io.viommu.vmm.qtest.SmmuBoard.PAGE2;
import static io.viommu.vmm.qtest.SmmuBoard.S1;
import static io.viommu.vmm.qtest.SmmuBoard.S2;
import static io.viommu.vmm.qtest.SmmuBoard.event;
import static io.viommu.vmm.qtest.SmmuBoard.leaf1;
import static io.viommu.vmm.qtest.SmmuBoard.nested;
import static io.viommu.vmm.qtest.SmmuBoard.stage1;
import static io.viommu.vmm.qtest.SmmuBoard.stage2;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules on context descriptors, walks and their order (IHI 0070, 3.4, 5.4, 7.3.22), by the door. */
class SmmuTranslationRulesTest {

    private static final long IN = 2L << 40;
    private static final long TT = 1L << 40;
    private static final long STAGE_2 = 1L << 39;
    private static final long RNW = 1L << 35;
    private static final long IPA = 0x3_8000_1000L;
    /** IPAs that the nested board maps nowhere. */
    private static final long UNMAPPED = 0x3_9000_0000L;

    @ParameterizedTest
    @CsvSource({
        // first bit, width, value; properties beside QEMU's: V, AA64, A, S, HA, HD, ENDI, T0SZ, TG0, TTB0, T1SZ, TG1, TTB1
        "31,1,0,", "41,1,0,", "46,1,0,", "44,1,1,", "43,1,1,", "42,1,1,", "15,1,1,", "0,6,15,", "0,6,40,", "6,2,3,",
        "111,1,1,", "42,1,1,compat=none;httu=access", "44,1,0,compat=none;stall=forced" })
    void illegalContextIsBadCd(final int low, final int width, final long value, final String more) {
        final SmmuBoard board = stage1(more == null ? new String[0] : more.split(";"));
        board.context(CONTEXTS, Structure.context(S1).set(low, width, value));
        try (board) {
            board.start().dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(0xA, 0, 0, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({ "16,6,0", "16,6,63", "22,2,0", "175,1,1" })
    void fieldsOfADisabledHalfAreIgnoredAndThoseOfAnEnabledOneKillTheContext(final int low, final int width,
            final long value) {
        for (final int disabled : new int[]{ 1, 0 }) {
            final SmmuBoard board = stage1();
            board.context(CONTEXTS, Structure.context(S1).set(16, 6, 25).set(30, 1, disabled).set(low, width, value));
            try (board) {
                board.start();
                assertThat(board.dmaWrite(0x1000)).isEqualTo(disabled == 1 ? "ok" : "fault");
                assertThat(board.takeEvents())
                        .isEqualTo(disabled == 1 ? List.of() : List.of(event(0xA, 0, 0, 0)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 6, 7 })
    void largestAndReservedOutputSizesAreCappedByOas(final int size) {
        final SmmuBoard board = stage1();
        board.context(CONTEXTS, Structure.context(S1).set(32, 3, size));
        board.map1(0x2000, 1L << 44 | PAGE);
        try (board) {
            assertThat(board.start().dmaWrite(0x1000)).isEqualTo("ok");
            board.dmaWrite(0x2000);
            assertThat(board.takeEvents()).containsExactly(event(0x11, IN, 0x2000, 0));
        }
    }

    @Test
    void stallsThatTheStreamForbidsMakeTheContextIllegal() {
        final SmmuBoard board = stage1(ALL);
        board.stream(8, Structure.stream(5).contexts(CONTEXTS).set(91, 1, 1));
        board.context(CONTEXTS, Structure.context(S1).set(44, 1, 1));
        try (board) {
            board.start().dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(0xA, 0, 0, 0));
        }
    }

    @Test
    void fetchOfTheContextThatAbortsIsCdFetch() {
        final SmmuBoard board = stage1();
        board.stream(8, Structure.stream(5).contexts(NOWHERE + 64));
        try (board) {
            board.start().dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(9, 0, 0, NOWHERE + 64));
        }
    }

    @Test
    void recordingOffSilencesTranslationFaultsButNeitherAbortedWalksNorBadContexts() {
        final SmmuBoard board = stage1();
        board.context(CONTEXTS, Structure.context(S1).set(45, 1, 0));
        try (board) {
            board.start();
            assertThat(board.dmaWrite(0x2000)).isEqualTo("fault");
            assertThat(board.takeEvents()).isEmpty();
            board.store(S1, NOWHERE | 3);
            board.forget();
            board.dmaWrite(0x1000);
            board.context(CONTEXTS, Structure.context(S1).set(45, 1, 0).set(31, 1, 0));
            board.forget();
            board.dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(0xB, TT, 0x1000, NOWHERE), event(0xA, 0, 0, 0));
        }
    }

    @Test
    void abortOffEndsTranslationFaultsWithoutEffectButRecordsThem() {
        final SmmuBoard board = stage1(ALL);
        board.context(CONTEXTS, Structure.context(S1).set(46, 1, 0));
        try (board) {
            assertThat(board.start().dmaWrite(0x2000)).isEqualTo("ok");
            assertThat(board.door.ok("viommu_dma r 8 0x2000 4")).isEqualTo("ok 0x00000000");
            assertThat(board.takeEvents()).containsExactly(event(0x10, IN, 0x2000, 0),
                    event(0x10, IN | RNW, 0x2000, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "8000000000", "80000000000000", "ffffff8000000000", "100000000001000",
        "8000000000000000" })
    void inputBeyondT0szIsTranslationFaultWithAllOfItsBits(final String iova) {
        try (SmmuBoard board = stage1().start()) {
            final long address = Long.parseUnsignedLong(iova, 16);
            board.dmaWrite(address);
            assertThat(board.takeEvents()).containsExactly(event(0x10, IN, address, 0));
        }
    }

    @Test
    void topByteIsIgnoredByTheHalfThatSaysSoAndBit55ChoosesTheHalf() {
        final SmmuBoard board = stage1();
        board.context(CONTEXTS, Structure.context(S1).set(30, 1, 0).set(16, 6, 25).set(38, 1, 1)
                .address(128, 4, 51, 0x4300_0000L));
        board.map(0x4300_0000L, 0x1000, DATA | PAGE);
        try (board) {
            board.start();
            assertThat(board.dmaWrite(0xAB00_0000_0000_1000L)).isEqualTo("ok");
            assertThat(board.dmaWrite(0xFFFF_FF80_0000_1000L)).isEqualTo("ok");
            assertThat(board.dmaWrite(0x12FF_FF80_0000_1000L)).as("TBI1 is 0").isEqualTo("fault");
            assertThat(board.takeEvents()).containsExactly(event(0x10, IN, 0x12FF_FF80_0000_1000L, 0));
        }
    }

    @Test
    void recordsTellReadPrivilegeAndFetchButNeverAFetchOfAWrite() {
        try (SmmuBoard board = stage1().start()) {
            board.dmaWrite(0x2000);
            board.dmaRead(0x2000);
            board.dmaRead(8, 0x2000, "priv");
            board.dmaRead(8, 0x2000, "exec");
            board.dmaWrite(8, 0x2000, "priv exec");
            final long privileged = 1L << 33;
            final long fetch = 1L << 34;
            assertThat(board.takeEvents()).containsExactly(event(0x10, IN, 0x2000, 0), event(0x10, IN | RNW, 0x2000, 0),
                    event(0x10, IN | RNW | privileged, 0x2000, 0), event(0x10, IN | RNW | fetch, 0x2000, 0),
                    event(0x10, IN | privileged, 0x2000, 0));
        }
    }

    @Test
    void bypassFaultsForSizeAtStageOne() {
        final SmmuBoard board = stage2();
        board.stream(9, Structure.stream(4));
        try (board) {
            board.start();
            assertThat(board.dmaWrite(9, 1L << 44, "")).isEqualTo("fault");
            board.dmaWrite(1L << 44);
            board.dmaWrite(1L << 39);
            assertThat(board.takeEvents()).containsExactly(SmmuBoard.record(0x11 | 9L << 32, IN, 1L << 44, 0),
                    event(0x11, IN, 1L << 44, 0), event(0x10, STAGE_2 | IN, 1L << 39, 1L << 39));
        }
    }

    @Test
    void stageTwoChecksSizeThenAccessFlagThenPermission() {
        final SmmuBoard board = stage2();
        board.map2(0x1000, 1L << 44 | 0x3F);
        board.map2(0x2000, DATA | 0x3F);
        board.map2(0x3000, DATA | 0x43F);
        try (board) {
            board.start();
            for (int page = 1; page <= 3; page++) {
                board.dmaRead(page << 12 | 0xABC);
            }
            assertThat(board.takeEvents()).containsExactly(event(0x11, STAGE_2 | IN | RNW, 0x1ABC, 0x1000),
                    event(0x12, STAGE_2 | IN | RNW, 0x2ABC, 0x2000), event(0x13, STAGE_2 | IN | RNW, 0x3ABC, 0x3000));
        }
    }

    @Test
    void faultsOfANestedWalkAreOfTheirClassWithTheIpaThatWasTranslated() {
        try (SmmuBoard board = nested().start()) {
            assertThat(board.dmaWrite(0x1000)).isEqualTo("ok");
            board.store(S2 + 0x10_2008, DATA | PAGE2 & ~0x80);
            board.forget();
            board.dmaWrite(0x1044);
            board.store(leaf1(), IPA | PAGE | 0x80);
            board.store(S2 + 0x10_2008, 0);
            board.forget();
            board.dmaWrite(0x1044);
            board.store(S1 + 0x10_0000, UNMAPPED | 3);
            board.forget();
            board.dmaWrite(0x1044);
            board.store(S1 + 0x10_0000, 1L << 44 | 3);
            board.forget();
            board.dmaWrite(0x1044);
            assertThat(board.takeEvents()).containsExactly(event(0x13, STAGE_2 | IN, 0x1044, IPA),
                    event(0x13, IN, 0x1044, 0), event(0x10, STAGE_2 | TT, 0x1044, UNMAPPED),
                    event(0x11, IN, 0x1044, 0));
        }
    }

    @Test
    void contextOutsideStageTwoIsClassCdAndBeyondIasAnIllegalEntry() {
        for (final long pointer : new long[]{ UNMAPPED + 0x40, 1L << 44 | 0x40 }) {
            final SmmuBoard board = nested();
            board.stream(8, Structure.stream(7).contexts(pointer).stage2(S2));
            try (board) {
                board.start().dmaWrite(0x1044);
                assertThat(board.takeEvents()).containsExactly(pointer < 1L << 44
                        ? event(0x10, STAGE_2, 0x1044, UNMAPPED)
                        : event(4, 0, 0, 0));
            }
        }
    }

    @Test
    void tableBaseIsTranslatedOnlyWhenItIsWalked() {
        final SmmuBoard board = nested();
        board.context(CONTEXTS, Structure.context(S1).set(30, 1, 0).set(16, 6, 25).address(128, 4, 51, UNMAPPED));
        try (board) {
            assertThat(board.start().dmaWrite(0x1000)).isEqualTo("ok");
            board.dmaWrite(0xFFFF_FF80_0000_0000L);
            assertThat(board.takeEvents())
                    .containsExactly(event(0x10, STAGE_2 | TT, 0xFFFF_FF80_0000_0000L, UNMAPPED));
        }
    }

    @Test
    void accessesNeedNoAlignment() {
        try (SmmuBoard board = stage1().start()) {
            assertThat(board.dmaWrite(0x1003)).isEqualTo("ok");
            assertThat(board.load(DATA)).isEqualTo(0x0012_3456_7800_0000L);
        }
    }
}
