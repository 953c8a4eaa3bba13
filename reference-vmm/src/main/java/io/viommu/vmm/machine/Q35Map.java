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
 * Where things are on {@code q35}, as on QEMU's.
 *
 * <pre>
 *  0                RAM, up to 2 GiB; what is more begins at 4 GiB
 *  0xE000_0000      where PCI memory is handed out; BARs decode from 2 GiB (or the end of RAM) to 0xFEBF_FFFF
 *  0xFEC0_0000      IOAPIC
 *  0xFED9_0000      VT-d registers
 *  0xFEE0_0000      interrupt messages of devices
 * </pre>
 */
final class Q35Map {

    static final long LOW_RAM_LIMIT = 0x8000_0000L;
    static final long HIGH_RAM = 0x1_0000_0000L;
    static final long PCI_MEMORY = 0x8000_0000L;
    static final long PCI_MEMORY_SIZE = 0x7EC0_0000L;
    static final long PCI_MEMORY_FIRST_BAR = 0xE000_0000L;
    static final long IOAPIC = 0xFEC0_0000L;
    static final int PCI_IOAPIC_PIN = 20;
    static final long VTD = 0xFED9_0000L;

    private Q35Map() {
    }
}
