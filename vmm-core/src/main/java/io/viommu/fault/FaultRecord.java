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

package io.viommu.fault;

import static io.viommu.fault.FaultRecordLayout.COOKIE;
import static io.viommu.fault.FaultRecordLayout.FLAGS;
import static io.viommu.fault.FaultRecordLayout.FLAG_AS_REPORTED;
import static io.viommu.fault.FaultRecordLayout.FLAG_EMULATED;
import static io.viommu.fault.FaultRecordLayout.FLAG_PASID;
import static io.viommu.fault.FaultRecordLayout.GUEST_DEVICE;
import static io.viommu.fault.FaultRecordLayout.HOST_DEVICE;
import static io.viommu.fault.FaultRecordLayout.KIND;
import static io.viommu.fault.FaultRecordLayout.LENGTH;
import static io.viommu.fault.FaultRecordLayout.PASID;
import static io.viommu.fault.FaultRecordLayout.SOURCE;
import static io.viommu.fault.FaultRecordLayout.TIME;
import static io.viommu.fault.FaultRecordLayout.WORDS;
import static io.viommu.fault.FaultRecordLayout.WORD_COUNT;

import java.util.Objects;

import org.agrona.UnsafeApi;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import io.viommu.lifecycle.JvmFlag;
import io.viommu.memory.WordCopy;

/**
 * A window on one fault in a buffer, laid out as {@link FaultRecordLayout} says. It holds nothing but its place, so one
 * instance serves any number of records; an instance belongs to one thread.
 */
public final class FaultRecord {

    static {
        JvmFlag.require(UnsafeBuffer.class, JvmFlag.INTERNAL_MEMORY);
    }

    /** Keeps the memory reachable; the accessors go past it, since {@link #wrap} has checked the range. */
    private AtomicBuffer buffer;
    private Object array;
    private long address;

    /** Makes a window on a record of its own. */
    public FaultRecord() {
        wrap(new UnsafeBuffer(new byte[LENGTH]), 0);
    }

    /**
     * Moves the window. This is the one range check of a record.
     *
     * @param newBuffer where the record lies; it isn't wrapped anew while the window looks there.
     * @param newOffset its first byte.
     * @return this.
     */
    public FaultRecord wrap(final AtomicBuffer newBuffer, final int newOffset) {
        newBuffer.boundsCheck(newOffset, LENGTH);
        if (buffer != newBuffer) { // mostly it moves within one; to store a reference costs a barrier of the collector
            buffer = newBuffer;
            array = newBuffer.byteArray();
        }
        this.address = newBuffer.addressOffset() + newOffset;
        return this;
    }

    /** Sets all 64 bytes to 0: kind NONE. */
    public void clear() {
        WordCopy.clear(array, address, LENGTH);
    }

    /**
     * Copies another record over this one.
     *
     * @param other where to copy from.
     */
    public void copyFrom(final FaultRecord other) {
        WordCopy.copy(other.array, other.address, array, address, LENGTH);
    }

    /**
     * What the record carries.
     *
     * @return a code of {@link FaultKind}.
     */
    public int kind() {
        return UnsafeApi.getByte(array, address + KIND) & 0xFF;
    }

    /**
     * Sets what the record carries.
     *
     * @param kind a code of {@link FaultKind}.
     * @return this.
     */
    public FaultRecord kind(final int kind) {
        UnsafeApi.putByte(array, address + KIND, (byte) kind);
        return this;
    }

    /**
     * The number of the source it came from.
     *
     * @return 0 to 65535.
     */
    public int source() {
        return UnsafeApi.getShort(array, address + SOURCE) & 0xFFFF;
    }

    /**
     * Sets the number of the source.
     *
     * @param source 0 to 65535.
     * @return this.
     */
    public FaultRecord source(final int source) {
        UnsafeApi.putShort(array, address + SOURCE, (short) source);
        return this;
    }

    /**
     * The host's name of the device.
     *
     * @return an opaque 32-bit id: an iommufd device id, a host StreamID, a host BDF.
     */
    public int hostDevice() {
        return UnsafeApi.getInt(array, address + HOST_DEVICE);
    }

    /**
     * Sets the host's name of the device.
     *
     * @param device an opaque 32-bit id.
     * @return this.
     */
    public FaultRecord hostDevice(final int device) {
        UnsafeApi.putInt(array, address + HOST_DEVICE, device);
        return this;
    }

