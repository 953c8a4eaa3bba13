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

import org.agrona.concurrent.AtomicBuffer;

/**
 * A window on one fault in a buffer, laid out as {@link FaultRecordLayout} says. It holds nothing but its place, so one
 * instance serves any number of records; an instance belongs to one thread.
 */
public final class FaultRecord {

    private AtomicBuffer buffer;
    private int offset;

    /** Makes a window that looks at nothing until {@link #wrap}. */
    public FaultRecord() {
    }

    /**
     * Moves the window. This is the one range check of a record.
     *
     * @param newBuffer where the record lies.
     * @param newOffset its first byte.
     * @return this.
     */
    public FaultRecord wrap(final AtomicBuffer newBuffer, final int newOffset) {
        newBuffer.boundsCheck(newOffset, LENGTH);
        this.buffer = newBuffer;
        this.offset = newOffset;
        return this;
    }

    /** Sets all 64 bytes to 0: kind NONE. */
    public void clear() {
        buffer.setMemory(offset, LENGTH, (byte) 0);
    }

    /**
     * Copies another record over this one.
     *
     * @param other where to copy from.
     */
    public void copyFrom(final FaultRecord other) {
        buffer.putBytes(offset, other.buffer, other.offset, LENGTH);
    }

    /**
     * What the record carries.
     *
     * @return a code of {@link FaultKind}.
     */
    public int kind() {
        return buffer.getByte(offset + KIND) & 0xFF;
    }

    /**
     * Sets what the record carries.
     *
     * @param kind a code of {@link FaultKind}.
     * @return this.
     */
    public FaultRecord kind(final int kind) {
        buffer.putByte(offset + KIND, (byte) kind);
        return this;
    }

    /**
     * The number of the source it came from.
     *
     * @return 0 to 65535.
     */
    public int source() {
        return buffer.getShort(offset + SOURCE) & 0xFFFF;
    }

    /**
     * Sets the number of the source.
     *
     * @param source 0 to 65535.
     * @return this.
     */
    public FaultRecord source(final int source) {
        buffer.putShort(offset + SOURCE, (short) source);
        return this;
    }

    /**
     * The host's name of the device.
     *
     * @return an opaque 32-bit id: an iommufd device id, a host StreamID, a host BDF.
     */
    public int hostDevice() {
        return buffer.getInt(offset + HOST_DEVICE);
    }

    /**
     * Sets the host's name of the device.
     *
     * @param device an opaque 32-bit id.
     * @return this.
     */
    public FaultRecord hostDevice(final int device) {
        buffer.putInt(offset + HOST_DEVICE, device);
        return this;
    }

    /**
     * The guest's name of the device.
     *
     * @return StreamID or requester id, unsigned.
     */
    public int guestDevice() {
        return buffer.getInt(offset + GUEST_DEVICE);
    }

    /**
     * Sets the guest's name of the device.
     *
     * @param device StreamID or requester id.
     * @return this.
     */
    public FaultRecord guestDevice(final int device) {
        buffer.putInt(offset + GUEST_DEVICE, device);
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
        return buffer.getInt(offset + PASID);
    }

    /**
     * Names a PASID.
     *
     * @param pasid 20 bits.
     * @return this.
     */
    public FaultRecord pasid(final int pasid) {
        buffer.putInt(offset + PASID, pasid);
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
        return (buffer.getByte(offset + FLAGS) & mask) != 0;
    }

    private FaultRecord flag(final int mask, final boolean value) {
        final int flags = buffer.getByte(offset + FLAGS);
        buffer.putByte(offset + FLAGS, (byte) (value ? flags | mask : flags & ~mask));
        return this;
    }

    /**
     * When it happened, or was read.
     *
     * @return {@link System#nanoTime()} scale (CLOCK_MONOTONIC on Linux), 0 if unknown.
     */
    public long time() {
        return buffer.getLong(offset + TIME);
    }

    /**
     * Sets when it happened.
     *
     * @param nanos {@link System#nanoTime()} scale.
     * @return this.
     */
    public FaultRecord time(final long nanos) {
        buffer.putLong(offset + TIME, nanos);
        return this;
    }

    /**
     * The source's own mark of this fault, given back to it with an answer.
     *
     * @return any 64 bits.
     */
    public long cookie() {
        return buffer.getLong(offset + COOKIE);
    }

    /**
     * Sets the source's mark.
     *
     * @param cookie any 64 bits.
     * @return this.
     */
    public FaultRecord cookie(final long cookie) {
        buffer.putLong(offset + COOKIE, cookie);
        return this;
    }

    /**
     * One of the four words; what it means depends on the kind.
     *
     * @param index 0 to 3.
     * @return the word.
     */
    public long word(final int index) {
        return buffer.getLong(offset + WORDS + index * Long.BYTES);
    }

    /**
     * Sets one of the four words.
     *
     * @param index 0 to 3.
     * @param value the word.
     * @return this.
     */
    public FaultRecord word(final int index, final long value) {
        buffer.putLong(offset + WORDS + index * Long.BYTES, value);
        return this;
    }
}
