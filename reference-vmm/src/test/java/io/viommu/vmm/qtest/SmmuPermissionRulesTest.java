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
import static io.viommu.vmm.qtest.SmmuBoard.event;
import static io.viommu.vmm.qtest.SmmuBoard.leaf1;
import static io.viommu.vmm.qtest.SmmuBoard.nested;
import static io.viommu.vmm.qtest.SmmuBoard.stage1;
import static io.viommu.vmm.qtest.SmmuBoard.stage2;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules on permissions and on flags that the SMMU updates (IHI 0070, 3.13, 5.4; Arm ARM D8.4), by the door. */
class SmmuPermissionRulesTest {

    private static final long IN = 2L << 40;
    private static final long TT = 1L << 40;
    private static final long STAGE_2 = 1L << 39;
    private static final long RNW = 1L << 35;
    private static final long TTRNW = 1L << 44;
    private static final long AF = 1 << 10;
    private static final long READ_ONLY = 1 << 7;
    private static final long DBM = 1L << 51;

    /** WXN, UWXN and PAN are bits 36, 37 and 40 of the context. */
    @ParameterizedTest
    @CsvSource({
        // leaf attributes, the bit of the context that is set (41: none), access, attributes, answer
        "703,41,r,,fault", "703,41,w,,fault", "703,41,r,priv,ok", "703,41,w,priv,ok", "743,41,w,,ok",
        "743,41,w,priv,ok",
        "783,41,r,,fault", "783,41,r,priv,ok", "783,41,w,priv,fault", "7c3,41,r,,ok", "7c3,41,w,,fault",
        "7c3,41,w,priv,fault", "743,41,r,exec,ok", "743,41,r,priv exec,fault", "7c3,41,r,priv exec,ok",
        "40000000000743,41,r,exec,fault", "200000000007c3,41,r,priv exec,fault", "743,36,r,exec,fault",
        "7c3,36,r,exec,ok", "703,36,r,priv exec,fault", "703,41,r,priv exec,ok", "743,40,r,priv,fault",
        "743,40,w,priv,fault", "743,40,r,,ok", "703,40,r,priv,ok", "743,37,r,priv exec,fault" })
    void stageOneAllowsWhatApAndExecuteNeverAndTheContextSay(final String leaf, final int bit, final String access,
            final String attributes, final String answer) {
        final SmmuBoard board = stage1(ALL);
        board.map1(0x1000, DATA | Long.parseUnsignedLong(leaf, 16));
        board.context(CONTEXTS, Structure.context(S1).set(bit, 1, 1));
        final String how = attributes == null ? "" : attributes;
        try (board) {
            board.start();
            assertThat("r".equals(access) ? board.dmaRead(8, 0x1000, how) : board.dmaWrite(8, 0x1000, how))
                    .isEqualTo(answer);
            assertThat(board.takeEvents()).hasSize("ok".equals(answer) ? 0 : 1)
                    .allMatch(words -> words.startsWith("800000013 "));
        }
    }

