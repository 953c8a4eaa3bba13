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

import io.viommu.bridge.vfiouser.VfioUserFunction;
import io.viommu.iommu.VirtualIommu;
import io.viommu.vmm.machine.PciConfig;

/**
 * A model's register frame as BAR 0 of a PCI function.
 *
 * <p>A guest expects its IOMMU at a fixed address that firmware tells, not on the PCI bus. So the function hides once
 * somebody, playing firmware, has given BAR 0 an address and switched memory decoding on: configuration reads give all
 * ones from then on, no guest finds the function or moves its BAR, and the VMM goes on decoding it. A reset shows it
 * again, where it was.
 */
final class IommuFunction implements VfioUserFunction {

    private static final int VENDOR = 0x1234;
    private static final int DEVICE = 0x5601;
    private static final int CLASS_IOMMU = 0x0806;
    private static final long PAGE = 4096;
    private static final long SMMU_CMDQ_PROD = 0x98;

    private final PciConfig config = new PciConfig(VENDOR, DEVICE, CLASS_IOMMU);
    private final boolean hides;
    private VirtualIommu model;
    private volatile boolean hidden;
    private volatile Runnable beforeCommands;

    IommuFunction(final boolean hides) {
        this.hides = hides;
        config.set(PciConfig.INTERRUPT_PIN, 1, 1);
    }

    /** Gives it the model; before anybody connects. */
    void model(final VirtualIommu iommu) {
        model = iommu;
        config.allow(PciConfig.BAR0, Integer.BYTES, (int) -regionSize(BAR0));
        config.seal();
    }

    @Override
    public long regionSize(final int region) {
        return switch (region) {
            case BAR0 -> Math.max(PAGE, Long.highestOneBit(model.mmioSize() * 2 - 1));
            case CONFIG -> PciConfig.SIZE;
            default -> 0;
        };
    }

    /** The pin carries all of the model's wires; messages need no vector here. */
    @Override
    public int interrupts(final int kind) {
        return kind == INTX ? 1 : 0;
    }

    @Override
    public long read(final int region, final long offset, final int size) {
        if (region == CONFIG) {
            return hidden ? -1 : readConfig((int) offset, size);
        }
        return offset + size <= model.mmioSize() ? model.read(offset, size) : 0;
    }

    private synchronized long readConfig(final int offset, final int size) {
        return config.read(offset, size);
    }

    @Override
    public void write(final int region, final long offset, final int size, final long value) {
        if (region == CONFIG) {
            writeConfig((int) offset, size, value);
        } else if (offset + size <= model.mmioSize()) {
            final Runnable meddling = beforeCommands;
            if (meddling != null && offset == SMMU_CMDQ_PROD) {
                beforeCommands = null;
                meddling.run();
            }
            model.write(offset, size, value);
        }
    }

    /** Does something once, when the guest of an SMMU has queued commands and before the model sees them. */
    void beforeCommands(final Runnable meddling) {
        beforeCommands = meddling;
    }

    private synchronized void writeConfig(final int offset, final int size, final long value) {
        config.write(offset, size, value);
        final boolean decoded = (config.get(PciConfig.COMMAND, 2) & PciConfig.COMMAND_MEMORY) != 0;
        if (hides && decoded && config.get(PciConfig.BAR0, Integer.BYTES) != 0) {
            hidden = true;
        }
    }

    /**
     * Shows the function again and resets the model. BAR 0 and its decoding stay as firmware left them: a guest that
     * reboots looks for its IOMMU at the same address, and nobody need play firmware again.
     */
    @Override
    public void reset() {
        synchronized (this) {
            final int base = config.get(PciConfig.BAR0, Integer.BYTES);
            final int command = config.get(PciConfig.COMMAND, 2);
            hidden = false;
            config.reset();
            config.set(PciConfig.BAR0, Integer.BYTES, base);
            config.set(PciConfig.COMMAND, 2, command);
        }
        model.reset();
    }

    @Override
    public void clientGone() {
        synchronized (this) {
            hidden = false;
            config.reset();
        }
        model.reset();
    }
}
