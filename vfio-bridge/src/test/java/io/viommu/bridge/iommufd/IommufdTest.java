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
package io.viommu.bridge.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import org.junit.jupiter.api.Test;

import io.viommu.bridge.linux.Errno;
import io.viommu.bridge.linux.LinuxException;
import io.viommu.bridge.uapi.IommufdQueues.FaultAllocLayout;
import io.viommu.bridge.uapi.IommufdTables.HwptAllocLayout;
import io.viommu.bridge.uapi.IommufdRequest;

class IommufdTest {

    private static final long STE_S1 = 0x1 | 5 << 1 | 0x4000_0000L;

    private final FakeIommufd kernel = new FakeIommufd();

    @Test
    void everythingClosesInTheOrderThatTheKernelAllows() {
        final int device = kernel.device();
        final Iommufd iommufd = Iommufd.open(kernel);
        final Ioas ioas = iommufd.ioas();
        final Viommu viommu = ioas.nestParent(device).smmu(device);
        final FaultQueue faults = iommufd.faultQueue();
        viommu.vdevice(device, 0x1742);
        viommu.nested(device, STE_S1, 0, faults);
        viommu.eventQueue(64);
        assertThat(kernel.objects()).isEqualTo(8);
        faults.close();
        assertThat(kernel.objects()).as("the table that named the queue went first").isEqualTo(6);
        iommufd.close();
        assertThat(kernel.objects()).as("only the device is left").isEqualTo(1);
        iommufd.close();
    }

    @Test
    void closingAnObjectTwiceIsNothing() {
        final Iommufd iommufd = Iommufd.open(kernel);
        final Ioas ioas = iommufd.ioas();
        ioas.close();
        ioas.close();
        assertThat(kernel.objects()).isZero();
    }

