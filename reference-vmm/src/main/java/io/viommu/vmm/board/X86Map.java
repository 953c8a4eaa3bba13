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
 * Where things are on the x86 board.
 *
 * <pre>
 *  0              RAM, up to 3 GiB; what is more begins at 4 GiB    0x000E_0000  ACPI tables    0x000F_FFF0  reset code
 *  0xC000_0000    PCI memory                                        0xE000_0000  PCI configuration, bus 0
 *  0xFEC0_0000    IOAPIC          0xFED9_0000  vIOMMU               0xFEE0_0000  local APICs
 *  0xFFFB_C000    four pages of KVM
 *  ports: 0x64 reset of a keyboard controller   0x3F8 COM1   0x600 power
 * </pre>
 */
final class X86Map {

    static final long LOW_MEMORY = 0xC000_0000L;
    static final long HIGH_MEMORY = 0x1_0000_0000L;
    static final long TABLES = 0xE_0000;
    static final int TABLES_SIZE = 0x1_0000;
    static final long RESET_VECTOR = 0xF_FFF0;
    static final long PCI_MEMORY = 0xC000_0000L;
    static final long PCI_MEMORY_SIZE = 0x1000_0000L;
    static final long ECAM = 0xE000_0000L;
    static final long IOAPIC = 0xFEC0_0000L;
    static final int IOAPIC_ID = 0;
    static final long IOMMU = 0xFED9_0000L;
    static final long LOCAL_APIC = 0xFEE0_0000L;
    static final long KVM_IDENTITY_MAP = 0xFFFB_C000L;
    static final long KVM_TSS = 0xFFFB_D000L;
    static final int KEYBOARD = 0x64;
    static final int COM1 = 0x3F8;
    static final int COM1_PIN = 4;

    private X86Map() {
    }
}
