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
import java.util.Objects;

/**
 * A device scope entry (VT-d 8.3.1): a device, by its path from a root bus, so that it stays right when bus numbers
 * change.
 *
 * <pre>
 *  0     1       2      3    4               5           6
 * +-----+-------+------+----+---------------+-----------+--------------------------+
 * |type |length |  0   | 0  |enumeration id | start bus | device, function, ...    |
 * +-----+-------+------+----+---------------+-----------+--------------------------+
 * </pre>
 *
 * @param type          1 endpoint, 2 bridge with all behind it, 3 IOAPIC, 4 HPET.
 * @param enumerationId APIC id or HPET number; 0 for the others.
 * @param startBus      the root bus that the path begins at.
 * @param path          pairs of device and function number, the first on the root bus, each next one behind the bridge
 *                      that the pair before names.
 */
public record DeviceScope(int type, int enumerationId, int startBus, int... path) {

    private static final int ENDPOINT = 1;
    private static final int BRIDGE = 2;
    private static final int IOAPIC = 3;
    private static final int HPET = 4;
    private static final int HEADER = 6;

    /** Checks the numbers and keeps a path of its own. */
    public DeviceScope {
        path = Objects.requireNonNull(path, "path").clone();
        if (path.length == 0 || path.length % 2 != 0 || path.length > 200) {
            throw new IllegalArgumentException("path must be pairs of device and function number, not "
                    + path.length + " numbers");
        }
        for (int i = 0; i < path.length; i += 2) {
            byteRange("device", path[i], 31);
            byteRange("function", path[i + 1], 7);
        }
        byteRange("start bus", startBus, 255);
        byteRange("enumeration id", enumerationId, 255);
    }

    private static void byteRange(final String field, final int value, final int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(field + " must be 0 to " + max + ", not " + value);
        }
    }

    /**
     * A PCI endpoint.
     *
     * @param startBus root bus.
     * @param path     pairs of device and function number.
     * @return the entry.
     */
    public static DeviceScope endpoint(final int startBus, final int... path) {
        return new DeviceScope(ENDPOINT, 0, startBus, path);
    }

    /**
     * A PCI bridge and all devices behind it.
     *
     * @param startBus root bus.
     * @param path     pairs of device and function number.
     * @return the entry.
     */
    public static DeviceScope bridge(final int startBus, final int... path) {
        return new DeviceScope(BRIDGE, 0, startBus, path);
    }

    /**
     * An IOAPIC; Linux remaps interrupts only if each one is in a scope.
     *
     * @param apicId   its id in the MADT.
     * @param startBus bus of the source id that it sends with.
     * @param path     device and function of that source id.
     * @return the entry.
     */
    public static DeviceScope ioapic(final int apicId, final int startBus, final int... path) {
        return new DeviceScope(IOAPIC, apicId, startBus, path);
    }

    /**
     * An HPET that sends messages.
     *
     * @param number   its number in the HPET table.
     * @param startBus bus of the source id that it sends with.
     * @param path     device and function of that source id.
     * @return the entry.
     */
    public static DeviceScope hpet(final int number, final int startBus, final int... path) {
        return new DeviceScope(HPET, number, startBus, path);
    }

    boolean pci() {
        return type == ENDPOINT || type == BRIDGE;
    }

    boolean isBridge() {
        return type == BRIDGE;
    }

    int length() {
        return HEADER + path.length;
    }

    void put(final ByteBuffer target) {
        target.put((byte) type).put((byte) length()).putShort((short) 0).put((byte) enumerationId)
                .put((byte) startBus);
        for (final int number : path) {
            target.put((byte) number);
        }
    }
}
