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

package io.viommu.memory;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.LongStream;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.JvmFlag;

/**
 * Guest memory made of regions of host memory that somebody else mapped: any number, with holes, added and removed
 * while the guest runs.
 *
 * <p>Readers see an immutable table of regions through one volatile load, so adding or removing a region never blocks
 * an access. One range check is made for each access; what follows is a raw load or store.
 *
 * <p>{@link #addRegion} and {@link #removeRegion} may be called by any thread. The host memory of a removed region must
 * stay mapped until every access that could have begun before the removal has ended.
 */
public final class GuestRam implements GuestMemory {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    private static final boolean SWAPPED = ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN;

    private volatile RegionTable table = RegionTable.EMPTY;

    /** Makes a memory without any region: every access is {@link #UNMAPPED}. */
    public GuestRam() {
    }

    /**
     * Adds a region of writable RAM.
     *
     * @param gpa     guest physical address of its first byte, unsigned.
     * @param segment native host memory behind it; it must outlive the region.
     * @throws IllegalArgumentException if the segment is empty or not native, or the range wraps or overlaps another.
     */
    public void addRegion(final long gpa, final MemorySegment segment) {
        addRegion(gpa, segment, true);
    }

    /**
     * Adds a region.
     *
     * @param gpa      guest physical address of its first byte, unsigned.
     * @param segment  native host memory behind it; it must outlive the region.
     * @param writable false for ROM: writes are answered {@link #READ_ONLY}.
     * @throws IllegalArgumentException if the segment is empty or not native, or the range wraps or overlaps another.
     */
    public synchronized void addRegion(final long gpa, final MemorySegment segment, final boolean writable) {
        Objects.requireNonNull(segment, "segment");
        if (!segment.isNative() || segment.byteSize() == 0) {
            throw new IllegalArgumentException("segment must be native memory of at least one byte");
        }
        table = table.with(new Region(gpa, segment.byteSize(), segment.address(), writable, segment));
    }

    /**
     * Removes a region.
     *
     * @param gpa the address it was added at.
     * @throws IllegalArgumentException if no region begins there.
     */
    public synchronized void removeRegion(final long gpa) {
        table = table.without(gpa);
    }

    @Override
    public int read(final long gpa, final MutableDirectBuffer target, final int targetOffset, final int length) {
        final RegionTable regions = table;
        final int region = regions.find(gpa);
        if (region < 0) {
            return UNMAPPED;
        }
        if (length > regions.left(region, gpa)) {
            return readAcross(regions, gpa, target, targetOffset, length);
        }
        final long address = regions.hostAddress(region, gpa);
        if (length == Long.BYTES && (address & 7) == 0) {
            target.putLong(targetOffset, UnsafeApi.getLongAcquire(null, address));
        } else if (length == Integer.BYTES && (address & 3) == 0) {
            target.putInt(targetOffset, UnsafeApi.getIntAcquire(null, address));
        } else if (isRecord(length)) {
            WordCopy.copy(null, address, target.byteArray(), target.addressOffset() + targetOffset, length);
        } else {
            UnsafeApi.copyMemory(null, address, target.byteArray(), target.addressOffset() + targetOffset, length);
        }
        return OK;
    }

    @Override
    public int read(final long gpa, final MemoryWord into) {
        final long address = table.aligned(gpa);
        if (address == RegionTable.NOWHERE) {
            return into.readFrom(this, gpa);
        }
        final long word = UnsafeApi.getLongAcquire(null, address);
        into.value(SWAPPED ? Long.reverseBytes(word) : word);
        return OK;
    }

    @Override
    public int write(final long gpa, final DirectBuffer source, final int sourceOffset, final int length) {
        final RegionTable regions = table;
        final int region = regions.find(gpa);
        if (region < 0) {
            return UNMAPPED;
        }
        if (length > regions.left(region, gpa)) {
            return writeAcross(regions, gpa, source, sourceOffset, length);
        }
        if (!regions.writable(region)) {
            return READ_ONLY;
        }
        final long address = regions.hostAddress(region, gpa);
        if (length == Long.BYTES && (address & 7) == 0) {
            UnsafeApi.putLongRelease(null, address, source.getLong(sourceOffset));
        } else if (length == Integer.BYTES && (address & 3) == 0) {
            UnsafeApi.putIntRelease(null, address, source.getInt(sourceOffset));
        } else if (isRecord(length)) {
            WordCopy.copy(source.byteArray(), source.addressOffset() + sourceOffset, null, address, length);
        } else {
            UnsafeApi.copyMemory(source.byteArray(), source.addressOffset() + sourceOffset, null, address, length);
        }
        return OK;
    }

    /** Queue entries, descriptors: what device models move. */
    private static boolean isRecord(final int length) {
        return length <= WordCopy.WORTHWHILE && (length & Long.BYTES - 1) == 0;
    }

    @Override
    public int compareAndSetLong(final long gpa, final long expected, final long value) {
        final RegionTable regions = table;
        final int region = regions.find(gpa);
        if (region < 0 || (gpa & 7) != 0 || regions.left(region, gpa) < Long.BYTES) {
            return UNMAPPED;
        }
        if (!regions.writable(region)) {
            return READ_ONLY;
        }
        final long address = regions.hostAddress(region, gpa);
        return UnsafeApi.compareAndSetLong(null, address, expected, value) ? OK : MISMATCH;
    }

