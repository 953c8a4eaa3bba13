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

package io.viommu.vmm.vfiouser;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import io.viommu.bridge.vfiouser.VfioUserFunction;
import io.viommu.bridge.vfiouser.VfioUserServer;
import io.viommu.iommu.DmaMemory;
import io.viommu.vmm.control.StrayPort;
import io.viommu.vmm.machine.BusMaster;
import io.viommu.vmm.machine.DmaPath;
import io.viommu.vmm.machine.PciConfig;
import io.viommu.vmm.virtio.DmaPort;
import io.viommu.vmm.virtio.VirtioConsole;
import io.viommu.vmm.virtio.VirtioDevice;
import io.viommu.vmm.virtio.VirtioRng;

/**
 * A virtio device as an endpoint behind the model: a stock driver sets it up, and on command it touches addresses that
 * nobody gave it, or only to read.
 */
final class EndpointFunction implements VfioUserFunction, DmaPort {

    private static final int CLASS_OTHER = 0x00FF;

    private final int requester;
    private final PciConfig config;
    private final BusMaster master;
    private final VirtioDevice device;
    private final StrayPort port = new StrayPort(this, this);
    private VfioUserServer server;

    EndpointFunction(final VfioUserEndpoint endpoint) {
        requester = endpoint.requester();
        device = switch (endpoint.kind()) {
            case VIRTIO_RNG -> new VirtioRng(port, true, this::pin);
            case VIRTIO_CONSOLE -> new VirtioConsole(port, true, this::pin, port::heard);
        };
        config = new PciConfig(VirtioDevice.VENDOR, device.deviceId(), CLASS_OTHER);
        master = new BusMaster(config);
        config.set(PciConfig.REVISION, 1, 1);
        config.set(PciConfig.INTERRUPT_PIN, 1, 1);
        device.capabilities().forEach(capability -> config.addCapability(capability.bytes()));
        config.addPowerManagement();
        config.allow(PciConfig.BAR0, Integer.BYTES, (int) -device.mmioSize());
        config.seal();
    }

    /** Gives it the way to its client and through the model; before anybody connects. */
    void connect(final VfioUserServer to, final DmaMemory memory) {
        server = to;
        master.connect(new DmaPath(memory), () -> requester, () -> true);
    }

    int requester() {
        return requester;
    }

    @Override
    public long regionSize(final int region) {
        return switch (region) {
            case BAR0 -> device.mmioSize();
            case CONFIG -> PciConfig.SIZE;
            default -> 0;
        };
    }

    /** INTx only: on arm64 the guest would map the doorbell of an MSI behind the model, where the VMM can't follow. */
    @Override
    public int interrupts(final int kind) {
        return kind == INTX ? 1 : 0;
    }

    /** Waits for no write: that may wait for the client, who waits for this. */
    @Override
    public long read(final int region, final long offset, final int size) {
        if (region == BAR0) {
            return config.awake() ? device.read(offset, size) : -1;
        }
        synchronized (config) {
            return config.read((int) offset, size);
        }
    }

    @Override
    public synchronized void write(final int region, final long offset, final int size, final long value) {
        if (region == BAR0) {
            if (config.awake()) {
                device.write(offset, size, value);
            }
            return;
        }
        synchronized (config) {
            config.write((int) offset, size, value);
            drivePin();
        }
    }

    @Override
    public synchronized void reset() {
        synchronized (config) {
            config.reset();
        }
        device.reset();
    }

    private void pin(final boolean up) {
        synchronized (config) {
            config.interrupt(up);
            drivePin();
        }
    }

    private void drivePin() {
        if (server != null) {
            server.interrupts().pin(config.pin());
        }
    }

    /** Its way to memory, which also strays. */
    StrayPort port() {
        return port;
    }

    @Override
    public synchronized boolean read(final long address, final MutableDirectBuffer target, final int length) {
        return master.read(address, target, length);
    }

    @Override
    public synchronized boolean write(final long address, final DirectBuffer source, final int length) {
        return master.write(address, source, length);
    }
}
