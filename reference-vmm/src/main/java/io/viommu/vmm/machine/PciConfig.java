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

import java.util.Arrays;

/**
 * The 256 bytes of a function's configuration space as data: values, which bits a guest may write, and the values after
 * reset. Little-endian (PCI Local Bus 3.0, 6.1).
 */
final class PciConfig {

    static final int SIZE = 256;

    static final int VENDOR = 0x00;
    static final int DEVICE = 0x02;
    static final int COMMAND = 0x04;
    static final int STATUS = 0x06;
    static final int REVISION = 0x08;
    static final int CLASS = 0x0A;
    static final int HEADER_TYPE = 0x0E;
    static final int BAR0 = 0x10;
    static final int PRIMARY_BUS = 0x18;
    static final int SECONDARY_BUS = 0x19;
    static final int SUBORDINATE_BUS = 0x1A;
    static final int MEMORY_BASE = 0x20;
    static final int MEMORY_LIMIT = 0x22;
    static final int SUBSYSTEM_VENDOR = 0x2C;
    static final int SUBSYSTEM_DEVICE = 0x2E;
    static final int CAPABILITIES = 0x34;
    static final int INTERRUPT_LINE = 0x3C;
    static final int INTERRUPT_PIN = 0x3D;

    static final int COMMAND_MEMORY = 1 << 1;
    static final int COMMAND_MASTER = 1 << 2;
    static final int COMMAND_INTX_DISABLE = 1 << 10;
    private static final int COMMAND_WRITABLE = 0x507;
    static final int STATUS_INTERRUPT = 1 << 3;
    private static final int STATUS_CAPABILITIES = 1 << 4;
    private static final int FIRST_CAPABILITY = 0x40;

    private final byte[] values = new byte[SIZE];
    private final byte[] writable = new byte[SIZE];
    private byte[] initial = values;
    private int nextCapability = FIRST_CAPABILITY;

    PciConfig(final int vendor, final int device, final int classCode) {
        set(VENDOR, 2, vendor);
        set(DEVICE, 2, device);
        set(CLASS, 2, classCode);
        set(SUBSYSTEM_VENDOR, 2, 0x1AF4);
        set(SUBSYSTEM_DEVICE, 2, 0x1100);
        allow(COMMAND, 2, COMMAND_WRITABLE);
        allow(INTERRUPT_LINE, 1, 0xFF);
    }

    int get(final int offset, final int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (values[offset + i] & 0xFF) << 8 * i;
        }
        return value;
    }

    long getLong(final int offset) {
        return get(offset, 4) & 0xFFFF_FFFFL | (long) get(offset + 4, 4) << 32;
    }

    /** Sets a value from the inside. */
    void set(final int offset, final int size, final int value) {
        for (int i = 0; i < size; i++) {
            values[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    /** Makes bits writable for a guest. */
    void allow(final int offset, final int size, final int mask) {
        for (int i = 0; i < size; i++) {
            writable[offset + i] |= (byte) (mask >>> 8 * i);
        }
    }

    /** Puts a capability at the head of the list and says where it lies. */
    int addCapability(final int id, final int size) {
        final int at = nextCapability;
        nextCapability += size + 3 & ~3;
        values[at] = (byte) id;
        values[at + 1] = values[CAPABILITIES];
        values[CAPABILITIES] = (byte) at;
        set(STATUS, 2, get(STATUS, 2) | STATUS_CAPABILITIES);
        return at;
    }

    /** A guest's write. */
    void write(final int offset, final int size, final int value) {
        for (int i = 0; i < size; i++) {
            final int mask = writable[offset + i];
            values[offset + i] = (byte) (values[offset + i] & ~mask | value >>> 8 * i & mask);
        }
    }

    /** Says that what is there now is what reset gives. */
    void seal() {
        initial = values.clone();
    }

    void reset() {
        System.arraycopy(initial, 0, values, 0, SIZE);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
