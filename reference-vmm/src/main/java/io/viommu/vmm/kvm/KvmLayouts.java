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

/**
 * Structures of linux/kvm.h: the size of each and the offsets of the fields that are used. Host byte order; what is not
 * named is 0.
 */
final class KvmLayouts {

    private KvmLayouts() {
    }

    /** {@code struct kvm_userspace_memory_region}: u32 slot, flags; u64 guest address, size, host address. */
    static final class MemoryRegion {
        static final int LENGTH = 32;
        static final int SLOT = 0;
        static final int FLAGS = 4;
        static final int GUEST_PHYS_ADDR = 8;
        static final int MEMORY_SIZE = 16;
        static final int USERSPACE_ADDR = 24;
    }

    /** {@code struct kvm_irq_level}: u32 irq, level. */
    static final class IrqLevel {
        static final int LENGTH = 8;
        static final int IRQ = 0;
        static final int LEVEL = 4;
    }

    /** {@code struct kvm_irq_routing}, followed by entries: u32 number of them, flags. */
    static final class Routing {
        static final int LENGTH = 8;
        static final int NR = 0;
    }

    /** {@code struct kvm_irq_routing_entry}: u32 gsi, type, flags, padding; the rest by type. */
    static final class RoutingEntry {
        static final int LENGTH = 48;
        static final int GSI = 0;
        static final int TYPE = 4;
        static final int FLAGS = 8;
        /** Of the type MSI: u32 address, its upper half, data, device id. */
        static final int MSI_ADDRESS_LO = 16;
        static final int MSI_ADDRESS_HI = 20;
        static final int MSI_DATA = 24;
        static final int MSI_DEVID = 28;
        /** Of the type irqchip: u32 controller, pin. */
        static final int IRQCHIP_IRQCHIP = 16;
        static final int IRQCHIP_PIN = 20;
        static final int TYPE_IRQCHIP = 1;
        static final int TYPE_MSI = 2;
        static final int FLAG_DEVID = 1;
    }

    /** {@code struct kvm_irqfd}: u32 fd, gsi, flags, resamplefd. */
    static final class Irqfd {
        static final int LENGTH = 32;
        static final int FD = 0;
        static final int GSI = 4;
        static final int FLAGS = 8;
        static final int FLAG_DEASSIGN = 1;
    }

    /** {@code struct kvm_ioeventfd}: u64 datamatch, addr; u32 len, s32 fd, u32 flags. */
    static final class Ioeventfd {
        static final int LENGTH = 64;
        static final int ADDR = 8;
        static final int LEN = 16;
        static final int FD = 20;
        static final int FLAGS = 24;
        static final int FLAG_DEASSIGN = 4;
    }

    /** {@code struct kvm_msi}: u32 address, its upper half, data, flags, device id. */
    static final class Msi {
        static final int LENGTH = 32;
        static final int ADDRESS_LO = 0;
        static final int ADDRESS_HI = 4;
        static final int DATA = 8;
        static final int FLAGS = 12;
        static final int DEVID = 16;
        static final int FLAG_DEVID = 1;
    }

    /** {@code struct kvm_enable_cap}: u32 cap, flags; u64 args[4]. */
    static final class EnableCap {
        static final int LENGTH = 104;
        static final int CAP = 0;
        static final int ARGS = 8;
    }

    /** {@code struct kvm_create_device}: u32 type, s32 fd (out), u32 flags. */
    static final class CreateDevice {
        static final int LENGTH = 12;
        static final int TYPE = 0;
        static final int FD = 4;
    }

    /** {@code struct kvm_device_attr}: u32 flags, group; u64 attr, addr. */
    static final class DeviceAttr {
        static final int LENGTH = 24;
        static final int GROUP = 4;
        static final int ATTR = 8;
        static final int ADDR = 16;
    }

    /** {@code struct kvm_one_reg}: u64 id, addr. */
    static final class OneReg {
        static final int LENGTH = 16;
        static final int ID = 0;
        static final int ADDR = 8;
    }

    /** {@code struct kvm_vcpu_init} of arm64: u32 target, features[7]. */
    static final class VcpuInit {
        static final int LENGTH = 32;
        static final int FEATURES = 4;
    }

    /** {@code struct kvm_cpuid2}, followed by entries: u32 number of them, padding. */
    static final class Cpuid {
        static final int LENGTH = 8;
        static final int NENT = 0;
    }

    /** {@code struct kvm_cpuid_entry2}: u32 function, index, flags, eax, ebx, ecx, edx. */
    static final class CpuidEntry {
        static final int LENGTH = 40;
        static final int FUNCTION = 0;
        static final int INDEX = 4;
        static final int EAX = 12;
        static final int EBX = 16;
        static final int ECX = 20;
        static final int EDX = 24;
    }

    /** {@code struct kvm_regs} of x86: u64 each. */
    static final class Regs {
        static final int LENGTH = 144;
        static final int RAX = 0;
        static final int RBX = 8;
        static final int RDX = 24;
        static final int RSI = 32;
        static final int RSP = 48;
        static final int RIP = 128;
        static final int RFLAGS = 136;
    }

    /** {@code struct kvm_sregs} of x86: segments of 24 bytes, tables of 16, control registers of 8. */
    static final class Sregs {
        static final int LENGTH = 312;
        static final int CS = 0;
        static final int DS = 24;
        static final int ES = 48;
        static final int FS = 72;
        static final int GS = 96;
        static final int SS = 120;
        static final int TR = 144;
        static final int GDT = 192;
        static final int IDT = 208;
        static final int CR0 = 224;
        static final int CR3 = 240;
        static final int CR4 = 248;
        static final int EFER = 264;
        static final int APIC_BASE = 272;
    }

    /** {@code struct kvm_segment} of x86: u64 base, u32 limit, u16 selector, then a byte each. */
    static final class Segment {
        static final int LENGTH = 24;
        static final int BASE = 0;
        static final int LIMIT = 8;
        static final int SELECTOR = 12;
        static final int TYPE = 14;
        static final int PRESENT = 15;
        static final int DPL = 16;
        static final int DB = 17;
        static final int S = 18;
        static final int L = 19;
        static final int G = 20;
    }

    /** {@code struct kvm_dtable} of x86: u64 base, u16 limit. */
    static final class Dtable {
        static final int LENGTH = 16;
        static final int BASE = 0;
        static final int LIMIT = 8;
    }

    /** {@code struct kvm_run}, which a vCPU shares with user space: flags, the reason of an exit, and its data. */
    static final class Run {
        static final int IMMEDIATE_EXIT = 1;
        static final int EXIT_REASON = 8;
        static final int IO_DIRECTION = 32;
        static final int IO_SIZE = 33;
        static final int IO_PORT = 34;
        static final int IO_COUNT = 36;
        static final int IO_DATA_OFFSET = 40;
        static final int MMIO_PHYS_ADDR = 32;
        static final int MMIO_DATA = 40;
        static final int MMIO_LEN = 48;
        static final int MMIO_IS_WRITE = 52;
        static final int INTERNAL_SUBERROR = 32;
        static final int EOI_VECTOR = 32;
        static final int SYSTEM_EVENT_TYPE = 32;
        static final int FAIL_ENTRY_REASON = 32;
        static final int ARM_NISV_ESR_ISS = 32;
        static final int ARM_NISV_FAULT_IPA = 40;
    }
}