    @ParameterizedTest
    @CsvSource({ "0,ok,ok", "1,fault,fault", "2,ok,fault", "3,fault,fault" })
    void tablesTakeRightsAwayAndAreJudgedAtTheLeafAfterItsAccessFlag(final long table, final String read,
            final String write) {
        final SmmuBoard board = stage1();
        board.store(S1, S1 + 0x10_0003 | table << 61);
        try (board) {
            board.start();
            assertThat(board.dmaRead(0x1000)).isEqualTo(read);
            assertThat(board.dmaWrite(0x1000)).isEqualTo(write);
            board.takeEvents();
            board.store(leaf1(), DATA | PAGE & ~AF);
            board.forget();
            board.dmaWrite(0x1000);
            assertThat(board.takeEvents()).containsExactly(event(0x12, IN, 0x1000, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({ "0,fault,fault", "1,ok,fault", "2,fault,ok", "3,ok,ok" })
    void stageTwoAllowsReadsAndWritesOneByOne(final long s2ap, final String read, final String write) {
        final SmmuBoard board = stage2();
        board.map2(0x1000, DATA | PAGE2 & ~0xC0 | s2ap << 6);
        try (board) {
            board.start();
            assertThat(board.dmaRead(0x1000)).isEqualTo(read);
            assertThat(board.dmaWrite(0x1000)).isEqualTo(write);
        }
    }

    @ParameterizedTest
    @CsvSource({ "0,ok,ok", "1,ok,fault", "2,fault,fault", "3,fault,ok" })
    void stageTwoTellsUserFromPrivilegedExecution(final long xn, final String user, final String privileged) {
        final SmmuBoard board = stage2();
        board.map2(0x1000, DATA | PAGE2 | xn << 53);
        try (board) {
            board.start();
            assertThat(board.dmaRead(8, 0x1000, "exec")).isEqualTo(user);
            assertThat(board.dmaRead(8, 0x1000, "exec priv")).isEqualTo(privileged);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // HA, HD, AFFD; leaf before, access, answer, leaf after
        "1,0,0,343,r,ok,743", "1,0,1,343,r,ok,743", "0,0,1,343,r,ok,343", "0,0,0,343,r,fault,343",
        "1,1,0,80000000007c3,r,ok,80000000007c3", "1,1,0,80000000007c3,w,ok,8000000000743", "1,1,0,7c3,w,fault,7c3",
        "0,1,0,80000000007c3,w,fault,80000000007c3", "1,1,0,80000000003c3,w,ok,8000000000743",
        "1,0,0,80000000007c3,w,fault,80000000007c3" })
    void flagsAreUpdatedAsTheContextSays(final int accessFlag, final int dirty, final int disabled, final String before,
            final String access, final String answer, final String after) {
        final SmmuBoard board = stage1(ALL);
        board.map1(0x1000, DATA | Long.parseUnsignedLong(before, 16));
        board.context(CONTEXTS, Structure.context(S1).set(43, 1, accessFlag).set(42, 1, dirty).set(35, 1, disabled));
        try (board) {
            board.start();
            assertThat("r".equals(access) ? board.dmaRead(0x1000) : board.dmaWrite(0x1000)).isEqualTo(answer);
            assertThat(board.load(leaf1())).isEqualTo(DATA | Long.parseUnsignedLong(after, 16));
        }
    }

    @Test
    void stageTwoUpdatesItsOwnFlags() {
        final SmmuBoard board = stage2(ALL);
        board.stream(8, Structure.stream(6).stage2(S2).set(183, 1, 1).set(184, 1, 1));
        board.map2(0x1000, DATA | DBM | PAGE2 & ~0x80 & ~AF);
        try (board) {
            assertThat(board.start().dmaWrite(0x1000)).isEqualTo("ok");
            assertThat(board.load(S2 + 0x10_1008)).isEqualTo(DATA | DBM | PAGE2);
        }
    }

    @Test
    void updateAndReadOfATableThatStageTwoForbidsAreToldApart() {
        final SmmuBoard board = nested(ALL);
        board.context(CONTEXTS, Structure.context(S1).set(43, 1, 1));
        board.store(leaf1(), 0x3_8000_1000L | PAGE & ~AF);
        final long block = S2 + 0x10_0000 + 8 * 16;
        board.store(block, 0x4200_077DL);
        try (board) {
            board.start().dmaRead(0x1044);
            board.store(block, 0x4200_07BDL);
            board.forget();
            board.dmaRead(0x1044);
            assertThat(board.takeEvents()).containsExactly(
                    event(0x13, STAGE_2 | TT | RNW, 0x1044, leaf1() & ~0xFFFL),
                    event(0x13, STAGE_2 | TT | RNW | TTRNW, 0x1044, S1));
        }
    }

    @Test
    void hadIgnoresWhatTablesSay() {
        final SmmuBoard board = stage1();
        board.store(S1, S1 + 0x10_0003 | 3L << 61 | 3L << 59);
        board.context(CONTEXTS, Structure.context(S1).set(65, 1, 1));
        try (board) {
            board.start();
            assertThat(board.dmaWrite(0x1000)).isEqualTo("ok");
            assertThat(board.dmaRead(8, 0x1000, "exec")).isEqualTo("ok");
            board.store(leaf1(), DATA | PAGE | READ_ONLY);
            board.forget();
            assertThat(board.dmaWrite(0x1000)).as("the leaf's own bits count").isEqualTo("fault");
        }
    }
}
