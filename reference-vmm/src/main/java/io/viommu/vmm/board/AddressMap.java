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

import java.util.Arrays;

import io.viommu.device.MmioDevice;

/**
 * Finds the device that answers at an address, of memory or of x86's ports. Filled before vCPUs run, then read by all
 * of them. Where nothing answers, reads give ones and writes vanish.
 */
final class AddressMap {

    private record Region(long base, long size, MmioDevice device) {
    }

    private Region[] regions = new Region[0];

    /** Puts a device at a place; its frame must not overlap another. */
    void add(final long base, final MmioDevice device) {
        final Region added = new Region(base, device.mmioSize(), device);
        for (final Region other : regions) {
            if (base < other.base + other.size && other.base < base + added.size) {
                throw new IllegalArgumentException("two devices at 0x" + Long.toHexString(base));
            }
        }
        regions = Arrays.copyOf(regions, regions.length + 1);
        regions[regions.length - 1] = added;
    }

    private Region find(final long address) {
        for (final Region region : regions) {
            if (Long.compareUnsigned(address - region.base, region.size) < 0) {
                return region;
            }
        }
        return null;
    }

    /** Reads 1 to 8 bytes, in naturally aligned pieces; lowest address first. */
    long read(final long address, final int width) {
        long value = 0;
        int done = 0;
        while (done < width) {
            final int piece = piece(address + done, width - done);
            final Region region = find(address + done);
            final long part = region == null ? -1 : region.device.read(address + done - region.base, piece);
            value |= (piece == Long.BYTES ? part : part & (1L << Byte.SIZE * piece) - 1) << Byte.SIZE * done;
            done += piece;
        }
        return value;
    }

    /** Writes 1 to 8 bytes likewise. */
    void write(final long address, final int width, final long value) {
        int done = 0;
        while (done < width) {
            final int piece = piece(address + done, width - done);
            final Region region = find(address + done);
            if (region != null) {
                final long part = value >>> Byte.SIZE * done;
                region.device.write(address + done - region.base, piece,
                        piece == Long.BYTES ? part : part & (1L << Byte.SIZE * piece) - 1);
            }
            done += piece;
        }
    }

    /** The widest power of two that is aligned at the address and not more than what is left. */
    private static int piece(final long address, final int left) {
        final int aligned = (int) Math.min(Long.BYTES, address == 0 ? Long.BYTES : Long.lowestOneBit(address));
        return Math.min(aligned, Integer.highestOneBit(left));
    }
}
