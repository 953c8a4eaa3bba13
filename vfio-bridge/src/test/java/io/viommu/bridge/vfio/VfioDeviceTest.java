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
package io.viommu.bridge.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.viommu.bridge.iommufd.Iommufd;
import io.viommu.bridge.iommufd.Ioas;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.fault.FaultSink;

/** Devices by their own node and by their group; infos as a hostile or broken kernel might give them. */
class VfioDeviceTest {

    private final FakeVfio kernel = new FakeVfio();

    @BeforeEach
    void infos() {
        kernel.device.regions.put(0, FakeVfioDevice.bytes(32).putInt(32).putInt(7).putInt(0).putInt(0)
                .putLong(0x4000).putLong(0x1_0000_0000L).array());
        kernel.device.interrupts.put(0, FakeVfioDevice.bytes(16).putInt(16).putInt(9).putInt(0).putInt(8).array());
    }

    private VfioDevice bound() {
        final VfioDevice device = VfioDevice.open(kernel, FakeVfio.NODE + 0);
        device.bind(Iommufd.open(kernel));
        return device;
    }

    /** A region info of 96 bytes with a type at 32 and one sparse area at 48. */
    private static ByteBuffer region() {
        return FakeVfioDevice.bytes(96).putInt(96).putInt(15).putInt(1).putInt(32).putLong(0x9000).putLong(0)
                .putShort((short) 2).putShort((short) 1).putInt(48).putInt(4).putInt(1)
                .putShort((short) 1).putShort((short) 1).putInt(0).putInt(1).putInt(0).putLong(0x1000).putLong(0x8000)
                .putLong(0).putLong(0);
    }

