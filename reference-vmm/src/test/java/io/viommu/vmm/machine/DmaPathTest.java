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

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class DmaPathTest {

    private final UnsafeBuffer data = new UnsafeBuffer(new byte[]{ 1, 2, 3, 4 });

    @Test
    void withoutAnIommuDmaGoesStraightToRamAndNowhereElse() {
        try (Machine virt = TestMachines.assigned(Board.VIRT)) {
            final DmaPath.Requester any = DmaPath.Requester.of(0x10);
            assertThat(virt.dma().write(any, 0x4000_0000L, data, 0, 4)).isTrue();
            assertThat(virt.bus().load(0x4000_0000L, 4)).isEqualTo(0x0403_0201L);
            assertThat(virt.dma().write(any, 0x1000_0000L, data, 0, 4)).as("another device's BAR").isFalse();
            assertThat(virt.dma().read(any, 0x3F0_0000_0000L, data, 0, 4)).isFalse();
            assertThat(virt.dma().write(any, 0x5FFF_FFFEL, data, 0, 4)).as("over the end of RAM").isFalse();
        }
    }

    @Test
    void aMessageReachesTheControllersDoorbell() {
        try (Machine virt = TestMachines.of(Board.VIRT); Machine q35 = TestMachines.of(Board.Q35)) {
            virt.dma().message(0x10, 0x0809_0040L, 7);
            q35.dma().message(0x10, 0xFEE0_1000L, 0x4033);
            assertThat(virt.interrupts().takeMessages())
                    .containsExactly(new InterruptLog.Message(InterruptLog.Origin.REMAP, 0x0809_0040L, 7));
            assertThat(q35.interrupts().takeMessages())
                    .containsExactly(new InterruptLog.Message(InterruptLog.Origin.REMAP, 0xFEE0_1000L, 0x4033));
        }
    }

    @Test
    void ramBeyondTwoGigabytesOfAPcBeginsAtFour() {
        final MachineSpec large = new MachineSpec(Board.Q35, 3L << 30, Map.of(), List.of(),
                Map.of());
        try (Machine q35 = Machine.build(large)) {
            q35.bus().store(0x1_3FFF_FFFCL, 4, 0xABCD);
            assertThat(q35.bus().load(0x1_3FFF_FFFCL, 4)).isEqualTo(0xABCD);
            assertThat(q35.bus().load(0x1_4000_0000L, 4)).isZero();
            assertThat(q35.bus().load(0x7FFF_FFFCL, 8)).as("PCI memory begins where low RAM ends")
                    .isEqualTo(0xFFFF_FFFF_0000_0000L);
        }
    }
}
