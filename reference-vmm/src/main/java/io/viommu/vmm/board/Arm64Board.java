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
import io.viommu.vmm.kvm.Arm64State;
import io.viommu.vmm.kvm.Kvm;
import io.viommu.vmm.kvm.KvmCapability;
import io.viommu.vmm.kvm.KvmVcpu;
import io.viommu.vmm.kvm.KvmVm;

/** The board of arm64: GICv3 and ITS in the kernel, PSCI, PL011, PCI Express, and a device tree. */
final class Arm64Board implements Board {

    /** What one block of redistributors in front of PCI memory has room for. */
    static final int MOST_CPUS = 512;

    private static final KvmCapability[] NEEDED = { KvmCapability.USER_MEMORY, KvmCapability.ONE_REG,
        KvmCapability.IRQ_ROUTING, KvmCapability.IRQFD, KvmCapability.IOEVENTFD, KvmCapability.IOEVENTFD_ANY_LENGTH,
        KvmCapability.SIGNAL_MSI, KvmCapability.DEVICE_CTRL, KvmCapability.ARM_PSCI_0_2,
        KvmCapability.IMMEDIATE_EXIT };

    private final AddressMap memoryMap = new AddressMap();
    private final AddressMap ports = new AddressMap();
    private final List<KvmVcpu> vcpus = new ArrayList<>();
    private final Pl011 serial;
    private final GuestIommu iommu;
    private final GuestDevices devices;

    /** Refuses a machine on which it can't work, in one sentence. */
    static void check(final Kvm kvm) {
        kvm.require(NEEDED);
    }

    Arm64Board(final Parts parts, final MachineOptions options, final CounterFile counters) {
        final KvmVm vm = parts.vm();
        parts.memory().addBank(vm, Arm64Map.MEMORY, options.memory());
        final Arm64Interrupts interrupts = new Arm64Interrupts(vm, parts.resources());
        for (int cpu = 0; cpu < options.cpus(); cpu++) {
            final KvmVcpu vcpu = parts.resources().add(vm.createVcpu(cpu));
            Arm64State.init(vm, vcpu, cpu != 0);
            vcpus.add(vcpu);
        }
        interrupts.init(parts.resources());
        iommu = options.iommu() == null
                ? null
                : parts.resources()
                        .add(new GuestIommu(options.iommu(), parts.memory().guest(), interrupts, counters));
        interrupts.connect(iommu, parts.memory().guest());
        if (iommu != null) {
            memoryMap.add(Arm64Map.IOMMU, iommu.model());
        }
        serial = new Pl011(parts.out(), level -> interrupts.spi(Arm64Map.SERIAL_SPI, level));
        final PciRoot pci = new PciRoot(Arm64Map.PCI_MEMORY, Arm64Map.PCI_MEMORY_SIZE);
        memoryMap.add(Arm64Map.SERIAL, serial);
        memoryMap.add(Arm64Map.ECAM, pci.ecam());
        memoryMap.add(Arm64Map.PCI_MEMORY, pci.window());
        devices = new GuestDevices(
                new GuestDevices.Bus(pci, vm, interrupts::openMemory, iommu != null,
                        interrupts::open, parts.resources()),
                options.drives(), parts.out());
        boot(parts.memory(), options);
    }

    private void boot(final BoardMemory memory, final MachineOptions options) {
        final Arm64Image kernel = new Arm64Image(MachineFiles.read("--kernel", options.kernel()),
                options.kernel().toString());
        final byte[] initrd = MachineFiles.read("--initrd", options.initrd());
        final Arm64Image.Places places = kernel.load(memory, initrd, options.memory());
        final long initrdAt = Arm64Map.MEMORY + places.initrd();
        LinuxText.commandLine(options.commandLine(), Arm64Image.LONGEST_COMMAND_LINE);
        memory.load(places.tree(), Arm64Tree.blob(options, vcpus.stream().mapToLong(Arm64State::affinity).toArray(),
                new Arm64Tree.Initrd(initrdAt, initrdAt + initrd.length)));
        Arm64State.start(vcpus.getFirst(), Arm64Map.MEMORY + places.kernel(), Arm64Map.MEMORY + places.tree());
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
        // the interrupt controller is the kernel's
    }

    @Override
    public long programCounter(final KvmVcpu vcpu) {
        return Arm64State.programCounter(vcpu);
    }

    @Override
    public void type(final byte[] bytes, final int length) {
        serial.type(bytes, length);
    }
}
