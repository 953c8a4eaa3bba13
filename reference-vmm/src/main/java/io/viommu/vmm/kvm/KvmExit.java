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

/** Why KVM_RUN returned (KVM_EXIT_*). */
public final class KvmExit {

    /** An IN or OUT of x86. */
    public static final int IO = 2;
    /** A halt without an interrupt controller in the kernel. */
    public static final int HLT = 5;
    /** An access to an address without memory. */
    public static final int MMIO = 6;
    /** A triple fault. */
    public static final int SHUTDOWN = 8;
    /** The hardware refused to enter the guest. */
    public static final int FAIL_ENTRY = 9;
    /** A signal; KVM_RUN then also returns EINTR. */
    public static final int INTR = 10;
    /** KVM could not go on. */
    public static final int INTERNAL_ERROR = 17;
    /** Power off, reset or crash, as a guest of arm64 asks for by PSCI. */
    public static final int SYSTEM_EVENT = 24;
    /** A guest of x86 ended a level-triggered interrupt of our IOAPIC. */
    public static final int IOAPIC_EOI = 26;
    /** An access of arm64 that the hardware does not describe. */
    public static final int ARM_NISV = 28;

    /** Of {@link #SYSTEM_EVENT}: power off. */
    public static final int EVENT_SHUTDOWN = 1;
    /** Of {@link #SYSTEM_EVENT}: reset. */
    public static final int EVENT_RESET = 2;
    /** Of {@link #SYSTEM_EVENT}: the guest says that it crashed. */
    public static final int EVENT_CRASH = 3;

    /** Of {@link #INTERNAL_ERROR}: an instruction that KVM can't emulate. */
    static final int EMULATION = 1;
    /** Of {@link #INTERNAL_ERROR}: an exit while an event was being delivered. */
    public static final int DELIVERY_EVENT = 3;

    private KvmExit() {
    }

    /**
     * Words for an exit that ends a guest.
     *
     * @param reason   the reason.
     * @param suberror what {@link KvmVcpu#suberror} says.
     * @return a phrase.
     */
    public static String text(final int reason, final int suberror) {
        return switch (reason) {
            case SHUTDOWN -> "a triple fault";
            case FAIL_ENTRY -> "the hardware refused to enter the guest";
            case INTERNAL_ERROR -> switch (suberror) {
                case EMULATION -> "an instruction that KVM can't emulate";
                case DELIVERY_EVENT -> "an access during the delivery of an event";
                default -> "internal error " + suberror + " of KVM";
            };
            default -> "exit " + reason + " of KVM";
        };
    }
}
