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

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.junit.jupiter.api.Test;

import io.viommu.bridge.iommufd.nested.IommufdStreams;
import io.viommu.bridge.uapi.IommufdObjects.HwInfoLayout;
import io.viommu.iommu.NestedStreams;

/** What hardware says of itself, and what a model may then advertise. */
class HardwareInfoTest {

    /** IDR0 to IDR5, IIDR, AIDR as Linux 7.3.4 gave them of QEMU's SMMUv3. */
    private static final int[] QEMU = { 0x0d44101b, 0x02730010, 0, 0x1414, 0, 0x74, 0, 1 };

    private final FakeIommufd kernel = new FakeIommufd();
    private final int device = kernel.device();
    private final Iommufd iommufd = Iommufd.open(kernel);

    private static byte[] smmu(final int... registers) {
        final ByteBuffer data = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder()).position(8);
        for (final int register : registers) {
            data.putInt(register);
        }
        return data.array();
    }

    private static byte[] vtd(final long cap, final long ecap) {
        return ByteBuffer.allocate(24).order(ByteOrder.nativeOrder()).putLong(0).putLong(cap).putLong(ecap).array();
    }

    @Test
    void theSmmuOfARealKernelIsNotOfferedMoreThanItHas() {
        kernel.hardware().set(HwInfoLayout.TYPE_ARM_SMMUV3, 0, 8, smmu(QEMU));
        final HardwareInfo info = iommufd.hardwareInfo(device);
        assertThat(info.registers()).containsExactly(0x0d44101bL, 0x02730010L, 0L, 0x1414L, 0L, 0x74L, 0L, 1L);
        assertThat(info.properties()).containsEntry("ats", "off").containsEntry("ril", "on")
                .containsEntry("stall", "off").containsEntry("ssidsize", "0").containsEntry("stage", "1")
                .containsEntry("accel", "on").containsEntry("term-model", "abort").containsEntry("httu", "none");
    }

    @Test
    void aModelInAcceleratedModeReadsTheRegistersOfASmmuOnly() {
        kernel.hardware().set(HwInfoLayout.TYPE_ARM_SMMUV3, 0, 8, smmu(QEMU));
        final Viommu viommu = iommufd.ioas().nestParent(device).smmu(device);
        final IommufdStreams streams = new IommufdStreams(viommu, null, iommufd.hardwareInfo(device));
        assertThat(streams.identification(0)).isEqualTo(0x0d44101b);
        assertThat(streams.identification(5)).isEqualTo(0x74);
        assertThat(streams.identification(6)).isEqualTo(NestedStreams.UNKNOWN);
        kernel.hardware().set(0xFEED_BEEF, 20, 9, new byte[8]);
        assertThat(new IommufdStreams(viommu, null, iommufd.hardwareInfo(device)).identification(0))
                .isEqualTo(NestedStreams.UNKNOWN);
    }

    @Test
    void substreamsAreWhatDeviceAndSmmuBothHave() {
        final int[] registers = QEMU.clone();
        registers[0] = registers[0] & ~(3 << 24) & ~(1 << 26) | 2 << 24;
        registers[1] |= 20 << 6;
        registers[3] = 0;
        kernel.hardware().set(HwInfoLayout.TYPE_ARM_SMMUV3, 16, 0, smmu(registers));
        assertThat(iommufd.hardwareInfo(device).properties()).containsEntry("ssidsize", "16")
                .containsEntry("ats", "on").containsEntry("stall", "forced").containsEntry("ril", "off")
                .containsEntry("term-model", "both");
    }

    @Test
    void vtdOffersSharedVirtualMemoryWithPasidsPageRequestsAndAts() {
        kernel.hardware().set(HwInfoLayout.TYPE_INTEL_VTD, 20, 0, vtd(1L << 60, 1L << 47 | 1L << 29));
        assertThat(iommufd.hardwareInfo(device).properties()).containsEntry("aw-bits", "57")
                .containsEntry("x-flts", "on").containsEntry("svm", "on").containsEntry("device-iotlb", "on");
        kernel.hardware().set(HwInfoLayout.TYPE_INTEL_VTD, 20, 8, vtd(0, 1L << 47 | 1L << 29));
        assertThat(iommufd.hardwareInfo(device).properties()).containsEntry("aw-bits", "48").containsEntry("svm", "off")
                .containsEntry("device-iotlb", "off");
    }

    @Test
    void hardwareThatNoModelKnowsHasNoProperties() {
        kernel.hardware().set(0xFEED_BEEF, 20, 9, new byte[8]);
        final HardwareInfo info = iommufd.hardwareInfo(device);
        assertThat(info.properties()).isEmpty();
        assertThat(info.pasidBits()).isEqualTo(20);
        assertThatThrownBy(() -> iommufd.hardwareInfo(77))
                .hasMessage("IOMMU_GET_HW_INFO of device 77 failed: ENOENT (no such file or directory)");
    }
}
