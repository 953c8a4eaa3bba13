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

import io.viommu.device.MmioDevice;

class PhysicalBusTest {

    private static final long RAM_END = 0x6000_0000L;

    private final Machine virt = TestMachines.assigned(Board.VIRT);

    @AfterEach
    void close() {
        virt.close();
    }

    @Test
    void ramBeginsAsZerosAndKeepsBytesInAddressOrder() {
        assertThat(virt.bus().load(0x5FFF_FFF8L, 8)).isZero();
        virt.bus().store(0x4000_0000L, 4, 0x1234_5678L);
        final byte[] bytes = new byte[6];
        virt.bus().read(0x4000_0000L, bytes, 0, 6);
        assertThat(bytes).containsExactly(0x78, 0x56, 0x34, 0x12, 0, 0);
    }

    @Test
    void anAccessOverTheEndOfRamTouchesOnlyTheRam() {
        virt.bus().store(RAM_END - 4, 8, 0x1122_3344_5566_7788L);
        assertThat(virt.bus().load(RAM_END - 4, 8)).isEqualTo(0x5566_7788L);
    }

    @Test
    void whereNothingDecodesReadsAreZeroAndInPciMemoryAllOnes() {
        assertThat(virt.bus().load(0x3F0_0000_0000L, 8)).isZero();
        assertThat(virt.bus().load(-8, 8)).isZero();
        assertThat(virt.bus().load(0x2000_0000L, 4)).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void aRangeAcrossTheTopOfTheAddressSpaceWrapsWithoutAnError() {
        final byte[] bytes = new byte[64];
        virt.bus().read(-32, bytes, 0, 64);
        assertThat(bytes).containsOnly(0);
        virt.bus().write(-32, bytes, 0, 64);
    }

    @Test
    void alignedAccessesToRegistersAreOneAccessOfThatWidth() {
        final Recorder device = new Recorder();
        final PhysicalBus bus = new PhysicalBus(new Ram(1 << 20));
        bus.map(0x1000, device, 8);
        bus.store(0x1008, 8, 1);
        bus.store(0x100C, 4, 2);
        bus.store(0x1002, 2, 3);
        bus.store(0x1001, 1, 4);
        assertThat(device.accesses).isEqualTo("8@8=1 4@c=2 2@2=3 1@1=4 ");
    }

    @Test
    void unalignedOrTooWideAccessesAreMadeInThePiecesTheDeviceTakes() {
        final Recorder device = new Recorder();
        final PhysicalBus bus = new PhysicalBus(new Ram(1 << 20));
        bus.map(0x1000, device, 4);
        bus.store(0x1000, 8, 0x2_0000_0001L);
        bus.store(0x1006, 4, 0x0004_0003L);
        assertThat(device.accesses).isEqualTo("4@0=1 4@4=2 2@6=3 2@8=4 ");
    }

    @Test
    void anAccessThatRunsOffTheEndOfAFrameGoesOnInWhatFollows() {
        final Recorder device = new Recorder();
        final PhysicalBus bus = new PhysicalBus(new Ram(1 << 20));
        bus.map(0x1000, device, 8);
        bus.write(0x10FE, new byte[]{ 1, 2, 3, 4 }, 0, 4);
        assertThat(device.accesses).isEqualTo("2@fe=201 ");
        assertThat(bus.load(0x10FC, 8)).isZero();
    }

    /** 256 bytes of registers that write down what is written. */
    private static final class Recorder implements MmioDevice {
        private String accesses = "";

        @Override
        public long mmioSize() {
            return 0x100;
        }

        @Override
        public long read(final long offset, final int size) {
            return 0;
        }

        @Override
        public void write(final long offset, final int size, final long value) {
            accesses += size + "@" + Long.toHexString(offset) + "=" + Long.toHexString(value) + " ";
        }
    }
}
