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

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A virtio block device (VIRTIO 1.2, 5.2) over a disk that its VMM gives.
 *
 * <pre>
 *  request   u32 type: 0 read, 1 write, 4 flush, 8 identify   u32 reserved   u64 sector of 512 bytes
 *            data, then u8 status: 0 done, 1 error, 2 not supported
 *  specific  0 u64 sectors   12 u32 most segments   20 u32 block size
 * </pre>
 */
public final class VirtioBlock extends VirtioDevice {

    /** The device id: 0x1040 and the virtio id of a block device. */
    public static final int DEVICE = 0x1042;
    /** Bytes of a sector. */
    public static final int SECTOR = 512;

    private static final int SPECIFIC = 0x24;
    private static final int CAPACITY_AT = 0;
    private static final int SEGMENTS_AT = 12;
    private static final int BLOCK_SIZE_AT = 20;
    private static final long FEATURE_SEGMENTS = 1 << 2;
    private static final long FEATURE_READ_ONLY = 1 << 5;
    private static final long FEATURE_BLOCK_SIZE = 1 << 6;
    private static final long FEATURE_FLUSH = 1 << 9;
    private static final int HEADER = 16;
    private static final int SECTOR_AT = 8;
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int IDENTIFY = 8;
    private static final int ID_LENGTH = 20;
    private static final byte DONE = 0;
    private static final byte ERROR = 1;
    private static final byte UNSUPPORTED = 2;
    private static final int PIECE = 1 << 16;

    private final DmaPort port;
    private final Disk disk;
    private final SplitRing.Chain chain;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[ID_LENGTH]);
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    private final UnsafeBuffer bytes = new UnsafeBuffer(piece);
    private final UnsafeBuffer own = new UnsafeBuffer(ByteBuffer.allocate(SPECIFIC));
    private long position;
    private long end;
    private int moved;

    /** What the blocks are on. */
    public interface Disk {

        /**
         * Its size.
         *
         * @return bytes, a multiple of {@link #SECTOR}.
         */
        long size();

        /**
         * Whether it takes no writes.
         *
         * @return true if so.
         */
        boolean readOnly();

        /**
         * Reads all bytes that the buffer has room for.
         *
         * @param into   where to.
         * @param offset first byte, within the size.
         * @return false if it can't.
         */
        boolean read(ByteBuffer into, long offset);

        /**
         * Writes all bytes that the buffer has.
         *
         * @param from   the bytes.
         * @param offset first byte, within the size.
         * @return false if it can't.
         */
        boolean write(ByteBuffer from, long offset);

        /**
         * Makes what was written last.
         *
         * @return false if it can't.
         */
        boolean flush();
    }

    /**
     * Makes one as at power-on.
     *
     * @param around what surrounds it.
     * @param disk   what the blocks are on.
     */
    public VirtioBlock(final Surroundings around, final Disk disk) {
        super(1, SPECIFIC, FEATURE_SEGMENTS | FEATURE_BLOCK_SIZE | FEATURE_FLUSH
                | (disk.readOnly() ? FEATURE_READ_ONLY : 0), around);
        this.port = around.port();
        this.disk = disk;
        chain = new SplitRing.Chain(around.queueSize());
        own.putLong(CAPACITY_AT, disk.size() / SECTOR, ByteOrder.LITTLE_ENDIAN);
        own.putInt(SEGMENTS_AT, around.queueSize() - 2, ByteOrder.LITTLE_ENDIAN);
        own.putInt(BLOCK_SIZE_AT, SECTOR, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int deviceId() {
        return DEVICE;
    }

    @Override
    boolean serves(final int queue) {
        return true;
    }

    @Override
    long readSpecific(final int offset, final int size) {
        return switch (size) {
            case Byte.BYTES -> own.getByte(offset) & 0xFF;
            case Short.BYTES -> own.getShort(offset, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
            default -> own.getInt(offset, ByteOrder.LITTLE_ENDIAN) & 0xFFFF_FFFFL;
        };
    }

    @Override
    int use(final long address, final int length, final boolean writable) {
        return SplitRing.BROKEN; // a request is used as a whole
    }

    /** A chain without room for the status, or whose header can't be read, is no request: the device needs a reset. */
    @Override
    int handle(final SplitRing ring, final int head) {
        if (!ring.collect(head, chain) || chain.readable == 0 || chain.readable == chain.count
                || chain.lengths[0] < HEADER || chain.lengths[chain.count - 1] < 1
                || !port.read(chain.addresses[0], header, HEADER)) {
            return SplitRing.BROKEN;
        }
        moved = 0;
        final byte status = perform(header.getInt(0, ByteOrder.LITTLE_ENDIAN));
        header.putByte(0, status);
        final int last = chain.count - 1;
        return port.write(chain.addresses[last] + chain.lengths[last] - 1, header, 1) ? moved + 1 : SplitRing.BROKEN;
    }

    private byte perform(final int type) {
        final long sector = header.getLong(SECTOR_AT, ByteOrder.LITTLE_ENDIAN);
        end = disk.size();
        position = Long.compareUnsigned(sector, end / SECTOR) > 0 ? end : sector * SECTOR;
        return switch (type) {
            case IN -> move(true) ? DONE : ERROR;
            case OUT -> !disk.readOnly() && move(false) ? DONE : ERROR;
            case FLUSH -> disk.flush() ? DONE : ERROR;
            case IDENTIFY -> identify() ? DONE : ERROR;
            default -> UNSUPPORTED;
        };
    }

    /** Moves the data of all buffers of its direction: behind the header, before the status. */
    private boolean move(final boolean toGuest) {
        for (int i = 0; i < chain.count; i++) {
            if (i < chain.readable == toGuest) {
                continue;
            }
            final int skipped = i == 0 ? HEADER : 0;
            final int length = chain.lengths[i] - skipped - (i == chain.count - 1 ? 1 : 0);
            if (length > end - position || !move(chain.addresses[i] + skipped, length, toGuest)) {
                return false;
            }
        }
        return true;
    }

    private boolean move(final long address, final int length, final boolean toGuest) {
        for (int done = 0; done < length; done += PIECE) {
            final int now = Math.min(PIECE, length - done);
            piece.clear().limit(now);
            final boolean good = toGuest
                    ? disk.read(piece, position) && port.write(address + done, bytes, now)
                    : port.read(address + done, bytes, now) && disk.write(piece, position);
            if (!good) {
                return false;
            }
            position += now;
            moved += toGuest ? now : 0;
        }
        return true;
    }

    private boolean identify() {
        final int length = Math.min(ID_LENGTH, chain.lengths[chain.readable]);
        header.setMemory(0, ID_LENGTH, (byte) 0);
        header.putBytes(0, "viommu".getBytes(StandardCharsets.US_ASCII));
        moved = length;
        return port.write(chain.addresses[chain.readable], header, length);
    }
}
