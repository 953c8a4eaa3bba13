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

import static io.viommu.bridge.iommufd.Iommufd.INT;
import static io.viommu.bridge.iommufd.Iommufd.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.viommu.bridge.uapi.IommufdObjects.HwInfoArmSmmuv3Layout;
import io.viommu.bridge.uapi.IommufdObjects.HwInfoLayout;
import io.viommu.bridge.uapi.IommufdObjects.HwInfoVtdLayout;
import io.viommu.bridge.uapi.IommufdRequest;

/**
 * What the IOMMU behind a device is, and so what a model in accelerated mode may advertise to its guest.
 *
 * @param type         which IOMMU, see {@link HwInfoLayout}.
 * @param pasidBits    bits of a PASID that device and IOMMU both support, 0 for none.
 * @param capabilities bits of {@link HwInfoLayout}.
 * @param registers    for an SMMUv3 IDR0 to IDR5, IIDR, AIDR, 32 bits each; for VT-d CAP and ECAP; else none.
 */
public record HardwareInfo(int type, int pasidBits, long capabilities, List<Long> registers) {

    private static final int BUFFER = 64;
    private static final int SMMU_REGISTERS = 8;
    private static final int VTD_REGISTERS = 2;

    /** IDR0 (IHI 0070, 6.3.1). */
    private static final int STALL_MODEL_SHIFT = 24;
    private static final long TERM_MODEL = 1L << 26;
    /** IDR1 (6.3.2). */
    private static final int SSIDSIZE_SHIFT = 6;
    private static final long SSIDSIZE_MASK = 0x1F;
    /** IDR3 (6.3.4). */
    private static final long RIL = 1L << 10;
    /** CAP (VT-d, 11.4.2). */
    private static final long FL5LP = 1L << 60;
    /** ECAP (11.4.3). */
    private static final long PRS = 1L << 29;
    private static final long FLTS = 1L << 47;

    static HardwareInfo of(final Iommufd iommufd, final int device) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment data = arena.allocate(BUFFER, Long.BYTES);
            final MemorySegment argument = Iommufd.argument(arena, HwInfoLayout.LENGTH);
            argument.set(INT, HwInfoLayout.DEV_ID, device);
            argument.set(INT, HwInfoLayout.DATA_LEN, BUFFER);
            argument.set(LONG, HwInfoLayout.DATA_UPTR, data.address());
            iommufd.call(IommufdRequest.GET_HW_INFO, argument, " of device " + device);
            final int type = argument.get(INT, HwInfoLayout.OUT_DATA_TYPE);
            return new HardwareInfo(type,
                    argument.get(ValueLayout.JAVA_BYTE, HwInfoLayout.OUT_MAX_PASID_LOG2) & 0xFF,
                    argument.get(LONG, HwInfoLayout.OUT_CAPABILITIES), switch (type) {
                        case HwInfoLayout.TYPE_ARM_SMMUV3 -> IntStream.range(0, SMMU_REGISTERS)
                                .mapToObj(i -> Integer.toUnsignedLong(
                                        data.get(INT, HwInfoArmSmmuv3Layout.IDR + (long) i * Integer.BYTES)))
                                .toList();
                        case HwInfoLayout.TYPE_INTEL_VTD -> IntStream.range(0, VTD_REGISTERS)
                                .mapToObj(i -> data.get(LONG, HwInfoVtdLayout.CAP_REG + (long) i * Long.BYTES))
                                .toList();
                        default -> List.of();
                    });
        }
    }

    /**
     * What a model must be configured with so that its guest asks for nothing that this hardware can't do: names and
     * values are those of the model's properties.
     *
     * @return for the model {@code smmuv3} or {@code intel-iommu}; empty for other hardware, which can't be nested.
     */
    public Map<String, String> properties() {
        return switch (type) {
            case HwInfoLayout.TYPE_ARM_SMMUV3 -> smmu();
            case HwInfoLayout.TYPE_INTEL_VTD -> vtd();
            default -> Map.of();
        };
    }

    private boolean ats() {
        return (capabilities & HwInfoLayout.CAPABILITY_ATS_NOT_SUPPORTED) == 0;
    }

    /** IDR0.HTTU and IDR5.OAS are not the guest's to know: the kernel says so (linux/iommufd.h). */
    private Map<String, String> smmu() {
        final long substreams = registers.get(1) >>> SSIDSIZE_SHIFT & SSIDSIZE_MASK;
        final String stall = switch ((int) (registers.get(0) >>> STALL_MODEL_SHIFT) & 3) {
            case 0 -> "on";
            case 2 -> "forced";
            default -> "off";
        };
        return Map.of("accel", "on", "stage", "1", "httu", "none", "ssidsize",
                Long.toString(Math.min(substreams, pasidBits)), "ril", word((registers.get(3) & RIL) != 0), "ats",
                word(ats()), "pri", "off", "stall", stall, "term-model",
                (registers.get(0) & TERM_MODEL) != 0 ? "abort" : "both");
    }

    private Map<String, String> vtd() {
        final boolean firstStage = (registers.get(1) & FLTS) != 0;
        return Map.of("x-scalable-mode", "on", "x-flts", word(firstStage), "aw-bits",
                (registers.get(0) & FL5LP) != 0 ? "57" : "48", "device-iotlb", word(ats()), "svm",
                word(firstStage && ats() && pasidBits > 0 && (registers.get(1) & PRS) != 0));
    }

    private static String word(final boolean on) {
        return on ? "on" : "off";
    }
}