    @Test
    void aDeviceIsBoundAttachedAndLetGo() {
        final Iommufd iommufd = Iommufd.open(kernel);
        final VfioDevice device = VfioDevice.open(kernel, FakeVfio.NODE + 0);
        assertThatThrownBy(() -> device.regions()).as("before it is bound")
                .hasMessage("VFIO_DEVICE_GET_INFO on /dev/vfio/devices/vfio0 failed: EINVAL (invalid argument)");
        final VfioBinding binding = device.bind(iommufd);
        final Ioas ioas = iommufd.ioas();
        binding.attach(ioas.id());
        assertThat(kernel.iommufd.table(binding.id(), FaultSink.NO_PASID)).isEqualTo(ioas.id());
        assertThatThrownBy(() -> binding.attachPasid(5, ioas.id())).hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> binding.attach(77)).isInstanceOf(LinuxException.class).hasMessage(
                "VFIO_DEVICE_ATTACH_IOMMUFD_PT to table 77 on /dev/vfio/devices/vfio0 failed: ENOENT (no such file or "
                        + "directory)");
        binding.detach();
        assertThat(kernel.iommufd.table(binding.id(), FaultSink.NO_PASID)).isZero();
        binding.detachPasid(5);
        device.close();
        iommufd.close();
        assertThat(kernel.iommufd.objects()).isZero();
    }

    @Test
    void aDeviceOfAGroupIsReachedThroughAContainer() {
        try (VfioContainer container = VfioContainer.open(kernel);
                VfioGroup group = VfioGroup.open(kernel, FakeVfio.GROUP);
                Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> group.device(FakeVfio.NAME)).as("no container yet")
                    .hasMessageContaining("VFIO_GROUP_GET_DEVICE_FD of fff51000.ethernet on /dev/vfio/26 failed");
            group.join(container);
            final MemorySegment ram = arena.allocate(0x2000, 4096);
            container.map(ram, 0x4000_0000L);
            container.unmap(0x4000_0000L, 0x2000);
            assertThat(kernel.mapped).containsExactly("map 40000000+2000", "unmap 40000000+2000");
            try (VfioDevice device = group.device(FakeVfio.NAME)) {
                assertThat(device.regions()).isEqualTo(1);
                assertThat(device.interrupts()).isEqualTo(1);
            }
            assertThatThrownBy(() -> group.device("0000:03:00.0")).hasMessageContaining("ENODEV");
        }
    }

    @Test
    void aGroupCanJoinAnIommufdToo() {
        try (Iommufd iommufd = Iommufd.open(kernel); VfioGroup group = VfioGroup.open(kernel, FakeVfio.GROUP)) {
            group.join(iommufd);
            try (VfioDevice device = group.device(FakeVfio.NAME)) {
                assertThat(device.region(0).size()).isEqualTo(0x4000);
            }
        }
    }

    @Test
    void aGroupThatIsNotOursAndAVfioThatIsTooOldAreRefusedInOneSentence() {
        kernel.viable = false;
        assertThatThrownBy(() -> VfioGroup.open(kernel, FakeVfio.GROUP)).hasMessageContaining(
                "The group /dev/vfio/26 can't be used: some of its devices are not bound to VFIO.");
        kernel.apiVersion = 2;
        assertThatThrownBy(() -> VfioContainer.open(kernel)).hasMessageContaining(
                "The VFIO of this kernel has version 2; version 0 with a type-1 IOMMU is needed.");
    }

    @Test
    void aRegionTellsItsTypeAndWhatOfItCanBeMapped() {
        kernel.device.regions.put(1, region().array());
        final VfioDevice device = bound();
        assertThat(device.region(0).mappable()).containsExactly(new VfioRegion.Area(0, 0x4000));
        assertThat(device.region(0).offset()).isEqualTo(0x1_0000_0000L);
        final VfioRegion fault = device.region(1);
        assertThat(fault.type()).isEqualTo(4);
        assertThat(fault.subtype()).isEqualTo(1);
        assertThat(fault.mappable()).containsExactly(new VfioRegion.Area(0x1000, 0x8000));
        assertThatThrownBy(() -> device.region(2)).hasMessageContaining("of index 2").hasMessageContaining("EINVAL");
    }

    @ParameterizedTest(name = "a type capability whose next is {0}")
    @ValueSource(ints = { 32, 16, 4, 95, 1 << 30, -1, Integer.MIN_VALUE })
    void aChainThatLoopsOrLeavesTheInfoIsRefused(final int next) {
        kernel.device.regions.put(1, region().putInt(36, next).array());
        final VfioDevice device = bound();
        assertThatThrownBy(() -> device.region(1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The region info's capability chain leads to byte " + next + ".");
    }

    @Test
    void areasThatAreNotThereOrOutsideTheRegionAreRefused() {
        final VfioDevice device = bound();
        kernel.device.regions.put(1, region().putInt(56, 4).array());
        assertThatThrownBy(() -> device.region(1))
                .hasMessage("The region info names 4 mappable parts and has room for 2.");
        kernel.device.regions.put(1, region().putInt(56, -1).array());
        assertThatThrownBy(() -> device.region(1)).hasMessageContaining("4294967295 mappable parts");
        kernel.device.regions.put(1, region().putLong(72, 0x8001).array());
        assertThatThrownBy(() -> device.region(1)).hasMessageContaining("0x8001 bytes at 0x1000, outside");
        kernel.device.regions.put(1, region().putLong(64, Long.MAX_VALUE).array());
        assertThatThrownBy(() -> device.region(1)).hasMessageContaining("outside the region");
        kernel.device.regions.put(1, region().putInt(36, 92).array());
        assertThatThrownBy(() -> device.region(1)).hasMessageContaining("leads to byte 92");
    }

    @Test
    void aKernelThatAsksForMoreEachTimeIsNotFollowed() {
        final VfioDevice device = bound();
        kernel.device.regions.put(1, region().putInt(0, Integer.MAX_VALUE).array());
        assertThatThrownBy(() -> device.region(1))
                .hasMessage(
                        "The device /dev/vfio/devices/vfio0 answers VFIO_DEVICE_GET_REGION_INFO of index 1 with more "
                                + "bytes each time.");
    }

    @Test
    void anInterruptIndexTellsItsTypeOnKernelsOfTheFaultSeries() {
        kernel.device.interrupts.put(1, FakeVfioDevice.bytes(40).putInt(40).putInt(1 | 1 << 4).putInt(1).putInt(1)
                .putInt(20).putInt(0).putShort(20, (short) 3).putInt(28, 1).putInt(32, 1).array());
        final VfioDevice device = bound();
        assertThat(device.interrupt(0)).isEqualTo(new VfioInterrupt(0, 9, 8, 0, 0));
        assertThat(device.interrupt(1)).isEqualTo(new VfioInterrupt(1, 1 | 1 << 4, 1, 1, 1));
        kernel.device.interrupts.put(1, FakeVfioDevice.bytes(40).putInt(40).putInt(1 << 4).putInt(1).putInt(1)
                .putInt(8).array());
        assertThatThrownBy(() -> device.interrupt(1))
                .hasMessage("The interrupt info's capability chain leads to byte 8.");
    }

    @Test
    void eventfdsAreArmedAndDisarmedInTheWayOfSetIrqs() {
        final VfioDevice device = bound();
        device.signal(2, 1, 40, 41);
        device.silence(2, 1);
        device.silence(2);
        assertThat(kernel.device.armed).as("flags, index, start, count, descriptors").containsExactly("36 2 1 2 40 41",
                "36 2 1 1 -1", "33 2 0 0");
        assertThatThrownBy(() -> device.signal(0, 0, new int[4097])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnpluggedDeviceSaysSoInOneSentence() {
        final VfioDevice device = bound();
        kernel.device.unplug();
        assertThatThrownBy(device::regions)
                .hasMessage("VFIO_DEVICE_GET_INFO on /dev/vfio/devices/vfio0 failed: ENODEV (no such device)");
    }
}
