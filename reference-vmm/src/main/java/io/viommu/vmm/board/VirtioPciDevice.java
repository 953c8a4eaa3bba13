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

import java.util.function.Function;
import java.util.function.IntFunction;

import io.viommu.bridge.linux.EventFd;
import io.viommu.device.MmioDevice;
import io.viommu.iommu.DmaMemory;
import io.viommu.vmm.control.StrayPort;
import io.viommu.vmm.kvm.KvmVm;
import io.viommu.vmm.machine.PciConfig;
import io.viommu.vmm.virtio.VirtioDevice;
import io.viommu.vmm.virtio.VirtioDevice.Surroundings;

/**
 * A virtio device as a PCI function: BAR 0 is its frame, BAR 1 its MSI-X table. A thread of its own does what is in its
 * queues and all its DMA; a notification wakes it through an ioeventfd, without a way through a vCPU's thread.
 */
final class VirtioPciDevice extends PciDevice {

    private static final int REVISION = 1;
    private static final int MSIX_BAR = 1;
    private static final int QUEUE_SIZE = 128;

    private final KvmVm vm;
    private final VirtioDevice device;
    private final MsixTable msix;
    private final DmaMemory memory;
    private final StrayPort port;
    private final EventFd kick = EventFd.create();
    private final int notification;
    private final Thread worker;
    /** Guards the device; held while it does a batch, so never while anybody waits for the guest. */
    private final Object turn = new Object();
    private volatile boolean closing;
    private long placed = -1;

    /** What a function is plugged into; the way to memory belongs to the device from then on. */
    record Slot(int number, KvmVm vm, DmaMemory memory, boolean translated, IntFunction<MsiRoute> routes) {
    }

    /** The device's interrupts: messages only. */
    private record Messages(MsixTable table) implements VirtioDevice.Wire {
        @Override
        public void drive(final boolean level) {
            // the function has no interrupt pin
        }

        @Override
        public int vectors() {
            return table.vectors();
        }

        @Override
        public boolean message(final int vector) {
            table.fire(vector);
            return true;
        }
    }

    /** {@code vectors} is a message for each queue and one for the configuration. */
    VirtioPciDevice(final Slot slot, final int deviceId, final int classCode, final int vectors,
            final Function<Surroundings, VirtioDevice> maker) {
        super(slot.number(), VirtioDevice.VENDOR, deviceId, classCode);
        vm = slot.vm();
        memory = slot.memory();
        port = new StrayPort(new DeviceDma(this, memory), turn);
        final MsiRoute[] routes = new MsiRoute[vectors];
        for (int i = 0; i < vectors; i++) {
            routes[i] = slot.routes().apply(requesterId());
        }
        msix = new MsixTable(routes);
        device = maker.apply(new Surroundings(port, slot.translated(), new Messages(msix), QUEUE_SIZE));
        device.onNotification(() -> kick.signal(1));
        config.set(PciConfig.REVISION, 1, REVISION);
        device.capabilities().forEach(capability -> config.addCapability(capability.bytes()));
        notification = device.notificationOffset();
        msix.addTo(config, MSIX_BAR);
        bar(0, new Frame());
        bar(MSIX_BAR, msix);
        worker = Thread.ofPlatform().name("virtio-" + slot.number()).unstarted(this::work);
    }

    VirtioDevice device() {
        return device;
    }

    /** Wakes the thread: there is something to do besides what the driver notified. */
    void wake() {
        kick.signal(1);
    }

    /** Its way to memory, which also strays on command. */
    StrayPort port() {
        return port;
    }

    private final class Frame implements MmioDevice {
        @Override
        public long mmioSize() {
            return device.mmioSize();
        }

        @Override
        public long read(final long offset, final int size) {
            synchronized (turn) {
                return device.read(offset, size);
            }
        }

        @Override
        public void write(final long offset, final int size, final long value) {
            if (offset == notification) {
                kick.signal(1);
                return;
            }
            synchronized (turn) {
                device.write(offset, size, value);
            }
        }
    }

    @Override
    void start() {
        worker.start();
    }

    private void work() {
        while (!closing) {
            kick.await(-1);
            kick.drain();
            boolean more = true;
            while (more && !closing) {
                synchronized (turn) {
                    more = device.serve();
                }
            }
        }
    }

    @Override
    void configured() {
        msix.configured(config);
    }

    @Override
    void moved(final long base) {
        if (placed >= 0) {
            vm.ioeventfd(kick, placed + notification, false);
        }
        placed = base >= 0 && vm.ioeventfd(kick, base + notification, true) ? base : -1;
    }

    @Override
    public void close() {
        closing = true;
        kick.signal(1);
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
            } catch (final InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        moved(-1);
        msix.close();
        memory.close();
        kick.close();
    }
}
