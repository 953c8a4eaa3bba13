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

/** Capabilities that a board may need (KVM_CAP_*), each with what it is for. */
public enum KvmCapability {

    /** RAM of ours as the guest's. */
    USER_MEMORY(3, "guest memory of user space"),
    /** KVM_SET_CPUID2. */
    EXT_CPUID(7, "setting CPUID"),
    /** How many vCPUs a guest should have at most. */
    NR_VCPUS(9, "several vCPUs"),
    /** KVM_SET_GSI_ROUTING. */
    IRQ_ROUTING(25, "interrupt routes"),
    /** KVM_IRQFD. */
    IRQFD(32, "interrupts from eventfds"),
    /** KVM_IOEVENTFD. */
    IOEVENTFD(36, "eventfds for register writes"),
    /** How many vCPUs a guest may have at most. */
    MAX_VCPUS(66, "several vCPUs"),
    /** KVM_GET_ONE_REG. */
    ONE_REG(70, "single registers"),
    /** KVM_SIGNAL_MSI. */
    SIGNAL_MSI(77, "message-signalled interrupts"),
    /** KVM_CREATE_DEVICE. */
    DEVICE_CTRL(89, "devices in the kernel"),
    /** PSCI from 0.2 on. */
    ARM_PSCI_0_2(102, "power control of vCPUs"),
    /** A local APIC in the kernel and an IOAPIC of ours. */
    SPLIT_IRQCHIP(121, "an IOAPIC in user space"),
    /** Ioeventfds that take an access of any width. */
    IOEVENTFD_ANY_LENGTH(122, "eventfds for writes of any width"),
    /** APIC ids of 32 bits in routes. */
    X2APIC_API(129, "APIC ids of 32 bits"),
    /** A flag that keeps KVM_RUN from entering the guest. */
    IMMEDIATE_EXIT(136, "stopping vCPUs"),
    /** Bits of a guest physical address. */
    ARM_VM_IPA_SIZE(165, "the size of guest physical addresses"),
    /** Exits for accesses that the hardware does not describe. */
    ARM_NISV_TO_USER(177, "undescribed register accesses"),
    /** Aborts that user space injects. */
    ARM_INJECT_EXT_DABT(178, "external aborts");

    private final int number;
    private final String purpose;

    KvmCapability(final int number, final String purpose) {
        this.number = number;
        this.purpose = purpose;
    }

    int number() {
        return number;
    }

    /** What a guest would lack, in a few words. */
    String purpose() {
        return purpose;
    }
}
