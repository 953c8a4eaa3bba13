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

/**
 * The I/O ports of a PC, of which only the two of PCI configuration answer (PCI Local Bus 3.0, 3.2.2.3.2): an address
 * at 0xCF8, the register it names at 0xCFC to 0xCFF. All others float high.
 */
public final class IoPorts {

    private static final int ADDRESS = 0xCF8;
    private static final int DATA = 0xCFC;
    private static final int ENABLE = 1 << 31;

    private final PciHost pci;
    private int address;

    IoPorts(final PciHost pci) {
        this.pci = pci;
    }

    /**
     * Reads a port.
     *
     * @param port 0 to 0xFFFF.
     * @param size 1, 2 or 4 bytes.
     * @return the value; all ones where nothing answers.
     */
    public int read(final int port, final int size) {
        final int mask = size == Integer.BYTES ? -1 : (1 << 8 * size) - 1;
        if (port == ADDRESS && size == Integer.BYTES) {
            return address;
        }
        return mask & (selects(port, size) ? pci.read(function(), register(port), size) : -1);
    }

    /**
     * Writes a port.
     *
     * @param port  0 to 0xFFFF.
     * @param size  1, 2 or 4 bytes.
     * @param value the value in its low bytes.
     */
    public void write(final int port, final int size, final int value) {
        if (port == ADDRESS && size == Integer.BYTES) {
            address = value;
        } else if (selects(port, size)) {
            pci.write(function(), register(port), size, value);
        }
    }

    private boolean selects(final int port, final int size) {
        return port >= DATA && port + size <= DATA + Integer.BYTES && (address & ENABLE) != 0;
    }

    private int function() {
        return address >>> 8 & 0xFFFF;
    }

    /** Like QEMU, and unlike the specification, this takes the low two address bits too: its tests use them. */
    private int register(final int port) {
        return address & 0xFF | port - DATA;
    }

    void reset() {
        address = 0;
    }
}
