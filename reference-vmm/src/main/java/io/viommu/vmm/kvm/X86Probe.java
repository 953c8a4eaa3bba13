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

import java.lang.foreign.MemorySegment;

import io.viommu.bridge.linux.SharedMemory;

/**
 * Whether a KVM runs 64-bit guests. Some kernels offer one that doesn't: it emulates what it can, so simple
 * instructions work, but a floating-point one does not. So a guest of ten bytes is run that has one.
 */
public final class X86Probe {

    private static final long SIZE = 1 << 21;
    private static final long CODE_AT = 0x10_0000;
    private static final long STACK = 0x8000;
    /** fld1; mov al, 'Y'; mov dx, 0x3f8; out dx, al; hlt. */
    private static final byte[] CODE = { (byte) 0xD9, (byte) 0xE8, (byte) 0xB0, 'Y', 0x66, (byte) 0xBA, (byte) 0xF8,
        0x03, (byte) 0xEE, (byte) 0xF4 };

    private X86Probe() {
    }

    /**
     * Tries it.
     *
     * @param kvm the system.
     * @throws KvmRefusal in one sentence, if 64-bit guests don't run.
     */
    public static void require(final Kvm kvm) {
        try (SharedMemory memory = SharedMemory.create("viommu-probe", SIZE);
                KvmVm vm = kvm.createVm(0)) {
            vm.addMemory(0, 0, memory.segment());
            try (KvmVcpu vcpu = vm.createVcpu(0)) {
                X86Cpuid.set(kvm, vcpu, 1);
                memory.segment().asSlice(CODE_AT, CODE.length).copyFrom(MemorySegment.ofArray(CODE));
                X86State.enterLongMode(vcpu, memory.segment(), CODE_AT, 0, STACK);
                final int left = vcpu.enter();
                if (left < 0 || vcpu.reason() != KvmExit.IO || vcpu.portValue(0) != 'Y') {
                    throw new KvmRefusal("this machine's KVM can't run 64-bit guests (" + (left < 0
                            ? "KVM_RUN gives errno " + -left
                            : KvmExit.text(vcpu.reason(), vcpu.suberror())) + ", as with kvm_pvm): use a machine with "
                            + "hardware or nested virtualisation; kvm_intel or kvm_amd is then in /sys/module.");
                }
            }
        }
    }
}
