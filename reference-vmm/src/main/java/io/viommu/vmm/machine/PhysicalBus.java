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
import java.util.Arrays;
import java.util.List;

import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.device.MmioDevice;

/**
 * The physical address space as a CPU sees it: RAM, register frames, PCI BARs, and nothing.
 *
 * <p>An access to registers is made in the widest naturally aligned pieces that the device takes, so an aligned access
 * of a width that it takes is one access. Where nothing answers, reads give what the bus floats to and writes vanish;
 * that is not an error. Nothing here throws on any address or length.
 */
public final class PhysicalBus {

    private static final int WIDEST = Long.BYTES;

    private final Ram ram;
    private final List<Region> regions = new ArrayList<>();
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final byte[] word = new byte[WIDEST];

    /** Decodes what moves: PCI BARs, which a guest places where it likes within one window. */
    interface Window {
        /** The frame that answers at an address of the window, or null. */
        Frame at(long gpa);

        /** The nearest frame that begins above the address, as a distance, unsigned; at most {@code otherwise}. */
        long gap(long gpa, long otherwise);
    }

    /** Registers at a place. */
    record Frame(long base, long size, MmioDevice device, int widest) {
        boolean covers(final long gpa) {
            return Long.compareUnsigned(gpa - base, size) < 0;
        }
    }

    /** A part of the map: a fixed frame, or a window of moving ones over a bus that floats to a value. */
    private record Region(long base, long size, Frame frame, Window window, byte floating) {
        boolean covers(final long gpa) {
            return Long.compareUnsigned(gpa - base, size) < 0;
        }

        long left(final long gpa) {
            return size - (gpa - base);
        }
    }

    PhysicalBus(final Ram ram) {
        this.ram = ram;
    }

    /** Puts registers at a fixed place; {@code widest} is 1, 2, 4 or 8. */
    void map(final long base, final MmioDevice device, final int widest) {
        regions.add(new Region(base, device.mmioSize(), new Frame(base, device.mmioSize(), device, widest), null,
                (byte) 0));
    }

    /** Puts a window of moving frames at a fixed place. */
    void map(final long base, final long size, final Window window, final byte floating) {
        regions.add(new Region(base, size, null, window, floating));
    }

    /**
     * Reads bytes, lowest address first.
     *
     * @param gpa    guest physical address of the first byte; the range may wrap around the top.
     * @param target where the bytes go.
     * @param offset offset of the first byte in {@code target}.
     * @param length number of bytes, within {@code target}.
     */
    public void read(final long gpa, final byte[] target, final int offset, final int length) {
        int done = 0;
        while (done < length) {
            done += readPiece(gpa + done, target, offset + done, length - done);
        }
    }

    private int readPiece(final long gpa, final byte[] target, final int offset, final int length) {
        final long inRam = ram.left(gpa);
        if (inRam != 0) {
            final int piece = (int) Math.min(length, inRam);
            view.wrap(target, offset, piece);
            ram.guest().read(gpa, view, 0, piece);
            return piece;
        }
        final Region region = region(gpa);
        final Frame frame = frame(region, gpa);
        if (frame == null) {
            final int piece = within(length, gap(region, gpa));
            Arrays.fill(target, offset, offset + piece, region == null ? 0 : region.floating());
            return piece;
        }
        final int width = width(frame, gpa, length);
        final long value = frame.device().read(gpa - frame.base(), width);
        for (int i = 0; i < width; i++) {
            target[offset + i] = (byte) (value >>> 8 * i);
        }
        return width;
    }

    /**
     * Writes bytes, lowest address first.
     *
     * @param gpa    guest physical address of the first byte; the range may wrap around the top.
     * @param source where the bytes come from.
     * @param offset offset of the first byte in {@code source}.
     * @param length number of bytes, within {@code source}.
     */
    public void write(final long gpa, final byte[] source, final int offset, final int length) {
        int done = 0;
        while (done < length) {
            done += writePiece(gpa + done, source, offset + done, length - done);
        }
    }

    private int writePiece(final long gpa, final byte[] source, final int offset, final int length) {
        final long inRam = ram.left(gpa);
        if (inRam != 0) {
            final int piece = (int) Math.min(length, inRam);
            view.wrap(source, offset, piece);
            ram.guest().write(gpa, view, 0, piece);
            return piece;
        }
        final Region region = region(gpa);
        final Frame frame = frame(region, gpa);
        if (frame == null) {
            return within(length, gap(region, gpa));
        }
        final int width = width(frame, gpa, length);
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (source[offset + i] & 0xFFL) << 8 * i;
        }
        frame.device().write(gpa - frame.base(), width, value);
        return width;
    }

    /**
     * Reads a little-endian value.
     *
     * @param gpa  guest physical address.
     * @param size 1, 2, 4 or 8 bytes.
     * @return the value in the low bytes; the rest is 0.
     */
    public long load(final long gpa, final int size) {
        read(gpa, word, 0, size);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (word[i] & 0xFFL) << 8 * i;
        }
        return value;
    }

    /**
     * Writes a little-endian value.
     *
     * @param gpa   guest physical address.
     * @param size  1, 2, 4 or 8 bytes.
     * @param value the value in the low bytes.
     */
    public void store(final long gpa, final int size, final long value) {
        for (int i = 0; i < size; i++) {
            word[i] = (byte) (value >>> 8 * i);
        }
        write(gpa, word, 0, size);
    }

    private static int width(final Frame frame, final long gpa, final int length) {
        final long offset = gpa - frame.base();
        final int aligned = offset == 0 ? WIDEST : (int) Math.min(WIDEST, Long.lowestOneBit(offset));
        final long inFrame = Long.highestOneBit(Math.min(length, frame.size() - offset));
        return (int) Math.min(Math.min(frame.widest(), aligned), inFrame);
    }

    private Region region(final long gpa) {
        for (final Region region : regions) {
            if (region.covers(gpa)) {
                return region;
            }
        }
        return null;
    }

    private static Frame frame(final Region region, final long gpa) {
        if (region == null) {
            return null;
        }
        return region.frame() != null ? region.frame() : region.window().at(gpa);
    }

    /** How far nothing reaches from an address on; at least 1, unsigned. */
    private long gap(final Region region, final long gpa) {
        if (region != null) {
            return region.window().gap(gpa, region.left(gpa));
        }
        long nearest = ram.gap(gpa, gpa == 0 ? -1 : -gpa);
        for (final Region other : regions) {
            nearest = nearer(nearest, other.base() - gpa);
        }
        return nearest;
    }

    private static int within(final int length, final long gap) {
        return Long.compareUnsigned(length, gap) < 0 ? length : (int) gap;
    }

    /** The smaller of two unsigned distances. */
    static long nearer(final long first, final long second) {
        return Long.compareUnsigned(first, second) < 0 ? first : second;
    }
}
