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

package io.viommu.vtd.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Builds the DMA remapping table (VT-d chapter 8). Structures may be added in any order; in the table they stand in the
 * order of their types, and a unit for all remaining devices behind the others of its segment.
 *
 * <pre>{@code
 * byte[] dmar = new DmarTable(46)
 *         .interruptRemapping(true)
 *         .unit(0, 0xFED9_0000L, unit.mmioSize(), true, DeviceScope.ioapic(0, 0xFF, 0, 0))
 *         .build();
 * }</pre>
 */
public final class DmarTable {

    private static final int HEADER = 48;
    private static final int DRHD = 0;
    private static final int RMRR = 1;
    private static final int ATSR = 2;
    private static final int RHSA = 3;
    private static final int SATC = 5;
    private static final int CHECKSUM = 9;
    private static final int INTERRUPT_REMAPPING = 1;
    private static final int X2APIC_OPT_OUT = 2;
    private static final int DMA_OPT_IN = 4;
    private static final int PAGE = 4096;

    private final int hostAddressWidth;
    private final List<Structure> structures = new ArrayList<>();
    private int flags;

    /**
     * Begins a table.
     *
     * @param hostAddressWidth bits of a guest physical address, 32 to 64.
     */
    public DmarTable(final int hostAddressWidth) {
        if (hostAddressWidth < 32 || hostAddressWidth > 64) {
            throw new IllegalArgumentException("host address width must be 32 to 64, not " + hostAddressWidth);
        }
        this.hostAddressWidth = hostAddressWidth;
    }

    /**
     * Sets whether the platform remaps interrupts.
     *
     * @param value INTR_REMAP.
     * @return this.
     */
    public DmarTable interruptRemapping(final boolean value) {
        return flag(INTERRUPT_REMAPPING, value);
    }

    /**
     * Sets whether software is asked not to use x2APIC.
     *
     * @param value X2APIC_OPT_OUT.
     * @return this.
     */
    public DmarTable x2apicOptOut(final boolean value) {
        return flag(X2APIC_OPT_OUT, value);
    }

    /**
     * Sets whether the firmware promises that no DMA is under way outside of reserved memory when it hands over.
     *
     * @param value DMA_CTRL_PLATFORM_OPT_IN_FLAG.
     * @return this.
     */
    public DmarTable dmaOptIn(final boolean value) {
        return flag(DMA_OPT_IN, value);
    }

    private DmarTable flag(final int bit, final boolean value) {
        flags = value ? flags | bit : flags & ~bit;
        return this;
    }

    /**
     * Adds a remapping unit (DRHD, 8.3).
     *
     * @param segment       PCI segment.
     * @param registerBase  where its registers are; aligned to their size.
     * @param registerBytes their size, a power of two of 4 KiB pages.
     * @param includeAll    whether it serves all PCI devices that no other unit names; its scopes are then IOAPICs and
     *                      HPETs only.
     * @param scopes        the devices.
     * @return this.
     */
    public DmarTable unit(final int segment, final long registerBase, final long registerBytes,
            final boolean includeAll, final DeviceScope... scopes) {
        if (registerBytes < PAGE || Long.bitCount(registerBytes) != 1 || registerBytes > (long) PAGE << 15) {
            throw new IllegalArgumentException("register size must be a power of two of 4 KiB pages, not "
                    + registerBytes + " bytes");
        }
        if ((registerBase & registerBytes - 1) != 0) {
            throw new IllegalArgumentException("register base 0x" + Long.toHexString(registerBase)
                    + " must be aligned to the size of the registers, 0x" + Long.toHexString(registerBytes));
        }
        if (includeAll && List.of(scopes).stream().anyMatch(DeviceScope::pci)) {
            throw new IllegalArgumentException("a unit for all remaining devices names no PCI devices of its own");
        }
        final int size = Long.numberOfTrailingZeros(registerBytes / PAGE);
        return add(DRHD, segment, includeAll, 16, scopes,
                out -> out.put((byte) (includeAll ? 1 : 0)).put((byte) size).putShort((short) segment)
                        .putLong(registerBase));
    }