    /** An access over the seam of two adjacent regions: rare, so it is checked first and then done piece by piece. */
    private static int readAcross(final RegionTable regions, final long gpa, final MutableDirectBuffer target,
            final int targetOffset, final int length) {
        if (!regions.covers(gpa, length, false)) {
            return UNMAPPED;
        }
        int done = 0;
        while (done < length) {
            final int region = regions.find(gpa + done);
            final int piece = (int) Math.min(length - done, regions.left(region, gpa + done));
            UnsafeApi.copyMemory(null, regions.hostAddress(region, gpa + done), target.byteArray(),
                    target.addressOffset() + targetOffset + done, piece);
            done += piece;
        }
        return OK;
    }

    private static int writeAcross(final RegionTable regions, final long gpa, final DirectBuffer source,
            final int sourceOffset, final int length) {
        if (!regions.covers(gpa, length, false)) {
            return UNMAPPED;
        }
        if (!regions.covers(gpa, length, true)) {
            return READ_ONLY;
        }
        int done = 0;
        while (done < length) {
            final int region = regions.find(gpa + done);
            final int piece = (int) Math.min(length - done, regions.left(region, gpa + done));
            UnsafeApi.copyMemory(source.byteArray(), source.addressOffset() + sourceOffset + done, null,
                    regions.hostAddress(region, gpa + done), piece);
            done += piece;
        }
        return OK;
    }

    /** One region; {@code owner} keeps the host memory reachable while the guest can reach it. */
    private record Region(long gpa, long size, long address, boolean writable, MemorySegment owner) {
        long last() {
            return gpa + size - 1;
        }
    }

    /** The immutable table: regions in address order, their numbers in flat arrays for the access path. */
    private static final class RegionTable {
        static final RegionTable EMPTY = new RegionTable(new Region[0]);

        /**
         * Of each region guest address, size, host address, and how many aligned words it holds, 0 if its host memory
         * isn't aligned as the guest's: one cache line tells all of two of them.
         */
        private static final int SIZE = 1;
        private static final int HOST = 2;
        private static final int WORDS = 3;
        private static final int STRIDE = 4;
        /** No host address: nothing is mapped there. */
        private static final long NOWHERE = 0;

        private final Region[] regions;
        private final long[] spans;

        private RegionTable(final Region[] regions) {
            this.regions = regions;
            this.spans = Arrays.stream(regions).flatMapToLong(r -> LongStream.of(r.gpa, r.size, r.address,
                    ((r.gpa | r.address) & Long.BYTES - 1) == 0 ? r.size / Long.BYTES : 0)).toArray();
        }

        /** The region that holds the address, or -1. Guests have a handful of regions, so a scan is best. */
        int find(final long gpa) {
            final long[] all = spans;
            for (int at = 0; at < all.length; at += STRIDE) {
                if (Long.compareUnsigned(gpa - all[at], all[at + SIZE]) < 0) {
                    return at;
                }
            }
            return -1;
        }

        /** The host address of eight aligned bytes in one region, which is all that tables are made of, or NOWHERE. */
        long aligned(final long gpa) {
            final long[] all = spans;
            for (int at = 0; at < all.length; at += STRIDE) {
                final long offset = gpa - all[at];
                // Rotated, an offset that is no multiple of 8 is beyond the words of any region.
                if (Long.compareUnsigned(Long.rotateRight(offset, 3), all[at + WORDS]) < 0) {
                    return all[at + HOST] + offset;
                }
            }
            return NOWHERE;
        }

        long left(final int region, final long gpa) {
            return spans[region + SIZE] - (gpa - spans[region]);
        }

        long hostAddress(final int region, final long gpa) {
            return spans[region + HOST] + (gpa - spans[region]);
        }

        boolean writable(final int region) {
            return regions[region / STRIDE].writable;
        }

        boolean covers(final long gpa, final int length, final boolean forWriting) {
            long at = gpa;
            long wanted = length;
            while (wanted > 0) {
                final int region = find(at);
                if (region < 0 || forWriting && !writable(region)) {
                    return false;
                }
                final long piece = left(region, at);
                at += piece;
                wanted -= piece;
                if (wanted > 0 && at == 0) {
                    return false; // the range would wrap past the top of the address space
                }
            }
            return true;
        }

        RegionTable with(final Region added) {
            if (Long.compareUnsigned(added.last(), added.gpa) < 0) {
                throw new IllegalArgumentException("region at 0x" + Long.toHexString(added.gpa) + " wraps around");
            }
            for (final Region other : regions) {
                if (Long.compareUnsigned(added.gpa, other.last()) <= 0
                        && Long.compareUnsigned(other.gpa, added.last()) <= 0) {
                    throw new IllegalArgumentException("region at 0x" + Long.toHexString(added.gpa)
                            + " overlaps the one at 0x" + Long.toHexString(other.gpa));
                }
            }
            final Region[] more = Arrays.copyOf(regions, regions.length + 1);
            more[regions.length] = added;
            Arrays.sort(more, Comparator.comparing(Region::gpa, Long::compareUnsigned));
            return new RegionTable(more);
        }

        RegionTable without(final long gpa) {
            final Region[] fewer = Arrays.stream(regions).filter(r -> r.gpa != gpa).toArray(Region[]::new);
            if (fewer.length == regions.length) {
                throw new IllegalArgumentException("no region begins at 0x" + Long.toHexString(gpa));
            }
            return new RegionTable(fewer);
        }
    }
}
