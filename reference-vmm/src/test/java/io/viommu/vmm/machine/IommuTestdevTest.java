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

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IommuTestdevTest {

    private static final long BAR = 0x1000_0000L;
    private static final long TARGET = 0x4800_0000L;

    private final Machine virt = TestMachines.assigned(Board.VIRT);

    @AfterEach
    void close() {
        virt.close();
    }

    private void set(final int register, final long value) {
        virt.bus().store(BAR + register, 4, value);
    }

    private long get(final int register) {
        return virt.bus().load(BAR + register, 4);
    }

    private long run(final long iova, final long physical, final int length, final int attributes) {
        set(0x04, iova);
        set(0x08, iova >>> 32);
        set(0x1C, physical);
        set(0x20, physical >>> 32);
        set(0x0C, length);
        set(0x18, attributes);
        set(0x14, 1);
        assertThat(get(0x10)).as("armed means busy").isEqualTo(0xFFFF_FFFEL);
        assertThat(get(0x00)).isZero();
        return get(0x10);
    }

    @Test
    void aRunWritesThePatternAndComparesItAtThePhysicalAddress() {
        assertThat(get(0x10)).isEqualTo(0xFFFF_FFFFL);
        assertThat(run(TARGET, TARGET, 10, 0b1010)).isZero();
        final byte[] bytes = new byte[12];
        virt.bus().read(TARGET, bytes, 0, 12);
        assertThat(bytes).containsExactly(0x78, 0x56, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 0x78, 0x56, 0, 0);
    }

    @Test
    void aRunLongerThanAPageWritesAllOfIt() {
        assertThat(run(TARGET + 2, TARGET + 2, 3 * 4096 + 1, 0)).isZero();
        assertThat(virt.bus().load(TARGET + 2 + 3 * 4096, 4)).isEqualTo(0x78);
    }

    @Test
    void eachFailureHasItsCode() {
        assertThat(run(TARGET, TARGET, 0, 0)).isEqualTo(0xDEAD_0001L);
        assertThat(run(0x3F0_0000_0000L, TARGET, 4, 0)).isEqualTo(0xDEAD_0002L);
        assertThat(run(TARGET, 0x3F0_0000_0000L, 4, 0)).isEqualTo(0xDEAD_0003L);
        assertThat(run(TARGET, TARGET + 64, 4, 0)).isEqualTo(0xDEAD_0004L);
        assertThat(run(TARGET, TARGET, 4, 0b1001)).as("Secure bit set").isZero();
        assertThat(run(TARGET, TARGET, 4, 0b1011)).as("Secure bit, Non-secure space").isEqualTo(0xDEAD_0006L);
        get(0x00);
        assertThat(get(0x10)).isEqualTo(0xDEAD_0005L);
        set(0x14, 0);
        assertThat(get(0x10)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void withoutBusMasteringNothingIsWritten() {
        virt.bus().store(0x40_1000_0000L | 0x08 << 12 | 0x04, 2, 0x2);
        assertThat(run(TARGET, TARGET, 4, 0)).isEqualTo(0xDEAD_0002L);
        assertThat(virt.bus().load(TARGET, 4)).isZero();
    }

    @Test
    void accessesOfOtherWidthsThanFourBytesDoNothing() {
        virt.bus().store(BAR + 0x0C, 2, 0xFFFF);
        assertThat(get(0x0C)).isZero();
        assertThat(virt.bus().load(BAR + 0x10, 1)).isZero();
    }
}
