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

package io.viommu.vtd.config;

import io.viommu.iommu.DmaSession;

/**
 * What a device asks: who, for which address space, where and how. The access flags are those of {@link DmaSession},
 * with some that only a PCIe device has. One instance belongs to one thread and is used over and over.
 */
public final class DmaRequest {

    /** Access flag: an AtomicOp, which reads and writes. */
    public static final int ATOMIC = 1 << 4;
    /** Access flag: an ATS translation request (AT = 01b); with {@link DmaSession#WRITE} it asks for writing too. */
    public static final int TRANSLATION = 1 << 5;
    /** Access flag: a read of no bytes, which CAP.ZLR permits where only writing is permitted. */
    public static final int ZERO_LENGTH = 1 << 6;
    /** Access flag: a page request; only its requester and PASID are looked up. */
    public static final int PAGE_REQUEST = 1 << 7;

    private int sourceId;
    private int pasid;
    private long address;
    private int access;

    /** Makes a request that asks nothing. */
    public DmaRequest() {
        pasid = DmaSession.NO_PASID;
    }

    /**
     * Fills the request.
     *
     * @param requester   bus, device and function; only 16 bits count.
     * @param pasidOrNone 20 bits, or {@link DmaSession#NO_PASID}.
     * @param input       the input address.
     * @param flags       access flags.
     * @return this.
     */
    public DmaRequest set(final int requester, final int pasidOrNone, final long input, final int flags) {
        sourceId = requester & 0xFFFF;
        pasid = pasidOrNone;
        address = input;
        access = flags;
        return this;
    }

    /**
     * The requester.
     *
     * @return bus, device and function in 16 bits.
     */
    public int sourceId() {
        return sourceId;
    }

    /**
     * The PASID.
     *
     * @return 20 bits, or {@link DmaSession#NO_PASID}.
     */
    public int pasid() {
        return pasid;
    }

    /**
     * Whether the request has a PASID.
     *
     * @return true if so.
     */
    public boolean hasPasid() {
        return pasid != DmaSession.NO_PASID;
    }

    /**
     * The input address.
     *
     * @return any 64 bits.
     */
    public long address() {
        return address;
    }

    /**
     * The access flags.
     *
     * @return as they were given.
     */
    public int access() {
        return access;
    }

    private boolean flag(final int bit) {
        return (access & bit) != 0;
    }

    /**
     * Whether it needs leave to write.
     *
     * @return true for writes and AtomicOps; a translation request needs nothing.
     */
    public boolean writes() {
        return flag(DmaSession.WRITE | ATOMIC) && !translation();
    }

    /**
     * Whether it needs leave to read.
     *
     * @return true for reads, fetches and AtomicOps; a translation request needs nothing.
     */
    public boolean reads() {
        return (!flag(DmaSession.WRITE) || atomic()) && !translation();
    }

    /**
     * Whether what it leads to may be written: by itself, or through the translation that it asks for.
     *
     * @return true if a dirty flag is due.
     */
    public boolean dirties() {
        return flag(DmaSession.WRITE | ATOMIC);
    }

    /**
     * Whether it is an AtomicOp.
     *
     * @return true if so.
     */
    public boolean atomic() {
        return flag(ATOMIC);
    }

    /**
     * Whether it wants to execute. Only a request with PASID can say so (the TLP prefix has the flag).
     *
     * @return true for an instruction fetch.
     */
    public boolean executes() {
        return flag(DmaSession.EXECUTE) && !flag(DmaSession.WRITE) && hasPasid();
    }

    /**
     * Whether it says that it is privileged. Only a request with PASID can say so.
     *
     * @return true if so.
     */
    public boolean privileged() {
        return flag(DmaSession.PRIVILEGED) && hasPasid();
    }

    /**
     * Whether the address was already translated through ATS (AT = 10b).
     *
     * @return true if so.
     */
    public boolean translated() {
        return flag(DmaSession.TRANSLATED);
    }

    /**
     * Whether it asks for a translation (AT = 01b).
     *
     * @return true if so.
     */
    public boolean translation() {
        return flag(TRANSLATION);
    }

    /**
     * Whether it is a page request.
     *
     * @return true if no address is translated.
     */
    public boolean pageRequest() {
        return flag(PAGE_REQUEST);
    }

    /**
     * Whether it reads nothing.
     *
     * @return true for a zero-length read.
     */
    public boolean zeroLength() {
        return flag(ZERO_LENGTH) && !writes();
    }
}
