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

import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import io.viommu.device.RegisterFile;

/** Protected memory regions (VT-d 11.4.8). */
class ProtectedMemoryTest {

    private final RegisterFrame frame = new RegisterFrame(new VtdCapabilities(0x80d2008c222f0666L, 0xf00f4aL), false);
    private final RegisterFile registers = frame.registers();
    private final AtomicInteger drains = new AtomicInteger();
    private final ProtectedMemory memory = new ProtectedMemory(frame,
            new Drain(nanos -> drains.incrementAndGet() > 0, () -> false));

    @Test
    void dmaIsDrainedBeforeTheStatusShowsRegionsOn() {
        registers.write(0x64, 4, 0x8000_0000L);
        registers.write(0x64, 4, 0);
        assertThat(drains).hasValue(1);
    }

    @Test
    void enableIsAcknowledgedByItsStatus() {
        registers.write(0x64, 4, 0x8000_0000L);
        assertThat(registers.read(0x64, 4)).isEqualTo(0x8000_0001L);
        registers.write(0x64, 4, 0);
        assertThat(registers.read(0x64, 4)).isZero();
    }

    @Test
    void regionsBlockFromBaseToLimitWithItsLowBitsAsOnes() {
        registers.write(0x68, 4, 0x0010_0000);
        registers.write(0x6C, 4, 0x0020_0000);
        registers.write(0x70, 8, 0x1_0000_0000L);
        registers.write(0x78, 8, 0x1_0000_0000L);
        assertThat(memory.blocks(0x0010_0000)).as("off").isFalse();
        registers.write(0x64, 4, 0x8000_0000L);
        assertThat(memory.blocks(0x000F_FFFF)).isFalse();
        assertThat(memory.blocks(0x0010_0000)).isTrue();
        assertThat(memory.blocks(0x002F_FFFF)).isTrue();
        assertThat(memory.blocks(0x0030_0000)).isFalse();
        assertThat(memory.blocks(0x1_000F_FFFFL)).isTrue();
        assertThat(memory.blocks(0x1_0010_0000L)).isFalse();
    }

    @Test
    void limitBelowTheBaseDisablesARegion() {
        registers.write(0x68, 4, 0x0020_0000);
        registers.write(0x64, 4, 0x8000_0000L);
        registers.write(0x70, 8, 0x1_0000_0000L);
        assertThat(memory.blocks(0x0020_0000)).isFalse();
        assertThat(memory.blocks(0)).isFalse();
    }
}
