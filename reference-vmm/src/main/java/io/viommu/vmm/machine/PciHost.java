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

import java.util.ArrayList;
import java.util.List;

import io.viommu.device.MmioDevice;

/**
 * The root of the PCI hierarchy: finds functions by bus, device and function for configuration requests, and BARs by
 * address for memory requests.
 */
final class PciHost implements PhysicalBus.Window {

    /** BARs are placed this far apart by {@link #assign}, the granularity of a bridge's window. */
    private static final long STRIDE = 1L << 20;

    private final PciBus root;
    private final List<RootPort> ports = new ArrayList<>();
    private final long firstBar;
    private final long windowBase;
    private final long windowSize;

    /** BARs answer within the window; {@link #assign} hands addresses out from {@code firstBar} on. */
    PciHost(final PciBus root, final long firstBar, final long windowBase, final long windowSize) {
        this.root = root;
        this.firstBar = firstBar;
        this.windowBase = windowBase;
        this.windowSize = windowSize;
    }

    PciBus root() {
        return root;
    }

    PciBus open(final RootPort port) {
        ports.add(port);
        return port.open();
    }

    private PciFunction find(final int busAndDevfn) {
        final int number = busAndDevfn >>> 8;
        final int devfn = busAndDevfn & 0xFF;
        if (number == 0) {
            return root.at(devfn);
        }
        for (final RootPort port : ports) {
            if (port.claims(number)) {
                return port.behind().number() == number ? port.behind().at(devfn) : null;
            }
        }
        return null;
    }

    /** Reads configuration space; all ones where no function answers. */
    int read(final int busAndDevfn, final int register, final int size) {
        final PciFunction function = find(busAndDevfn);
        return function == null ? -1 : function.readConfig(register, size);
    }

    /** Writes configuration space. */
    void write(final int busAndDevfn, final int register, final int size, final int value) {
        final PciFunction function = find(busAndDevfn);
        if (function != null) {
            function.writeConfig(register, size, value);
        }
    }

    @Override
    public PhysicalBus.Frame at(final long gpa) {
        for (final PhysicalBus.Frame frame : frames()) {
            if (frame.covers(gpa)) {
                return frame;
            }
        }
        return null;
    }

    @Override
    public long gap(final long gpa, final long otherwise) {
        long nearest = otherwise;
        for (final PhysicalBus.Frame frame : frames()) {
            nearest = PhysicalBus.nearer(nearest, frame.base() - gpa);
        }
        return nearest;
    }

    /** The BARs that answer now: enabled, within the host's window, and within that of their bridge. */
    private List<PhysicalBus.Frame> frames() {
        final List<PhysicalBus.Frame> frames = new ArrayList<>();
        addFrames(frames, root, null);
        for (final RootPort port : ports) {
            addFrames(frames, port.behind(), port);
        }
        return frames;
    }

    private void addFrames(final List<PhysicalBus.Frame> frames, final PciBus bus, final RootPort through) {
        for (final PciFunction function : bus.functions()) {
            final PhysicalBus.Frame frame = function.frame();
            if (frame != null && frame.base() >= windowBase
                    && frame.base() + frame.size() <= windowBase + windowSize
                    && (through == null || through.forwards(frame))) {
                frames.add(frame);
            }
        }
    }

    /** What firmware does: gives every BAR a place, numbers the buses, switches memory space and bus mastering on. */
    void assign() {
        long next = place(root, firstBar);
        int number = 1;
        for (final RootPort port : ports) {
            final long base = next;
            next = place(port.behind(), base);
            port.configure(number++, base, Math.max(next, base + STRIDE) - 1);
        }
    }

    private long place(final PciBus bus, final long from) {
        long next = from;
        for (final PciFunction function : bus.functions()) {
            if (function.hasBar()) {
                function.config.set(PciConfig.BAR0, 4, (int) next);
                next += STRIDE;
            }
            function.config.set(PciConfig.COMMAND, 2, PciConfig.COMMAND_MEMORY | PciConfig.COMMAND_MASTER);
        }
        return next;
    }

    void reset() {
        root.functions().forEach(PciFunction::reset);
        ports.forEach(port -> port.behind().functions().forEach(PciFunction::reset));
    }

    /** The memory-mapped way to configuration space (PCI Express Base, 7.2.2). */
    MmioDevice ecam(final long size) {
        return new MmioDevice() {
            @Override
            public long mmioSize() {
                return size;
            }

            @Override
            public long read(final long offset, final int width) {
                final int value = PciHost.this.read((int) (offset >>> 12) & 0xFFFF, (int) offset & 0xFFF, width);
                return value & (1L << 8 * width) - 1;
            }

            @Override
            public void write(final long offset, final int width, final long value) {
                PciHost.this.write((int) (offset >>> 12) & 0xFFFF, (int) offset & 0xFFF, width, (int) value);
            }
        };
    }
}
