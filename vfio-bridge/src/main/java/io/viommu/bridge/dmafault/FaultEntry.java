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
package io.viommu.bridge.dmafault;

import org.agrona.MutableDirectBuffer;

import io.viommu.fault.FaultSink;
import io.viommu.fault.GenericFault;

/**
 * A window for writing one {@link ExtendedFaultEntry}, whose first half is an {@link IommuFault2021}. It holds nothing
 * but its place; an instance belongs to one thread.
 */
public final class FaultEntry {

    private MutableDirectBuffer buffer;
    private int offset;

    /** Makes a window that looks at nothing until {@link #wrap}. */
    public FaultEntry() {
    }

    /**
     * Moves the window and sets the entry's 128 bytes to 0.
     *
     * @param newBuffer where the entry is to be.
     * @param newOffset its first byte.
     * @return this.
     */
    public FaultEntry wrap(final MutableDirectBuffer newBuffer, final int newOffset) {
        newBuffer.setMemory(newOffset, ExtendedFaultEntry.LENGTH, (byte) 0);
        this.buffer = newBuffer;
        this.offset = newOffset;
        return this;
    }

    /**
     * Makes it an unrecoverable fault.
     *
     * @param reason       0 to 8, see {@link GenericFault}.
     * @param flags        of {@link GenericFault}, without the PASID's.
     * @param pasid        20 bits, or {@link FaultSink#NO_PASID}.
     * @param permissions  of {@link GenericFault}.
     * @param address      the address at fault.
     * @param fetchAddress the address whose fetch aborted.
     * @return this.
     */
    public FaultEntry unrecoverable(final int reason, final int flags, final int pasid, final int permissions,
            final long address, final long fetchAddress) {
        putInt(IommuFault2021.TYPE, IommuFault2021.TYPE_UNRECOVERABLE);
        putInt(IommuFault2021.REASON, reason);
        putInt(IommuFault2021.FLAGS, flags);
        pasid(IommuFault2021.FLAGS, IommuFault2021.PASID, flags, pasid);
        putInt(IommuFault2021.PERMISSIONS, permissions);
        putLong(IommuFault2021.ADDRESS, address);
        putLong(IommuFault2021.FETCH_ADDRESS, fetchAddress);
        return this;
    }

    /**
     * Makes it a page request.
     *
     * @param flags       of {@link GenericFault}, without the PASID's.
     * @param pasid       20 bits, or {@link FaultSink#NO_PASID}.
     * @param group       page request group index.
     * @param permissions of {@link GenericFault}.
     * @param address     the page's address.
     * @return this.
     */
    public FaultEntry pageRequest(final int flags, final int pasid, final int group, final int permissions,
            final long address) {
        putInt(IommuFault2021.TYPE, IommuFault2021.TYPE_PAGE_REQUEST);
        putInt(IommuFault2021.REQUEST_FLAGS, flags);
        pasid(IommuFault2021.REQUEST_FLAGS, IommuFault2021.REQUEST_PASID, flags, pasid);
        putInt(IommuFault2021.REQUEST_GROUP, group);
        putInt(IommuFault2021.PERMISSIONS, permissions);
        putLong(IommuFault2021.ADDRESS, address);
        return this;
    }

    private void pasid(final int flagsAt, final int pasidAt, final int flags, final int pasid) {
        if (pasid != FaultSink.NO_PASID) {
            putInt(flagsAt, flags | GenericFault.FLAG_PASID_VALID);
            putInt(pasidAt, pasid);
        }
    }

    /**
     * Names the device, which makes the extended half valid; the 2021 half says the rest.
     *
     * @param device the host's StreamID or requester id.
     * @return this.
     */
    public FaultEntry device(final int device) {
        putInt(ExtendedFaultEntry.RAW_FORMAT, ExtendedFaultEntry.FORMAT_1);
        putInt(ExtendedFaultEntry.DEVICE, device);
        return this;
    }

    /**
     * Adds the raw SMMUv3 event.
     *
     * @param device the host's StreamID.
     * @param word0  the event's words 0 to 3.
     * @param word1  word 1.
     * @param word2  word 2.
     * @param word3  word 3.
     * @return this.
     */
    public FaultEntry smmuEvent(final int device, final long word0, final long word1, final long word2,
            final long word3) {
        putInt(ExtendedFaultEntry.KIND, ExtendedFaultEntry.KIND_SMMU_EVENT);
        putLong(ExtendedFaultEntry.WORDS, word0);
        putLong(ExtendedFaultEntry.WORDS + 8, word1);
        putLong(ExtendedFaultEntry.WORDS + 16, word2);
        putLong(ExtendedFaultEntry.WORDS + 24, word3);
        return device(device);
    }

    /**
     * Adds the raw VT-d fault recording register.
     *
     * @param device the host's requester id.
     * @param low    bits 63 to 0.
     * @param high   bits 127 to 64.
     * @return this.
     */
    public FaultEntry vtdFault(final int device, final long low, final long high) {
        putInt(ExtendedFaultEntry.KIND, ExtendedFaultEntry.KIND_VTD_FAULT);
        putLong(ExtendedFaultEntry.WORDS, low);
        putLong(ExtendedFaultEntry.WORDS + 8, high);
        return device(device);
    }

    private void putInt(final int at, final int value) {
        buffer.putInt(offset + at, value);
    }

    private void putLong(final int at, final long value) {
        buffer.putLong(offset + at, value);
    }
}
