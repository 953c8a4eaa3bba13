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

package io.viommu.vmm.virtio;

import java.lang.invoke.VarHandle;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The device's side of a split virtqueue (VIRTIO 1.2, 2.7). Every index that the guest gives is checked: one that
 * can't be breaks the ring, which then stays broken until the device is reset.
 *
 * <pre>
 *  descriptor  0 u64 address  8 u32 length  12 u16 flags: 1 next, 2 device writes, 4 indirect  14 u16 next
 *  available   0 u16 flags: 1 no interrupt   2 u16 index   4 u16 ring[size]
 *  used        0 u16 flags                   2 u16 index   4 { u32 head, u32 written } [size]
 * </pre>
 */
final class SplitRing {

    static final int NONE = -1;
    static final int BROKEN = -2;

    private static final int DESCRIPTOR_SIZE = 16;
    private static final int LENGTH = 8;
    private static final int FLAGS = 12;
    private static final int NEXT = 14;
    private static final int HAS_NEXT = 1;
    private static final int DEVICE_WRITES = 2;
    private static final int INDIRECT = 4;
    private static final int NO_INTERRUPT = 1;
    private static final int INDEX = 2;
    private static final int RING = 4;
    private static final int USED_SIZE = 8;
    private static final int LAST_INDEX = 0xFFFF;

    private final int maxSize;
    private final DmaPort port;
    private final UnsafeBuffer word = new UnsafeBuffer(new byte[DESCRIPTOR_SIZE]);
    private int size;
    private boolean enabled;
    private long descriptors;
    private long available;
    private long used;
    private int taken;
    private int given;

    SplitRing(final int maxSize, final DmaPort port) {
        this.maxSize = maxSize;
        this.port = port;
        reset();
    }

    void reset() {
        size = maxSize;
        enabled = false;
        descriptors = 0;
        available = 0;
        used = 0;
        taken = 0;
        given = 0;
    }

    int size() {
        return size;
    }

    /** A size that is no power of two, too large, or comes too late is ignored. */
    void size(final int entries) {
        if (!enabled && entries > 0 && entries <= maxSize && Integer.bitCount(entries) == 1) {
            size = entries;
        }
    }

    boolean enabled() {
        return enabled;
    }

    void enable() {
        enabled = true;
    }

    /** The address of a part: 0 descriptors, 1 available, 2 used. */
    long address(final int part) {
        return part == 0 ? descriptors : part == 1 ? available : used;
    }

    void address(final int part, final long value) {
        if (enabled) {
            return;
        }
        switch (part) {
            case 0 -> descriptors = value;
            case 1 -> available = value;
            default -> used = value;
        }
    }

    /** The first descriptor of the next chain that the driver made available, {@link #NONE} or {@link #BROKEN}. */
    int take() {
        if (!port.read(available + INDEX, word, Short.BYTES)) {
            return BROKEN;
        }
        final int waiting = word.getShort(0) - taken & LAST_INDEX;
        if (waiting == 0) {
            return NONE;
        }
        VarHandle.acquireFence(); // what the driver wrote before the index is read after it
        if (waiting > size || !port.read(available + RING + 2L * (taken % size), word, Short.BYTES)) {
            return BROKEN;
        }
        final int head = word.getShort(0) & LAST_INDEX;
        taken = taken + 1 & LAST_INDEX;
        return head < size ? head : BROKEN;
    }

    /** What a chain is walked with. */
    interface Buffer {
        /** Uses bytes that the device may write, or may read; the number written, or {@link #BROKEN}. */
        int use(long address, int length, boolean writable);
    }

    /** Shows each buffer of a chain; the number of bytes written, or {@link #BROKEN}. */
    int walk(final int head, final Buffer buffer) {
        int index = head;
        int written = 0;
        for (int steps = 0; steps < size; steps++) {
            if (index >= size || !port.read(descriptors + (long) index * DESCRIPTOR_SIZE, word, DESCRIPTOR_SIZE)) {
                return BROKEN;
            }
            final int flags = word.getShort(FLAGS);
            final int next = word.getShort(NEXT) & LAST_INDEX;
            if ((flags & INDIRECT) != 0) {
                return BROKEN; // was not offered
            }
            final int length = (int) Math.min(word.getInt(LENGTH) & 0xFFFF_FFFFL, Integer.MAX_VALUE);
            final int used = buffer.use(word.getLong(0), length, (flags & DEVICE_WRITES) != 0);
            if (used == BROKEN) {
                return BROKEN;
            }
            written += used;
            if ((flags & HAS_NEXT) == 0) {
                return written;
            }
            index = next;
        }
        return BROKEN; // longer than the queue: a loop
    }

    /** The buffers of a chain: where they are, how long, and how many of them come first that the device only reads. */
    static final class Chain {
        final long[] addresses;
        final int[] lengths;
        int count;
        int readable;

        Chain(final int most) {
            addresses = new long[most];
            lengths = new int[most];
        }
    }

    /** Notes all buffers of a chain, read-only ones first (2.7.4.2); false if it is none. */
    boolean collect(final int head, final Chain into) {
        into.count = 0;
        into.readable = 0;
        return walk(head, (address, length, writable) -> {
            if (into.count == into.addresses.length || !writable && into.readable < into.count) {
                return BROKEN;
            }
            into.addresses[into.count] = address;
            into.lengths[into.count++] = length;
            into.readable += writable ? 0 : 1;
            return 0;
        }) == 0;
    }

    /** Hands a chain back: first the element, then the index that makes it visible. */
    boolean give(final int head, final int written) {
        word.putInt(0, head);
        word.putInt(Integer.BYTES, written);
        if (!port.write(used + RING + (long) USED_SIZE * (given % size), word, USED_SIZE)) {
            return false;
        }
        given = given + 1 & LAST_INDEX;
        word.putShort(0, (short) given);
        VarHandle.releaseFence(); // the element before the index
        return port.write(used + INDEX, word, Short.BYTES);
    }

    /** Whether the driver wants to be told. */
    boolean wantsInterrupt() {
        VarHandle.fullFence(); // the driver sees the index, or we its wish
        return port.read(available, word, Short.BYTES) && (word.getShort(0) & NO_INTERRUPT) == 0;
    }
}
