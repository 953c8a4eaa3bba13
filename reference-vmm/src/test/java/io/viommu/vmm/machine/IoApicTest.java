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

package io.viommu.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IoApicTest {

    private static final long BASE = 0xFEC0_0000L;

    private final Machine q35 = TestMachines.of(Board.Q35);

    @AfterEach
    void close() {
        q35.close();
    }

    private void entry(final int pin, final long value) {
        set(0x11 + 2 * pin, value >>> 32);
        set(0x10 + 2 * pin, value);
    }

    private void set(final int register, final long value) {
        q35.bus().store(BASE, 4, register);
        q35.bus().store(BASE + 0x10, 4, value);
    }

    private long get(final int register) {
        q35.bus().store(BASE, 4, register);
        return q35.bus().load(BASE + 0x10, 4);
    }

    private List<InterruptLog.Message> taken() {
        return q35.interrupts().takeMessages();
    }

    private static InterruptLog.Message message(final long address, final int data) {
        return new InterruptLog.Message(InterruptLog.Origin.REMAP, address, data);
    }

    @Test
    void itAnswersAsVersion20WithMaskedEntries() {
        assertThat(get(0x01)).isEqualTo(0x0017_0020);
        assertThat(get(0x10)).isEqualTo(0x0001_0000);
        q35.driveIoApic(0, true);
        assertThat(taken()).isEmpty();
    }

    @Test
    void anEdgeSendsOneMessageMadeOfTheEntry() {
        entry(9, 0x000B_0000_0000_0055L);
        q35.driveIoApic(9, true);
        q35.driveIoApic(9, true);
        q35.driveIoApic(9, false);
        assertThat(taken()).containsExactly(message(0xFEE0_00B0L, 0x55));
    }

    @Test
    void aLevelIsSentAgainOnlyAfterItsEndWhileItIsStillUp() {
        entry(5, 0x0100_0000_0000_8931L);
        q35.driveIoApic(5, true);
        assertThat(taken()).containsExactly(message(0xFEE0_1004L, 0x8131));
        assertThat(get(0x1A) & 0x4000).as("remote IRR").isNotZero();
        q35.bus().store(BASE + 0x40, 4, 0x31);
        assertThat(taken()).hasSize(1);
        q35.driveIoApic(5, false);
        q35.bus().store(BASE + 0x40, 4, 0x31);
        assertThat(taken()).isEmpty();
        assertThat(get(0x1A) & 0x4000).isZero();
    }

    @Test
    void unmaskingSendsALevelThatWaited() {
        entry(5, 0x1_8031L);
        q35.driveIoApic(5, true);
        assertThat(taken()).isEmpty();
        entry(5, 0x8031L);
        assertThat(taken()).hasSize(1);
    }

    @Test
    void inputsThatAreNotThereAreRefused() {
        assertThatThrownBy(() -> q35.driveIoApic(24, true)).hasMessage("PIN must be 0 to 23, not 24");
        try (Machine virt = TestMachines.of(Board.VIRT)) {
            assertThatThrownBy(() -> virt.driveIoApic(1, true)).hasMessageContaining("no IOAPIC");
        }
    }
}
