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

package io.viommu.vmm.board;

/**
 * Where things are on the arm64 board.
 *
 * <pre>
 *  0x0800_0000  GICv3 distributor    0x0808_0000  ITS    0x080A_0000  redistributors, 128 KiB for each vCPU
 *  0x3E00_0000  PL011, SPI 1         0x3E05_0000  vIOMMU, SPIs 10 to 13: event queue, PRI queue, CMD_SYNC, errors
 *  0x1000_0000  PCI memory           0x3F00_0000  PCI configuration, bus 0
 *  0x4000_0000  RAM
 * </pre>
 */
final class Arm64Map {

    static final long DISTRIBUTOR = 0x0800_0000L;
    static final long DISTRIBUTOR_SIZE = 0x1_0000L;
    static final long ITS = 0x0808_0000L;
    static final long ITS_SIZE = 0x2_0000L;
    /** GITS_TRANSLATER, where devices write. */
    static final long DOORBELL = ITS + 0x1_0040L;
    static final long REDISTRIBUTORS = 0x080A_0000L;
    static final long REDISTRIBUTOR_SIZE = 0x2_0000L;
    static final long PCI_MEMORY = 0x1000_0000L;
    static final long PCI_MEMORY_SIZE = 0x1000_0000L;
    static final long SERIAL = 0x3E00_0000L;
    static final int SERIAL_SPI = 1;
    static final long IOMMU = 0x3E05_0000L;
    static final int IOMMU_SPI = 10;
    static final int IOMMU_WIRES = 4;
    /** The vIOMMU's own DeviceID to the ITS, behind all of bus 0. */
    static final int IOMMU_DEVICE = 0x100;
    static final long ECAM = 0x3F00_0000L;
    static final long MEMORY = 0x4000_0000L;
    /** Interrupts of the GIC, the 32 private ones included. */
    static final int INTERRUPTS = 128;

    private Arm64Map() {
    }
}
