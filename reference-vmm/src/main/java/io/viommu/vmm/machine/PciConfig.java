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
public final class PciConfig {

    /** Bytes of configuration space. */
    public static final int SIZE = 256;

    /** Offset of the vendor id, two bytes. */
    public static final int VENDOR = 0x00;
    /** Offset of the device id, two bytes. */
    public static final int DEVICE = 0x02;
    /** Offset of the command register, two bytes. */
    public static final int COMMAND = 0x04;
    /** Offset of the status register, two bytes. */
    public static final int STATUS = 0x06;
    /** Offset of the revision, one byte. */
    public static final int REVISION = 0x08;
    /** Offset of subclass and class, two bytes. */
    public static final int CLASS = 0x0A;
    static final int HEADER_TYPE = 0x0E;
    /** Offset of base address register 0, four bytes. */
    public static final int BAR0 = 0x10;
    static final int PRIMARY_BUS = 0x18;
    static final int SECONDARY_BUS = 0x19;
    static final int SUBORDINATE_BUS = 0x1A;
    static final int MEMORY_BASE = 0x20;
    static final int MEMORY_LIMIT = 0x22;
    static final int SUBSYSTEM_VENDOR = 0x2C;
    static final int SUBSYSTEM_DEVICE = 0x2E;
    static final int CAPABILITIES = 0x34;
    static final int INTERRUPT_LINE = 0x3C;
    /** Offset of the interrupt pin, one byte: 1 is INTA. */
    public static final int INTERRUPT_PIN = 0x3D;

    /** Command: memory space is decoded. */
    public static final int COMMAND_MEMORY = 1 << 1;
    /** Command: the function may be a bus master. */
    public static final int COMMAND_MASTER = 1 << 2;
    private static final int COMMAND_INTX_DISABLE = 1 << 10;
    private static final int COMMAND_WRITABLE = 0x507;
    private static final int STATUS_INTERRUPT = 1 << 3;
    private static final int STATUS_CAPABILITIES = 1 << 4;
    private static final int FIRST_CAPABILITY = 0x40;
    private static final int POWER_MANAGEMENT = 1;
    private static final int POWER_LENGTH = 8;
    private static final int POWER_VERSION = 3;
    /** PMCSR: PowerState and No_Soft_Reset. */
    private static final int POWER_CONTROL = 4;
    private static final int POWER_STATE = 3;
    private static final int POWER_NO_SOFT_RESET = 1 << 3;

    private final byte[] values = new byte[SIZE];
    private final byte[] writable = new byte[SIZE];
    private byte[] initial = values;
    private int nextCapability = FIRST_CAPABILITY;
    private int power;

    /**
     * Makes the configuration space of a function without BARs and capabilities.
     *
     * @param vendor    vendor id.
     * @param device    device id.
     * @param classCode class in the high byte, subclass in the low one.
     */
    public PciConfig(final int vendor, final int device, final int classCode) {
        set(VENDOR, 2, vendor);
        set(DEVICE, 2, device);
        set(CLASS, 2, classCode);
        set(SUBSYSTEM_VENDOR, 2, 0x1AF4);
        set(SUBSYSTEM_DEVICE, 2, 0x1100);
        allow(COMMAND, 2, COMMAND_WRITABLE);
        allow(INTERRUPT_LINE, 1, 0xFF);
    }

