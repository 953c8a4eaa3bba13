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

/** The registers of a vCPU of arm64 that a board sets before it runs. */
public final class Arm64State {

    private static final long CORE = 0x6030_0000_0010_0000L;
    private static final long PC = CORE + 0x40;
    private static final long MPIDR = 0x6030_0000_0013_C005L;
    private static final long AFFINITY = 0xFF_00FF_FFFFL;
    private static final int POWER_OFF = 1;
    private static final int PSCI_0_2 = 1 << 2;
    private static final int ARGUMENTS = 4;

    private Arm64State() {
    }

    /**
     * Makes a vCPU ready: at EL1 with interrupts masked, switched on and off by PSCI.
     *
     * @param vm   its machine.
     * @param vcpu which has not run.
     * @param off  whether another has to switch it on.
     */
    public static void init(final KvmVm vm, final KvmVcpu vcpu, final boolean off) {
        vcpu.init(vm.preferredTarget(off ? PSCI_0_2 | POWER_OFF : PSCI_0_2));
    }

    /**
     * Which vCPU it is, as a device tree says it.
     *
     * @param vcpu which was initialised.
     * @return the affinity fields of MPIDR_EL1.
     */
    public static long affinity(final KvmVcpu vcpu) {
        return vcpu.register(MPIDR) & AFFINITY;
    }

    /**
     * Lets it begin as Linux's boot protocol wants it (Documentation/arch/arm64/booting.rst).
     *
     * @param vcpu  which has not run.
     * @param entry the first instruction.
     * @param tree  where the device tree is.
     */
    public static void start(final KvmVcpu vcpu, final long entry, final long tree) {
        for (int i = 0; i < ARGUMENTS; i++) {
            vcpu.register(CORE + 2L * i, i == 0 ? tree : 0);
        }
        vcpu.register(PC, entry);
    }

    /**
     * Where a vCPU is, for a sentence or to step over an instruction.
     *
     * @param vcpu which does not run just now.
     * @return its program counter.
     */
    public static long programCounter(final KvmVcpu vcpu) {
        return vcpu.register(PC);
    }
}
