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

package io.viommu.vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import io.viommu.vmm.kvm.KvmLayouts.Cpuid;
import io.viommu.vmm.kvm.KvmLayouts.CpuidEntry;

/** What CPUID says to a guest: all that KVM offers, with each vCPU's own id and their number. */
public final class X86Cpuid {

    private static final int TSC_DEADLINE = 1 << 24;
    private static final int HYPERVISOR = 1 << 31;
    private static final int HYPER_THREADING = 1 << 28;
    private static final int FEATURES = 1;
    private static final int TOPOLOGY = 0xB;
    private static final int TOPOLOGY_2 = 0x1F;
    private static final int AMD_SIZES = 0x8000_0008;
    private static final int AMD_TOPOLOGY = 0x8000_001E;
    private static final int AMD_TOPOLOGY_2 = 0x8000_0026;

    private X86Cpuid() {
    }

    /**
     * Sets it.
     *
     * @param kvm  the system.
     * @param vcpu which has not run.
     * @param cpus how many vCPUs there are.
     */
    public static void set(final Kvm kvm, final KvmVcpu vcpu, final int cpus) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment all = kvm.supportedCpuid(arena);
            for (int i = 0; i < all.get(Native.INT, Cpuid.NENT); i++) {
                adapt(all.asSlice(Cpuid.LENGTH + (long) i * CpuidEntry.LENGTH, CpuidEntry.LENGTH), vcpu.id(), cpus);
            }
            vcpu.cpuid(all);
        }
    }

    private static void adapt(final MemorySegment entry, final int id, final int cpus) {
        switch (entry.get(Native.INT, CpuidEntry.FUNCTION)) {
            case FEATURES -> {
                entry.set(Native.INT, CpuidEntry.EBX,
                        entry.get(Native.INT, CpuidEntry.EBX) & 0xFFFF | cpus << 16 | id << 24);
                entry.set(Native.INT, CpuidEntry.ECX,
                        entry.get(Native.INT, CpuidEntry.ECX) & ~TSC_DEADLINE | HYPERVISOR);
                entry.set(Native.INT, CpuidEntry.EDX, entry.get(Native.INT, CpuidEntry.EDX) & ~HYPER_THREADING
                        | (cpus > 1 ? HYPER_THREADING : 0));
            }
            case TOPOLOGY, TOPOLOGY_2, AMD_TOPOLOGY_2 -> entry.set(Native.INT, CpuidEntry.EDX, id);
            case AMD_SIZES -> entry.set(Native.INT, CpuidEntry.ECX, cpus - 1);
            case AMD_TOPOLOGY -> {
                entry.set(Native.INT, CpuidEntry.EAX, id);
                entry.set(Native.INT, CpuidEntry.EBX, id);
                entry.set(Native.INT, CpuidEntry.ECX, 0);
            }
            default -> {
            }
        }
    }
}
