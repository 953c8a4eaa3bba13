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

import io.viommu.bridge.linux.EventFd;
import io.viommu.interrupt.InterruptSink;
import io.viommu.iommu.DmaMemory;
import io.viommu.iommu.MessageWindow;
import io.viommu.memory.GuestMemory;
import io.viommu.vmm.kvm.KvmDevice;
import io.viommu.vmm.kvm.KvmVm;

/**
 * KVM's GICv3 with its ITS as models and devices reach them: by wires, by messages, and for each vector of a device by
 * an irqfd. A device's message is a write like any other, so the vIOMMU translates its address first.
 */
final class Arm64Interrupts implements InterruptSink {

    private static final int VGIC_V3 = 7;
    private static final int VGIC_ITS = 8;
    private static final int GROUP_ADDRESS = 0;
    private static final int ADDRESS_DISTRIBUTOR = 2;
    private static final int ADDRESS_REDISTRIBUTORS = 3;
    private static final int ADDRESS_ITS = 4;
    private static final int GROUP_INTERRUPTS = 3;
    private static final int GROUP_CONTROL = 4;
    private static final int CONTROL_INIT = 0;
    private static final int SPI_TYPE = 1 << 24;
    private static final int FIRST_SPI = 32;

    private final KvmVm vm;
    private final KvmDevice gic;
    private GuestIommu iommu;
    private GuestMemory memory;

    /** Before vCPUs are made; {@link #init} comes after. */
    Arm64Interrupts(final KvmVm vm, final Resources resources) {
        this.vm = vm;
        gic = resources.add(vm.createDevice(VGIC_V3));
    }

    void init(final Resources resources) {
        gic.set(GROUP_ADDRESS, ADDRESS_DISTRIBUTOR, Arm64Map.DISTRIBUTOR);
        gic.set(GROUP_ADDRESS, ADDRESS_REDISTRIBUTORS, Arm64Map.REDISTRIBUTORS);
        gic.set(GROUP_INTERRUPTS, 0, Arm64Map.INTERRUPTS);
        gic.set(GROUP_CONTROL, CONTROL_INIT, 0);
        final KvmDevice its = resources.add(vm.createDevice(VGIC_ITS));
        its.set(GROUP_ADDRESS, ADDRESS_ITS, Arm64Map.ITS);
        its.set(GROUP_CONTROL, CONTROL_INIT, 0);
    }

    /** Puts memory, and a vIOMMU or null, in front of the devices; before any route is opened. */
    void connect(final GuestIommu to, final GuestMemory behind) {
        iommu = to;
        memory = behind;
    }

    /** A device's way to memory; what it writes to the doorbell goes to the ITS. */
    DmaMemory openMemory() {
        return GuestIommu.memory(iommu, memory, MessageWindow.doorbell(Arm64Map.DOORBELL, Integer.BYTES,
                (device, address, data) -> vm.signalMsi(address, data, device)));
    }

    /** The vIOMMU's own message. */
    @Override
    public boolean message(final long address, final int data) {
        return vm.signalMsi(address, data, Arm64Map.IOMMU_DEVICE);
    }

    @Override
    public void line(final int line, final boolean level) {
        spi(Arm64Map.IOMMU_SPI + line, level);
    }

    /** Drives a shared peripheral interrupt. */
    void spi(final int number, final boolean level) {
        vm.irqLine(SPI_TYPE | FIRST_SPI + number, level);
    }

    /** A way for one vector of a device, whose requester id is its DeviceID to the ITS. */
    MsiRoute open(final int requester) {
        return new Route(requester);
    }

    private final class Route implements MsiRoute {
        private final int requester;
        private final DmaMemory way;
        private final int gsi = vm.routes().allocate();
        private final EventFd event = EventFd.create();
        private long address;
        private int data;

        Route(final int requester) {
            this.requester = requester;
            way = GuestIommu.memory(iommu, memory, MessageWindow.doorbell(Arm64Map.DOORBELL, Integer.BYTES,
                    (device, to, what) -> event.signal(1) >= 0));
            vm.irqfd(event, gsi, true);
        }

        @Override
        public synchronized void point(final long to, final int what) {
            address = to;
            data = what;
            vm.routes().message(gsi, Arm64Map.DOORBELL, what, requester);
            vm.routes().commit();
        }

        @Override
        public synchronized void clear() {
            vm.routes().clear(gsi);
            vm.routes().commit();
        }

        /** A write that the vIOMMU stops has left a fault; one that leads elsewhere is DMA. */
        @Override
        public synchronized void fire() {
            way.message(requester, address, data);
        }

        @Override
        public void close() {
            vm.irqfd(event, gsi, false);
            event.close();
            way.close();
        }
    }
}
