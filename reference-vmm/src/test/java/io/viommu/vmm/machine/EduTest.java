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

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EduTest {

    private static final long BAR = 0xE010_0000L;
    private static final long DATA = 0x0800_0000L;

    private final Machine q35 = TestMachines.assigned(Board.Q35);

    @AfterEach
    void close() {
        q35.close();
    }

    private void set(final int register, final int size, final long value) {
        q35.bus().store(BAR + register, size, value);
    }

    private long get(final int register, final int size) {
        return q35.bus().load(BAR + register, size);
    }

    private void config(final int register, final int size, final int value) {
        q35.ports().write(0xCF8, 4, 1 << 31 | 0x10 << 8 | register & 0xFC);
        q35.ports().write(0xCFC + (register & 3), size, value);
    }

    @Test
    void theRegistersAnswerAsTheDeviceIsDescribed() {
        assertThat(get(0x00, 4)).isEqualTo(0x0100_00EDL);
        set(0x04, 4, 0x1234_5678L);
        assertThat(get(0x04, 4)).isEqualTo(0xEDCB_A987L);
        set(0x08, 4, 10);
        assertThat(get(0x08, 4)).isEqualTo(3_628_800);
        set(0x08, 4, 33);
        assertThat(get(0x08, 4)).isEqualTo(0x8000_0000L);
        set(0x08, 4, 0xFFFF_FFFFL);
        assertThat(get(0x08, 4)).isZero();
        assertThat(get(0x00, 2)).isEqualTo(0xFFFF);
        set(0x80, 8, 0x1_2345_6789L);
        assertThat(get(0x80, 8)).isEqualTo(0x1_2345_6789L);
    }

    @Test
    void dmaMovesBytesBothWaysThroughTheBuffer() {
        q35.bus().store(DATA, 8, 0x1122_3344_5566_7788L);
        transfer(DATA, 0x40010, 8, 1);
        transfer(0x40010, DATA + 0x100, 8, 3);
        assertThat(q35.bus().load(DATA + 0x100, 8)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(get(0x98, 4) & 1).as("already done").isZero();
    }

    @Test
    void dmaOutsideTheBufferMovesNothing() {
        q35.bus().store(DATA, 8, -1L);
        transfer(DATA, 0x40FFC, 8, 1);
        transfer(DATA, 0x3FFFC, 8, 1);
        transfer(DATA, -8, 16, 1);
        transfer(DATA, 0x40000, -1, 1);
        transfer(0x40000, DATA, 0x1001, 3);
        assertThat(q35.bus().load(DATA, 8)).isEqualTo(-1L);
    }

    private void transfer(final long source, final long destination, final long count, final int command) {
        set(0x80, 8, source);
        set(0x88, 8, destination);
        set(0x90, 8, count);
        set(0x98, 8, command);
    }

    @Test
    void dmaAddressesAreCutToTheMask() {
        final DeviceSpec narrow = new DeviceSpec("edu", Map.of("addr", "2"));
        try (Machine small = Machine.build(TestMachines.with(Board.Q35, narrow))) {
            small.assignPci();
            small.bus().store(0x0100, 4, 0xABCD);
            final long bar = 0xE000_0000L;
            small.bus().store(bar + 0x80, 8, 0x7000_0100L);
            small.bus().store(bar + 0x88, 8, 0x40000);
            small.bus().store(bar + 0x90, 8, 4);
            small.bus().store(bar + 0x98, 4, 1);
            small.bus().store(bar + 0x80, 8, 0x40000);
            small.bus().store(bar + 0x88, 8, 0x200);
            small.bus().store(bar + 0x98, 4, 3);
            assertThat(small.bus().load(0x200, 4)).isEqualTo(0xABCD);
        }
    }

    @Test
    void interruptsGoOutOnTheWireUntilAcknowledged() {
        set(0x60, 4, 2);
        assertThat(get(0x24, 4)).isEqualTo(2);
        set(0x60, 4, 4);
        set(0x64, 4, 2);
        set(0x64, 4, 4);
        set(0x60, 4, 1);
        assertThat(q35.interrupts().takeEdges()).isEqualTo(Map.of(22, 2));
        assertThat(q35.interrupts().takeEdges()).isEmpty();
    }

    @Test
    void withMsiOnInterruptsAreMessages() {
        config(0x44, 4, 0xFEE0_0000);
        config(0x4C, 2, 0x55);
        config(0x42, 2, 1);
        set(0x20, 4, 0x80);
        set(0x08, 4, 3);
        transfer(DATA, 0x40000, 4, 5);
        final InterruptLog.Message message = new InterruptLog.Message(InterruptLog.Origin.REMAP, 0xFEE0_0000L, 0x55);
        assertThat(q35.interrupts().takeMessages()).isEqualTo(List.of(message, message));
        assertThat(get(0x24, 4)).isEqualTo(0x101);
        assertThat(q35.interrupts().takeEdges()).isEmpty();
    }

    @Test
    void resetClearsTheDeviceAndLetsItsWireFall() {
        set(0x60, 4, 1);
        q35.reset();
        q35.assignPci();
        assertThat(get(0x24, 4)).isZero();
        set(0x60, 4, 1);
        assertThat(q35.interrupts().takeEdges()).isEqualTo(Map.of(22, 1));
    }
}