    /**
     * Reads.
     *
     * @param offset first byte; the whole access lies within {@link #SIZE}.
     * @param size   1 to 4 bytes.
     * @return the value.
     */
    public int get(final int offset, final int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (values[offset + i] & 0xFF) << 8 * i;
        }
        return value;
    }

    /**
     * A guest's read.
     *
     * @param offset first byte; the whole access lies within {@link #SIZE}.
     * @param size   1 to 8 bytes.
     * @return the value.
     */
    public long read(final int offset, final int size) {
        return size <= Integer.BYTES
                ? get(offset, size)
                : get(offset, Integer.BYTES) & 0xFFFF_FFFFL
                        | (long) get(offset + Integer.BYTES, size - Integer.BYTES) << 32;
    }

    /**
     * Sets a value from the inside.
     *
     * @param offset first byte.
     * @param size   1 to 4 bytes.
     * @param value  the value.
     */
    public void set(final int offset, final int size, final int value) {
        for (int i = 0; i < size; i++) {
            values[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    /**
     * Makes bits writable for a guest.
     *
     * @param offset first byte.
     * @param size   1 to 4 bytes.
     * @param mask   the bits.
     */
    public void allow(final int offset, final int size, final int mask) {
        for (int i = 0; i < size; i++) {
            writable[offset + i] |= (byte) (mask >>> 8 * i);
        }
    }

    /**
     * Gives the function a power management capability: D0, and D3hot out of which it comes as it went in (PCI Express
     * Base, 7.5.2).
     */
    public void addPowerManagement() {
        power = addCapability(POWER_MANAGEMENT, POWER_LENGTH) + POWER_CONTROL;
        set(power - 2, 2, POWER_VERSION);
        set(power, 2, POWER_NO_SOFT_RESET);
        allow(power, 1, POWER_STATE);
    }

    /**
     * Whether the function is in D0, or has no other state.
     *
     * @return false if it answers to nothing but its configuration space.
     */
    public boolean awake() {
        return power == 0 || (get(power, 1) & POWER_STATE) == 0;
    }

    /**
     * Says whether the function has an interrupt for its pin, which Interrupt Status shows.
     *
     * @param pending true until it has been served.
     */
    public void interrupt(final boolean pending) {
        set(STATUS, 1, get(STATUS, 1) & ~STATUS_INTERRUPT | (pending ? STATUS_INTERRUPT : 0));
    }

    /**
     * The state of the interrupt pin (PCI Express Base, 7.5.1.1.3 and 7.5.1.1.4).
     *
     * @return true with an interrupt pending, unless Interrupt Disable is set or the function is not in D0.
     */
    public boolean pin() {
        return (get(STATUS, 1) & STATUS_INTERRUPT) != 0 && awake() && (get(COMMAND, 2) & COMMAND_INTX_DISABLE) == 0;
    }

    /**
     * Whether the function may make memory requests, messages among them.
     *
     * @return false without Bus Master Enable, or outside of D0.
     */
    public boolean mayMaster() {
        return awake() && (get(COMMAND, 2) & COMMAND_MASTER) != 0;
    }

    /**
     * Puts a capability at the head of the list.
     *
     * @param id   what it is.
     * @param size its bytes.
     * @return where it lies.
     */
    public int addCapability(final int id, final int size) {
        final int at = nextCapability;
        nextCapability += size + 3 & ~3;
        values[at] = (byte) id;
        values[at + 1] = values[CAPABILITIES];
        values[CAPABILITIES] = (byte) at;
        set(STATUS, 2, get(STATUS, 2) | STATUS_CAPABILITIES);
        return at;
    }

    /**
     * Puts a capability with contents at the head of the list.
     *
     * @param contents all of it, its id first; the second byte is where the link goes.
     * @return where it lies.
     */
    public int addCapability(final byte[] contents) {
        final int at = addCapability(contents[0], contents.length);
        System.arraycopy(contents, 2, values, at + 2, contents.length - 2);
        return at;
    }

    /**
     * A guest's write: changes what is writable.
     *
     * @param offset first byte; the whole access lies within {@link #SIZE}.
     * @param size   1 to 8 bytes.
     * @param value  the value.
     */
    public void write(final int offset, final int size, final long value) {
        for (int i = 0; i < size; i++) {
            final int mask = writable[offset + i];
            values[offset + i] = (byte) (values[offset + i] & ~mask | (int) (value >>> 8 * i) & mask);
        }
    }

    /** Says that what is there now is what reset gives. */
    public void seal() {
        initial = values.clone();
    }

    /** Puts back what was there when it was sealed. */
    public void reset() {
        System.arraycopy(initial, 0, values, 0, SIZE);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
