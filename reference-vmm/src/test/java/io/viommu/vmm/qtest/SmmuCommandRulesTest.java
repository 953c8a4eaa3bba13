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
import static io.viommu.vmm.qtest.SmmuBoard.COMMANDS;
import static io.viommu.vmm.qtest.SmmuBoard.NOWHERE;
import static io.viommu.vmm.qtest.SmmuBoard.SYNC;
import static io.viommu.vmm.qtest.SmmuBoard.TLBI_ALL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules on commands and their queue (IHI 0070, 3.5, 4 and 7.1), through the door. */
class SmmuCommandRulesTest {

    private static final Set<Integer> ORDINARY = Set.of(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11, 0x12, 0x13,
            0x28,
            0x2A, 0x30, 0x46);
    private static final Set<Integer> OPTIONAL = Set.of(0x20, 0x21, 0x22, 0x23, 0x40, 0x41, 0x44, 0x45);

    @Test
    void opcodesOfWhatIsNotOfferedAreIllegal() {
        for (int opcode = 0; opcode <= 0xFF; opcode++) {
            try (SmmuBoard board = new SmmuBoard().start()) {
                final int error = board.error(opcode, opcode == 4 ? 31 : 0);
                assertThat(error).as("0x%02x", opcode).isEqualTo(ORDINARY.contains(opcode) ? 0 : 1);
                assertThat(board.read(0x60)).as("0x%02x", opcode).isEqualTo(error);
            }
        }
    }

    @Test
    void opcodesOfEl2AtsPriAndStallsAreLegalWhereTheyAreOffered() {
        for (int opcode = 0; opcode <= 0xFF; opcode++) {
            try (SmmuBoard board = new SmmuBoard(ALL).start()) {
                final boolean legal = ORDINARY.contains(opcode) || OPTIONAL.contains(opcode);
                assertThat(board.error(opcode, 31)).as("0x%02x", opcode).isEqualTo(legal ? 0 : 1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x44, 0x45 })
    void ssecIsIllegalInTheNonSecureQueue(final int opcode) {
        try (SmmuBoard board = new SmmuBoard(ALL).start()) {
            assertThat(board.error(opcode | 1 << 10, 0)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({ "0x46,3,12", "0x41,0x3000,64" })
    void reservedSignalAndReservedResponseAreIllegal(final int opcode, final long value, final int low) {
        try (SmmuBoard board = new SmmuBoard(ALL).start()) {
            assertThat(board.error(opcode | (low < 64 ? value << low : 0), low < 64 ? 0 : value)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 0x12, 0x13, 0x2A })
    void granuleWithoutRangeAndLevelIsIllegal(final int opcode) {
        try (SmmuBoard board = new SmmuBoard(ALL).start()) {
            assertThat(board.error(opcode, 1 << 10)).isEqualTo(1);
        }
        try (SmmuBoard board = new SmmuBoard(ALL).start()) {
            assertThat(board.error(opcode, 1 << 10 | 3 << 8)).as("TTL").isZero();
            assertThat(board.error(opcode | 1 << 12, 1 << 10)).as("NUM").isZero();
            assertThat(board.error(opcode | 1L << 24, 1 << 10)).as("SCALE").isZero();
            assertThat(board.error(opcode | 1L << 25, 1 << 10)).as("SCALE has five bits").isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({ "2,0x05", "2,0x06", "2,0x10", "2,0x11", "2,0x12", "2,0x13", "1,0x28", "1,0x2A" })
    void commandOfAnAbsentStageIsIllegal(final String stage, final int opcode) {
        try (SmmuBoard board = new SmmuBoard("stage=" + stage).start()) {
            assertThat(board.error(opcode, 0)).isEqualTo(1);
        }
    }

    @Test
    void illegalComesBeforeIgnored() {
        final SmmuBoard board = new SmmuBoard(ALL);
        board.control = 0xC; // SMMUEN is 0, so that PRI_RESP and ATC_INV are ignored
        try (board) {
            board.start();
            assertThat(board.error(0x41, 0)).isZero();
            assertThat(board.error(0x40, 0)).isZero();
            assertThat(board.error(0x41, 3 << 12)).isEqualTo(1);
        }
    }

    @Test
    void queueStopsAtTheFailingCommandAndRestartsAtTheAcknowledgementWithoutAWriteOfProd() {
        try (SmmuBoard board = new SmmuBoard().start()) {
            assertThat(board.command(new long[]{ 0, 0 }, SYNC)).isEqualTo(0x0100_0000);
            assertThat(board.takeInterrupts()).isEqualTo("{3: 1}");
            board.write(0x98, 2);
            assertThat(board.read(0x9C)).as("PROD alone restarts nothing").isEqualTo(0x0100_0000);
            board.store(COMMANDS, 0x46);
            board.write(0x64, 1);
            assertThat(board.read(0x9C) & 0xFFFFF).as("fetched again").isEqualTo(2);
            board.command(new long[]{ 0, 0 });
            assertThat(board.read(0x60)).as("GERROR toggles").isZero();
        }
    }

    @Test
    void acknowledgingWithoutMendingFailsAgain() {
        try (SmmuBoard board = new SmmuBoard().start()) {
            board.command(new long[]{ 0, 0 });
            board.write(0x64, 1);
            assertThat(board.read(0x60)).isZero();
            assertThat(board.read(0x9C)).isEqualTo(0x0100_0000);
        }
    }

    @Test
    void fetchThatAbortsIsCerrorAbtAndConsStays() {
        final SmmuBoard board = new SmmuBoard();
        board.commands = NOWHERE;
        try (board) {
            board.start().write(0x98, 1);
            assertThat(board.read(0x9C)).isEqualTo(0x0200_0000);
            assertThat(board.read(0x60)).isEqualTo(1);
        }
    }

    @Test
    void lowBitsOfTheBaseAreIgnored() {
        final SmmuBoard board = new SmmuBoard();
        board.commands = COMMANDS + 0x1E0;
        try (board) {
            board.start();
            assertThat(board.command(SYNC, TLBI_ALL)).isEqualTo(2);
        }
    }

    @Test
    void syncSignalsByWireAndByMessageAsItIsTold() {
        try (SmmuBoard board = new SmmuBoard(ALL).start()) {
            assertThat(board.error(0x46, 0)).isZero();
            assertThat(board.takeInterrupts()).isEqualTo("{}");
            board.error(0x46 | 1 << 12 | 0x77L << 32, SmmuBoard.DATA);
            assertThat(board.data()).isEqualTo(0x77);
            assertThat(board.takeInterrupts()).isEqualTo("{2: 1}");
            board.error(0x46 | 0x78L << 32, SmmuBoard.DATA);
            assertThat(board.data()).as("CS is 0").isEqualTo(0x77);
            board.error(0x46 | 1 << 12, NOWHERE);
            assertThat(board.read(0x60)).as("MSI_CMDQ_ABT_ERR").isEqualTo(1 << 4);
            assertThat(board.read(0x9C)).as("the SYNC is consumed").isEqualTo(4);
        }
    }

    @Test
    void hostileProdNeitherHangsNorRuns() {
        try (SmmuBoard board = new SmmuBoard().start()) {
            board.write(0x98, 0xFFFF_FFFFL);
            assertThat(board.read(0x9C) & 0xFFFFF).isLessThanOrEqualTo(256);
            board.write(0x98, 0x1FF);
            assertThat(board.read(0x60)).as("the queue is alive").isBetween(0, 1);
        }
    }
}
