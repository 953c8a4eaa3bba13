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

import java.util.ArrayList;
import java.util.List;

import io.viommu.counters.CounterFile;
import io.viommu.iommu.MessageWindow;
import io.viommu.vmm.kvm.Kvm;
import io.viommu.vmm.kvm.KvmCapability;
import io.viommu.vmm.kvm.KvmVcpu;
import io.viommu.vmm.kvm.KvmVm;
import io.viommu.vmm.kvm.X86Cpuid;
import io.viommu.vmm.kvm.X86Probe;
import io.viommu.vmm.kvm.X86State;
import io.viommu.vtd.acpi.DeviceScope;
import io.viommu.vtd.acpi.DmarTable;

/** The board of x86_64: local APICs in the kernel, an IOAPIC here, COM1, PCI Express and hardware-reduced ACPI. */
final class X86Board implements Board {

    /** More have APIC ids that the MADT says otherwise. */
    static final int MOST_CPUS = 254;

    private static final KvmCapability[] NEEDED = { KvmCapability.USER_MEMORY, KvmCapability.EXT_CPUID,
        KvmCapability.IRQ_ROUTING, KvmCapability.IRQFD, KvmCapability.IOEVENTFD, KvmCapability.IOEVENTFD_ANY_LENGTH,
        KvmCapability.SIGNAL_MSI, KvmCapability.SPLIT_IRQCHIP, KvmCapability.X2APIC_API,
        KvmCapability.IMMEDIATE_EXIT };
    /** Destinations in messages have 32 bits, and 0xFF is not everybody. */
    private static final long WIDE_DESTINATIONS = 3;
    private static final int HOST_ADDRESS_WIDTH = 46;
    private static final int ECAP = 0x10;
    private static final int ECAP_INTERRUPT_REMAPPING = 1 << 3;
    private static final int DMAR_SIZE_SHIFT = 12;
    /** mov al, 0xfe; out 0x64, al; hlt: where a guest jumps that wants the firmware to reset it. */
    private static final byte[] RESET_CODE = Aml.bytes(0xB0, 0xFE, 0xE6, X86Map.KEYBOARD, 0xF4);

    private final AddressMap memoryMap = new AddressMap();
    private final AddressMap ports = new AddressMap();
    private final List<KvmVcpu> vcpus = new ArrayList<>();
    private final IoApic ioapic;
    private final Uart16550 serial;
    private final GuestIommu iommu;
    private final GuestDevices devices;

    /** Refuses a machine on which it can't work, in one sentence. */
    static void check(final Kvm kvm) {
        kvm.require(NEEDED);
        X86Probe.require(kvm);
    }

    X86Board(final Parts parts, final MachineOptions options, final CounterFile counters) {
        final KvmVm vm = parts.vm();
        parts.memory().addBank(vm, 0, Math.min(options.memory(), X86Map.LOW_MEMORY));
        if (options.memory() > X86Map.LOW_MEMORY) {
            parts.memory().addBank(vm, X86Map.HIGH_MEMORY, options.memory() - X86Map.LOW_MEMORY);
        }
        vm.reservePages(X86Map.KVM_IDENTITY_MAP, X86Map.KVM_TSS);
        vm.enable(KvmCapability.SPLIT_IRQCHIP, IoApic.PINS);
        vm.enable(KvmCapability.X2APIC_API, WIDE_DESTINATIONS);
        for (int cpu = 0; cpu < options.cpus(); cpu++) {
            final KvmVcpu vcpu = parts.resources().add(vm.createVcpu(cpu));
            X86Cpuid.set(parts.kvm(), vcpu, options.cpus());
            vcpus.add(vcpu);
        }
        final X86Interrupts interrupts = new X86Interrupts(vm);
        iommu = options.iommu() == null
                ? null
                : parts.resources()
                        .add(new GuestIommu(options.iommu(), parts.memory().guest(), interrupts, counters));
        if (iommu != null) {
            interrupts.connect(iommu);
            memoryMap.add(X86Map.IOMMU, iommu.model());
        }
        ioapic = new IoApic(interrupts, vm.routes());
        serial = new Uart16550(parts.out(), level -> ioapic.pin(X86Map.COM1_PIN, level));
        final PowerControl power = new PowerControl(parts.end());
        ports.add(X86Map.COM1, serial);
        ports.add(PowerControl.BASE, power);
        ports.add(X86Map.KEYBOARD, power.keyboard());
        final PciRoot pci = new PciRoot(X86Map.PCI_MEMORY, X86Map.PCI_MEMORY_SIZE);
        memoryMap.add(X86Map.IOAPIC, ioapic);
        memoryMap.add(X86Map.ECAM, pci.ecam());
        memoryMap.add(X86Map.PCI_MEMORY, pci.window());
        final MessageWindow window = MessageWindow.localApics(interrupts::deviceMessage);
        devices = new GuestDevices(
                new GuestDevices.Bus(pci, vm, () -> GuestIommu.memory(iommu, parts.memory().guest(), window),
                        iommu != null, interrupts::open, parts.resources()),
                options.drives(), parts.out());
        boot(parts.memory(), options);
    }