    /**
     * The guest's name of the device.
     *
     * @return StreamID or requester id, unsigned.
     */
    public int guestDevice() {
        return UnsafeApi.getInt(array, address + GUEST_DEVICE);
    }

    /**
     * Sets the guest's name of the device.
     *
     * @param device StreamID or requester id.
     * @return this.
     */
    public FaultRecord guestDevice(final int device) {
        UnsafeApi.putInt(array, address + GUEST_DEVICE, device);
        return this;
    }

    /**
     * Whether the record names a PASID.
     *
     * @return true if {@link #pasid()} means something.
     */
    public boolean hasPasid() {
        return flag(FLAG_PASID);
    }

    /**
     * The PASID (SubstreamID).
     *
     * @return 20 bits; 0 without one.
     */
    public int pasid() {
        return UnsafeApi.getInt(array, address + PASID);
    }

    /**
     * Names a PASID.
     *
     * @param pasid 20 bits.
     * @return this.
     */
    public FaultRecord pasid(final int pasid) {
        UnsafeApi.putInt(array, address + PASID, pasid);
        return flag(FLAG_PASID, true);
    }

    /**
     * Whether the record's reason is taken as it stands instead of being recomputed from the guest's tables.
     *
     * @return true for replayed logs and tests.
     */
    public boolean asReported() {
        return flag(FLAG_AS_REPORTED);
    }

    /**
     * Sets whether the record's reason is taken as it stands.
     *
     * @param value true for replayed logs and tests.
     * @return this.
     */
    public FaultRecord asReported(final boolean value) {
        return flag(FLAG_AS_REPORTED, value);
    }

    /**
     * Whether the vIOMMU's own walk made the record, for an emulated device: it is final, names the guest's devices and
     * addresses, and no policy about physical faults applies to it.
     *
     * @return false for a fault that came from a source.
     */
    public boolean emulated() {
        return flag(FLAG_EMULATED);
    }

    /**
     * Sets whether the vIOMMU's own walk made the record.
     *
     * @param value true for a fault of an emulated device.
     * @return this.
     */
    public FaultRecord emulated(final boolean value) {
        return flag(FLAG_EMULATED, value);
    }

    private boolean flag(final int mask) {
        return (UnsafeApi.getByte(array, address + FLAGS) & mask) != 0;
    }

    private FaultRecord flag(final int mask, final boolean value) {
        final int flags = UnsafeApi.getByte(array, address + FLAGS);
        UnsafeApi.putByte(array, address + FLAGS, (byte) (value ? flags | mask : flags & ~mask));
        return this;
    }

    /**
     * When it happened, or was read.
     *
     * @return {@link System#nanoTime()} scale (CLOCK_MONOTONIC on Linux), 0 if unknown, as of an emulated device's.
     */
    public long time() {
        return UnsafeApi.getLong(array, address + TIME);
    }

    /**
     * Sets when it happened.
     *
     * @param nanos {@link System#nanoTime()} scale.
     * @return this.
     */
    public FaultRecord time(final long nanos) {
        UnsafeApi.putLong(array, address + TIME, nanos);
        return this;
    }

    /**
     * The source's own mark of this fault, given back to it with an answer.
     *
     * @return any 64 bits.
     */
    public long cookie() {
        return UnsafeApi.getLong(array, address + COOKIE);
    }

    /**
     * Sets the source's mark.
     *
     * @param cookie any 64 bits.
     * @return this.
     */
    public FaultRecord cookie(final long cookie) {
        UnsafeApi.putLong(array, address + COOKIE, cookie);
        return this;
    }

    /**
     * One of the four words; what it means depends on the kind.
     *
     * @param index 0 to 3.
     * @return the word.
     */
    public long word(final int index) {
        return UnsafeApi.getLong(array, wordAddress(index));
    }

    /**
     * Sets one of the four words.
     *
     * @param index 0 to 3.
     * @param value the word.
     * @return this.
     */
    public FaultRecord word(final int index, final long value) {
        UnsafeApi.putLong(array, wordAddress(index), value);
        return this;
    }

    /** The one index that comes from outside; for a constant the check is gone once this is compiled. */
    private long wordAddress(final int index) {
        return address + WORDS + Objects.checkIndex(index, WORD_COUNT) * Long.BYTES;
    }
}