    /**
     * Adds a region that devices do DMA to from power-on (RMRR, 8.4).
     *
     * @param segment PCI segment.
     * @param base    first byte, aligned to 4 KiB.
     * @param limit   last byte; the size is a multiple of 4 KiB.
     * @param scopes  at least one device.
     * @return this.
     */
    public DmarTable reservedMemory(final int segment, final long base, final long limit,
            final DeviceScope... scopes) {
        if ((base & PAGE - 1) != 0 || (limit + 1 & PAGE - 1) != 0 || Long.compareUnsigned(limit, base) <= 0) {
            throw new IllegalArgumentException("reserved memory must be whole 4 KiB pages, not 0x"
                    + Long.toHexString(base) + " to 0x" + Long.toHexString(limit));
        }
        if (scopes.length == 0) {
            throw new IllegalArgumentException("reserved memory must name the devices that use it");
        }
        return add(RMRR, segment, false, 24, scopes,
                out -> out.putShort((short) 0).putShort((short) segment).putLong(base).putLong(limit));
    }

    /**
     * Adds root ports whose devices may use ATS (ATSR, 8.5).
     *
     * @param segment PCI segment.
     * @param ports   bridges; none for all root ports of the segment.
     * @return this.
     */
    public DmarTable rootPorts(final int segment, final DeviceScope... ports) {
        if (!List.of(ports).stream().allMatch(DeviceScope::isBridge)) {
            throw new IllegalArgumentException("root ports must be named as bridges");
        }
        return add(ATSR, segment, false, 8, ports,
                out -> out.put((byte) (ports.length == 0 ? 1 : 0)).put((byte) 0).putShort((short) segment));
    }

    /**
     * Adds the NUMA node of a unit (RHSA, 8.6).
     *
     * @param registerBase    names the unit.
     * @param proximityDomain the node, as the SRAT numbers it.
     * @return this.
     */
    public DmarTable affinity(final long registerBase, final int proximityDomain) {
        return add(RHSA, 0, false, 20, new DeviceScope[0],
                out -> out.putInt(0).putLong(registerBase).putInt(proximityDomain));
    }

    /**
     * Adds devices of the root complex with a translation cache of their own (SATC, 8.8).
     *
     * @param segment  PCI segment.
     * @param required whether they don't work without it.
     * @param scopes   the devices.
     * @return this.
     */
    public DmarTable translationCaches(final int segment, final boolean required, final DeviceScope... scopes) {
        return add(SATC, segment, false, 8, scopes,
                out -> out.put((byte) (required ? 1 : 0)).put((byte) 0).putShort((short) segment));
    }

    private DmarTable add(final int type, final int segment, final boolean last, final int fixed,
            final DeviceScope[] scopes, final Body body) {
        if (segment < 0 || segment > 0xFFFF) {
            throw new IllegalArgumentException("segment must be 0 to 65535, not " + segment);
        }
        int length = fixed;
        for (final DeviceScope scope : scopes) {
            length += scope.length();
        }
        final ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) type).putShort((short) length);
        body.put(out);
        for (final DeviceScope scope : scopes) {
            scope.put(out);
        }
        structures.add(new Structure(type, last, out.array()));
        return this;
    }

    /**
     * Writes the table.
     *
     * @return its bytes, checksum included.
     */
    public byte[] build() {
        final List<Structure> ordered = new ArrayList<>(structures);
        ordered.sort(Comparator.comparingInt(Structure::type).thenComparing(Structure::last));
        final int length = HEADER + ordered.stream().mapToInt(structure -> structure.bytes().length).sum();
        final ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("DMAR", 4)).putInt(length).put((byte) 1).put((byte) 0);
        out.put(ascii("VIOMMU", 6)).put(ascii("VTD", 8)).putInt(1).put(ascii("VIOM", 4)).putInt(1);
        out.put((byte) (hostAddressWidth - 1)).put((byte) flags).position(HEADER);
        ordered.forEach(structure -> out.put(structure.bytes()));
        byte sum = 0;
        for (final byte each : out.array()) {
            sum += each;
        }
        out.put(CHECKSUM, (byte) -sum);
        return out.array();
    }

    private static byte[] ascii(final String text, final int length) {
        return String.format("%-" + length + "s", text).getBytes(StandardCharsets.US_ASCII);
    }

    private record Structure(int type, boolean last, byte[] bytes) {
    }

    /** Writes what stands between a structure's length and its scopes. */
    @FunctionalInterface
    private interface Body {
        void put(ByteBuffer out);
    }
}
