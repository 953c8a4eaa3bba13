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

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import io.viommu.device.MmioDevice;
import io.viommu.vmm.machine.PciConfig;

/**
 * The MSI-X capability of a function, with its table and pending bits in a frame of their own (PCI Express Base 6.0,
 * 7.7.2).
 *
 * <pre>
 *  0x000 entries of 16 bytes: u64 address, u32 data, u32 control: 0 mask       0x800 pending bits
 * </pre>
 */
final class MsixTable implements MmioDevice {

    private static final int CAPABILITY = 0x11;
    private static final int CAPABILITY_SIZE = 12;
    private static final int CONTROL = 2;
    private static final int ENABLE = 1 << 15;
    private static final int MASK_ALL = 1 << 14;
    private static final int FRAME = 0x1000;
    private static final int PENDING = 0x800;
    private static final int ENTRY = 16;
    private static final int DATA = 8;
    private static final int VECTOR_CONTROL = 12;
    private static final int MASKED = 1;

    private final MsiRoute[] routes;
    private final ByteBuffer entries;
    private final boolean[] pointed;
    private long pending;
    private int control;
    private int capability;

    /** {@code routes} are the vectors' ways, at most 64. */
    MsixTable(final MsiRoute... routes) {
        this.routes = routes;
        entries = ByteBuffer.allocate(routes.length * ENTRY).order(ByteOrder.LITTLE_ENDIAN);
        pointed = new boolean[routes.length];
        reset();
    }

    /** Adds the capability to a function whose BAR of that number is this frame. */
    void addTo(final PciConfig config, final int bar) {
        final byte[] bytes = ByteBuffer.allocate(CAPABILITY_SIZE).order(ByteOrder.LITTLE_ENDIAN)
                .put(0, (byte) CAPABILITY)
                .putShort(CONTROL, (short) (routes.length - 1)).putInt(4, bar).putInt(8, PENDING | bar).array();
        capability = config.addCapability(bytes);
        config.allow(capability + CONTROL, Short.BYTES, ENABLE | MASK_ALL);
    }

    /** The guest wrote to the function's configuration space. */
    synchronized void configured(final PciConfig config) {
        control = config.get(capability + CONTROL, Short.BYTES);
        for (int vector = 0; vector < routes.length; vector++) {
            update(vector);
        }
    }

    synchronized void reset() {
        control = 0;
        pending = 0;
        for (int vector = 0; vector < routes.length; vector++) {
            entries.putLong(vector * ENTRY, 0).putInt(vector * ENTRY + DATA, 0)
                    .putInt(vector * ENTRY + VECTOR_CONTROL, MASKED);
            update(vector);
        }
    }

    int vectors() {
        return routes.length;
    }

    /** Whether the driver wants messages, and none by wire. */
    synchronized boolean enabled() {
        return (control & ENABLE) != 0;
    }

    /** The device has something to say on a vector; while that is masked it is pending. */
    synchronized void fire(final int vector) {
        if (vector >= routes.length || (control & ENABLE) == 0) {
            return;
        }
        if (pointed[vector]) {
            routes[vector].fire();
        } else {
            pending |= 1L << vector;
        }
    }

    private void update(final int vector) {
        final int at = vector * ENTRY;
        final boolean wanted = (control & (ENABLE | MASK_ALL)) == ENABLE
                && (entries.getInt(at + VECTOR_CONTROL) & MASKED) == 0;
        if (!wanted) {
            if (pointed[vector]) {
                pointed[vector] = false;
                routes[vector].clear();
            }
            return;
        }
        pointed[vector] = true;
        routes[vector].point(entries.getLong(at), entries.getInt(at + DATA));
        if ((pending & 1L << vector) != 0) {
            pending &= ~(1L << vector);
            routes[vector].fire();
        }
    }

    @Override
    public long mmioSize() {
        return FRAME;
    }

    @Override
    public synchronized long read(final long offset, final int size) {
        final int at = (int) offset;
        if (size == Integer.BYTES && at + size <= entries.capacity()) {
            return entries.getInt(at) & 0xFFFF_FFFFL;
        }
        if (size == Long.BYTES && at + size <= entries.capacity()) {
            return entries.getLong(at);
        }
        return at == PENDING ? pending : 0;
    }

    /** Entries take 32 and 64 bits (7.7.2.2); what is written to a vector that is in use takes effect at once. */
    @Override
    public synchronized void write(final long offset, final int size, final long value) {
        final int at = (int) offset;
        if (size < Integer.BYTES || at + size > entries.capacity()) {
            return;
        }
        if (size == Long.BYTES) {
            entries.putLong(at, value);
        } else {
            entries.putInt(at, (int) value);
        }
        update(at / ENTRY);
    }

    /** Gives the eventfds back, when nobody fires any more. */
    void close() {
        for (final MsiRoute route : routes) {
            route.close();
        }
    }
}
