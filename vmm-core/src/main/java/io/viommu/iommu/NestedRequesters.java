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
package io.viommu.iommu;

import java.util.function.IntConsumer;

/**
 * Requesters of a virtual VT-d unit that the host's VT-d unit serves: it walks the guest's own first-stage tables, on
 * top of the host's second stage. The model tells it what the guest installs and invalidates, PASID by PASID.
 *
 * <p>Called by vCPU threads, possibly at once. Nothing a guest gives throws: what the hardware does not take is
 * answered, and the device is cut off rather than left on a table that the guest has given up.
 */
public interface NestedRequesters {

    /** No such requesters. */
    NestedRequesters NONE = new NestedRequesters() {
        @Override
        public boolean owns(final int requester) {
            return false;
        }

        @Override
        public boolean install(final int requester, final int pasid, final long table, final int width,
                final long flags) {
            return false;
        }

        @Override
        public void remove(final int requester, final int pasid) {
            // there is nothing
        }

        @Override
        public boolean invalidate(final int requester, final int pasid, final long address, final long pages,
                final boolean leafOnly) {
            return true;
        }

        @Override
        public void forEach(final IntConsumer action) {
            // there is none
        }
    };

    /** {@link #install}: the device may make supervisor requests (SRE). */
    long SUPERVISOR = 1;
    /** {@link #install}: extended accessed flags (EAFE). */
    long EXTENDED_ACCESSED = 2;
    /** {@link #install}: supervisor requests honour read-only pages (WPE). */
    long WRITE_PROTECT = 4;

    /**
     * Whether a requester is one of these.
     *
     * @param requester the guest's requester id, 16 bits.
     * @return true if {@link #install} is to be told of its PASID entries.
     */
    boolean owns(int requester);

    /**
     * Names the requesters that there are now: what an invalidation of a domain, or of everything, is applied to.
     *
     * @param action takes the guest's requester id of each; may call {@link #install} and {@link #remove}.
     */
    void forEach(IntConsumer action);

    /**
     * Makes the hardware walk the first-stage table of a PASID entry (VT-d, 9.6); what it walked before is gone.
     *
     * @param requester the guest's requester id.
     * @param pasid     20 bits, or {@link io.viommu.fault.FaultSink#NO_PASID} for requests without PASID.
     * @param table     guest physical address of the table (FSPTPTR).
     * @param width     bits that it translates: 48 or 57.
     * @param flags     {@link #SUPERVISOR}, {@link #EXTENDED_ACCESSED}, {@link #WRITE_PROTECT}.
     * @return false if the hardware can't take it or the requester is not one of these; its requests are then blocked.
     */
    boolean install(int requester, int pasid, long table, int width, long flags);

    /**
     * Blocks all requests of a PASID.
     *
     * @param requester the guest's requester id.
     * @param pasid     as for {@link #install}.
     */
    void remove(int requester, int pasid);

    /**
     * Invalidates translations of a PASID, in the hardware's IOTLB and the device's; done when {@link #settle} has
     * returned, so that many can go to the hardware at once.
     *
     * @param requester the guest's requester id.
     * @param pasid     as for {@link #install}.
     * @param address   first address, 4 KiB aligned; 0 with {@code pages} -1 for all.
     * @param pages     pages of 4 KiB, unsigned.
     * @param leafOnly  whether entries above the leaves may stay (IH).
     * @return false if nothing is installed for that PASID, or the range is malformed.
     */
    boolean invalidate(int requester, int pasid, long address, long pages, boolean leafOnly);

    /**
     * Waits until the hardware has done all invalidations asked for before this call. A PASID whose translations the
     * hardware doesn't let go of is blocked.
     */
    default void settle() {
        // whoever is done at once has nothing to wait for
    }
}
