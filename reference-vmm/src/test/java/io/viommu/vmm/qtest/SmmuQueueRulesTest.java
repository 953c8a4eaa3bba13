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
import static io.viommu.vmm.qtest.SmmuBoard.DATA;
import static io.viommu.vmm.qtest.SmmuBoard.EVENTS;
import static io.viommu.vmm.qtest.SmmuBoard.NOWHERE;
import static io.viommu.vmm.qtest.SmmuBoard.STREAMS;
import static io.viommu.vmm.qtest.SmmuBoard.event;
import static io.viommu.vmm.qtest.SmmuBoard.stage1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The rules on events, global errors, interrupts and control registers (IHI 0070, 6.3, 7.2 to 7.5), by the door. */
class SmmuQueueRulesTest {

    private static final long IN = 2L << 40;

    private static String fault(final long iova) {
        return event(0x10, IN, iova, 0);
    }

    @Test
    void overflowTogglesOvflgAndIsNoGlobalError() {
        final SmmuBoard board = stage1(ALL);
        board.eventsLog2 = 1;
        try (board) {
            board.start();
            for (int i = 0; i < 4; i++) {
                board.dmaWrite(0x2000);
            }
            assertThat(board.read(0x100A8)).isEqualTo(0x8000_0002);
            assertThat(board.read(0x60)).isZero();
            assertThat(board.takeInterrupts()).isEqualTo("{0: 1}");
            board.write(0x100AC, 1);
            board.dmaWrite(0x3000);
            assertThat(board.read(0x100A8)).as("an overflow keeps nothing out").isEqualTo(0x8000_0003);
            board.dmaWrite(0x3000);
            assertThat(board.read(0x100A8)).as("not toggled before the acknowledgement").isEqualTo(0x8000_0003);
            board.write(0x100AC, 0x8000_0003L);
            for (int i = 0; i < 3; i++) {
                board.dmaWrite(0x3000);
            }
            assertThat(board.read(0x100A8)).isEqualTo(1);
        }
    }

    @Test
    void queueOfOneEntryWorks() {
        final SmmuBoard board = stage1();
        board.eventsLog2 = 0;
        try (board) {
            board.start().dmaWrite(0x2000);
            assertThat(board.read(0x100A8)).isEqualTo(1);
            assertThat(board.takeEvents()).containsExactly(fault(0x2000));
            board.dmaWrite(0x3000);
            assertThat(board.read(0x100A8)).isZero();
            board.dmaWrite(0x3000);
            assertThat(board.read(0x100A8)).isEqualTo(0x8000_0000);
        }
    }

    @Test
    void disabledQueueDropsWithoutOverflow() {
        final SmmuBoard board = stage1();
        board.control = 9;
        try (board) {
            board.start().dmaWrite(0x2000);
            assertThat(board.read(0x100A8)).isZero();
            assertThat(board.read(0x60)).isZero();
        }
    }

    @Test
    void abortedWriteStopsDeliveryUntilItIsAcknowledged() {
        final SmmuBoard board = stage1();
        board.events = NOWHERE;
        try (board) {
            board.start().dmaWrite(0x2000);
            assertThat(board.read(0x100A8)).isZero();
            assertThat(board.read(0x60)).isEqualTo(4);
            assertThat(board.takeInterrupts()).isEqualTo("{3: 1}");
            board.dmaWrite(0x2000);
            assertThat(board.read(0x60)).isEqualTo(4);
            board.write(0x64, 4);
            board.dmaWrite(0x2000);
            assertThat(board.read(0x60)).as("active again").isZero();
        }
    }

    @Test
    void lowBitsOfTheBaseAreIgnored() {
        final SmmuBoard board = stage1();
        board.events = EVENTS + 0x20;
        try (board) {
            board.start().dmaWrite(0x2000);
            assertThat(board.takeEvents()).containsExactly(fault(0x2000));
        }
    }

    @Test
    void interruptThatIsEnabledLaterIsNotMadeUp() {
        final SmmuBoard board = stage1();
        board.interrupts = 0;
        try (board) {
            board.start().dmaWrite(0x2000);
            board.write(0x50, 4);
            assertThat(board.read(0x54)).isEqualTo(4);
            assertThat(board.takeInterrupts()).isEqualTo("{}");
        }
    }

    @Test
    void messagesAreWrittenAndTheirAbortsAreErrorsOfTheirOwn() {
        final SmmuBoard board = stage1(ALL);
        board.interrupts = 0;
        try (board) {
            board.start().write64(0xB0, DATA);
            board.write(0xB8, 0xABCD);
            board.write64(0x68, NOWHERE);
            board.write(0x50, 5);
            board.write64(0xB0, 0);
            assertThat(board.read64(0xB0)).as("guarded").isEqualTo(DATA);
            board.dmaWrite(0x2000);
            assertThat(board.data()).isEqualTo(0xABCD);
            board.error(0, 0);
            assertThat(board.read(0x60)).as("CMDQ_ERR, MSI_GERROR_ABT_ERR").isEqualTo(1 | 1 << 7);
            board.write(0x50, 0);
            board.write64(0xB0, NOWHERE);
            board.write(0x50, 4);
            board.takeEvents();
            board.dmaWrite(0x2000);
            assertThat(board.read(0x60)).as("MSI_EVENTQ_ABT_ERR").isEqualTo(1 | 1 << 7 | 1 << 5);
        }
    }

