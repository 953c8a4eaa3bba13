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

import java.util.List;

import io.viommu.vmm.kvm.Kvm;
import io.viommu.vmm.kvm.KvmVcpu;
import io.viommu.vmm.kvm.KvmVm;

/**
 * What differs between x86_64 and arm64: where things are, the interrupt controller, and how a kernel is started. A
 * board adds all it makes to the machine's resources.
 */
interface Board {

    /** What a board is built from. */
    record Parts(Kvm kvm, KvmVm vm, BoardMemory memory, ConsoleOutput out, MachineEnd end, Resources resources) {
    }

    /** Devices in the guest's physical memory. */
    AddressMap memory();

    /** Devices at x86's ports; nobody answers on arm64. */
    AddressMap ports();

    /** The vCPUs, ready to run; the first begins. */
    List<KvmVcpu> vcpus();

    /** The vIOMMU, or null. */
    GuestIommu iommu();

    /** The devices behind it. */
    GuestDevices devices();

    /** The guest ended a level-triggered interrupt of an interrupt controller in user space. */
    void interruptEnded(int vector);

    /** Where a vCPU that does not run just now is. */
    long programCounter(KvmVcpu vcpu);

    /** Bytes that the user typed, for the serial port. */
    void type(byte[] bytes, int length);
}
