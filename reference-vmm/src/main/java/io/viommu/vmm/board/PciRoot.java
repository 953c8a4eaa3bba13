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

import io.viommu.device.MmioDevice;
import io.viommu.vmm.machine.PciConfig;

/**
 * The root of PCI Express: configuration space of bus 0 as memory (ECAM, PCI Express Base 6.0, 7.2.2), and the window
 * in which BARs answer, wherever the guest puts them in it.
 */
final class PciRoot {

    /** Bytes of the configuration space of one bus. */
    static final long ECAM_SIZE = 1 << 20;

    private static final int SLOTS = 32;
    private static final int BARS = 6;
    private static final int FUNCTION_SHIFT = 12;
    private static final int VENDOR_QEMU = 0x1B36;
    private static final int DEVICE_HOST_BRIDGE = 0x0008;
    private static final int CLASS_HOST_BRIDGE = 0x0600;
    private static final long FIRST_BAR_STEP = 1 << 16;

    private final PciDevice[] slots = new PciDevice[SLOTS];
    private final long windowBase;
    private final long windowSize;
    private volatile Placed[] placed = new Placed[0];

    private record Placed(PciDevice owner, int bar, long base, MmioDevice frame) {
    }

    PciRoot(final long windowBase, final long windowSize) {
        this.windowBase = windowBase;
        this.windowSize = windowSize;
        plug(new PciDevice(0, VENDOR_QEMU, DEVICE_HOST_BRIDGE, CLASS_HOST_BRIDGE) {
            @Override
            public void close() {
                // it does nothing
            }
        });
    }

    /** Puts a function into its slot and gives its BARs a place, as firmware does; the guest may move them. */
    void plug(final PciDevice device) {
        slots[device.slot()] = device;
        long next = windowBase + device.slot() * FIRST_BAR_STEP;
        for (int bar = 0; bar < BARS; bar++) {
            if (device.frame(bar) != null) {
                device.config.set(PciConfig.BAR0 + bar * Integer.BYTES, Integer.BYTES, (int) next);
                next += device.frame(bar).mmioSize();
            }
        }
        device.plug(this);
    }

    List<PciDevice> devices() {
        final List<PciDevice> all = new ArrayList<>();
        for (final PciDevice device : slots) {
            if (device != null) {
                all.add(device);
            }
        }
        return all;
    }

    /** Looks where BARs are, after the guest changed that. */
    synchronized void place() {
        final List<Placed> now = new ArrayList<>();
        for (final PciDevice device : devices()) {
            for (int bar = 0; bar < BARS; bar++) {
                final long base = device.base(bar);
                if (base >= windowBase && base + device.frame(bar).mmioSize() <= windowBase + windowSize) {
                    now.add(new Placed(device, bar, base, device.frame(bar)));
                }
            }
        }
        final Placed[] before = placed;
        placed = now.toArray(Placed[]::new);
        for (final Placed gone : before) {
            if (gone.bar() == 0 && !now.contains(gone)) {
                gone.owner().moved(-1);
            }
        }
        for (final Placed come : placed) {
            if (come.bar() == 0 && !List.of(before).contains(come)) {
                come.owner().moved(come.base());
            }
        }
    }

    /** The configuration space. */
    MmioDevice ecam() {
        return new MmioDevice() {
            @Override
            public long mmioSize() {
                return ECAM_SIZE;
            }

            private PciDevice at(final long offset) {
                final int function = (int) (offset >>> FUNCTION_SHIFT);
                return (function & 7) == 0 && function >> 3 < SLOTS ? slots[function >> 3] : null;
            }

            @Override
            public long read(final long offset, final int size) {
                final PciDevice device = at(offset);
                if (device == null || size > Integer.BYTES) {
                    return size == Long.BYTES ? -1 : (1L << Byte.SIZE * size) - 1;
                }
                return device.readConfig((int) offset & 0xFFF, size) & (1L << Byte.SIZE * size) - 1;
            }

            @Override
            public void write(final long offset, final int size, final long value) {
                final PciDevice device = at(offset);
                if (device != null && size <= Integer.BYTES) {
                    device.writeConfig((int) offset & 0xFFF, size, (int) value);
                }
            }
        };
    }

    /** The window of BARs. */
    MmioDevice window() {
        return new MmioDevice() {
            @Override
            public long mmioSize() {
                return windowSize;
            }

            private Placed at(final long address) {
                for (final Placed bar : placed) {
                    if (address >= bar.base() && address < bar.base() + bar.frame().mmioSize()) {
                        return bar;
                    }
                }
                return null;
            }

            @Override
            public long read(final long offset, final int size) {
                final Placed bar = at(windowBase + offset);
                return bar == null ? -1 : bar.frame().read(windowBase + offset - bar.base(), size);
            }

            @Override
            public void write(final long offset, final int size, final long value) {
                final Placed bar = at(windowBase + offset);
                if (bar != null) {
                    bar.frame().write(windowBase + offset - bar.base(), size, value);
                }
            }
        };
    }
}