    @Test
    void togglingAnInactiveErrorActivatesNothing() {
        try (SmmuBoard board = stage1().start()) {
            board.write(0x64, 5);
            assertThat(board.read(0x64)).isEqualTo(5);
            assertThat(board.command(SmmuBoard.SYNC)).isEqualTo(1);
            board.error(0, 0);
            assertThat((board.read(0x60) ^ board.read(0x64)) & 1).isEqualTo(1);
        }
    }

    @Test
    void guardedRegistersIgnoreWritesWhileTheirEnableIsSet() {
        try (SmmuBoard board = stage1().start()) {
            board.write64(0x80, 0);
            board.write(0x88, 0);
            board.write(0x2C, 0);
            board.write64(0x90, 0);
            board.write64(0xA0, 0);
            board.write(0x9C, 7);
            board.write(0x100A8, 5);
            assertThat(board.read64(0x80)).isEqualTo(1L << 62 | STREAMS);
            assertThat(board.read(0x88)).isEqualTo(8);
            assertThat(board.read(0x2C)).isEqualTo(2);
            assertThat(board.read64(0x90)).isEqualTo(1L << 62 | SmmuBoard.COMMANDS | 8);
            assertThat(board.read64(0xA0)).isEqualTo(1L << 62 | EVENTS | 4);
            assertThat(board.read(0x9C)).isZero();
            assertThat(board.read(0x100A8)).isZero();
            assertThat(board.dmaWrite(0x1000)).isEqualTo("ok");
        }
    }

    @Test
    void gbpaTakesAWriteOnlyWithUpdateAndDecidesWhileTranslationIsOff() {
        try (SmmuBoard board = new SmmuBoard()) {
            board.write(0x44, 1 << 20);
            assertThat(board.dmaWrite(DATA)).isEqualTo("ok");
            assertThat(board.dmaWrite(8, DATA, "ssid=5")).as("the SubstreamID is ignored").isEqualTo("ok");
            board.write(0x44, 1L << 31 | 1 << 20);
            assertThat(board.read(0x44) >>> 20).as("Update reads 0").isEqualTo(1);
            assertThat(board.dmaWrite(DATA)).isEqualTo("fault");
            board.write(0x44, 1L << 31);
            assertThat(board.dmaWrite(1L << 44)).as("beyond OAS").isEqualTo("fault");
            board.start();
            assertThat(board.takeEvents()).isEmpty();
        }
    }

    @Test
    void faultsThatAreAlikeAreNotMerged() {
        final SmmuBoard board = stage1();
        board.stream(8, Structure.stream(5).contexts(SmmuBoard.CONTEXTS).set(83, 1, 1)); // MEV only permits it
        try (board) {
            board.start().dmaWrite(0x2000);
            board.dmaWrite(0x2000);
            assertThat(board.takeEvents()).containsExactly(fault(0x2000), fault(0x2000));
        }
    }

    @Test
    void invalidationsAreConsumedWhileTranslationIsOff() {
        final SmmuBoard board = new SmmuBoard();
        board.control = 0xC;
        try (board) {
            assertThat(board.start().command(SmmuBoard.CFGI_ALL, SmmuBoard.TLBI_ALL, SmmuBoard.SYNC)).isEqualTo(3);
        }
    }

    @Test
    void architectureVersionPromisesNoMoreThanIsOffered() {
        for (final String stage : new String[]{ "1", "2", "nested" }) {
            try (SmmuBoard board = new SmmuBoard("stage=" + stage)) {
                assertThat(board.read(0x1C)).as("SMMUv3.1").isEqualTo(1);
                assertThat(board.read(0x0C) >> 2 & 1).as("HAD").isEqualTo(1);
                assertThat(board.read(0x0C) >> 4 & 1).as("XNX comes with stage 2").isEqualTo(board.read(0) & 1);
            }
        }
    }

    @Test
    void sizeBeyondWhatIsOfferedReadsBackButIsCapped() {
        final SmmuBoard board = stage1("eventq-log2max=1");
        board.eventsLog2 = 5;
        try (board) {
            board.start();
            assertThat(board.read64(0xA0) & 0x1F).isEqualTo(5);
            for (int i = 0; i < 3; i++) {
                board.dmaWrite(0x2000);
            }
            assertThat(board.read(0x100A8)).isEqualTo(0x8000_0002);
        }
    }
}
