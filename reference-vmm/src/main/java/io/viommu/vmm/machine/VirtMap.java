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

/**
 * Where things are on {@code virt}, as on QEMU's.
 *
 * <pre>
 *  0x0905_0000      SMMUv3 of the machine, SPIs 74..77 (event queue, PRI queue, CMD_SYNC, global error)
 *  0x0A00_0000      virtio transports, empty
 *  0x0C00_0000      SMMUv3 as a device, SPIs 112..115
 *  0x1000_0000      PCI memory, up to 0x3EFE_FFFF
 *  0x4000_0000      RAM
 *  0x40_1000_0000   PCI configuration (ECAM), 256 MiB
 * </pre>
 */
final class VirtMap {

    static final long SMMU = 0x0905_0000L;
    static final int SMMU_SPI = 74;
    static final long VIRTIO = 0x0A00_0000L;
    static final long PLATFORM_SMMU = 0x0C00_0000L;
    static final int PLATFORM_SMMU_SPI = 112;
    static final long PCI_MEMORY = 0x1000_0000L;
    static final long PCI_MEMORY_SIZE = 0x2EFF_0000L;
    static final int PCI_SPI = 3;
    static final long RAM = 0x4000_0000L;
    static final long ECAM = 0x40_1000_0000L;
    static final long ECAM_SIZE = 0x1000_0000L;

    private VirtMap() {
    }
}
