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

package io.viommu.vtd.register;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import io.viommu.vtd.Messages;
import io.viommu.vtd.spec.StatusFields;

/** The IM/IP state machine that FECTL, IECTL and PECTL share (VT-d 7.3). */
class EventLineTest {

    private static final long FSTS = 0x34;
    private static final long FECTL = 0x38;

    private final Messages messages = new Messages();
    private final RegisterFrame frame = new RegisterFrame(new VtdCapabilities(0x80d2078c222f0606L, 0xf00f5aL), false);
    private final EventLine line = EventLine.fault(frame.registers(), messages);

    EventLineTest() {
        write(0x3C, 0x41);
        write(0x40, 0xFEE0_0000L);
    }

    private long control() {
        return frame.registers().read(FECTL, 4);
    }

    private void write(final long offset, final long value) {
        frame.registers().write(offset, 4, value);
    }

    @Test
    void lineIsMaskedAtReset() {
        assertThat(control()).isEqualTo(0x8000_0000L);
    }

    @Test
    void conditionWithoutMaskSendsTheMessageAndLeavesNothingPending() {
        write(FECTL, 0);
        line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
        assertThat(control()).as("pending until it is delivered").isEqualTo(0x4000_0000L);
        line.deliver();
        assertThat(messages.take()).containsExactly("fee00000:41");
        assertThat(control()).isZero();
        line.deliver();
        assertThat(messages.take()).as("one condition, one message").isEmpty();
    }

    @Test
    void maskedConditionStaysPendingAndIsSentWhenTheMaskFalls() {
        line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
        line.deliver();
        assertThat(messages.take()).isEmpty();
        assertThat(control()).isEqualTo(0xC000_0000L);
        write(FECTL, 0);
        assertThat(messages.take()).containsExactly("fee00000:41");
        assertThat(control()).isZero();
    }

    @Test
    void furtherFieldsOfAGroupThatIsAlreadyUpAreNoNewCondition() {
        write(FECTL, 0);
        line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
        line.deliver();
        messages.take();
        line.set(StatusFields.INVALIDATION_TIMEOUT_ERROR);
        line.deliver();
        assertThat(messages.take()).isEmpty();
        write(FSTS, StatusFields.INVALIDATION_QUEUE_ERROR);
        line.serviced();
        line.set(StatusFields.INVALIDATION_COMPLETION_ERROR);
        line.deliver();
        assertThat(messages.take()).as("a field that software forgot keeps the line silent").isEmpty();
    }

    @Test
    void servicingAllFieldsWithdrawsThePendingMessage() {
        line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
        line.set(StatusFields.INVALIDATION_TIMEOUT_ERROR);
        write(FSTS, StatusFields.INVALIDATION_QUEUE_ERROR);
        line.serviced();
        assertThat(control()).as("one field is left").isEqualTo(0xC000_0000L);
        write(FSTS, StatusFields.INVALIDATION_TIMEOUT_ERROR);
        line.serviced();
        assertThat(control()).isEqualTo(0x8000_0000L);
        write(FECTL, 0);
        assertThat(messages.take()).isEmpty();
    }

    @Test
    void nextConditionAfterServiceSendsAgain() {
        write(FECTL, 0);
        for (int i = 0; i < 3; i++) {
            line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
            line.deliver();
            write(FSTS, StatusFields.INVALIDATION_QUEUE_ERROR);
            line.serviced();
        }
        assertThat(messages.take()).hasSize(3);
    }

    @Test
    void pendingBitIsReadOnly() {
        write(FECTL, 0xFFFF_FFFFL);
        assertThat(control()).isEqualTo(0x8000_0000L);
    }

    @Test
    void upperAddressIsUsedWithExtendedInterruptMode() {
        write(0x44, 0x100);
        write(FECTL, 0);
        line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
        line.deliver();
        assertThat(messages.take()).containsExactly("100fee00000:41");
    }

    @Test
    void lineOfAnotherGroupIsIndependent() {
        final EventLine completion = EventLine.invalidation(frame.registers(), messages);
        write(0xA4, 0x52);
        write(0xA8, 0xFEE0_1000L);
        write(0xA0, 0);
        line.set(StatusFields.INVALIDATION_QUEUE_ERROR);
        completion.set(StatusFields.INVALIDATION_WAIT_COMPLETE);
        line.deliver();
        completion.deliver();
        assertThat(messages.take()).as("FECTL is masked").containsExactly("fee01000:52");
    }
}