    @Test
    void anAttachedTableIsInUseAndSaysSo() {
        final int device = kernel.device();
        final Iommufd iommufd = Iommufd.open(kernel);
        final Viommu viommu = iommufd.ioas().nestParent(device).smmu(device);
        viommu.vdevice(device, 7);
        final NestedTable table = viommu.nested(device, STE_S1, 0, null);
        kernel.attach(device, table.id());
        assertThatThrownBy(table::close).isInstanceOfSatisfying(LinuxException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.EBUSY))
                .hasMessage("IOMMU_DESTROY of nested table %d failed: EBUSY (device or resource busy)", table.id());
    }

    @Test
    void aKernelWithoutIommufdIsNamedInOneSentence() {
        kernel.absent();
        assertThatThrownBy(() -> Iommufd.open(kernel)).isInstanceOf(LinuxException.class)
                .hasMessage("open /dev/iommu, which needs Linux 6.2 or newer with CONFIG_IOMMUFD, failed: "
                        + "ENOENT (no such file or directory)");
    }

    @Test
    void anOldKernelIsToldFromABrokenOneByTheVersionItNeeds() {
        kernel.unknown(IommufdRequest.FAULT_QUEUE_ALLOC, IommufdRequest.VIOMMU_ALLOC, IommufdRequest.HWPT_ALLOC);
        final Iommufd iommufd = Iommufd.open(kernel);
        assertThatThrownBy(iommufd::faultQueue).hasMessage("IOMMU_FAULT_QUEUE_ALLOC, which needs Linux 6.11 or newer, "
                + "failed: ENOTTY (request unknown to this kernel)");
        assertThatThrownBy(() -> iommufd.ioas().nestParent(1)).hasMessageContaining("Linux 6.6 or newer");
    }

    @Test
    void everyRequestThatIsUsedNamesItsVersion() {
        final int device = kernel.device();
        final Iommufd iommufd = Iommufd.open(kernel);
        final NestParent parent = iommufd.ioas().nestParent(device);
        final Viommu viommu = parent.smmu(device);
        kernel.unknown(IommufdRequest.VIOMMU_ALLOC, IommufdRequest.VDEVICE_ALLOC, IommufdRequest.VEVENTQ_ALLOC);
        assertThatThrownBy(() -> parent.smmu(device)).hasMessageContaining("needs Linux 6.13 or newer");
        assertThatThrownBy(() -> viommu.vdevice(device, 1)).hasMessageContaining("needs Linux 6.13 or newer");
        assertThatThrownBy(() -> viommu.eventQueue(1)).hasMessageContaining("needs Linux 6.15 or newer");
    }

    @Test
    void aDeviceHasOneNameAndANameOneDevice() {
        final int first = kernel.device();
        final int second = kernel.device();
        final Viommu viommu = Iommufd.open(kernel).ioas().nestParent(first).smmu(first);
        viommu.vdevice(first, 7);
        assertThatThrownBy(() -> viommu.vdevice(first, 8)).hasMessageContaining("EEXIST");
        assertThatThrownBy(() -> viommu.vdevice(second, 7)).hasMessage(
                "IOMMU_VDEVICE_ALLOC of device %d as StreamID 0x7 failed: EEXIST (file exists)", second);
        viommu.eventQueue(1);
        assertThatThrownBy(() -> viommu.eventQueue(1)).hasMessageContaining("EEXIST");
        assertThatThrownBy(() -> viommu.eventQueue(0)).hasMessageContaining("with depth 0 failed: EINVAL");
        assertThatThrownBy(() -> viommu.eventQueue((1 << 19) + 1)).hasMessageContaining("EINVAL");
    }

    @Test
    void aStreamTableEntryThatTheHardwareCanNotTakeIsRefused() {
        final int device = kernel.device();
        final Viommu viommu = Iommufd.open(kernel).ioas().nestParent(device).smmu(device);
        assertThatThrownBy(() -> viommu.nested(device, 0x1 | 7 << 1, 0, null)).hasMessageContaining("EIO");
        assertThatThrownBy(() -> viommu.nested(device, STE_S1, 1L << 40, null)).hasMessageContaining("EIO");
        assertThatThrownBy(() -> viommu.nested(device + 50, STE_S1, 0, null)).hasMessageContaining("ENOENT");
    }

    @Test
    void anOlderKernelTakesTheNewestStructureWhileItsTailIsZero() {
        final int device = kernel.device();
        kernel.shorter(IommufdRequest.HWPT_ALLOC, HwptAllocLayout.FAULT_ID);
        final Iommufd iommufd = Iommufd.open(kernel);
        final Viommu viommu = iommufd.ioas().nestParent(device).smmu(device);
        assertThat(viommu.nested(device, STE_S1, 0, null).id()).isPositive();
        final FaultQueue faults = iommufd.faultQueue();
        assertThatThrownBy(() -> viommu.nested(device, STE_S1, 0, faults)).hasMessageContaining("E2BIG");
    }

    @Test
    void invalidationsSayHowFarTheHardwareCame() {
        final int device = kernel.device();
        final Viommu viommu = Iommufd.open(kernel).ioas().nestParent(device).smmu(device);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment commands = arena.allocate(64, 8);
            final int[] codes = { 0x12, 0x05, 0x46, 0x11 };
            for (int i = 0; i < 4; i++) {
                commands.set(ValueLayout.JAVA_LONG, i * 16L, codes[i]);
            }
            assertThat(viommu.invalidate(commands)).isEqualTo(2);
            assertThat(kernel.commands).containsExactly(0x12L, 0x05L);
            assertThat(viommu.invalidate(commands.asSlice(48))).isEqualTo(1);
            kernel.unknown(IommufdRequest.HWPT_INVALIDATE);
            assertThat(viommu.invalidate(commands)).isZero();
        }
    }

    @Test
    void guestMemoryIsMappedRegionByRegionAndGoesWithItsAddressSpace() {
        final Iommufd iommufd = Iommufd.open(kernel);
        final Ioas ioas = iommufd.ioas();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment ram = arena.allocate(0x4000, 4096);
            ioas.map(ram, 0x4000_0000L);
            ioas.map(ram.asSlice(0, 0x1000), 0, false);
            assertThat(kernel.mappings().all()).extracting(FakeMappings.Mapping::iova, FakeMappings.Mapping::flags)
                    .containsExactly(tuple(0x4000_0000L, 7), tuple(0L, 5));
            assertThatThrownBy(() -> ioas.map(ram, 0x4000_3000L))
                    .hasMessage("IOMMU_IOAS_MAP at 0x40003000 failed: EEXIST (file exists)");
            assertThatThrownBy(() -> ioas.map(ram.asSlice(8), 0x5000_0000L)).hasMessageContaining("EINVAL");
            assertThatThrownBy(() -> ioas.unmap(0x4000_0000L, 0x1000)).as("half of it").hasMessageContaining("ENOENT");
            ioas.unmap(0x4000_0000L, 0x4000);
            ioas.map(ram, 0x4000_0000L);
        }
        iommufd.close();
        assertThat(kernel.mappings().all()).isEmpty();
    }

    @Test
    void aStructureThatIsTooShortIsInvalid() {
        try (Arena arena = Arena.ofConfined(); KernelFile file = kernel.open(Iommufd.PATH)) {
            final MemorySegment argument = arena.allocate(FaultAllocLayout.LENGTH);
            argument.set(ValueLayout.JAVA_INT, 0, 8);
            assertThat(file.ioctl(0x3B8E, argument)).isEqualTo(-Errno.EINVAL);
            assertThat(file.ioctl(0x3BFF, argument)).isEqualTo(-Errno.ENOTTY);
        }
    }

    @Test
    void theKernelBeneathIsAskedWithoutAFake() {
        try (Iommufd iommufd = Iommufd.open(IommufdKernel.host()); Ioas ioas = iommufd.ioas()) {
            assertThat(ioas.id()).isPositive();
        } catch (final LinuxException refused) {
            assertThat(refused).hasMessageContaining("/dev/iommu"); // not every machine has one, or lets us
        }
    }
}
