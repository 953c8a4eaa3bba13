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

package io.viommu.vmm.machine;

import io.viommu.vmm.virtio.VirtioCapability;
import io.viommu.vmm.virtio.VirtioRng;

/** QEMU's {@code virtio-rng-pci}: the PCI function around {@link VirtioRng}, modern only, with INTx. */
final class VirtioRngFunction extends PciFunction {

    private static final int REVISION = 1;

    /** Where the window is through which a BAR is reached from the configuration space (VIRTIO 1.2, 4.1.4.9). */
    private final int window;
    private final DmaPath direct;
    private final VirtioRng device;

    /**
     * Its DMA goes past the IOMMU by the direct path, as that of QEMU's virtio devices does unless asked; through it if
     * that is null.
     */
    VirtioRngFunction(final DmaPath direct) {
        super(VirtioRng.VENDOR, VirtioRng.DEVICE);
        this.direct = direct;
        device = new VirtioRng(master(), direct == null, this::pin);
        config.set(PciConfig.REVISION, 1, REVISION);
        config.set(PciConfig.INTERRUPT_PIN, 1, 1);
        device.capabilities().forEach(capability -> config.addCapability(capability.bytes()));
        window = config.addCapability(new VirtioCapability(VirtioCapability.ACCESS, 0, 0).bytes());
        config.allow(window + VirtioCapability.BAR_AT, 1, 0xFF);
        config.allow(window + VirtioCapability.OFFSET_AT, 4, -1);
        config.allow(window + VirtioCapability.LENGTH_AT, 4, -1);
        bar(device, Integer.BYTES);
    }

    @Override
    DmaPath path(final PciBus into) {
        return direct == null ? into.upstream() : direct;
    }

    /** Whether an access of the configuration space goes to the window on the BAR, and that to a register. */
    private boolean throughWindow(final int register, final int size) {
        final long offset = config.get(window + VirtioCapability.OFFSET_AT, 4) & 0xFFFF_FFFFL;
        return register == window + VirtioCapability.DATA_AT && config.get(window + VirtioCapability.BAR_AT, 1) == 0
                && config.get(window + VirtioCapability.LENGTH_AT, 4) == size && offset % size == 0
                && offset < device.mmioSize();
    }

    @Override
    int readConfig(final int register, final int size) {
        return throughWindow(register, size)
                ? (int) device.read(config.get(window + VirtioCapability.OFFSET_AT, 4), size)
                : super.readConfig(register, size);
    }

    @Override
    void writeConfig(final int register, final int size, final int value) {
        if (throughWindow(register, size)) {
            device.write(config.get(window + VirtioCapability.OFFSET_AT, 4), size, value & 0xFFFF_FFFFL);
        } else {
            super.writeConfig(register, size, value);
        }
    }

    @Override
    void reset() {
        super.reset();
        device.reset();
    }
}