    private void boot(final BoardMemory memory, final MachineOptions options) {
        final BzImage kernel = new BzImage(MachineFiles.read("--kernel", options.kernel()),
                options.kernel().toString());
        final byte[] initrd = MachineFiles.read("--initrd", options.initrd());
        final long low = Math.min(options.memory(), X86Map.LOW_MEMORY);
        final long entry = kernel.load(memory, initrd, options.commandLine(), low);
        memory.load(X86Map.TABLES, X86Tables.build(X86Map.TABLES, X86Map.TABLES_SIZE, options.cpus(), dmar()));
        memory.load(X86Map.RESET_VECTOR, RESET_CODE);
        final long high = Math.max(0, options.memory() - X86Map.LOW_MEMORY);
        BzImage.describe(memory, X86Map.TABLES, new BzImage.MapEntry(0, 0x9_FC00, true),
                new BzImage.MapEntry(0x9_FC00, 0x6_0400, false),
                new BzImage.MapEntry(1 << 20, low - (1 << 20), true),
                new BzImage.MapEntry(X86Map.ECAM, PciRoot.ECAM_SIZE, false),
                new BzImage.MapEntry(X86Map.HIGH_MEMORY, high, true));
        X86State.enterLongMode(vcpus.getFirst(), memory.low(), entry, BzImage.zeroPage(), BzImage.stack());
    }

    private byte[] dmar() {
        if (iommu == null) {
            return null;
        }
        final long size = iommu.model().mmioSize();
        return new DmarTable(HOST_ADDRESS_WIDTH)
                .interruptRemapping((iommu.model().read(ECAP, Long.BYTES) & ECAP_INTERRUPT_REMAPPING) != 0)
                .unit(0, X86Map.IOMMU, Math.max(size, 1L << DMAR_SIZE_SHIFT), true,
                        DeviceScope.ioapic(X86Map.IOAPIC_ID, IoApic.SOURCE_ID >> 8, 0, 0))
                .build();
    }

    @Override
    public AddressMap memory() {
        return memoryMap;
    }

    @Override
    public AddressMap ports() {
        return ports;
    }

    @Override
    public List<KvmVcpu> vcpus() {
        return vcpus;
    }

    @Override
    public GuestIommu iommu() {
        return iommu;
    }

    @Override
    public GuestDevices devices() {
        return devices;
    }

    @Override
    public void interruptEnded(final int vector) {
        ioapic.ended(vector);
    }

    @Override
    public long programCounter(final KvmVcpu vcpu) {
        return X86State.instructionPointer(vcpu);
    }

    @Override
    public void type(final byte[] bytes, final int length) {
        serial.type(bytes, length);
    }
}
